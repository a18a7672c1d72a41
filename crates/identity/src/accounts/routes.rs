//! Sign up, sign in, and one's own account.

use super::{
    login,
    model::{Account, Brief, NewAccount, Rename},
    store::{self, Row},
};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{
        Anyone, Caller,
        grant::{UserRead, UserWrite},
    },
    http::{Answer, Json},
    id::Id as _,
    limits, say,
    settings::Signup,
};

/// Signs up.
#[utoipa::path(post, path = "/auth/register", tag = "auth", request_body = NewAccount, responses(
    (status = 201, description = "The new account", body = Account),
    (status = 403, description = "Signing up is closed here"),
    (status = 404, description = "Passwords are not used here (`LOCAL_SIGN_IN=off`)"),
    (status = 409, description = "The address is taken"),
    (status = 429, description = "Too many sign-ups from this address")))]
pub async fn register(app: App, anyone: Anyone, Json(new): Json<NewAccount>) -> Result<Answer> {
    login::passwords_are_used(&app)?;
    if app.settings.signup == Signup::Closed {
        let say = say!(
            "Signing up is closed here. Ask an administrator for an account.",
            "Les inscriptions sont fermées ici. Demandez un compte à un administrateur."
        );
        return Err(Error::forbidden("signup_closed", say));
    }
    let email = new.check(app.settings.password_min_length)?;
    let client = anyone.context.client;
    if !(app.settings.development() && client.is_loopback()) {
        app.limits.take("signup", app.settings.signup_limit, &limits::address(client), app.now()).await?;
    }
    let password_phc = app.hasher.hash(&new.password).await?;
    let mut tx = anyone.begin(&app).await?;
    let row = store::create(&mut tx, store::New { email: &email, display_name: new.display_name.as_deref(), password_phc: &password_phc })
        .await?;
    tx.acts_as(row.id);
    tx.audit(Entry { action: "account.created", subject: Some(row.id.uuid()), details: None }).await?;
    tx.commit().await?;
    Answer::created("/api/v1/me".to_owned(), &row.shown(&app, None, "local")?)
}

async fn own<S: base::auth::Grant>(app: &App, caller: &Caller<S>) -> Result<Row> {
    store::by_id(&app.db, caller.account).await?.ok_or_else(|| Error::not_found(caller.account))
}

/// The caller's own account.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, description = "The account", body = Account)))]
pub async fn me(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    Answer::ok(&own(&app, &caller).await?.shown(&app, caller.org, &caller.provider)?)
}
/// The caller's own account, where the published app looks for it.
#[utoipa::path(get, path = "/users/me", tag = "me", responses((status = 200, description = "The account", body = Account)))]
pub async fn users_me(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    me(app, caller).await
}
/// Who the token speaks of, in the words of the published front end.
#[utoipa::path(get, path = "/auth/me", operation_id = "auth_me", tag = "auth", responses(
    (status = 200, description = "The account and the organisation of the token", body = Brief)))]
pub async fn auth_me(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    let row = own(&app, &caller).await?;
    let email = row.email(&app)?;
    Answer::ok(&Brief {
        id: row.id,
        email,
        display_name: row.display_name,
        org_id: caller.org,
        role: caller.role,
        scope: caller.scopes.to_string(),
    })
}

/// Changes how the caller is called.
#[utoipa::path(patch, path = "/me", operation_id = "update_me", tag = "me", request_body = Rename, responses(
    (status = 200, description = "The account", body = Account)))]
pub async fn rename(app: App, caller: Caller<UserWrite>, Json(change): Json<Rename>) -> Result<Answer> {
    change.check()?;
    let mut tx = caller.begin(&app).await?;
    let row = store::rename(&mut tx, caller.account, change.display_name.as_deref()).await?;
    tx.audit(Entry { action: "account.renamed", subject: Some(caller.account.uuid()), details: None }).await?;
    tx.commit().await?;
    Answer::ok(&row.shown(&app, caller.org, &caller.provider)?)
}

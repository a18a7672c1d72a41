//! Sign up, sign in, and one's own account.

use super::{
    model::{Account, Client, Login, NewAccount, Rename, SwitchOrg, Token},
    store::{self, Row},
};
use crate::{members, orgs};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{
        Anyone, Caller, Claims, Scopes,
        grant::{UserRead, UserWrite},
    },
    http::{Answer, Json},
    id::{Id as _, OrgId, SessionId},
    limits, say,
    settings::Signup,
};
use std::time::Duration;

/// How long a session lasts, until refresh tokens prolong it.
const SESSION: Duration = Duration::from_secs(24 * 3_600);

/// Signs up.
#[utoipa::path(post, path = "/auth/register", tag = "auth", request_body = NewAccount, responses(
    (status = 201, description = "The new account", body = Account),
    (status = 403, description = "Signing up is closed here"),
    (status = 409, description = "The address is taken"),
    (status = 429, description = "Too many sign-ups from this address")))]
pub async fn register(app: App, anyone: Anyone, Json(new): Json<NewAccount>) -> Result<Answer> {
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
    Answer::created("/api/v1/me".to_owned(), &row.shown(&app, None)?)
}

/// Signs in with a password.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = Login, responses(
    (status = 200, description = "An access token", body = Token),
    (status = 401, description = "The address or the password is wrong")))]
pub async fn login(app: App, anyone: Anyone, Json(login): Json<Login>) -> Result<Answer> {
    let minutes = app.settings.access_token_minutes;
    sign_in(&app, &anyone, login, minutes).await
}
/// Signs in from a mobile app: the same, with the token's mobile life.
#[utoipa::path(post, path = "/auth/login", operation_id = "root_login", tag = "auth", request_body = Login, responses(
    (status = 200, description = "An access token", body = Token),
    (status = 401, description = "The address or the password is wrong")))]
pub async fn root_login(app: App, anyone: Anyone, Json(login): Json<Login>) -> Result<Answer> {
    let minutes = app.settings.mobile_access_token_minutes;
    sign_in(&app, &anyone, login, minutes).await
}

async fn sign_in(app: &App, anyone: &Anyone, login: Login, minutes: u32) -> Result<Answer> {
    // An address that cannot exist is looked up like any other, so that it takes as long.
    let email = super::model::normal_email(&login.email).unwrap_or_default();
    let row = store::by_email(app, &email).await?;
    let fits = app.hasher.verify(&login.password, row.as_ref().and_then(|r| r.password_phc.clone())).await?;
    let mut tx = anyone.begin(app).await?;
    let Some(row) = row.filter(|r| fits && r.active()) else {
        tx.audit(Entry { action: "login.failed", subject: None, details: None }).await?;
        tx.commit().await?;
        let say = say!("The address or the password is wrong.", "L’adresse ou le mot de passe est incorrect.");
        return Err(Error::unauthenticated("invalid_credentials", say));
    };
    let client = login.client.map_or("api", Client::name);
    let until = tx.now().plus(SESSION);
    tx.acts_as(row.id);
    let session = store::open_session(&mut tx, row.id, client, until).await?;
    tx.audit(Entry { action: "login.succeeded", subject: Some(session.uuid()), details: None }).await?;
    tx.commit().await?;
    let org = orgs::store::first_of(&app.db, row.id).await?;
    Answer::ok(&token(app, &row, session, org, minutes).await?)
}

async fn token(app: &App, row: &Row, session: SessionId, org: Option<OrgId>, minutes: u32) -> Result<Token> {
    let role = match org {
        Some(org) => members::store::role_of(&app.db, org, row.id).await?,
        None => None,
    };
    let life = Duration::from_secs(u64::from(minutes) * 60);
    let scopes = Scopes::held_by(role, row.platform_role.is_some());
    let claims = Claims::new(&app.tokens, row.id, session, row.epoch, app.now(), life).with(org, scopes);
    Ok(Token { access_token: app.tokens.sign(&claims)?, token_type: "bearer", expires_in: claims.exp - claims.iat })
}

/// Signs out: every token of this session ends.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", responses((status = 200, description = "Signed out")))]
pub async fn logout(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    let mut tx = caller.begin(&app).await?;
    store::close_session(&mut tx, caller.session).await?;
    tx.audit(Entry { action: "logout", subject: Some(caller.session.uuid()), details: None }).await?;
    let account = caller.account;
    tx.after_commit(move |app| app.forget_rights(account));
    tx.answer(Answer::ok(&serde_json::json!({"status": "ok"}))?).await
}

/// Gives an access token for another of the caller's organisations.
#[utoipa::path(post, path = "/auth/switch-org", tag = "auth", request_body = SwitchOrg, responses(
    (status = 200, description = "An access token for that organisation", body = Token),
    (status = 404, description = "The caller is in no such organisation")))]
pub async fn switch_org(app: App, caller: Caller<UserRead>, Json(to): Json<SwitchOrg>) -> Result<Answer> {
    if members::store::role_of(&app.db, to.org_id, caller.account).await?.is_none() {
        return Err(Error::not_found(to.org_id));
    }
    let row = own(&app, &caller).await?;
    Answer::ok(&token(&app, &row, caller.session, Some(to.org_id), app.settings.access_token_minutes).await?)
}

async fn own<S: base::auth::Grant>(app: &App, caller: &Caller<S>) -> Result<Row> {
    store::by_id(&app.db, caller.account).await?.ok_or_else(|| Error::not_found(caller.account))
}

/// The caller's own account.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, description = "The account", body = Account)))]
pub async fn me(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    Answer::ok(&own(&app, &caller).await?.shown(&app, caller.org)?)
}
/// The caller's own account, where the published app looks for it.
#[utoipa::path(get, path = "/users/me", tag = "me", responses((status = 200, description = "The account", body = Account)))]
pub async fn users_me(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    me(app, caller).await
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
    Answer::ok(&row.shown(&app, caller.org)?)
}

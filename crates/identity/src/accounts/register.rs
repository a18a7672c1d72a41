//! Signing up, as `SIGNUP` lets people: at once, after a mail, with an invitation, or not at all.

use super::{
    invitation_required, local_only,
    model::{Account, NewAccount, Pending},
    store,
};
use crate::{
    asked::{self, Asked},
    emails::model::MailToken,
    members,
    one_time::{self, Kind},
    passwords::{self, model::Accepted},
};
use axum::http::StatusCode;
use base::{
    App, Error, Result,
    audit::Entry,
    auth::Anyone,
    crypto::{self, Secret},
    db::Tx,
    http::{Answer, Json},
    id::Id as _,
    say,
    settings::Signup,
};

/// Signs up.
#[utoipa::path(post, path = "/auth/register", tag = "auth", request_body = NewAccount, responses(
    (status = 201, description = "The new account", body = Account),
    (status = 202, description = "With SIGNUP=verify: a mail says how to go on, whether or not the address has an account", body = Accepted),
    (status = 403, description = "Signing up is closed here, or needs an invitation"),
    (status = 404, description = "Accounts here come from another provider (LOCAL_SIGN_IN=off)"),
    (status = 409, description = "The address is taken"),
    (status = 429, description = "Too many sign-ups from this address")))]
pub async fn register(app: App, anyone: Anyone, Json(new): Json<NewAccount>) -> Result<Answer> {
    local_only(&app)?;
    let mode = app.settings.signup();
    if mode == Signup::Closed {
        let say = say!(
            "Signing up is closed here. Ask an administrator for an account.",
            "Les inscriptions sont fermées ici. Demandez un compte à un administrateur."
        );
        return Err(Error::forbidden("signup_closed", say));
    }
    let email = new.check(&app.settings)?;
    app.limit_address("signup", app.settings.signup_limit, anyone.context.client).await?;
    let invited = match &new.invitation {
        Some(token) => is_invited(&app, &anyone, token, &email).await?,
        None => false,
    };
    if mode == Signup::Invite && !invited {
        return Err(invitation_required());
    }
    let about = [Some(email.clone()), new.display_name.clone()].into_iter().flatten().collect();
    passwords::policy::check(&app, "password", &new.password, about).await?;
    let password_phc = app.hasher.hash(&new.password).await?;
    let pending = Pending { email, display_name: new.display_name, password_phc };
    let mut tx = anyone.begin(&app).await?;
    if mode == Signup::Verify && !invited {
        asked::ask(&mut tx, &Asked::SignUp(pending)).await?;
        tx.commit().await?;
        return Answer::json(StatusCode::ACCEPTED, &Accepted::plain());
    }
    create(tx, &pending, false).await
}

/// Makes the account that was asked for, with the link of the mail.
#[utoipa::path(post, path = "/auth/register/confirm", operation_id = "confirm_sign_up", tag = "auth", request_body = MailToken, responses(
    (status = 201, description = "The new account", body = Account),
    (status = 400, description = "The link is unknown, used or expired"),
    (status = 404, description = "Accounts here come from another provider (LOCAL_SIGN_IN=off)"),
    (status = 409, description = "The address has an account by now")))]
pub async fn confirm(app: App, anyone: Anyone, Json(body): Json<MailToken>) -> Result<Answer> {
    local_only(&app)?;
    let mut tx = anyone.begin(&app).await?;
    let pending = one_time::redeem::<Pending>(&mut tx, Kind::SignUp, &body.token).await?.about;
    create(tx, &pending, true).await
}

async fn create(mut tx: Tx, new: &Pending, proved: bool) -> Result<Answer> {
    let app = tx.app().clone();
    let row = store::create(
        &mut tx,
        store::New { email: &new.email, display_name: new.display_name.as_deref(), password_phc: Some(&new.password_phc) },
    )
    .await?;
    if proved {
        store::mailbox_proved(&mut tx, row.id).await?;
    }
    tx.acts_as(row.id);
    tx.audit(Entry { action: "account.created", subject: Some(row.id.uuid()), details: None }).await?;
    let shown = store::lock(&mut tx, row.id).await?.unwrap_or(row).shown(&app, None, "local")?;
    tx.commit().await?;
    Answer::created("/api/v1/me".to_owned(), &shown)
}

/// Whether this token invites this address to an organisation, and still does.
async fn is_invited(app: &App, anyone: &Anyone, token: &Secret, email: &str) -> Result<bool> {
    let mut tx = anyone.begin(app).await?;
    let found = members::store::by_token(&mut tx, &crypto::sha256_hex(token.expose().as_bytes())).await?;
    let indexes = app.keys.blind_indexes("email", email)?;
    let open = |i: &members::store::Invitation| i.accepted_at.is_none() && i.revoked_at.is_none() && i.expires_at > tx.now();
    Ok(found.is_some_and(|i| open(&i) && indexes.contains(&i.email_index)))
}

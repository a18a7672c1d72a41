//! Ask for a new password, set it with the link, or change the one that is known.

use super::{
    model::{self, Accepted, AskReset, ChangePassword, Reset},
    policy, store,
};
use crate::{
    accounts::{self, local_only, model::address, proof, store::Row as Account},
    asked::{self, Asked},
    guessing::Attempt,
    one_time::{self, Kind},
    orgs,
    sessions::Device,
};
use axum::http::StatusCode;
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{Anyone, Caller, grant::UserWrite},
    crypto::Secret,
    http::{Answer, Json},
    id::{AccountId, Id as _},
    say,
};

/// Mails a link to set a new password. The answer is the same whether or not the address has an account.
#[utoipa::path(post, path = "/auth/reset/request", operation_id = "ask_reset", tag = "auth", request_body = AskReset, responses(
    (status = 202, description = "If the address has an account, a mail is on its way", body = Accepted),
    (status = 404, description = "Accounts here come from another provider (LOCAL_SIGN_IN=off)"),
    (status = 429, description = "Too many mails to this address, or from here")))]
pub async fn ask_reset(app: App, anyone: Anyone, Json(ask): Json<AskReset>) -> Result<Answer> {
    local_only(&app)?;
    let email = address(&ask.email)?;
    asked::may_ask(&app, "reset", app.settings.reset_limit, &email, anyone.context.client).await?;
    let mut tx = anyone.begin(&app).await?;
    let mut accepted = Accepted::plain();
    if app.settings.development() {
        accepted.reset_token = asked::reset(&mut tx, &email).await?.map(|token| token.expose().to_owned());
    } else {
        asked::ask(&mut tx, &Asked::Reset { email }).await?;
    }
    tx.commit().await?;
    Answer::json(StatusCode::ACCEPTED, &accepted)
}

/// Sets a new password with the link of the mail; every session ends.
#[utoipa::path(post, path = "/auth/reset/confirm", operation_id = "reset_password", tag = "auth", request_body = Reset, responses(
    (status = 200, description = "The new password holds"),
    (status = 400, description = "The link is unknown, used or expired"),
    (status = 404, description = "Accounts here come from another provider (LOCAL_SIGN_IN=off)")))]
pub async fn reset(app: App, anyone: Anyone, Json(reset): Json<Reset>) -> Result<Answer> {
    local_only(&app)?;
    // The token first: whoever has none learns nothing of our rules. It is used only once the password fits.
    let (kind, account) = opened(&app, &reset.token).await?;
    let known = accounts::store::by_id(&app.db, account).await?.ok_or_else(one_time::model::unknown)?;
    let phc = hashed(&app, &known, &reset.new_password).await?;
    let mut tx = anyone.begin(&app).await?;
    one_time::redeem::<()>(&mut tx, kind, &reset.token).await?;
    let account = accounts::store::lock(&mut tx, account).await?.filter(Account::active).ok_or_else(one_time::model::unknown)?;
    tx.acts_as(account.id);
    if kind == Kind::Reset {
        proof::came_by_mail(&mut tx, &account).await?;
    }
    store::replace(&mut tx, &account, &phc, None, "password.reset").await?;
    tx.commit().await?;
    Answer::ok(&serde_json::json!({"status": "ok"}))
}

/// Whose link this is: one of a mail, or the one that `coulisses admin create` printed, which proves no mailbox.
async fn opened(app: &App, token: &Secret) -> Result<(Kind, AccountId)> {
    let (kind, found) = match one_time::peek::<()>(app, Kind::SetUp, token).await {
        Err(error) if error.code() == one_time::model::UNKNOWN => (Kind::Reset, one_time::peek::<()>(app, Kind::Reset, token).await?),
        found => (Kind::SetUp, found?),
    };
    Ok((kind, found.account()?))
}

/// Changes the caller's password; every other session ends.
#[utoipa::path(put, path = "/auth/password", operation_id = "change_password", tag = "auth", request_body = ChangePassword, responses(
    (status = 204, description = "The new password holds"),
    (status = 403, description = "The current password is wrong, or the account must be confirmed first"),
    (status = 404, description = "Accounts here come from another provider (LOCAL_SIGN_IN=off)")))]
pub async fn change(app: App, caller: Caller<UserWrite>, device: Device, Json(change): Json<ChangePassword>) -> Result<Answer> {
    local_only(&app)?;
    let account = accounts::routes::own(&app, &caller).await?;
    if change.current_password.is_none() || caller.two_factor {
        caller.fresh(&app)?;
    }
    if let Some(phc) = account.password_phc.clone() {
        let current = change.current_password.ok_or_else(wrong)?;
        prove(&app, &caller, &device, &account, &current, phc).await?;
    }
    let phc = hashed(&app, &account, &change.new_password).await?;
    let mut tx = caller.begin(&app).await?;
    let now = accounts::store::lock(&mut tx, account.id).await?.ok_or_else(wrong)?;
    if now.password_phc != account.password_phc {
        return Err(wrong());
    }
    store::replace(&mut tx, &now, &phc, Some(caller.session), "password.changed").await?;
    tx.commit().await?;
    Ok(Answer::empty())
}
/// Somebody at an open screen guesses no faster than at the door.
async fn prove(app: &App, caller: &Caller<UserWrite>, device: &Device, account: &Account, current: &Secret, phc: String) -> Result<()> {
    let attempt = Attempt::begin(app, device, &account.email(app)?).await?;
    let fits = app.hasher.verify(current, phc).await?;
    let mut tx = app.begin(caller.actor.clone()).await?;
    if fits {
        attempt.right(&mut tx).await?;
    } else {
        attempt.wrong(&mut tx).await?;
        tx.audit(Entry { action: "password.wrong", subject: Some(account.id.uuid()), details: None }).await?;
    }
    tx.commit().await?;
    if fits { Ok(()) } else { Err(wrong()) }
}
#[track_caller]
fn wrong() -> Error {
    Error::forbidden("wrong_password", say!("The current password is wrong.", "Le mot de passe actuel est incorrect."))
}

/// The hash of a password that is good enough for this account.
async fn hashed(app: &App, account: &Account, password: &Secret) -> Result<String> {
    model::fits("new_password", password, &app.settings)?;
    let mut about = vec![account.email(app)?];
    about.extend([&account.display_name, &account.pseudo].into_iter().flatten().cloned());
    about.extend(orgs::store::of_account(&app.db, account.id).await?.into_iter().map(|org| org.name));
    policy::check(app, "new_password", password, about).await?;
    app.hasher.hash(password).await
}

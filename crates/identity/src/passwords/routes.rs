//! Ask for a new password, set it with the link, or change the one that is known.

use super::{
    model::{self, Accepted, AskReset, ChangePassword, Reset},
    store,
};
use crate::{
    accounts::{self, model::address, proof, store::Row as Account},
    asked::{self, Asked},
    one_time::{self, Kind},
};
use axum::http::StatusCode;
use base::{
    App, Error, Result,
    auth::{Anyone, Caller, grant::UserWrite},
    crypto::Secret,
    http::{Answer, Json},
    say,
};

/// Mails a link to set a new password. The answer is the same whether or not the address has an account.
#[utoipa::path(post, path = "/auth/reset/request", operation_id = "ask_reset", tag = "auth", request_body = AskReset, responses(
    (status = 202, description = "If the address has an account, a mail is on its way", body = Accepted),
    (status = 429, description = "Too many mails to this address, or from here")))]
pub async fn ask_reset(app: App, anyone: Anyone, Json(ask): Json<AskReset>) -> Result<Answer> {
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
    (status = 400, description = "The link is unknown, used or expired")))]
pub async fn reset(app: App, anyone: Anyone, Json(reset): Json<Reset>) -> Result<Answer> {
    // The token first: whoever has none learns nothing of our rules. It is used only once the password fits.
    let account = one_time::peek::<()>(&app, Kind::Reset, &reset.token).await?.account()?;
    let known = accounts::store::by_id(&app.db, account).await?.ok_or_else(one_time::model::unknown)?;
    let phc = hashed(&app, &known, &reset.new_password).await?;
    let mut tx = anyone.begin(&app).await?;
    one_time::redeem::<()>(&mut tx, Kind::Reset, &reset.token).await?;
    let account = accounts::store::lock(&mut tx, account).await?.filter(Account::active).ok_or_else(one_time::model::unknown)?;
    tx.acts_as(account.id);
    proof::came_by_mail(&mut tx, &account).await?;
    store::replace(&mut tx, &account, &phc, None, "password.reset").await?;
    tx.commit().await?;
    Answer::ok(&serde_json::json!({"status": "ok"}))
}

/// Changes the caller's password; every other session ends.
#[utoipa::path(put, path = "/auth/password", operation_id = "change_password", tag = "auth", request_body = ChangePassword, responses(
    (status = 204, description = "The new password holds"),
    (status = 403, description = "The current password is wrong, or the account must be confirmed first")))]
pub async fn change(app: App, caller: Caller<UserWrite>, Json(change): Json<ChangePassword>) -> Result<Answer> {
    let account = accounts::routes::own(&app, &caller).await?;
    if change.current_password.is_none() || caller.two_factor {
        caller.fresh(&app)?;
    }
    if account.password_phc.is_some() {
        let current = change.current_password.ok_or_else(wrong)?;
        if !app.hasher.verify(&current, account.password_phc.clone()).await? {
            return Err(wrong());
        }
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
#[track_caller]
fn wrong() -> Error {
    Error::forbidden("wrong_password", say!("The current password is wrong.", "Le mot de passe actuel est incorrect."))
}

/// The hash of a password that is good enough for this account.
async fn hashed(app: &App, _account: &Account, password: &Secret) -> Result<String> {
    model::fits("new_password", password, app.settings.password_min_length)?;
    app.hasher.hash(password).await
}

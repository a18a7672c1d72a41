//! Prove the mailbox of one's account, or move the account to another one.

use super::model::{ChangeEmail, MailToken, Progress, Wanted};
use crate::{
    accounts::{
        model::address,
        routes::own,
        store::{self as accounts, Row as Account},
    },
    notices::{self, Notice},
    one_time::{self, Kind, Token},
    passwords::model::Accepted,
};
use axum::http::StatusCode;
use base::{
    App, Result,
    audit::Entry,
    auth::{Anyone, Caller, grant::UserWrite},
    db::Tx,
    http::{Answer, Json},
    id::Id as _,
    limits::Rule,
};
use std::time::Duration;

/// Mails about one account's address.
const MAILS: Rule = Rule::per(5, Duration::from_secs(3_600));

/// Mails the caller a link that proves their mailbox.
#[utoipa::path(post, path = "/auth/verify/request", operation_id = "ask_verify", tag = "auth", responses(
    (status = 202, description = "The mail is on its way", body = Accepted)))]
pub async fn ask_verify(app: App, caller: Caller<UserWrite>) -> Result<Answer> {
    app.limits.take("verify", MAILS, &caller.account.to_string(), app.now()).await?;
    let account = own(&app, &caller).await?;
    let mut tx = caller.begin(&app).await?;
    let token = one_time::make(&mut tx, Kind::Verify, Some(account.id), &()).await?;
    notices::tell(&mut tx, &account, Notice::Verify { token: &token }).await?;
    tx.answer(Answer::json(StatusCode::ACCEPTED, &Accepted::plain())?).await
}

/// Proves the mailbox with the link of the mail.
#[utoipa::path(post, path = "/auth/verify/confirm", operation_id = "verify_email", tag = "auth", request_body = MailToken, responses(
    (status = 200, description = "The address is proved"),
    (status = 400, description = "The link is unknown, used or expired")))]
pub async fn verify(app: App, anyone: Anyone, Json(body): Json<MailToken>) -> Result<Answer> {
    let mut tx = anyone.begin(&app).await?;
    let id = one_time::redeem::<()>(&mut tx, Kind::Verify, &body.token).await?.account()?;
    let account = standing(&mut tx, id).await?;
    accounts::mailbox_proved(&mut tx, account.id).await?;
    tx.audit(Entry { action: "email.verified", subject: Some(id.uuid()), details: None }).await?;
    tx.commit().await?;
    Answer::ok(&serde_json::json!({"status": "verified"}))
}

/// Asks for another address. Nothing changes until the mailboxes agree.
#[utoipa::path(put, path = "/me/email", operation_id = "change_email", tag = "me", request_body = ChangeEmail, responses(
    (status = 202, description = "A mail asks whether this is meant", body = Accepted)))]
pub async fn change(app: App, caller: Caller<UserWrite>, Json(change): Json<ChangeEmail>) -> Result<Answer> {
    caller.fresh(&app)?;
    let wanted = Wanted { email: address(&change.email)? };
    app.limits.take("email", MAILS, &caller.account.to_string(), app.now()).await?;
    let account = own(&app, &caller).await?;
    let mut tx = caller.begin(&app).await?;
    if account.email_verified_at.is_some() {
        let token = one_time::make(&mut tx, Kind::OldEmail, Some(account.id), &wanted).await?;
        notices::tell(&mut tx, &account, Notice::OldEmail { token: &token }).await?;
    } else {
        // Nobody ever read that mailbox: it may be a slip of the pen.
        ask_new(&mut tx, &account, wanted).await?;
    }
    tx.audit(Entry { action: "email.change_asked", subject: Some(account.id.uuid()), details: None }).await?;
    tx.commit().await?;
    Answer::json(StatusCode::ACCEPTED, &Accepted::plain())
}
async fn ask_new(tx: &mut Tx, account: &Account, wanted: Wanted) -> Result<()> {
    if accounts::by_email(tx.app(), &wanted.email).await?.is_some() {
        return notices::write(tx, wanted.email, Notice::AlreadyHere).await;
    }
    let token = one_time::make(tx, Kind::NewEmail, Some(account.id), &wanted).await?;
    notices::write(tx, wanted.email, Notice::NewEmail { token: &token }).await
}

/// Agrees to a change of address with the link of a mail.
#[utoipa::path(post, path = "/auth/email/confirm", operation_id = "agree_to_email", tag = "auth", request_body = MailToken, responses(
    (status = 200, description = "How far the change has come", body = Progress),
    (status = 400, description = "The link is unknown, used or expired"),
    (status = 409, description = "Somebody else has the address by now")))]
pub async fn agree(app: App, anyone: Anyone, Json(body): Json<MailToken>) -> Result<Answer> {
    let old = one_time::peek::<Wanted>(&app, Kind::OldEmail, &body.token).await;
    let mut tx = anyone.begin(&app).await?;
    let status = match old {
        Err(error) if error.code() == "invalid_token" => {
            let token = one_time::redeem(&mut tx, Kind::NewEmail, &body.token).await?;
            move_to(&mut tx, token).await?;
            "changed"
        }
        Err(error) => return Err(error),
        Ok(_) => {
            let token: Token<Wanted> = one_time::redeem(&mut tx, Kind::OldEmail, &body.token).await?;
            let account = standing(&mut tx, token.account()?).await?;
            ask_new(&mut tx, &account, token.about).await?;
            "new_address_asked"
        }
    };
    tx.commit().await?;
    Answer::ok(&Progress { status })
}
async fn move_to(tx: &mut Tx, token: Token<Wanted>) -> Result<()> {
    let account = standing(tx, token.account()?).await?;
    accounts::change_email(tx, account.id, &token.about.email).await?;
    one_time::void(tx, account.id).await?;
    // To the address that it was.
    notices::tell(tx, &account, Notice::EmailChanged).await?;
    tx.audit(Entry { action: "email.changed", subject: Some(account.id.uuid()), details: None }).await
}

/// The account of a token, when it may still be used.
async fn standing(tx: &mut Tx, id: base::id::AccountId) -> Result<Account> {
    let account = accounts::lock(tx, id).await?.filter(Account::active).ok_or_else(one_time::model::unknown)?;
    tx.acts_as(account.id);
    Ok(account)
}

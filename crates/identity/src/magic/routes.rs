//! Ask for a link that signs in, and use it.

use super::model::{AskMagic, Consume};
use crate::{
    accounts::{
        self, local_only,
        model::address,
        store::{Row as Account, lock},
    },
    asked::{self, Asked},
    one_time::{self, Kind},
    passwords::model::Accepted,
    sessions::{
        self, Device, SignIn,
        model::{Client, Tokens},
    },
};
use axum::http::StatusCode;
use base::{
    App, Result,
    auth::Anyone,
    http::{Answer, Json},
    limits::Rule,
};
use std::time::Duration;

/// Links to one address.
const LINKS: Rule = Rule::per(5, Duration::from_secs(3_600));

/// Mails a link that signs in. The answer is the same whether or not the address has an account.
#[utoipa::path(post, path = "/auth/magic/request", operation_id = "ask_magic_link", tag = "auth", request_body = AskMagic, responses(
    (status = 202, description = "If the address has an account, a mail is on its way", body = Accepted),
    (status = 404, description = "Accounts here come from another provider (LOCAL_SIGN_IN=off)"),
    (status = 429, description = "Too many mails to this address, or from here")))]
pub async fn ask(app: App, anyone: Anyone, Json(ask): Json<AskMagic>) -> Result<Answer> {
    local_only(&app)?;
    let email = address(&ask.email)?;
    asked::may_ask(&app, "magic", LINKS, &email, anyone.context.client).await?;
    let mut tx = anyone.begin(&app).await?;
    asked::ask(&mut tx, &Asked::Magic { email }).await?;
    tx.commit().await?;
    Answer::json(StatusCode::ACCEPTED, &Accepted::plain())
}

/// Signs in with the link of the mail. The page that the link opens posts it here, so that a mail scanner does not use it up.
#[utoipa::path(post, path = "/auth/magic/consume", operation_id = "use_magic_link", tag = "auth", request_body = Consume, responses(
    (status = 200, description = "The tokens; a browser (`client: web`) gets cookies instead", body = Tokens),
    (status = 400, description = "The link is unknown, used or expired"),
    (status = 403, description = "A page of another site sent this"),
    (status = 404, description = "Accounts here come from another provider (LOCAL_SIGN_IN=off)")))]
pub async fn consume(app: App, anyone: Anyone, device: Device, Json(consume): Json<Consume>) -> Result<Answer> {
    local_only(&app)?;
    let client = consume.client.unwrap_or(Client::Api);
    if client.takes_cookies() {
        device.own_page(&app)?;
    }
    let mut tx = anyone.begin(&app).await?;
    let id = one_time::redeem::<()>(&mut tx, Kind::Magic, &consume.token).await?.account()?;
    let account = lock(&mut tx, id).await?.filter(Account::active).ok_or_else(one_time::model::unknown)?;
    tx.acts_as(account.id);
    accounts::proof::came_by_mail(&mut tx, &account).await?;
    let who = SignIn {
        account: &account,
        client,
        remembered: consume.remember,
        methods: "mail",
        strong: false,
        provider: "local",
        scope: None,
        device: &device,
    };
    sessions::sign_in(tx, who).await
}

//! A callback token becomes a session: once.

use super::{
    model::{Bound, Exchange},
    store, tickets,
    tickets::{Kind, Ticket},
};
use crate::sessions::{
    Device, SignIn,
    model::{Client, Tokens},
    sign_in,
};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::Anyone,
    db::Tx,
    http::{Answer, Json},
    id::Id as _,
    limits::{self, Rule},
    say,
};
use std::time::Duration;

const EXCHANGES: Rule = Rule::per(30, Duration::from_secs(60));

/// Exchanges the token that came back to the app for its session's tokens.
#[utoipa::path(post, path = "/auth/token/exchange", operation_id = "exchange_token", tag = "auth", request_body = Exchange, responses(
    (status = 200, description = "The tokens; a browser (`client: web`) gets cookies instead", body = Tokens),
    (status = 400, description = "The code verifier does not fit"),
    (status = 401, description = "The token is not ours, is over, or was used: then what it opened is closed"),
    (status = 403, description = "A page of another site sent this, or a second factor is needed"),
    (status = 404, description = "The account is gone or disabled"),
    (status = 429, description = "Too many tries")))]
pub async fn exchange(app: App, anyone: Anyone, device: Device, Json(body): Json<Exchange>) -> Result<Answer> {
    let client = body.client.unwrap_or(Client::Mobile);
    if client.takes_cookies() {
        device.own_page(&app)?;
    }
    if !(app.settings.development() && device.ip.is_loopback()) {
        app.limits.take("exchange", EXCHANGES, &limits::address(device.ip), app.now()).await?;
    }
    open(&app, &anyone, &device, &body, client).await
}

async fn open(app: &App, anyone: &Anyone, device: &Device, body: &Exchange, client: Client) -> Result<Answer> {
    let mut tx = anyone.begin(app).await?;
    let ticket = tickets::find(&mut tx, Kind::Callback, body.callback_token.expose()).await?.ok_or_else(not_ours)?;
    let account = ticket.account_id.ok_or_else(not_ours)?;
    if ticket.used_at.is_some() {
        return used_again(tx, &ticket).await;
    }
    if ticket.expires_at <= tx.now() {
        let say = say!("This token is over. Sign in again.", "Ce jeton a expiré. Reconnectez-vous.");
        return Err(Error::unauthenticated("token_expired", say));
    }
    ticket.payload::<Bound>(&tx)?.fits(body.code_verifier.as_ref())?;
    ticket.use_up(&mut tx).await?;
    let account = store::account(&mut tx, account).await?;
    if !account.active() {
        return Err(Error::not_found(account.id));
    }
    let who = SignIn {
        account: &account,
        client,
        remembered: true,
        methods: "fed",
        strong: false,
        provider: &ticket.provider,
        scope: None,
        device,
    };
    sign_in(tx, who).await
}

/// Two had it: whoever came first may be the wrong one, so what they opened ends.
async fn used_again(mut tx: Tx, ticket: &Ticket) -> Result<Answer> {
    if let (Some(account), Some(at)) = (ticket.account_id, ticket.used_at) {
        tx.acts_as(account);
        store::end_opened(&mut tx, account, at).await?;
        tx.audit(Entry { action: "callback_token.reused", subject: Some(account.uuid()), details: None }).await?;
        tx.commit().await?;
    }
    let say = say!(
        "This token was used already, so what it opened is closed. Sign in again.",
        "Ce jeton a déjà servi : la session qu’il avait ouverte est fermée. Reconnectez-vous."
    );
    Err(Error::unauthenticated("token_used", say))
}
fn not_ours() -> Error {
    let say = say!("This token is not valid. Sign in again.", "Ce jeton n’est pas valable. Reconnectez-vous.");
    Error::unauthenticated("invalid_token", say)
}

//! Apps whose provider's SDK gave them an id_token already: it is taken when it answers a challenge of ours.

use super::{
    arrive::{Arrival, arrive, failed, must_link, persistently},
    facebook,
    id_token::Nonce,
    model::{Bound, Challenge, Native, Person},
    oidc,
    provider::{Kind, Provider, Trust},
    tickets,
};
use crate::sessions::{
    Device, SignIn,
    model::{Client, Tokens},
    sign_in,
};
use base::{
    App, Error, Result,
    auth::Anyone,
    crypto::{self, Secret},
    http::{Answer, Json, Path},
    limits::{self, Rule},
    say,
    settings::NativeNonce,
    time::Timestamp,
};
use std::time::Duration;

const TRIES: Rule = Rule::per(60, Duration::from_secs(60));
/// How old an id_token may be: with our nonce the challenge bounds it, without only this does.
const WITH_NONCE: Duration = Duration::from_secs(600);
const WITHOUT: Duration = Duration::from_secs(300);

/// A nonce for a sign-in with a provider's SDK.
#[utoipa::path(post, path = "/auth/native/challenge", operation_id = "native_challenge", tag = "auth", responses(
    (status = 200, description = "The nonce", body = Challenge),
    (status = 429, description = "Too many tries")))]
pub async fn challenge(app: App, anyone: Anyone, device: Device) -> Result<Answer> {
    counted(&app, &device).await?;
    let nonce = crypto::token();
    let mut tx = anyone.begin(&app).await?;
    let challenge_id = tickets::give(&mut tx, tickets::Kind::Challenge, "", None, &nonce).await?;
    tx.commit().await?;
    Answer::ok(&Challenge { challenge_id, nonce, expires_in: tickets::Kind::Challenge.life().as_secs() })
}
async fn counted(app: &App, device: &Device) -> Result<()> {
    if app.settings.development() && device.ip.is_loopback() {
        return Ok(());
    }
    app.limits.take("native", TRIES, &limits::address(device.ip), app.now()).await
}

/// Signs in with what a provider's SDK gave the app.
#[utoipa::path(post, path = "/auth/native/{provider}", operation_id = "native_sign_in", tag = "auth", request_body = Native,
    params(("provider" = String, Path, description = "`google`, `facebook`, or one of `OIDC_<NAME>_ISSUER`")), responses(
    (status = 200, description = "The tokens; a browser (`client: web`) gets cookies instead", body = Tokens),
    (status = 400, description = "The token is not the provider’s, not for us, not fresh, or was used"),
    (status = 403, description = "The account is disabled, signing up is closed, or a second factor is needed"),
    (status = 409, description = "An account has this address: sign in to it, then link with `link_token`"),
    (status = 429, description = "Too many tries"),
    (status = 501, description = "The provider is not configured here"),
    (status = 502, description = "The provider does not answer")))]
pub async fn sign_in_with(app: App, anyone: Anyone, device: Device, Path(slug): Path<String>, Json(body): Json<Native>) -> Result<Answer> {
    let provider = Provider::find(&app, &slug)?;
    counted(&app, &device).await?;
    let client = body.client.unwrap_or(Client::Mobile);
    if client.takes_cookies() {
        device.own_page(&app)?;
    }
    let opened = match shown(&app, &anyone, &provider, &body).await {
        Ok(person) => persistently!(open(&app, &anyone, &device, &provider, client, &person)),
        Err(error) => Err(error),
    };
    if let Err(error) = &opened {
        failed(&app, &anyone, &provider, error).await?;
    }
    opened
}
async fn shown(app: &App, anyone: &Anyone, provider: &Provider, body: &Native) -> Result<Person> {
    match (&provider.kind, &body.id_token, &body.access_token) {
        (Kind::Oidc { issuer, email }, Some(token), None) => id_token(app, anyone, provider, (issuer, *email), token, body).await,
        (Kind::Facebook { graph, .. }, None, Some(token)) => facebook::behind(app, provider, graph, token.expose()).await,
        (kind, ..) => {
            let field = if matches!(kind, Kind::Oidc { .. }) { "id_token" } else { "access_token" };
            Err(Error::field(field, "required", say!("Send this, and no other token.", "Envoyez ce champ, et aucun autre jeton.")))
        }
    }
}

async fn id_token(app: &App, anyone: &Anyone, provider: &Provider, issuer: (&str, Trust), token: &Secret, body: &Native) -> Result<Person> {
    let ours = match &body.challenge_id {
        Some(id) => Some(nonce_of(app, anyone, id).await?),
        None if app.settings.oauth_native_nonce == NativeNonce::Sdk => None,
        None => {
            let say = say!(
                "Get a nonce from POST /api/v1/auth/native/challenge, sign in with it, and send its `challenge_id`.",
                "Demandez un nonce à POST /api/v1/auth/native/challenge, connectez-vous avec lui et envoyez son `challenge_id`."
            );
            return Err(Error::field("challenge_id", "required", say));
        }
    };
    let (nonce, oldest) = ours.as_deref().map_or((Nonce::Unknown, WITHOUT), |ours| (Nonce::IsOrDigest(ours), WITH_NONCE));
    let (person, over) = oidc::native(app, provider, issuer, token.expose(), nonce, oldest).await?;
    let mut tx = anyone.begin(app).await?;
    // A little beyond its end: clocks differ.
    let until = Timestamp::from_micros(over.saturating_mul(1_000_000)).plus(Duration::from_secs(120));
    let first = tickets::first_use(&mut tx, &provider.slug, token.expose(), until).await?;
    tx.commit().await?;
    if first {
        return Ok(person);
    }
    let say = say!("This id_token was used already. Sign in again.", "Ce jeton d’identité a déjà servi. Reconnectez-vous.");
    Err(Error::malformed("token_used", say))
}
async fn nonce_of(app: &App, anyone: &Anyone, id: &str) -> Result<String> {
    let mut tx = anyone.begin(app).await?;
    let ticket = tickets::take(&mut tx, tickets::Kind::Challenge, id).await?;
    let nonce = ticket.map(|t| t.payload(&tx)).transpose()?;
    tx.commit().await?;
    nonce.ok_or_else(|| {
        let say =
            say!("This challenge is over or was used. Ask for a new one.", "Ce défi a expiré ou a déjà servi. Demandez-en un nouveau.");
        Error::malformed("invalid_challenge", say)
    })
}

async fn open(app: &App, anyone: &Anyone, device: &Device, provider: &Provider, client: Client, person: &Person) -> Result<Answer> {
    let mut tx = anyone.begin(app).await?;
    match arrive(&mut tx, provider, person, &Bound::default()).await? {
        Arrival::Known(account) => {
            let who = SignIn {
                account: &account,
                client,
                remembered: true,
                methods: "fed",
                strong: false,
                provider: &provider.slug,
                scope: None,
                device,
            };
            sign_in(tx, who).await
        }
        Arrival::MustLink { link_token } => {
            tx.commit().await?;
            Err(must_link(provider, &link_token))
        }
    }
}

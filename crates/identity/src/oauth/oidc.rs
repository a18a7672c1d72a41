//! Talking to an OpenID Connect issuer: discovery, its keys, the code, and what it says of the person.

use super::{
    id_token::{About, Claims, Expected, Fault, Nonce, verify},
    model::{Flow, Person, challenge_of, with_pair},
    provider::{Provider, Trust},
};
use crate::accounts::model::normal_email;
use base::{
    App, Error, Result,
    crypto::Jwk,
    outbound::{Chosen, Failure, Outbound, Sent},
    say,
    time::Timestamp,
};
use serde::{Deserialize, de::DeserializeOwned};
use std::time::Duration;

/// How old an id_token may be that comes straight from the issuer.
const OLDEST: Duration = Duration::from_secs(600);

#[derive(Deserialize)]
pub struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}
#[derive(Deserialize)]
struct Answered {
    id_token: String,
    access_token: Option<String>,
}

/// The provider does not answer, or not as it should: nothing that the person did.
pub fn unavailable(provider: &Provider, why: Failure) -> Error {
    let name = &provider.name;
    let say = say!("{name} does not answer. Try again in a moment.", "{name} ne répond pas. Réessayez dans un instant.");
    Error::bad_gateway("provider_unavailable", say).with_source(why)
}
/// The provider did not take the code.
pub fn refused(provider: &Provider) -> Error {
    let name = &provider.name;
    let say = say!("{name} did not confirm this sign-in. Begin again.", "{name} n’a pas confirmé cette connexion. Recommencez.");
    Error::malformed("provider_refused", say)
}
pub fn no_email(provider: &Provider) -> Error {
    let name = &provider.name;
    let say = say!(
        "{name} did not tell us your e-mail address, which an account needs. Allow it there and begin again.",
        "{name} ne nous a pas communiqué votre adresse e-mail, nécessaire au compte. Autorisez-la puis recommencez."
    );
    Error::malformed("email_required", say)
}
fn forged(fault: Fault) -> Error {
    let say = say!(
        "The provider’s id_token is not valid here. Begin the sign-in again.",
        "Le jeton d’identité du fournisseur n’est pas valable ici. Recommencez la connexion."
    );
    Error::malformed("invalid_id_token", say).with("reason", fault.name())
}
pub fn read<T: DeserializeOwned>(provider: &Provider, document: &serde_json::Value) -> Result<T> {
    T::deserialize(document).map_err(|_| unavailable(provider, Failure::NotJson))
}

async fn discover(app: &App, provider: &Provider, issuer: &str) -> Result<Discovery> {
    discovered(&app.outbound, app.now(), provider, issuer).await
}
/// What an issuer says of itself.
pub async fn discovered(outbound: &Outbound, now: Timestamp, provider: &Provider, issuer: &str) -> Result<Discovery> {
    let url = format!("{issuer}/.well-known/openid-configuration");
    let document = outbound.document(&url, now).await.map_err(|why| unavailable(provider, why))?;
    let found: Discovery = read(provider, &document)?;
    // Another's document would let it speak in this issuer's name.
    if found.issuer.trim_end_matches('/') != issuer {
        return Err(unavailable(provider, Failure::NotJson));
    }
    Ok(found)
}

/// Where a person agrees.
pub async fn address(app: &App, provider: &Provider, issuer: &str, state: &str, flow: &Flow) -> Result<String> {
    let found = discover(app, provider, issuer).await?;
    let challenge = challenge_of(&flow.verifier);
    let pairs = [
        ("client_id", provider.client_id.as_str()),
        ("redirect_uri", &provider.redirect_uri),
        ("response_type", "code"),
        ("scope", "openid email profile"),
        ("state", state),
        ("nonce", &flow.nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    Ok(pairs.into_iter().fold(found.authorization_endpoint, |url, (name, value)| with_pair(&url, name, value)))
}

/// The issuer that a provider's answer comes from, when it says one (RFC 9207).
pub fn is_issuer(issuer: &str, said: Option<&str>) -> bool {
    said.is_none_or(|said| said.trim_end_matches('/') == issuer)
}

/// Who came back with this code.
pub async fn person(app: &App, provider: &Provider, (issuer, trust): (&str, Trust), code: &str, flow: &Flow) -> Result<Person> {
    let found = discover(app, provider, issuer).await?;
    let answered = redeem(app, provider, &found, code, flow).await?;
    let expected = Expected {
        issuer: &found.issuer,
        audiences: &[&provider.client_id],
        nonce: Nonce::Is(&flow.nonce),
        oldest: OLDEST,
        now: app.now(),
    };
    let claims = verified(app, provider, &found, &answered.id_token, &expected).await?;
    let mut about = claims.about.clone();
    if let (None, Some(url), Some(token)) = (&about.email, &found.userinfo_endpoint, &answered.access_token) {
        about = userinfo(app, provider, url, token, &claims.sub).await?;
    }
    describe(provider, trust, claims, about)
}
/// Whom an app's id_token describes.
pub async fn native(
    app: &App,
    provider: &Provider,
    (issuer, trust): (&str, Trust),
    token: &str,
    nonce: Nonce<'_>,
    oldest: Duration,
) -> Result<(Person, i64)> {
    let found = discover(app, provider, issuer).await?;
    let expected = Expected { issuer: &found.issuer, audiences: &provider.audiences(), nonce, oldest, now: app.now() };
    let claims = verified(app, provider, &found, token, &expected).await?;
    let (about, over) = (claims.about.clone(), claims.exp);
    Ok((describe(provider, trust, claims, about)?, over))
}

async fn redeem(app: &App, provider: &Provider, found: &Discovery, code: &str, flow: &Flow) -> Result<Answered> {
    let secret = provider.secret.as_ref().map(|s| s.expose());
    let in_form = found.token_endpoint_auth_methods_supported.iter().any(|m| m == "client_secret_post");
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", provider.redirect_uri.as_str()),
        ("code_verifier", flow.verifier.as_str()),
    ];
    // RFC 6749, 2.3.1: both parts are form-encoded before they become a basic authorization.
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = secret.map(|secret| (encode(&provider.client_id), encode(secret)));
    let mut sent = Sent::default();
    match (&pair, secret) {
        (Some((id, secret)), _) if !in_form => sent.basic = Some((id, secret)),
        (_, Some(secret)) => form.extend([("client_id", provider.client_id.as_str()), ("client_secret", secret)]),
        (_, None) => form.push(("client_id", &provider.client_id)),
    }
    sent.form = Some(&form);
    let answer = app.outbound.json(Chosen::ByOperator, &found.token_endpoint, sent).await;
    match answer.map_err(|why| unavailable(provider, why))? {
        (200, body) => read(provider, &body),
        (status, body) => {
            tracing::warn!(provider = provider.slug, status, error = body["error"].as_str().unwrap_or_default(), "a code was refused");
            Err(refused(provider))
        }
    }
}

/// By the keys we hold; a key that is not among them is looked for once more.
async fn verified(app: &App, provider: &Provider, found: &Discovery, token: &str, expected: &Expected<'_>) -> Result<Claims> {
    let failed = |why| unavailable(provider, why);
    let keys = app.outbound.document(&found.jwks_uri, app.now()).await.map_err(failed)?;
    let first = verify(token, &Jwk::set(&keys), expected);
    let claims = match first {
        Err(Fault::UnknownKey) => {
            let keys = app.outbound.newer_document(&found.jwks_uri, app.now()).await.map_err(failed)?;
            verify(token, &Jwk::set(&keys), expected)
        }
        other => other,
    };
    claims.map_err(forged)
}

#[derive(Deserialize)]
struct Userinfo {
    sub: String,
    #[serde(flatten)]
    about: About,
}
async fn userinfo(app: &App, provider: &Provider, url: &str, token: &str, subject: &str) -> Result<About> {
    let sent = Sent { bearer: Some(token), ..Sent::default() };
    let (status, body) = app.outbound.json(Chosen::ByOperator, url, sent).await.map_err(|why| unavailable(provider, why))?;
    if status != 200 {
        return Err(refused(provider));
    }
    let info: Userinfo = read(provider, &body)?;
    if info.sub == subject { Ok(info.about) } else { Err(refused(provider)) }
}

fn describe(provider: &Provider, trust: Trust, claims: Claims, about: About) -> Result<Person> {
    let email = about.email.as_deref().and_then(normal_email).ok_or_else(|| no_email(provider))?;
    let trusted = about.email_verified.yes()
        && match trust {
            Trust::Never => false,
            Trust::Always => true,
            Trust::OwnMailboxes => about.hd.is_some() || email.ends_with("@gmail.com"),
        };
    let person = Person { issuer: claims.iss, subject: claims.sub, email, trusted, name: about.name, picture: about.picture };
    Ok(person.presentable())
}

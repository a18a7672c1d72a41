//! Talking to Facebook: its Graph says whose a token is, and only tokens that our own app was given count.

use super::{
    model::{Flow, Person, challenge_of, with_pair},
    oidc::{read, refused, unavailable},
    provider::Provider,
};
use crate::accounts::model::normal_email;
use base::{
    App, Error, Result,
    crypto::{Secret, hex, hmac_sha256},
    outbound::{Chosen, Sent},
};
use serde::{Deserialize, de::DeserializeOwned};

const VERSION: &str = "v23.0";
const ISSUER: &str = "https://www.facebook.com";

#[derive(Deserialize)]
struct Answered {
    access_token: String,
}
#[derive(Deserialize)]
struct Debugged {
    data: About,
}
#[derive(Deserialize)]
struct About {
    app_id: String,
    #[serde(default)]
    is_valid: bool,
    user_id: Option<String>,
}
#[derive(Deserialize)]
struct Me {
    id: String,
    name: Option<String>,
    email: Option<String>,
    picture: Option<Picture>,
}
#[derive(Deserialize)]
struct Picture {
    data: Image,
}
#[derive(Deserialize)]
struct Image {
    url: Option<String>,
    #[serde(default)]
    is_silhouette: bool,
}

pub fn address(provider: &Provider, dialog: &str, state: &str, flow: &Flow) -> String {
    let challenge = challenge_of(&flow.verifier);
    let pairs = [
        ("client_id", provider.client_id.as_str()),
        ("redirect_uri", &provider.redirect_uri),
        ("response_type", "code"),
        ("scope", "email,public_profile"),
        ("state", state),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    pairs.into_iter().fold(dialog.to_owned(), |url, (name, value)| with_pair(&url, name, value))
}

/// Who came back with this code.
pub async fn person(app: &App, provider: &Provider, graph: &str, code: &str, flow: &Flow) -> Result<Person> {
    let secret = secret(provider)?;
    let pairs = [
        ("client_id", provider.client_id.as_str()),
        ("client_secret", secret.expose()),
        ("redirect_uri", &provider.redirect_uri),
        ("code", code),
        ("code_verifier", &flow.verifier),
    ];
    let answered: Answered = ask(app, provider, graph, "oauth/access_token", &pairs).await?;
    behind(app, provider, graph, &answered.access_token).await
}

/// Whose token this is. One that another app was given proves nothing here.
pub async fn behind(app: &App, provider: &Provider, graph: &str, token: &str) -> Result<Person> {
    let secret = secret(provider)?.expose();
    let ours = format!("{}|{secret}", provider.client_id);
    let debugged: Debugged = ask(app, provider, graph, "debug_token", &[("input_token", token), ("access_token", &ours)]).await?;
    let About { app_id, is_valid, user_id } = debugged.data;
    if !is_valid || app_id != provider.client_id {
        return Err(refused(provider));
    }
    let proof = hex(&hmac_sha256(secret.as_bytes(), token.as_bytes()));
    let fields = [("fields", "id,name,email,picture"), ("access_token", token), ("appsecret_proof", &proof)];
    let me: Me = ask(app, provider, graph, "me", &fields).await?;
    if me.id.is_empty() || me.id.len() > 255 || user_id.is_some_and(|id| id != me.id) {
        return Err(refused(provider));
    }
    // Whoever hides the address gets one that no mail is ever sent to, the same the next time.
    let email = me.email.as_deref().and_then(normal_email).unwrap_or_else(|| format!("fb_{}@facebook.invalid", me.id).to_lowercase());
    let picture = me.picture.filter(|p| !p.data.is_silhouette).and_then(|p| p.data.url);
    Ok(Person { issuer: ISSUER.to_owned(), subject: me.id, email, trusted: false, name: me.name, picture }.presentable())
}

fn secret(provider: &Provider) -> Result<&Secret> {
    provider.secret.as_ref().ok_or_else(|| Error::internal("Facebook without its secret"))
}
async fn ask<T: DeserializeOwned>(app: &App, provider: &Provider, graph: &str, what: &str, pairs: &[(&str, &str)]) -> Result<T> {
    let url = pairs.iter().fold(format!("{graph}/{VERSION}/{what}"), |url, (name, value)| with_pair(&url, name, value));
    match app.outbound.json(Chosen::ByOperator, &url, Sent::default()).await.map_err(|why| unavailable(provider, why))? {
        (200, body) => read(provider, &body),
        (status, _) => {
            tracing::warn!(provider = provider.slug, status, what, "Graph refused");
            Err(refused(provider))
        }
    }
}

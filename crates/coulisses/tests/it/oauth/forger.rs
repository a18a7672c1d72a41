//! An issuer of the test's own: it signs what it is told to, and counts how often it is asked.

use super::browser::{parameter, path_of};
use crate::stage::{Person, Reply, Stage};
use axum::{Router, extract::State, response::IntoResponse, routing::get};
use base::{crypto::sha256, db::Db};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use parking_lot::Mutex;
use ring::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// What it lets us do at the issuer: nothing here needs it, so nothing keeps it.
pub const ACCESS_TOKEN: &str = "c4n4ry-access-token-of-the-issuer";

#[derive(Clone)]
pub struct Forger(Arc<Inner>);
struct Inner {
    issuer: String,
    key: Ed25519KeyPair,
    said: Mutex<Said>,
}
/// What it answers, and how often it was asked for its keys.
struct Said {
    id_token: String,
    issuer: String,
    kid: String,
    key_requests: usize,
}

/// A small HTTP server on loopback for a stand-in.
#[expect(clippy::disallowed_methods, reason = "a stand-in needs no timeouts")]
pub async fn serve(listener: tokio::net::TcpListener, router: Router) {
    tokio::spawn(async move { axum::serve(listener, router).await });
}
pub async fn listener() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}
fn answer(value: &Value) -> impl IntoResponse + use<> {
    ([("content-type", "application/json")], value.to_string())
}
pub fn pair(seed: &str) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&sha256(seed.as_bytes())).unwrap()
}

impl Forger {
    pub async fn start() -> Self {
        let (listener, issuer) = listener().await;
        let said = Said { id_token: String::new(), issuer: issuer.clone(), kid: "one".to_owned(), key_requests: 0 };
        let forger = Self(Arc::new(Inner { key: pair("its key"), said: Mutex::new(said), issuer }));
        let discovery = async |State(me): State<Self>| {
            let at = &me.0.issuer;
            answer(&json!({"issuer": me.0.said.lock().issuer, "authorization_endpoint": format!("{at}/authorize"),
                "token_endpoint": format!("{at}/token"), "jwks_uri": format!("{at}/keys")}))
        };
        let keys = async |State(me): State<Self>| {
            let mut said = me.0.said.lock();
            said.key_requests += 1;
            answer(&json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": said.kid, "x": me.public()}]}))
        };
        let token = async |State(me): State<Self>| {
            answer(&json!({"access_token": ACCESS_TOKEN, "token_type": "bearer", "id_token": me.0.said.lock().id_token}))
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", axum::routing::post(token));
        serve(listener, router.with_state(forger.clone())).await;
        forger
    }
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }
    pub fn public(&self) -> String {
        B64.encode(self.0.key.public_key().as_ref())
    }
    /// What the token endpoint answers from now on.
    pub fn will_say(&self, id_token: &str) {
        self.0.said.lock().id_token = id_token.to_owned();
    }
    pub fn claims_to_be(&self, issuer: &str) {
        self.0.said.lock().issuer = issuer.to_owned();
    }
    pub fn renames_its_key(&self, kid: &str) {
        self.0.said.lock().kid = kid.to_owned();
    }
    pub fn key_requests(&self) -> usize {
        self.0.said.lock().key_requests
    }
    /// The claims of an honest id_token.
    pub fn claims(&self, stage: &Stage, nonce: &str, email: &str) -> Value {
        self.claims_at(stage.app.now().seconds(), nonce, email)
    }
    pub fn claims_at(&self, now: i64, nonce: &str, email: &str) -> Value {
        json!({"iss": self.issuer(), "aud": "crew", "sub": email, "nonce": nonce, "iat": now, "exp": now + 300,
            "email": email, "email_verified": true, "name": "Zoé"})
    }
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({"alg": "EdDSA", "kid": "one"}), claims, |signed| self.0.key.sign(signed).as_ref().to_vec())
    }
    pub fn sign_as(&self, header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        let signed = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
        let signature = B64.encode(sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
    /// As somebody would who hopes that the public key is taken for a shared secret.
    pub fn hs256(&self, claims: &Value) -> String {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, self.0.key.public_key().as_ref());
        self.sign_as(&json!({"alg": "HS256", "kid": "one"}), claims, |signed| hmac::sign(&secret, signed).as_ref().to_vec())
    }
    pub fn settings(&self, trusted: &'static str) -> Vec<(&'static str, String)> {
        vec![
            ("OIDC_FORGE_ISSUER", self.issuer().to_owned()),
            ("OIDC_FORGE_CLIENT_ID", "crew".to_owned()),
            ("OIDC_FORGE_TRUST_EMAIL", trusted.to_owned()),
            ("TEST_CLOCK", "on".to_owned()),
        ]
    }
    pub async fn stage(&self, db: Db, trusted: &'static str, more: &[(&str, &str)]) -> Stage {
        let own = self.settings(trusted);
        let own: Vec<_> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Stage::with(db, &[&own, more].concat()).await
    }
    /// A whole sign-in at this issuer, whose id_token is what `make` writes for the nonce.
    pub async fn signs_in(&self, who: &Person, start: &str, make: impl FnOnce(&str) -> String) -> Reply {
        let begun = who.get(start).await.is(200);
        let nonce = parameter(begun["auth_url"].as_str().unwrap(), "nonce").unwrap();
        self.will_say(&make(&nonce));
        let state = begun["state"].as_str().unwrap();
        who.get(&path_of(&format!("http://x/auth/forge/callback?code=x&state={state}&iss={}", self.issuer()))).await
    }
    /// The same, honestly, as somebody with this address.
    pub async fn honest(&self, stage: &Stage, who: &Person, start: &str, email: &str) -> Reply {
        self.signs_in(who, start, |nonce| self.sign(&self.claims(stage, nonce, email))).await
    }
}

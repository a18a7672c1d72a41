//! Access tokens: JWTs signed with Ed25519 (or HS256 for the seeds' clients), verified against a fixed header.
//!
//! Our own few lines instead of a JWT library (decisions/0004): the header must be, byte for byte, one that a live key of ours
//! writes, so there is no algorithm, `kid`, `jku` or `typ` to be confused about.

use crate::{
    crypto::sha256,
    error::{Error, Result},
    id::{AccountId, OrgId, SessionId, Uuid},
    say,
    time::Timestamp,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use moka::sync::Cache;
use parking_lot::RwLock;
use ring::{
    hmac,
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey},
};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// How far two clocks may be apart.
const SKEW: i64 = 5;
/// How many verified tokens are remembered.
const REMEMBERED: u64 = 50_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: AccountId,
    pub sid: SessionId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    pub scope: String,
    /// The administrator who acts in the account's place (RFC 8693); who they are is asked of the store, not of the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
    /// How often the session's refresh token had been renewed: shows that the newest one arrived.
    #[serde(rename = "gen")]
    pub generation: i64,
    /// When and how its holder last proved who they are.
    pub auth_time: i64,
    pub amr: Vec<String>,
    /// The account's epoch when this was issued: raised, it ends every older token.
    pub ae: i64,
    pub iat: i64,
    pub exp: i64,
    pub jti: Uuid,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Act {
    pub sub: AccountId,
}

/// A token that was ours and is not over.
#[derive(Clone, Debug)]
pub struct Verified {
    pub claims: Claims,
    pub scopes: super::Scopes,
}

enum Key {
    Ed25519 { pair: Box<Ed25519KeyPair> },
    Hs256(hmac::Key),
}
pub(super) struct SigningKey {
    kid: String,
    /// The encoded header of every token this key signs.
    header: String,
    key: Key,
}

pub struct Tokens {
    issuer: String,
    /// The first one signs, all of them verify.
    keys: RwLock<Vec<Arc<SigningKey>>>,
    seen: Cache<[u8; 32], Arc<Verified>>,
}

impl SigningKey {
    /// A fresh private key, as it is stored (sealed).
    pub(super) fn generate() -> Result<Vec<u8>> {
        let rng = ring::rand::SystemRandom::new();
        Ok(Ed25519KeyPair::generate_pkcs8(&rng).map_err(|_| Error::internal("no randomness for a key"))?.as_ref().to_vec())
    }
    pub(super) fn ed25519(kid: &str, pkcs8: &[u8]) -> Result<Arc<Self>> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|e| Error::internal(e.to_string()))?;
        Ok(Self::new("EdDSA", kid, Key::Ed25519 { pair: Box::new(pair) }))
    }
    fn new(alg: &str, kid: &str, key: Key) -> Arc<Self> {
        let header = B64.encode(format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"{kid}"}}"#));
        Arc::new(Self { kid: kid.to_owned(), header, key })
    }
}

impl Tokens {
    pub fn new(issuer: impl Into<String>) -> Self {
        // Forgotten well before a token of the longest life could be over: expiry is looked at on every use anyway.
        let seen = Cache::builder().max_capacity(REMEMBERED).time_to_live(Duration::from_secs(3_600)).build();
        Self { issuer: issuer.into(), keys: RwLock::default(), seen }
    }
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
    pub fn use_hs256(&self, secret: &[u8]) {
        self.hold(vec![SigningKey::new("HS256", "secret", Key::Hs256(hmac::Key::new(hmac::HMAC_SHA256, secret)))]);
    }
    /// From now on these verify, and the first one signs. What any other signed is refused, also when it was verified before.
    pub(super) fn hold(&self, new: Vec<Arc<SigningKey>>) {
        let mut keys = self.keys.write();
        let gone = keys.iter().any(|old| !new.iter().any(|key| key.kid == old.kid));
        *keys = new;
        if gone {
            self.seen.invalidate_all();
        }
    }
    pub(super) fn known(&self, kid: &str) -> Option<Arc<SigningKey>> {
        self.keys.read().iter().find(|key| key.kid == kid).cloned()
    }

    /// The public halves, for whoever verifies our tokens; HS256 has none.
    pub fn jwks(&self) -> serde_json::Value {
        let keys = self.keys.read();
        let public = keys.iter().filter_map(|key| {
            let Key::Ed25519 { pair } = &key.key else { return None };
            let x = B64.encode(pair.public_key().as_ref());
            Some(serde_json::json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.kid, "x": x}))
        });
        serde_json::json!({"keys": public.collect::<Vec<_>>()})
    }

    pub fn sign(&self, claims: &Claims) -> Result<String> {
        let key = self.keys.read().first().cloned().ok_or_else(|| Error::internal("no signing key is loaded"))?;
        let payload = B64.encode(serde_json::to_vec(claims).map_err(Error::internal)?);
        let signed = format!("{}.{payload}", key.header);
        let signature = match &key.key {
            Key::Ed25519 { pair } => B64.encode(pair.sign(signed.as_bytes())),
            Key::Hs256(secret) => B64.encode(hmac::sign(secret, signed.as_bytes())),
        };
        Ok(format!("{signed}.{signature}"))
    }

    /// Ours, unchanged, for us, and not over. Whether its rights still stand is asked of [`super::Rights`].
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<Verified>> {
        let digest = sha256(token.as_bytes());
        let verified = match self.seen.get(&digest) {
            Some(known) => known,
            None => {
                // Remembered before the keys may change: see `hold`.
                let keys = self.keys.read();
                let fresh = Arc::new(self.check(&keys, token).ok_or_else(invalid)?);
                self.seen.insert(digest, fresh.clone());
                fresh
            }
        };
        let (now, claims) = (now.seconds(), &verified.claims);
        if now >= claims.exp + SKEW {
            return Err(Error::unauthenticated(
                "token_expired",
                say!("Your session has expired. Sign in again.", "Votre session a expiré. Reconnectez-vous."),
            ));
        }
        if claims.iat > now + SKEW { Err(invalid()) } else { Ok(verified) }
    }

    fn check(&self, keys: &[Arc<SigningKey>], token: &str) -> Option<Verified> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let key = keys.iter().find(|k| k.header == header)?;
        let signature = B64.decode(signature).ok()?;
        match &key.key {
            Key::Ed25519 { pair } => UnparsedPublicKey::new(&ED25519, pair.public_key()).verify(signed.as_bytes(), &signature).ok()?,
            Key::Hs256(secret) => hmac::verify(secret, signed.as_bytes(), &signature).ok()?,
        }
        let claims: Claims = serde_json::from_slice(&B64.decode(payload).ok()?).ok()?;
        let fits = claims.iss == self.issuer && claims.aud == AUDIENCE && claims.iat < claims.exp && claims.exp < i64::MAX - SKEW;
        fits.then(|| Verified { scopes: super::Scopes::parse(&claims.scope), claims })
    }
}

pub(super) const AUDIENCE: &str = "coulisses";

pub(super) fn invalid() -> Error {
    Error::unauthenticated(
        "invalid_token",
        say!("This access token is not valid. Sign in again.", "Ce jeton d’accès n’est pas valable. Reconnectez-vous."),
    )
}

/// The sign-in that a token stands for.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    pub account: AccountId,
    pub epoch: i64,
    pub session: SessionId,
    pub generation: i64,
    pub at: Timestamp,
    /// As RFC 8176 calls them, with spaces between.
    pub methods: &'a str,
    pub impersonator: Option<AccountId>,
}

impl Claims {
    pub fn new(tokens: &Tokens, of: Signed, now: Timestamp, life: Duration) -> Self {
        Self {
            iss: tokens.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: of.account,
            sid: of.session,
            org: None,
            scope: String::new(),
            act: of.impersonator.map(|sub| Act { sub }),
            generation: of.generation,
            auth_time: of.at.seconds(),
            amr: of.methods.split_whitespace().map(str::to_owned).collect(),
            ae: of.epoch,
            iat: now.seconds(),
            exp: now.plus(life).seconds(),
            jti: crate::id::v4(),
        }
    }
    #[must_use]
    pub fn with(mut self, org: Option<OrgId>, scopes: super::Scopes) -> Self {
        self.org = org;
        self.scope = scopes.to_string();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(tokens: &Tokens, now: Timestamp) -> Claims {
        let (account, session) = (AccountId(crate::id::v4()), SessionId(crate::id::v4()));
        let of = Signed { account, epoch: 1, session, generation: 0, at: now, methods: "pwd", impersonator: None };
        let claims = Claims::new(tokens, of, now, Duration::from_secs(900));
        claims.with(None, super::super::Scopes::held_by(None, false))
    }
    fn tokens() -> Tokens {
        let tokens = Tokens::new("http://here");
        tokens.hold(vec![key("k1")]);
        tokens
    }
    fn key(kid: &str) -> Arc<SigningKey> {
        SigningKey::ed25519(kid, &SigningKey::generate().unwrap()).unwrap()
    }
    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn what_was_signed_is_verified_until_it_is_over() {
        let tokens = tokens();
        let token = tokens.sign(&claims(&tokens, at(1_000))).unwrap();
        assert!(tokens.verify(&token, at(1_000)).is_ok());
        assert!(tokens.verify(&token, at(1_904)).is_ok());
        assert_eq!(tokens.verify(&token, at(1_905)).unwrap_err().code(), "token_expired");
        assert!(tokens.verify(&token, at(990)).is_err(), "from the future");
    }
    #[test]
    fn an_older_key_verifies_until_it_is_let_go() {
        let tokens = tokens();
        let (old, new) = (tokens.known("k1").unwrap(), key("k2"));
        let token = tokens.sign(&claims(&tokens, at(1_000))).unwrap();
        tokens.hold(vec![new.clone(), old]);
        assert!(tokens.verify(&token, at(1_000)).is_ok());
        let newer = tokens.sign(&claims(&tokens, at(1_000))).unwrap();
        tokens.hold(vec![new]);
        assert!(tokens.verify(&newer, at(1_000)).is_ok());
        assert_eq!(tokens.verify(&token, at(1_000)).unwrap_err().code(), "invalid_token", "though it was verified before");
    }
    #[test]
    fn forged_tokens_are_refused() {
        let ours = tokens();
        let now = at(1_000);
        let good = ours.sign(&claims(&ours, now)).unwrap();
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let payload = signed.split_once('.').unwrap().1;
        let none = format!("{}.{payload}.", B64.encode(r#"{"alg":"none","typ":"at+jwt","kid":"k1"}"#));
        let public = ours.keys.read()[0].clone();
        let Key::Ed25519 { pair } = &public.key else { panic!("Ed25519") };
        let confused = format!("{}.{payload}", B64.encode(r#"{"alg":"HS256","typ":"at+jwt","kid":"k1"}"#));
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, pair.public_key().as_ref()), confused.as_bytes());
        let confused = format!("{confused}.{}", B64.encode(mac));
        let with = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut body = serde_json::to_value(claims(&ours, now)).unwrap();
            change(&mut body);
            let signed = format!("{}.{}", public.header, B64.encode(body.to_string()));
            format!("{signed}.{}", B64.encode(pair.sign(signed.as_bytes())))
        };
        let other = tokens();
        let forged = [
            none,
            confused,
            other.sign(&claims(&other, now)).unwrap(),
            format!("{signed}.{}", &signature[1..]),
            format!("x{good}"),
            good.replace('.', ""),
            String::new(),
            with(&|b| b["iss"] = "http://elsewhere".into()),
            with(&|b| b["aud"] = "other".into()),
            with(&|b| b["exp"] = "9999999999".into()),
            with(&|b| b["exp"] = 1e300.into()),
            with(&|b| b["exp"] = (-1).into()),
            with(&|b| drop(b.as_object_mut().unwrap().remove("sid"))),
        ];
        for token in forged {
            assert!(ours.verify(&token, now).is_err(), "accepted: {token}");
        }
        assert!(ours.verify(&with(&|_| ()), now).is_ok(), "the forger's own hand works");
    }
}

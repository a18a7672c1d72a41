//! Whether an id_token is its issuer's, meant for us, fresh, and an answer to what we asked (OpenID Connect Core, 3.1.3.7).

use base::{
    crypto::{Jwk, hex, sha256},
    time::Timestamp,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde::Deserialize;
use std::time::Duration;

/// How far the issuer's clock may be from ours.
const SKEW: Duration = Duration::from_secs(60);
const ALGORITHMS: [&str; 3] = ["RS256", "ES256", "EdDSA"];

#[derive(Debug, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub sub: String,
    aud: Audience,
    azp: Option<String>,
    pub exp: i64,
    iat: i64,
    nonce: Option<String>,
    #[serde(flatten)]
    pub about: About,
}
/// What it, or the userinfo endpoint, says of the person.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct About {
    pub email: Option<String>,
    #[serde(default)]
    pub email_verified: Said,
    /// Google: the organisation that runs the mailbox.
    pub hd: Option<String>,
    pub name: Option<String>,
    pub picture: Option<String>,
}
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}
/// `true`, or `"true"` as some write it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(untagged)]
pub enum Said {
    Plain(bool),
    Text(String),
    #[default]
    Nothing,
}
impl Said {
    pub fn yes(&self) -> bool {
        matches!(self, Self::Plain(true)) || matches!(self, Self::Text(t) if t == "true")
    }
}

/// The nonce that must be in it.
#[derive(Clone, Copy)]
pub enum Nonce<'a> {
    Is(&'a str),
    /// An app's SDK may have hashed it: as it is, or its SHA-256 in hex or base64url.
    IsOrDigest(&'a str),
    /// The SDK made its own; whoever asks takes care that the token is used once.
    Unknown,
}
pub struct Expected<'a> {
    pub issuer: &'a str,
    /// Our clients.
    pub audiences: &'a [&'a str],
    pub nonce: Nonce<'a>,
    pub oldest: Duration,
    pub now: Timestamp,
}

/// Why it is none of ours; a word for the problem document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Malformed,
    Algorithm,
    UnknownKey,
    Signature,
    Issuer,
    Audience,
    Party,
    Expired,
    Stale,
    Nonce,
}
impl Fault {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Party => "authorized_party",
            Self::Expired => "expired",
            Self::Stale => "stale",
            Self::Nonce => "nonce",
        }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

pub fn verify(token: &str, keys: &[Jwk], expected: &Expected<'_>) -> Result<Claims, Fault> {
    let (signed, signature) = token.rsplit_once('.').ok_or(Fault::Malformed)?;
    let (head, body) = signed.split_once('.').ok_or(Fault::Malformed)?;
    let decode = |part: &str| B64.decode(part).map_err(|_| Fault::Malformed);
    let header: Header = serde_json::from_slice(&decode(head)?).map_err(|_| Fault::Malformed)?;
    if !ALGORITHMS.contains(&header.alg.as_str()) || header.crit.is_some() {
        return Err(Fault::Algorithm);
    }
    // The kid chooses among the keys that the issuer publishes; it leads nowhere else.
    let named = |key: &&Jwk| header.kid.is_none() || key.kid == header.kid;
    let mut fitting = keys.iter().filter(named).filter(|key| key.algorithm() == header.alg).peekable();
    fitting.peek().ok_or(Fault::UnknownKey)?;
    let signature = decode(signature)?;
    if !fitting.any(|key| key.made(&signature, signed.as_bytes())) {
        return Err(Fault::Signature);
    }
    let claims: Claims = serde_json::from_slice(&decode(body)?).map_err(|_| Fault::Malformed)?;
    claims.fit(expected)?;
    Ok(claims)
}

impl Claims {
    fn fit(&self, expected: &Expected<'_>) -> Result<(), Fault> {
        let ours = |id: &str| expected.audiences.contains(&id);
        let (meant, many) = match &self.aud {
            Audience::One(one) => (ours(one), false),
            Audience::Many(all) => (all.iter().any(|one| ours(one)), all.len() > 1),
        };
        let party = self.azp.as_deref().map_or(!many, ours);
        let now = expected.now;
        let (issued, over) = (seconds(self.iat)?, seconds(self.exp)?);
        for (fits, fault) in [
            (self.iss == expected.issuer && !self.sub.is_empty() && self.sub.len() <= 255, Fault::Issuer),
            (meant, Fault::Audience),
            (party, Fault::Party),
            (now < over.plus(SKEW), Fault::Expired),
            (now <= issued.plus(expected.oldest) && issued <= now.plus(SKEW), Fault::Stale),
            (expected.nonce.fits(self.nonce.as_deref()), Fault::Nonce),
        ] {
            if !fits {
                return Err(fault);
            }
        }
        Ok(())
    }
}
/// An instant that a clock can show: arithmetic on it cannot overflow.
fn seconds(at: i64) -> Result<Timestamp, Fault> {
    let sane = (0..=253_402_300_799).contains(&at);
    if sane { Ok(Timestamp::from_micros(at * 1_000_000)) } else { Err(Fault::Malformed) }
}
impl Nonce<'_> {
    fn fits(self, given: Option<&str>) -> bool {
        match (self, given) {
            (Nonce::Unknown, _) => true,
            (_, None) => false,
            (Nonce::Is(ours), Some(given)) => given == ours,
            (Nonce::IsOrDigest(ours), Some(given)) => {
                let digest = sha256(ours.as_bytes());
                given == ours || given == hex(&digest) || given == B64.encode(digest)
            }
        }
    }
}

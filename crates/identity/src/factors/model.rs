//! What people send and see of second factors, and the rules of challenges and codes.

use base::{
    Error, Result,
    crypto::{self, Secret},
    error::Kind,
    id::AccountId,
    say,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// How long somebody has to type a code, and how often they may mistype it.
pub const CHALLENGE: Duration = Duration::from_secs(300);
pub const MAIL_CODE: Duration = Duration::from_secs(600);
pub const TRIES: i64 = 5;
/// How many wrong codes an account may be given in an hour, whatever the challenges.
const WRONG_CODES: i64 = 10;
const HOUR: Duration = Duration::from_secs(3_600);
pub const RECOVERY_CODES: usize = 10;

/// How the account stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Factors {
    /// Whether signing in asks for a code.
    pub enabled: bool,
    pub since: Option<Timestamp>,
    pub recovery_codes_left: i64,
}
/// What an authenticator app needs; the secret is never shown again.
#[derive(Serialize, ToSchema)]
pub struct Enrolment {
    /// In base32, to be typed.
    pub secret: String,
    pub uri: String,
    /// The same as a QR code: an SVG image as a `data:` address.
    pub qr: String,
}
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// Each opens the account once when the authenticator is lost. They are never shown again.
    pub recovery_codes: Vec<String>,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// What the authenticator app shows.
    pub code: Secret,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// What the sign-in answered.
    pub challenge: Secret,
    /// What the authenticator app shows.
    pub code: Option<Secret>,
    pub recovery_code: Option<Secret>,
}
/// One of these.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUp {
    pub password: Option<Secret>,
    /// What the authenticator app shows.
    pub code: Option<Secret>,
    pub recovery_code: Option<Secret>,
    /// For accounts without a password: what `POST /auth/step-up:mail` sent.
    pub mail_code: Option<Secret>,
}

/// What proves the second factor.
#[derive(Clone, Copy)]
pub enum Given<'a> {
    Code(&'a Secret),
    Recovery(&'a Secret),
}
impl Verify {
    pub fn given(&self) -> Result<Given<'_>> {
        match (&self.code, &self.recovery_code) {
            (Some(code), None) => Ok(Given::Code(code)),
            (None, Some(code)) => Ok(Given::Recovery(code)),
            _ => Err(one_of("code", say!("Send `code` or `recovery_code`.", "Envoyez `code` ou `recovery_code`."))),
        }
    }
}
/// What proves again who somebody is.
#[derive(Clone, Copy)]
pub enum Proof<'a> {
    Password(&'a Secret),
    Factor(Given<'a>),
    Mail(&'a Secret),
}
impl StepUp {
    pub fn proof(&self) -> Result<Proof<'_>> {
        match (&self.password, &self.code, &self.recovery_code, &self.mail_code) {
            (Some(password), None, None, None) => Ok(Proof::Password(password)),
            (None, Some(code), None, None) => Ok(Proof::Factor(Given::Code(code))),
            (None, None, Some(code), None) => Ok(Proof::Factor(Given::Recovery(code))),
            (None, None, None, Some(code)) => Ok(Proof::Mail(code)),
            _ => Err(one_of(
                "password",
                say!(
                    "Send one of `password`, `code`, `recovery_code` and `mail_code`.",
                    "Envoyez l’un de `password`, `code`, `recovery_code` et `mail_code`."
                ),
            )),
        }
    }
}
fn one_of(field: &str, say: base::say::Say) -> Error {
    Error::field(field, "required", say)
}

/// Wrong codes of an account, counted apart from its passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub count: i64,
    pub since: Timestamp,
}
impl Wrong {
    /// When the account takes codes again; None when it does now.
    pub fn wait(self, now: Timestamp) -> Option<Duration> {
        let over = self.since.plus(HOUR);
        (self.count >= WRONG_CODES && now < over).then(|| over.since(now))
    }
    #[must_use]
    pub fn and_one_more(self, now: Timestamp) -> Self {
        if now < self.since.plus(HOUR) { Self { count: self.count + 1, ..self } } else { Self { count: 1, since: now } }
    }
}

/// Eighty random bits in the letters of base32: nobody mistakes one for another, and a hash of them is enough.
pub fn recovery_code() -> String {
    let letters = super::totp::base32(&crypto::random::<10>()).to_lowercase();
    [&letters[..4], &letters[4..8], &letters[8..12], &letters[12..]].join("-")
}
/// However it was typed.
pub fn recovery_hash(account: AccountId, code: &str) -> String {
    let letters: String = code.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    crypto::sha256_hex(format!("{account}|{}", letters.to_ascii_lowercase()).as_bytes())
}
/// 26 bits, for ten minutes and five tries.
pub fn mail_code() -> String {
    format!("{:08}", u32::from_be_bytes(crypto::random::<4>()) % 100_000_000)
}

pub fn wrong_code(kind: Kind) -> Error {
    let say = say!(
        "This code is wrong, over, or has been used. Wait for the next one and try again.",
        "Ce code est faux, périmé ou déjà utilisé. Attendez le suivant et recommencez."
    );
    Error::new(kind, "wrong_code", say)
}
pub fn too_many_tries(after: Duration) -> Error {
    let s = after.as_secs().max(1);
    let say = say!("Too many wrong codes. Begin again in {s} s.", "Trop de codes erronés. Recommencez depuis le début dans {s} s.");
    Error::new(Kind::RateLimited { after }, "too_many_tries", say)
}

pub fn no_second_factor() -> Error {
    let say = say!(
        "This account has no second factor. Add one first (POST /api/v1/auth/mfa/totp).",
        "Ce compte n’a pas de second facteur. Ajoutez-en un d’abord (POST /api/v1/auth/mfa/totp)."
    );
    Error::conflict("no_second_factor", say)
}
pub fn factor_needed() -> Error {
    let say = say!(
        "This account has a second factor: send its `code`, or a `recovery_code`.",
        "Ce compte a un second facteur : envoyez son `code`, ou un `recovery_code`."
    );
    Error::forbidden("second_factor_required", say)
}
pub fn wrong_password() -> Error {
    Error::forbidden("wrong_password", say!("The password is wrong. Try again.", "Le mot de passe est incorrect. Recommencez."))
}
/// What a session was proved with, and this besides.
pub fn with_method(methods: &str, more: &str) -> String {
    if methods.split(' ').any(|m| m == more) { methods.to_owned() } else { format!("{methods} {more}") }
}

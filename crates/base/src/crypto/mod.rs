//! Random bytes, digests, derived keys, encrypted fields and the password pool.

mod hasher;
mod jwk;
mod keys;
pub mod reseal;
mod sealed;
mod secret;
pub mod tagged;

pub use hasher::{BCRYPT_BYTES, Hasher, kind as hash_kind, patiently};
pub use jwk::Jwk;
pub use keys::{Keys, Purpose};
pub use sealed::Sealed;
pub use secret::Secret;

use ring::{
    digest, hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use std::fmt::Write as _;

/// Random bytes straight from the operating system, which never lets us down once it has started.
pub fn random<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    while SystemRandom::new().fill(&mut out).is_err() {}
    out
}
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}
/// A keyed hash under somebody else's key (ours are in [`Keys`]).
pub fn hmac_sha256(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key), bytes).as_ref());
    out
}
/// The MAC that authenticator apps were given in RFC 4226; for nothing else.
pub fn hmac_sha1(secret: &[u8], message: &[u8]) -> [u8; 20] {
    let mut out = [0; 20];
    out.copy_from_slice(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret), message).as_ref());
    out
}
/// The digest by which lists of leaked passwords are ordered; for nothing else.
pub fn sha1_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref())
}
/// Whether two secrets are alike, in a time that tells nothing about either: what is compared is their digests.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    sha256(one) == sha256(other)
}
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}
/// None when it is not hexadecimal.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let pair = |i| text.get(i..i + 2).filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(pair(i)?, 16).ok()).collect()
}
/// A token nobody guesses: 256 random bits, as they go into a link. Only its hash is stored.
pub fn token() -> String {
    hex(&random::<32>())
}

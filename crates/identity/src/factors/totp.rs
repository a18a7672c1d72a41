//! Codes that change every thirty seconds (RFC 6238), and how an authenticator app is given their secret.
//!
//! HMAC-SHA1 and six digits: what every authenticator app understands. SHA-1's weakness is collisions, which a MAC does not rest on.

use base::{crypto::hmac_sha1, time::Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

const PERIOD: i64 = 30;
const DIGITS: u32 = 1_000_000;
/// As long as the hash, as RFC 4226 recommends.
pub const SECRET: usize = 20;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn code(secret: &[u8], step: i64) -> u32 {
    let tag = hmac_sha1(secret, &step.to_be_bytes());
    let at = usize::from(tag[tag.len() - 1] & 15);
    let word = tag[at..].first_chunk().copied().map_or(0, u32::from_be_bytes);
    (word & 0x7fff_ffff) % DIGITS
}

/// The step that this code is of, when it is one that may still be used: clocks may be one step apart, and no step comes twice.
pub fn step_of(secret: &[u8], given: &str, now: Timestamp, last_step: i64) -> Option<i64> {
    let digits: String = given.chars().filter(|c| !c.is_whitespace()).collect();
    let wanted: u32 = digits.parse().ok().filter(|_| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()))?;
    let current = now.seconds() / PERIOD;
    // Every step is looked at, so that the time tells nothing.
    let fits = |step: &i64| (code(secret, *step) == wanted) & (*step > last_step);
    (current - 1..=current + 1).fold(None, |found, step| if fits(&step) { Some(step) } else { found })
}

pub fn base32(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1)).collect();
    let number = |five: &[u8]| (0..5).fold(0, |n, i| n << 1 | five.get(i).copied().unwrap_or(0));
    bits.chunks(5).map(|five| char::from(BASE32[usize::from(number(five))])).collect()
}

/// What the QR code says.
pub fn uri(secret: &[u8], email: &str) -> String {
    let (name, secret) = (utf8_percent_encode(email, NON_ALPHANUMERIC), base32(secret));
    format!("otpauth://totp/Coulisses:{name}?secret={secret}&issuer=Coulisses&algorithm=SHA1&digits=6&period={PERIOD}")
}

/// The code of an instant, as an authenticator app shows it.
#[cfg(any(test, feature = "testing"))]
pub fn shown(secret: &[u8], now: Timestamp) -> String {
    format!("{:06}", code(secret, now.seconds() / PERIOD))
}

//! Tokens that tell what they are: a prefix, base64url, and a short checksum.
//!
//! The checksum lets scanners for leaked secrets know one, and refuses nonsense before anything is looked up.

use super::sha256;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};

const CHECKSUM: usize = 6;

pub fn write(prefix: &str, bytes: &[u8]) -> String {
    let body = B64.encode(bytes);
    format!("{prefix}{body}{}", checksum(&body))
}
pub fn read(prefix: &str, token: &str) -> Option<Vec<u8>> {
    let text = token.trim().strip_prefix(prefix)?;
    let (body, sum) = text.split_at_checked(text.len().checked_sub(CHECKSUM)?)?;
    (checksum(body) == sum).then(|| B64.decode(body).ok())?
}
fn checksum(body: &str) -> String {
    let mut sum = B64.encode(sha256(body.as_bytes()));
    sum.truncate(CHECKSUM);
    sum
}

//! Strong ETags from row versions; `If-Match` so that nobody overwrites what they have not seen.

use super::{Op, Part};
use crate::{
    App,
    error::{Error, Result},
    say,
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
};

/// `"v7"`: the seventh state of a row.
pub fn of_version(version: i64) -> String {
    format!("\"v{version}\"")
}

/// Of what has no version: the same bytes, the same tag.
pub fn of_bytes(body: &[u8]) -> String {
    format!("\"{}\"", &crate::crypto::sha256_hex(body)[..22])
}

/// Whether a list of ETags names this one. Weak ones count for `If-None-Match`.
pub fn any_of(list: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(list), Ok(etag)) = (list.to_str(), etag.to_str()) else { return false };
    list.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == etag)
}

/// What the client last saw, from `If-Match`.
#[derive(Debug, Default)]
pub struct IfMatch(Option<HeaderValue>);

impl IfMatch {
    /// 412 when the row has moved on since the client read it.
    pub fn allows(&self, version: i64) -> Result<()> {
        let current = of_version(version);
        let Some(list) = self.0.as_ref().and_then(|v| v.to_str().ok()) else { return Ok(()) };
        if list.split(',').map(str::trim).any(|one| one == "*" || one == current) {
            return Ok(());
        }
        let say = say!(
            "This was changed in the meantime. Read it again, then repeat your change.",
            "Ceci a été modifié entre-temps. Relisez-le, puis refaites votre modification."
        );
        Err(Error::precondition("version_mismatch", say).with("current", current))
    }
}
impl FromRequestParts<App> for IfMatch {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let seen = parts.headers.get(header::IF_MATCH).cloned();
        if seen.is_none() && app.settings.require_if_match {
            let say = say!("Send If-Match with the ETag you last read.", "Envoyez If-Match avec le dernier ETag que vous avez lu.");
            return Err(Error::precondition_required("if_match_required", say));
        }
        Ok(Self(seen))
    }
}
impl Part for IfMatch {
    fn describe(op: &mut Op<'_>) {
        op.header("If-Match", "The ETag you last read; 412 when the thing has changed since");
        op.answers(&[412, 428]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_current_version_may_be_changed() {
        let seen = |s: &str| IfMatch(Some(s.parse().unwrap()));
        assert!(seen("\"v3\"").allows(3).is_ok() && seen("\"v1\", \"v3\"").allows(3).is_ok() && seen("*").allows(3).is_ok());
        assert_eq!(seen("\"v2\"").allows(3).unwrap_err().code(), "version_mismatch");
        assert!(seen("W/\"v3\"").allows(3).is_err(), "If-Match compares strongly");
        assert!(IfMatch::default().allows(3).is_ok());
    }
}

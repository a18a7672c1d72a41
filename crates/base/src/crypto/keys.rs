//! Keys derived from `SECRET_KEY`: one per purpose, so that none can be used for another's.

use super::{Secret, hex};
use crate::error::{Error, Result};
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

/// What a derived key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Field,
    BlindIndex,
    Refresh,
    Invite,
    Cookie,
    Fingerprint,
}
impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::BlindIndex => "blind-index",
            Self::Refresh => "refresh",
            Self::Invite => "invite",
            Self::Cookie => "cookie",
            Self::Fingerprint => "fingerprint",
        }
    }
}

/// `SECRET_KEY` is one value, or several as `kid:value,…`: the first one seals, all of them open.
pub struct Keys(Vec<(String, hkdf::Prk)>);

impl Keys {
    pub fn new(setting: &Secret) -> Self {
        let one = |text: &str| {
            let (kid, value) = text.split_once(':').unwrap_or(("1", text));
            (kid.to_owned(), hkdf::Salt::new(hkdf::HKDF_SHA256, b"coulisses").extract(value.as_bytes()))
        };
        Self(setting.expose().split(',').map(str::trim).map(one).collect())
    }
    /// The name of the key that seals.
    pub fn active(&self) -> &str {
        self.0.first().map_or("", |(kid, _)| kid)
    }
    /// 32 bytes for one purpose, from the key of that name.
    pub(super) fn derive(&self, kid: &str, purpose: Purpose) -> Result<Zeroizing<[u8; 32]>> {
        let (_, prk) =
            self.0.iter().find(|(k, _)| k == kid).ok_or_else(|| Error::internal(format!("SECRET_KEY has no key named {kid}")))?;
        let mut out = Zeroizing::new([0; 32]);
        prk.expand(&[purpose.label().as_bytes()], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(out.as_mut()))
            .map_err(|_| Error::internal("deriving a key"))?;
        Ok(out)
    }
    pub fn mac(&self, purpose: Purpose, bytes: &[u8]) -> Result<[u8; 32]> {
        let key = self.derive(self.active(), purpose)?;
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), bytes);
        let mut out = [0; 32];
        out.copy_from_slice(tag.as_ref());
        Ok(out)
    }
    /// Finds a sealed text without opening any: 128 bits of a keyed hash.
    pub fn blind_index(&self, kind: &str, text: &str) -> Result<String> {
        Ok(hex(&self.mac(Purpose::BlindIndex, format!("{kind}|{text}").as_bytes())?[..16]))
    }
    /// Tells whether a database was written with this key, without telling the key.
    pub fn fingerprint(&self) -> Result<String> {
        Ok(hex(&self.mac(Purpose::Fingerprint, b"database")?[..8]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_and_keys_do_not_share() {
        let (one, other) = (Keys::new(&Secret::new("one")), Keys::new(&Secret::new("other")));
        assert_ne!(one.mac(Purpose::Invite, b"x").unwrap(), one.mac(Purpose::Refresh, b"x").unwrap());
        assert_ne!(one.fingerprint().unwrap(), other.fingerprint().unwrap());
        assert_eq!(one.blind_index("email", "a@b.c").unwrap(), one.blind_index("email", "a@b.c").unwrap());
        assert_ne!(one.blind_index("email", "a@b.c").unwrap(), one.blind_index("phone", "a@b.c").unwrap());
    }
}

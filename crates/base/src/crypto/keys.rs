//! Keys derived from `SECRET_KEY`: one per purpose, so that none can be used for another's.

use super::{Secret, hex};
use crate::error::{Error, Result};
use aes_gcm_siv::{Aes256GcmSiv, KeyInit as _};
use ring::{hkdf, hmac};
use std::sync::OnceLock;
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
pub struct Keys {
    all: Vec<(String, hkdf::Prk)>,
    /// What opens fields, made when it is first needed: deriving a key costs more than opening one.
    fields: Vec<OnceLock<Aes256GcmSiv>>,
}

/// None unless every part is named: a comma or a colon in a single value means nothing.
fn named(setting: &str) -> Option<Vec<(&str, &str)>> {
    let is_kid = |kid: &str| (1..=16).contains(&kid.len()) && kid.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    setting.split(',').map(|part| part.trim().split_once(':').filter(|(kid, value)| is_kid(kid) && !value.is_empty())).collect()
}

impl Keys {
    pub fn new(setting: &Secret) -> Self {
        let keys = named(setting.expose()).unwrap_or_else(|| vec![("1", setting.expose())]);
        let extract = |value: &str| hkdf::Salt::new(hkdf::HKDF_SHA256, b"coulisses").extract(value.as_bytes());
        let fields = keys.iter().map(|_| OnceLock::new()).collect();
        Self { all: keys.into_iter().map(|(kid, value)| (kid.to_owned(), extract(value))).collect(), fields }
    }
    /// The name of the key that seals.
    pub fn active(&self) -> &str {
        self.all.first().map_or("", |(kid, _)| kid)
    }
    /// What seals and opens fields under the key of that name.
    pub(super) fn cipher(&self, kid: &str) -> Result<&Aes256GcmSiv> {
        let found = self.all.iter().zip(&self.fields).find(|((k, _), _)| k == kid);
        let ((_, prk), field) =
            found.ok_or_else(|| Error::internal(format!("SECRET_KEY has no key named {kid}: put the old one back behind a comma")))?;
        if let Some(ready) = field.get() {
            return Ok(ready);
        }
        let key = expand(prk, Purpose::Field)?;
        let made = Aes256GcmSiv::new_from_slice(key.as_ref()).map_err(|_| Error::internal("a key of the wrong length"))?;
        Ok(field.get_or_init(|| made))
    }
    /// A keyed hash under the key that seals.
    pub fn mac(&self, purpose: Purpose, bytes: &[u8]) -> Result<[u8; 32]> {
        let (_, prk) = self.all.first().ok_or_else(|| Error::internal("SECRET_KEY holds no key"))?;
        mac(prk, purpose, bytes)
    }
    /// Whether one of the keys made this keyed hash; in a time that tells nothing about it.
    pub fn made(&self, purpose: Purpose, bytes: &[u8], tag: &[u8]) -> Result<bool> {
        let made = |(_, prk): &(String, hkdf::Prk)| Ok(super::same(&mac(prk, purpose, bytes)?, tag));
        Ok(self.all.iter().map(made).collect::<Result<Vec<_>>>()?.contains(&true))
    }
    /// Finds a sealed text without opening any: 128 bits of a keyed hash.
    pub fn blind_index(&self, kind: &str, text: &str) -> Result<String> {
        Ok(blind(&self.mac(Purpose::BlindIndex, &indexed(kind, text))?))
    }
    /// The same under every key, the sealing one first: how to look for rows from before a change of keys.
    pub fn blind_indexes(&self, kind: &str, text: &str) -> Result<Vec<String>> {
        self.all.iter().map(|(_, prk)| Ok(blind(&mac(prk, Purpose::BlindIndex, &indexed(kind, text))?))).collect()
    }
    /// Tells whether a database was written with this key, without telling the key.
    pub fn fingerprint(&self) -> Result<String> {
        Ok(hex(&self.mac(Purpose::Fingerprint, b"database")?[..8]))
    }
    /// Whether the fingerprint is that of any of the keys: after a change the old one is still there, further back.
    pub fn recognise(&self, fingerprint: &str) -> Result<bool> {
        let one = |(_, prk): &(String, hkdf::Prk)| Ok(hex(&mac(prk, Purpose::Fingerprint, b"database")?[..8]) == fingerprint);
        Ok(self.all.iter().map(one).collect::<Result<Vec<_>>>()?.contains(&true))
    }
}

fn expand(prk: &hkdf::Prk, purpose: Purpose) -> Result<Zeroizing<[u8; 32]>> {
    let mut out = Zeroizing::new([0; 32]);
    prk.expand(&[purpose.label().as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(out.as_mut()))
        .map_err(|_| Error::internal("deriving a key"))?;
    Ok(out)
}
fn mac(prk: &hkdf::Prk, purpose: Purpose, bytes: &[u8]) -> Result<[u8; 32]> {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, expand(prk, purpose)?.as_ref()), bytes);
    let mut out = [0; 32];
    out.copy_from_slice(tag.as_ref());
    Ok(out)
}
/// Kinds are words of the code and hold no bar.
fn indexed(kind: &str, text: &str) -> Vec<u8> {
    format!("{kind}|{text}").into_bytes()
}
fn blind(mac: &[u8; 32]) -> String {
    hex(&mac[..16])
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
    #[test]
    fn only_what_is_named_throughout_is_several_keys() {
        let kids = |text: &str| Keys::new(&Secret::new(text)).all.into_iter().map(|(kid, _)| kid).collect::<Vec<_>>();
        assert_eq!(kids("2026b:second-value, 2026a:first-value"), ["2026b", "2026a"]);
        for one in ["plain", "with,a comma", "k:value,and another", "not a kid:value", ":value", "k:", "k:v,"] {
            assert_eq!(kids(one), ["1"], "{one}");
        }
    }
    #[test]
    fn after_a_change_of_keys_the_old_is_still_known() {
        let (old, new) = (Keys::new(&Secret::new("a:first")), Keys::new(&Secret::new("b:second,a:first")));
        let other = Keys::new(&Secret::new("a:other"));
        let tag = old.mac(Purpose::Invite, b"x").unwrap();
        assert!(new.made(Purpose::Invite, b"x", &tag).unwrap());
        assert!(!new.made(Purpose::Invite, b"y", &tag).unwrap() && !new.made(Purpose::Refresh, b"x", &tag).unwrap());
        assert!(!other.made(Purpose::Invite, b"x", &tag).unwrap() && !new.made(Purpose::Invite, b"x", b"").unwrap());
        let index = |keys: &Keys| keys.blind_index("email", "a@b.c").unwrap();
        assert_eq!(new.blind_indexes("email", "a@b.c").unwrap(), [index(&new), index(&old)]);
        assert_eq!(index(&old).len(), 32);
        assert!(new.recognise(&old.fingerprint().unwrap()).unwrap() && new.recognise(&new.fingerprint().unwrap()).unwrap());
        assert!(!old.recognise(&new.fingerprint().unwrap()).unwrap() && !other.recognise(&old.fingerprint().unwrap()).unwrap());
    }
}

//! A field that lies encrypted in the store: AES-256-GCM-SIV, bound to its place by the associated data.

use super::{Keys, random};
use crate::error::{Error, Result};
use aes_gcm_siv::{
    Nonce,
    aead::{Aead as _, Payload},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde::{Serialize, de::DeserializeOwned};
use std::{convert::Infallible, fmt, marker::PhantomData, str::FromStr};

/// `v1.<key id>.<nonce>.<ciphertext>`; the place it belongs to (`accounts|email|<id>`) is part of the seal.
pub struct Sealed<T> {
    text: String,
    kind: PhantomData<fn() -> T>,
}

impl<T> Sealed<T> {
    /// As it lies in the store.
    pub fn read(text: &str) -> Self {
        Self { text: text.to_owned(), kind: PhantomData }
    }
}
impl<T: Serialize + DeserializeOwned> Sealed<T> {
    pub fn seal(keys: &Keys, place: &str, value: &T) -> Result<Self> {
        let (kid, nonce) = (keys.active(), random::<12>());
        let msg = serde_json::to_vec(value).map_err(Error::internal)?;
        let payload = Payload { msg: &msg, aad: place.as_bytes() };
        let sealed = keys.cipher(kid)?.encrypt(&Nonce::from(nonce), payload).map_err(|_| Error::internal("sealing a field"))?;
        Ok(Self { text: format!("v1.{kid}.{}.{}", B64.encode(nonce), B64.encode(sealed)), kind: PhantomData })
    }
    pub fn open(&self, keys: &Keys, place: &str) -> Result<T> {
        let broken = || Error::internal(format!("the sealed field {place} does not open: another SECRET_KEY, or it was moved"));
        let mut parts = self.text.split('.');
        let (Some("v1"), Some(kid), Some(nonce), Some(sealed), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(broken());
        };
        let nonce: [u8; 12] = B64.decode(nonce).ok().and_then(|n| n.try_into().ok()).ok_or_else(broken)?;
        let sealed = B64.decode(sealed).map_err(|_| broken())?;
        let payload = Payload { msg: &sealed, aad: place.as_bytes() };
        let open = keys.cipher(kid)?.decrypt(&Nonce::from(nonce), payload).map_err(|_| broken())?;
        serde_json::from_slice(&open).map_err(|_| broken())
    }
}

impl<T> fmt::Display for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}
impl<T> FromStr for Sealed<T> {
    type Err = Infallible;
    fn from_str(s: &str) -> std::result::Result<Self, Infallible> {
        Ok(Self::read(s))
    }
}
crate::text_column!(Sealed<String>);

#[cfg(test)]
mod tests {
    use super::super::Secret;
    use super::*;

    #[test]
    fn it_opens_in_its_place_with_its_key_and_nowhere_else() {
        let keys = Keys::new(&Secret::new("a:first"));
        let sealed = Sealed::seal(&keys, "accounts|email|1", &"lea@lanternes.fr".to_owned()).unwrap();
        assert!(!sealed.to_string().contains("lea"));
        assert_eq!(sealed.open(&keys, "accounts|email|1").unwrap(), "lea@lanternes.fr");
        assert!(sealed.open(&keys, "accounts|email|2").is_err(), "moved to another row");
        assert!(sealed.open(&Keys::new(&Secret::new("a:other")), "accounts|email|1").is_err(), "another key");
        let rotated = Keys::new(&Secret::new("b:second,a:first"));
        assert_eq!(sealed.open(&rotated, "accounts|email|1").unwrap(), "lea@lanternes.fr", "an old key still opens");
        assert!(Sealed::seal(&rotated, "x", &String::new()).unwrap().to_string().starts_with("v1.b."));
        let broken: Sealed<String> = "v1.a.x.y".parse().unwrap();
        assert!(broken.open(&keys, "x").is_err());
    }
}

//! The refresh token: `crt_` and, in base64url, version, session, counter and a MAC over them, then a short checksum.
//!
//! The store alone cannot make one (the key is derived from `SECRET_KEY`), `SECRET_KEY` alone cannot either (the row holds a
//! secret of its own), and the checksum tells scanners for leaked secrets, and us, that it is one before anything is looked up.

use base::{
    Result,
    crypto::{Keys, Purpose, tagged},
    id::{Id as _, SessionId, Uuid},
};

const PREFIX: &str = "crt_";
const VERSION: u8 = 1;

/// A token that has the shape of one of ours.
pub struct Presented {
    pub session: SessionId,
    pub counter: u32,
    mac: [u8; 32],
}

pub fn write(keys: &Keys, session: SessionId, secret: &str, counter: i64) -> Result<String> {
    let counter = u32::try_from(counter).unwrap_or(u32::MAX);
    let mac = keys.mac(Purpose::Refresh, &signed(session, counter, secret))?;
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(session.uuid().as_bytes());
    bytes.extend_from_slice(&counter.to_be_bytes());
    bytes.extend_from_slice(&mac);
    Ok(tagged::write(PREFIX, &bytes))
}

impl Presented {
    pub fn read(token: &str) -> Option<Self> {
        let bytes = tagged::read(PREFIX, token)?;
        let (version, rest) = bytes.split_first()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let (counter, mac) = rest.split_first_chunk::<4>()?;
        let mac = mac.try_into().ok()?;
        (*version == VERSION).then(|| Self { session: SessionId(Uuid::from_bytes(*id)), counter: u32::from_be_bytes(*counter), mac })
    }
    /// Whether we made it for this row, under any key that is still known.
    pub fn is_ours(&self, keys: &Keys, secret: &str) -> Result<bool> {
        keys.made(Purpose::Refresh, &signed(self.session, self.counter, secret), &self.mac)
    }
}

fn signed(session: SessionId, counter: u32, secret: &str) -> Vec<u8> {
    [session.uuid().as_bytes(), counter.to_be_bytes().as_slice(), secret.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{crypto::Secret, id};

    #[test]
    fn only_what_we_wrote_is_ours() {
        let keys = Keys::new(&Secret::new("a:first"));
        let session = SessionId(id::v4());
        let token = write(&keys, session, "row", 7).unwrap();
        let read = Presented::read(&token).unwrap();
        assert_eq!((read.session, read.counter), (session, 7));
        assert!(read.is_ours(&keys, "row").unwrap());
        assert!(!read.is_ours(&keys, "another row").unwrap());
        assert!(!read.is_ours(&Keys::new(&Secret::new("a:other")), "row").unwrap());
        assert!(read.is_ours(&Keys::new(&Secret::new("b:second,a:first")), "row").unwrap(), "an old key still knows it");
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            let forged = Presented::read(&changed).is_some_and(|p| p.is_ours(&keys, "row").unwrap());
            assert!(!forged, "byte {at} does not matter");
        }
        for nonsense in ["", "crt_", "crt_é", "crt_AAAAAAAAAAAA", &token[..token.len() - 1], &token[4..]] {
            assert!(Presented::read(nonsense).is_none(), "{nonsense}");
        }
    }
}

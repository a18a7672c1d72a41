//! Passwords are hashed on a few threads of their own: a flood of sign-ins costs memory and time it cannot
//! take from other requests. Whoever would wait too long is told so at once.

use super::Secret;
use crate::{
    error::{Error, Result},
    say,
    text::nfc,
};
use argon2::{
    Argon2, Params, PasswordVerifier as _, Version,
    password_hash::{PasswordHasher as _, phc::PasswordHash},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;

/// How many may wait for their turn, and how long.
const QUEUE: usize = 64;
const PATIENCE: Duration = Duration::from_secs(2);

pub struct Hasher {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    argon: Argon2<'static>,
    /// Verified when there is nothing to verify against, so that it takes as long.
    dummy: String,
}

impl Hasher {
    pub fn new(threads: usize) -> Result<Self> {
        Self::with(threads, Params::DEFAULT)
    }
    /// Cheap hashes, for tests that sign in a lot.
    #[cfg(any(test, feature = "testing"))]
    pub fn for_tests() -> Self {
        Self::with(2, Params::new(8, 1, 1, None).expect("valid")).expect("a hash")
    }
    fn with(threads: usize, params: Params) -> Result<Self> {
        let argon = Argon2::new(argon2::Algorithm::Argon2id, Version::V0x13, params);
        let dummy = hash_with(&argon, b"nobody has this password")?;
        Ok(Self { turns: Arc::new(Semaphore::new(threads.max(1))), waiting: AtomicUsize::new(0), argon, dummy })
    }
    /// A PHC string to store.
    pub async fn hash(&self, password: &Secret) -> Result<String> {
        let (argon, password) = (self.argon.clone(), Secret::new(nfc(password.expose())));
        self.turn(move || hash_with(&argon, password.expose().as_bytes())).await?
    }
    /// Whether the password fits; with nothing to compare to, no, after the same work.
    pub async fn verify(&self, password: &Secret, stored: Option<String>) -> Result<bool> {
        let (argon, password, known) = (self.argon.clone(), Secret::new(nfc(password.expose())), stored.is_some());
        let phc = stored.unwrap_or_else(|| self.dummy.clone());
        self.turn(move || {
            let parsed = PasswordHash::new(&phc).map_err(|e| Error::internal(e.to_string()))?;
            Ok(argon.verify_password(password.expose().as_bytes(), &parsed).is_ok() && known)
        })
        .await?
    }
    async fn turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let _waits = Waits::join(&self.waiting).ok_or_else(busy)?;
        let turn =
            tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await.map_err(|_| busy())?.map_err(Error::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(Error::internal)
    }
}

/// One in the queue, from joining it until its work is done or given up.
struct Waits<'a>(&'a AtomicUsize);
impl<'a> Waits<'a> {
    fn join(waiting: &'a AtomicUsize) -> Option<Self> {
        let me = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < QUEUE).then_some(me)
    }
}
impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn hash_with(argon: &Argon2<'_>, password: &[u8]) -> Result<String> {
    let phc: PasswordHash = argon.hash_password_with_salt(password, &super::random::<16>()).map_err(|e| Error::internal(e.to_string()))?;
    Ok(phc.to_string())
}
#[track_caller]
fn busy() -> Error {
    let say = say!(
        "Many people are signing in at this moment. Try again in 2 s.",
        "Beaucoup de personnes se connectent en ce moment. Réessayez dans 2 s."
    );
    Error::unavailable("sign_in_busy", Duration::from_secs(2), say)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_verifies_in_either_spelling_and_no_other() {
        let hasher = Hasher::for_tests();
        let phc = hasher.hash(&Secret::new("régie 🎭 lumière")).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$"), "{phc}");
        let verify = async |p: &str, stored: Option<&String>| hasher.verify(&Secret::new(p), stored.cloned()).await.unwrap();
        assert!(verify("re\u{301}gie 🎭 lumie\u{300}re", Some(&phc)).await);
        assert!(!verify("regie 🎭 lumiere", Some(&phc)).await);
        assert!(!verify("nobody has this password", None).await);
    }
    #[tokio::test]
    async fn whoever_would_wait_too_long_is_told() {
        let hasher = Arc::new(Hasher::for_tests());
        let _all = hasher.turns.clone().acquire_many_owned(2).await.unwrap();
        let waiting: Vec<_> = (0..QUEUE)
            .map(|_| {
                tokio::spawn({
                    let h = hasher.clone();
                    async move { h.hash(&Secret::new("x")).await.map(drop) }
                })
            })
            .collect();
        while hasher.waiting.load(Ordering::Relaxed) < QUEUE {
            tokio::task::yield_now().await;
        }
        assert_eq!(hasher.hash(&Secret::new("x")).await.unwrap_err().code(), "sign_in_busy");
        for one in waiting {
            assert!(one.await.unwrap().is_err());
        }
        assert_eq!(hasher.waiting.load(Ordering::Relaxed), 0);
    }
}

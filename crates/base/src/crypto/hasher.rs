//! Passwords are hashed on a few threads of their own: a flood of sign-ins costs memory and time it cannot
//! take from other requests. Whoever would wait too long is told so at once.

use super::Secret;
use crate::{
    error::{Error, Result},
    say,
    text::nfc,
};
use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use parking_lot::Mutex;
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;

/// How many may wait for their turn, and how long.
const QUEUE: usize = 64;
const PATIENCE: Duration = Duration::from_secs(2);
/// A stored hash that asks for more memory than this was not made by anybody sane (256 MiB).
const MOST_MEMORY: u32 = 256 << 10;

/// Blocks of 1 KiB; an imported hash may need more, but does not leave them lying here.
const KEPT: usize = 64 << 10;

pub struct Hasher {
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    params: Params,
    blocks: Arc<Blocks>,
    /// Verified when there is nothing to verify against, so that it takes as long; made by the first who needs it.
    dummy: Arc<OnceLock<String>>,
}

/// The 19 MiB that a hash fills, used again by the next one. Asked for anew each time they left 157 MB behind with
/// glibc's allocator (measured, one thread, one hash at a time); a crowd leaves one set here, whatever the allocator.
#[derive(Default)]
struct Blocks(Mutex<Vec<Vec<Block>>>);
impl Blocks {
    fn lend<T>(&self, count: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        let mut blocks = self.0.lock().pop().unwrap_or_default();
        blocks.resize(count, Block::new());
        let done = work(&mut blocks);
        let mut idle = self.0.lock();
        if idle.is_empty() && blocks.capacity() <= KEPT {
            idle.push(blocks);
        }
        done
    }
}

impl Hasher {
    pub fn new(threads: usize) -> Result<Self> {
        Self::with(threads, Params::DEFAULT)
    }
    /// Cheap hashes, for tests that sign in a lot.
    #[cfg(any(test, feature = "testing"))]
    #[expect(clippy::expect_used, reason = "what a test stands on may fail only loudly")]
    pub fn for_tests() -> Self {
        Self::with(2, Params::new(8, 1, 1, None).expect("valid")).expect("a hash")
    }
    fn with(threads: usize, params: Params) -> Result<Self> {
        let blocks = Arc::<Blocks>::default();
        Ok(Self { turns: Arc::new(Semaphore::new(threads.max(1))), waiting: Arc::default(), params, blocks, dummy: Arc::default() })
    }
    /// A PHC string to store.
    pub async fn hash(&self, password: &Secret) -> Result<String> {
        let (params, password) = (self.params.clone(), Secret::new(nfc(password.expose())));
        self.turn(move |blocks| make(&params, blocks, password.expose().as_bytes())).await
    }
    /// Whether the password fits; with nothing to compare to, no, after the same work.
    pub async fn verify(&self, password: &Secret, stored: Option<String>) -> Result<bool> {
        let (password, known) = (Secret::new(nfc(password.expose())), stored.is_some());
        let (params, dummy) = (self.params.clone(), self.dummy.clone());
        let verified = self.turn(move |blocks| {
            let phc = match (stored, dummy.get()) {
                (Some(phc), _) => phc,
                (None, Some(dummy)) => dummy.clone(),
                (None, None) => {
                    let made = make(&params, blocks, b"nobody has this password")?;
                    dummy.get_or_init(|| made).clone()
                }
            };
            fits(&phc, blocks, password.expose().as_bytes())
        });
        Ok(verified.await? && known)
    }
    /// Whether a password that fitted should be hashed anew: the stored hash is cheaper than those made today.
    pub fn needs_rehash(&self, stored: &str) -> bool {
        let Ok((Algorithm::Argon2id, Version::V0x13, params)) =
            read(stored).map(|(_, algorithm, version, params)| (algorithm, version, params))
        else {
            return true;
        };
        params.m_cost() < self.params.m_cost() || params.t_cost() < self.params.t_cost()
    }
    async fn turn<T: Send + 'static>(&self, work: impl FnOnce(&Blocks) -> Result<T> + Send + 'static) -> Result<T> {
        let place = Waits::join(&self.waiting).ok_or_else(busy)?;
        let turn =
            tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await.map_err(|_| busy())?.map_err(Error::internal)?;
        let blocks = self.blocks.clone();
        // Whoever hangs up meanwhile keeps their turn until the work is done: the bound holds for work, not for waiting.
        let done = tokio::task::spawn_blocking(move || {
            let _held = (turn, place);
            work(&blocks)
        });
        done.await.map_err(Error::internal)?
    }
}

fn make(params: &Params, blocks: &Blocks, password: &[u8]) -> Result<String> {
    let salt = super::random::<16>();
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    run(&Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone()), blocks, password, &salt, &mut out)?;
    let phc = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(broken)?,
        salt: Some(Salt::new(&salt).map_err(broken)?),
        hash: Some(Output::new(&out).map_err(broken)?),
    };
    Ok(phc.to_string())
}
fn fits(phc: &str, blocks: &Blocks, password: &[u8]) -> Result<bool> {
    let (stored, algorithm, version, params) = read(phc)?;
    let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else { return Err(broken("without a salt or a hash")) };
    let mut out = vec![0; expected.len()];
    run(&Argon2::new(algorithm, version, params), blocks, password, salt.as_ref(), &mut out)?;
    Ok(super::same(&out, expected.as_bytes()))
}
fn run(argon: &Argon2<'_>, blocks: &Blocks, password: &[u8], salt: &[u8], out: &mut [u8]) -> Result<()> {
    let count = argon.params().block_count();
    blocks.lend(count, |blocks| argon.hash_password_into_with_memory(password, salt, out, blocks)).map_err(broken)
}
fn read(phc: &str) -> Result<(PasswordHash, Algorithm, Version, Params)> {
    let stored = PasswordHash::new(phc).map_err(broken)?;
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).map_err(broken)?;
    let version = stored.version.map_or(Ok(Version::V0x13), Version::try_from).map_err(broken)?;
    let params = Params::try_from(&stored).map_err(broken)?;
    if params.m_cost() > MOST_MEMORY {
        return Err(broken("more memory than anybody asks for"));
    }
    Ok((stored, algorithm, version, params))
}
#[track_caller]
fn broken(why: impl std::fmt::Display) -> Error {
    Error::internal(format!("a stored password hash: {why}"))
}

/// One in the queue, from joining it until its work is done or given up.
struct Waits(Arc<AtomicUsize>);
impl Waits {
    fn join(waiting: &Arc<AtomicUsize>) -> Option<Self> {
        let me = Self(waiting.clone());
        (waiting.fetch_add(1, Ordering::Relaxed) < QUEUE).then_some(me)
    }
}
impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
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
    async fn the_hash_is_the_one_that_the_library_makes_and_no_two_are_alike() {
        use argon2::{PasswordHasher as _, PasswordVerifier as _};
        let hasher = Hasher::new(1).unwrap();
        let (password, argon) = (Secret::new("pont de lumière"), Argon2::default());
        let phc = hasher.hash(&password).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_ne!(phc, hasher.hash(&password).await.unwrap());
        argon.verify_password(password.expose().as_bytes(), &*phc).unwrap();
        assert!(argon.verify_password(b"pont de lumiere", &*phc).is_err());
        let theirs = argon.hash_password_with_salt(password.expose().as_bytes(), b"0123456789abcdef").unwrap().to_string();
        assert!(hasher.verify(&password, Some(theirs)).await.unwrap());
    }
    #[tokio::test]
    async fn hashes_of_other_strengths_verify_and_the_weaker_ones_are_made_anew() {
        let make = async |m, t| Hasher::with(1, Params::new(m, t, 1, None).unwrap()).unwrap().hash(&Secret::new("x")).await.unwrap();
        let ours = Hasher::with(1, Params::new(64, 2, 1, None).unwrap()).unwrap();
        for (m, t, weaker) in [(64, 2, false), (32, 2, true), (64, 1, true), (128, 3, false)] {
            let phc = make(m, t).await;
            assert!(ours.verify(&Secret::new("x"), Some(phc.clone())).await.unwrap(), "{phc}");
            assert!(!ours.verify(&Secret::new("y"), Some(phc.clone())).await.unwrap());
            assert_eq!(ours.needs_rehash(&phc), weaker, "{phc}");
        }
        assert!(ours.needs_rehash("$2b$12$abcdefghijklmnopqrstuv"));
        let bomb = "$argon2id$v=19$m=4000000,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert!(ours.verify(&Secret::new("x"), Some(bomb.to_owned())).await.is_err());
    }
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn never_more_at_once_than_there_are_turns_even_when_callers_hang_up() {
        let hasher = Arc::new(Hasher::for_tests());
        let (now, most) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let calls: Vec<_> = (0..QUEUE)
            .map(|i| {
                let (hasher, now, most) = (hasher.clone(), now.clone(), most.clone());
                let call = tokio::spawn(async move {
                    let work = move |_: &Blocks| {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(5));
                        now.fetch_sub(1, Ordering::SeqCst);
                        Ok(())
                    };
                    hasher.turn(work).await
                });
                (i, call)
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        for (i, call) in calls {
            if i % 2 == 0 {
                call.abort();
            }
            let _ = call.await;
        }
        assert_eq!(most.load(Ordering::SeqCst), 2);
        while hasher.waiting.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await; // what was aborted in the middle of its work finishes it
        }
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
        let at_once = tokio::time::timeout(Duration::ZERO, hasher.hash(&Secret::new("x"))).await;
        assert_eq!(at_once.expect("no waiting behind a full queue").unwrap_err().code(), "sign_in_busy");
        for one in waiting {
            assert!(one.await.unwrap().is_err());
        }
        assert_eq!(hasher.waiting.load(Ordering::Relaxed), 0);
    }
}

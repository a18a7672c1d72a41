//! Passwords are hashed on a few threads of their own: a flood of sign-ins costs memory and time it cannot
//! take from other requests. Whoever would wait too long is told so at once.

mod turns;

pub use self::turns::patiently;

use self::turns::Turns;
use super::Secret;
use crate::{
    error::{Error, Result},
    settings::Scheme,
    text::nfc,
};
use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use parking_lot::Mutex;
use std::{collections::BTreeSet, sync::Arc};

/// A stored hash that asks for more memory than this was not made by anybody sane (256 MiB).
const MOST_MEMORY: u32 = 256 << 10;
/// What bcrypt costs here, and the most that an imported hash may ask for: each step doubles the time.
const BCRYPT_COST: u32 = 12;
const BCRYPT_LEAST: u32 = 4;
const BCRYPT_MOST: u32 = 14;
/// As often over the whole memory goes no hash that anybody made on purpose.
const MOST_PASSES: u32 = 16;
/// bcrypt looks at no more of a password than this.
pub const BCRYPT_BYTES: usize = 72;

/// Blocks of 1 KiB; an imported hash may need more, but does not leave them lying here.
const KEPT: usize = 64 << 10;

pub struct Hasher {
    turns: Turns,
    params: Params,
    scheme: Scheme,
    blocks: Arc<Blocks>,
    /// The kind of every hash that was verified, the oldest first.
    #[cfg(any(test, feature = "testing"))]
    pub verified: Arc<Mutex<Vec<String>>>,
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
        Ok(Self {
            turns: Turns::new(threads),
            params,
            scheme: Scheme::Argon2id,
            blocks: Arc::default(),
            #[cfg(any(test, feature = "testing"))]
            verified: Arc::default(),
        })
    }
    #[must_use]
    pub fn making(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }
    /// A PHC string to store.
    pub async fn hash(&self, password: &Secret) -> Result<String> {
        let (recipe, password) = (self.recipe(), Secret::new(nfc(password.expose())));
        self.turn(move |blocks| recipe.make(blocks, password.expose().as_bytes())).await
    }
    /// What verifying the hashes made today takes.
    pub fn own_kind(&self) -> String {
        match self.scheme {
            Scheme::Argon2id => argon_kind(Version::V0x13, &self.params),
            Scheme::Bcrypt => bcrypt_kind(BCRYPT_COST),
        }
    }
    /// Whether the password fits the stored hash.
    pub async fn verify(&self, password: &Secret, stored: String) -> Result<bool> {
        self.verify_each(password, vec![stored]).await.map(|fits| fits == [true])
    }
    /// The same for somebody who only says who they are: whoever they name, and whether or not that account has a hash, the same
    /// work is done in the same order, one hash of each of these `kinds`. So the time it takes does not tell one from another.
    pub async fn verify_unseen(&self, password: &Secret, stored: Option<String>, mut kinds: BTreeSet<String>) -> Result<bool> {
        kinds.insert(self.own_kind());
        let own = stored.as_deref().and_then(kind);
        kinds.extend(own.clone());
        let at = kinds.iter().position(|kind| own.as_ref() == Some(kind));
        let mut all: Vec<_> = kinds.iter().map(|kind| nobodys(kind)).collect();
        match (at, stored) {
            (Some(at), Some(stored)) => all[at] = stored,
            (None, Some(_)) => return Err(broken("of no kind that is known here")),
            _ => {}
        }
        let fits = self.verify_each(password, all).await?;
        Ok(at.is_some_and(|at| fits[at]))
    }
    async fn verify_each(&self, password: &Secret, all: Vec<String>) -> Result<Vec<bool>> {
        #[cfg(any(test, feature = "testing"))]
        self.verified.lock().extend(all.iter().filter_map(|stored| kind(stored)));
        let password = Secret::new(nfc(password.expose()));
        self.turn(move |blocks| all.iter().map(|stored| fits(stored, blocks, password.expose().as_bytes())).collect()).await
    }
    /// Whether a password that fitted should be hashed anew: the stored hash is cheaper than those made today.
    pub fn needs_rehash(&self, stored: &str) -> bool {
        if self.scheme == Scheme::Bcrypt {
            return cost(stored).is_none_or(|cost| cost < BCRYPT_COST);
        }
        let Ok((Algorithm::Argon2id, Version::V0x13, params)) =
            read(stored).map(|(_, algorithm, version, params)| (algorithm, version, params))
        else {
            return true;
        };
        params.m_cost() < self.params.m_cost() || params.t_cost() < self.params.t_cost()
    }
    /// Other arithmetic that a flood of requests could ask for, in the same queue.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.turn(move |_| Ok(work())).await
    }
    fn recipe(&self) -> Recipe {
        Recipe { scheme: self.scheme, params: self.params.clone() }
    }
    async fn turn<T: Send + 'static>(&self, work: impl FnOnce(&Blocks) -> Result<T> + Send + 'static) -> Result<T> {
        let blocks = self.blocks.clone();
        self.turns.take(move || work(&blocks)).await?
    }
}

/// How a new hash is made.
struct Recipe {
    scheme: Scheme,
    params: Params,
}
impl Recipe {
    fn make(&self, blocks: &Blocks, password: &[u8]) -> Result<String> {
        match self.scheme {
            Scheme::Argon2id => make(&self.params, blocks, password),
            Scheme::Bcrypt => {
                let parts = bcrypt::hash_with_salt(password, BCRYPT_COST, super::random()).map_err(broken)?;
                Ok(parts.format_for_version(bcrypt::Version::TwoB))
            }
        }
    }
}
/// The cost of a bcrypt hash; None for anything else.
fn cost(stored: &str) -> Option<u32> {
    let rest = ["$2a$", "$2b$", "$2x$", "$2y$"].iter().find_map(|mark| stored.strip_prefix(mark))?;
    rest.split_once('$')?.0.parse().ok()
}
/// What verifying a hash takes: all that stands before its salt, in one spelling. None for what [`Hasher::verify`] cannot read.
pub fn kind(stored: &str) -> Option<String> {
    if let Some(cost) = cost(stored) {
        let whole = stored.len() == 60 && stored.parse::<bcrypt::HashParts>().is_ok();
        return (whole && (BCRYPT_LEAST..=BCRYPT_MOST).contains(&cost)).then(|| bcrypt_kind(cost));
    }
    let (phc, Algorithm::Argon2id, version, params) = read(stored).ok()? else { return None };
    let whole = phc.salt.is_some() && phc.hash.is_some() && params.t_cost() <= MOST_PASSES;
    let kind = argon_kind(version, &params);
    // In the spelling that everybody writes: by its beginning it is found again.
    (whole && stored.starts_with(&kind)).then_some(kind)
}
fn bcrypt_kind(cost: u32) -> String {
    format!("$2b${cost:02}$")
}
fn argon_kind(version: Version, params: &Params) -> String {
    let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
    format!("$argon2id$v={}$m={m},t={t},p={p}$", u32::from(version))
}
/// A hash of this kind that no password fits but by a chance beyond all reason.
fn nobodys(kind: &str) -> String {
    let rest = if cost(kind).is_some() {
        "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyPeW"
    } else {
        "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    };
    format!("{kind}{rest}")
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
    if let Some(cost) = cost(phc) {
        // Whoever made it cut the password off as bcrypt does; so do we.
        return if cost <= BCRYPT_MOST {
            bcrypt::verify(password, phc).map_err(broken)
        } else {
            Err(broken("a bcrypt cost beyond reason"))
        };
    }
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

#[cfg(test)]
mod tests;

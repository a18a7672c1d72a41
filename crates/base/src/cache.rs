//! Finished answers, as bytes ready to send, tagged by what they were made of.
//!
//! A tag has a generation, raised by every commit that touches it. A reader notes the generation *before* it
//! reads the store ([`Slot`]), so an answer that became stale meanwhile is never handed out. Redis keeps no
//! answers: it only carries the news to other replicas, and while that is broken nothing lies here for long.

use crate::{
    bus::{Bus, Message},
    id::OrgId,
};
use bytes::Bytes;
use moka::sync::Cache as Moka;
use std::{
    hash::{DefaultHasher, Hash, Hasher as _},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Enough that two busy orgs seldom share one; sharing only costs a miss.
const GENERATIONS: usize = 4_096;
const LARGEST: u64 = 64 << 20;
/// How long an answer is good for while nobody tells what other replicas change.
const UNTOLD: Duration = Duration::from_secs(2);

/// What an answer was made of: one noun of one org.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tag {
    pub org: OrgId,
    pub noun: &'static str,
}
/// An answer as it lies in the cache.
#[derive(Clone, Debug)]
pub struct Cached {
    pub body: Bytes,
    pub etag: String,
    pub link: Option<String>,
}
type Key = (OrgId, String);
#[derive(Clone)]
struct Entry {
    generation: u64,
    read: Instant,
    answer: Cached,
}
/// A place in the cache, taken before the store is read.
pub struct Slot {
    key: Key,
    place: usize,
    generation: u64,
    asked: Instant,
}

pub struct Cache {
    answers: Moka<Key, Entry>,
    generations: Vec<AtomicU64>,
    bus: Bus,
    on: bool,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// What the cache did since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    pub hits: u64,
    pub misses: u64,
    pub bytes: u64,
}

fn place(org: OrgId, noun: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    (org, noun).hash(&mut hasher);
    hasher.finish() as usize % GENERATIONS
}

impl Cache {
    /// A life of zero switches it off.
    pub fn new(life: Duration, bus: Bus) -> Self {
        let weigh = |key: &Key, entry: &Entry| {
            let Cached { body, etag, link } = &entry.answer;
            let texts = key.1.len() + etag.len() + link.as_ref().map_or(0, String::len);
            u32::try_from(body.len() + texts + 200).unwrap_or(u32::MAX)
        };
        let answers = Moka::builder().weigher(weigh).max_capacity(LARGEST).time_to_live(life.max(Duration::from_millis(1))).build();
        let generations = (0..GENERATIONS).map(|_| AtomicU64::new(0)).collect();
        Self { answers, generations, bus, on: !life.is_zero(), hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }
    /// The key is all that tells two answers of one org apart: role, path, query in one spelling.
    pub fn get(&self, tag: Tag, key: String) -> Result<Cached, Slot> {
        let place = place(tag.org, tag.noun);
        let generation = self.generations[place].load(Ordering::Acquire);
        let key = (tag.org, key);
        let good = |e: &Entry| e.generation == generation && (self.bus.up() || e.read.elapsed() < UNTOLD);
        match self.answers.get(&key).filter(good) {
            Some(entry) => {
                self.hits.fetch_add(1, Ordering::Relaxed);
                Ok(entry.answer)
            }
            None => {
                self.misses.fetch_add(1, Ordering::Relaxed);
                Err(Slot { key, place, generation, asked: Instant::now() })
            }
        }
    }
    pub fn put(&self, slot: Slot, answer: Cached) {
        let Slot { key, place, generation, asked } = slot;
        if self.on && self.generations[place].load(Ordering::Acquire) == generation {
            self.answers.insert(key, Entry { generation, read: asked, answer });
        }
    }
    /// What carries these tags is old from now on, here and on the other replicas.
    pub fn stale(&self, tags: &[Tag]) {
        for tag in tags {
            self.stale_elsewhere(tag.org, tag.noun);
            self.bus.publish(Message::Stale { org: tag.org, noun: tag.noun.into() });
        }
    }
    /// Another replica said so.
    pub fn stale_elsewhere(&self, org: OrgId, noun: &str) {
        self.generations[place(org, noun)].fetch_add(1, Ordering::AcqRel);
    }
    /// The bus was away: anything may have changed.
    pub fn forget_all(&self) {
        for generation in &self.generations {
            generation.fetch_add(1, Ordering::AcqRel);
        }
        self.answers.invalidate_all();
    }
    pub fn stats(&self) -> Stats {
        let load = |n: &AtomicU64| n.load(Ordering::Relaxed);
        Stats { hits: load(&self.hits), misses: load(&self.misses), bytes: self.answers.weighted_size() }
    }
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::v4;

    fn answer(text: &str) -> Cached {
        Cached { body: text.to_owned().into(), etag: "\"x\"".into(), link: None }
    }
    #[test]
    fn an_answer_lies_ready_until_its_tag_is_stale() {
        let cache = Cache::new(Duration::from_secs(60), Bus::Memory);
        let (tag, other) = (Tag { org: OrgId(v4()), noun: "projects" }, Tag { org: OrgId(v4()), noun: "projects" });
        cache.put(cache.get(tag, "k".into()).err().unwrap(), answer("one"));
        assert_eq!(cache.get(tag, "k".into()).ok().unwrap().body, "one");
        assert!(cache.get(other, "k".into()).is_err(), "another org never sees it");
        cache.stale(&[tag]);
        assert!(cache.get(tag, "k".into()).is_err());
    }
    #[test]
    fn what_became_stale_while_it_was_read_is_not_kept() {
        let cache = Cache::new(Duration::from_secs(60), Bus::Memory);
        let tag = Tag { org: OrgId(v4()), noun: "projects" };
        let slot = cache.get(tag, "k".into()).err().unwrap();
        cache.stale(&[tag]);
        cache.put(slot, answer("old"));
        assert!(cache.get(tag, "k".into()).is_err());
    }
    #[test]
    fn it_counts_and_forgets_everything_when_told_to() {
        let cache = Cache::new(Duration::from_secs(60), Bus::Memory);
        let tag = Tag { org: OrgId(v4()), noun: "projects" };
        cache.put(cache.get(tag, "k".into()).err().unwrap(), answer("one"));
        assert!(cache.get(tag, "k".into()).is_ok());
        cache.forget_all();
        assert!(cache.get(tag, "k".into()).is_err());
        let Stats { hits, misses, .. } = cache.stats();
        assert_eq!((hits, misses), (1, 2));
    }
    /// A writer raises a number and says so; whoever asks afterwards never reads a smaller one.
    #[test]
    fn nobody_reads_what_was_old_when_they_asked() {
        let cache = Cache::new(Duration::from_secs(60), Bus::Memory);
        let tag = Tag { org: OrgId(v4()), noun: "projects" };
        let (store, committed, done) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    while done.load(Ordering::Acquire) == 0 {
                        let least = committed.load(Ordering::Acquire);
                        let read = match cache.get(tag, "k".into()) {
                            Ok(answer) => String::from_utf8_lossy(&answer.body).parse().unwrap(),
                            Err(slot) => {
                                let read = store.load(Ordering::Acquire);
                                std::thread::yield_now(); // as a store takes its time, so that writes fall in between
                                cache.put(slot, answer(&read.to_string()));
                                read
                            }
                        };
                        assert!(read >= least, "read {read} after {least} was committed");
                    }
                });
            }
            for n in 1..=20_000 {
                store.store(n, Ordering::Release);
                cache.stale(&[tag]);
                committed.store(n, Ordering::Release);
                if n % 100 == 0 {
                    std::thread::sleep(Duration::from_micros(200)); // time for somebody to find an answer ready
                }
            }
            done.store(1, Ordering::Release);
        });
        assert!(cache.stats().hits > 0, "the race was run against a cache that is used");
    }
    #[test]
    fn a_life_of_zero_keeps_nothing() {
        let cache = Cache::new(Duration::ZERO, Bus::Memory);
        let tag = Tag { org: OrgId(v4()), noun: "projects" };
        cache.put(cache.get(tag, "k".into()).err().unwrap(), answer("one"));
        assert!(cache.get(tag, "k".into()).is_err());
    }
}

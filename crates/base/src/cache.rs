//! Finished answers, as bytes ready to send, tagged by what they were made of.
//!
//! A tag has a generation, raised by every commit that touches it. A reader notes the generation *before* it
//! reads the store ([`Slot`]), so an answer that became stale meanwhile is never handed out.

use crate::{
    bus::{Bus, Message},
    id::OrgId,
};
use bytes::Bytes;
use moka::sync::Cache as Moka;
use std::{
    hash::{DefaultHasher, Hash, Hasher as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Enough that two busy orgs seldom share one; sharing only costs a miss.
const GENERATIONS: usize = 4_096;
const LARGEST: u64 = 64 << 20;

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
/// A place in the cache, taken before the store is read.
pub struct Slot {
    key: Key,
    place: usize,
    generation: u64,
}

pub struct Cache {
    answers: Moka<Key, (u64, Cached)>,
    generations: Arc<Vec<AtomicU64>>,
    bus: Bus,
    on: bool,
}

fn place(org: OrgId, noun: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    (org, noun).hash(&mut hasher);
    hasher.finish() as usize % GENERATIONS
}

impl Cache {
    /// A life of zero switches it off.
    pub fn new(life: Duration, bus: Bus) -> Self {
        let weigh = |key: &Key, value: &(u64, Cached)| u32::try_from(key.1.len() + value.1.body.len() + 200).unwrap_or(u32::MAX);
        let answers = Moka::builder().weigher(weigh).max_capacity(LARGEST).time_to_live(life.max(Duration::from_millis(1))).build();
        let generations = Arc::new((0..GENERATIONS).map(|_| AtomicU64::new(0)).collect::<Vec<_>>());
        Self { answers, generations, bus, on: !life.is_zero() }
    }
    pub fn get(&self, tag: Tag, key: String) -> Result<Cached, Slot> {
        let place = place(tag.org, tag.noun);
        let generation = self.generations[place].load(Ordering::Acquire);
        let key = (tag.org, key);
        match self.answers.get(&key) {
            Some((at, answer)) if at == generation => Ok(answer),
            _ => Err(Slot { key, place, generation }),
        }
    }
    pub fn put(&self, slot: Slot, answer: Cached) {
        if self.on && self.generations[slot.place].load(Ordering::Acquire) == slot.generation {
            self.answers.insert(slot.key, (slot.generation, answer));
        }
    }
    /// What carries these tags is old from now on, here and on the other replicas.
    pub fn stale(&self, tags: &[Tag]) {
        for tag in tags {
            self.generations[place(tag.org, tag.noun)].fetch_add(1, Ordering::AcqRel);
            self.bus.publish(Message::Stale { org: tag.org, noun: tag.noun.into() });
        }
    }
    /// Another replica said so.
    pub fn stale_elsewhere(&self, org: OrgId, noun: &str) {
        self.generations[place(org, noun)].fetch_add(1, Ordering::AcqRel);
    }
    /// The bus was away: anything may have changed.
    pub fn forget_all(&self) {
        for generation in self.generations.iter() {
            generation.fetch_add(1, Ordering::AcqRel);
        }
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
    fn a_life_of_zero_keeps_nothing() {
        let cache = Cache::new(Duration::ZERO, Bus::Memory);
        let tag = Tag { org: OrgId(v4()), noun: "projects" };
        cache.put(cache.get(tag, "k".into()).err().unwrap(), answer("one"));
        assert!(cache.get(tag, "k".into()).is_err());
    }
}

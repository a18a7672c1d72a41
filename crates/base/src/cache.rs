//! Finished answers, as bytes ready to send, tagged by what they were made of.

use crate::id::OrgId;
use bytes::Bytes;

/// What an answer was made of: one noun of one org.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tag {
    pub org: OrgId,
    pub noun: &'static str,
}
/// An answer as it lies in the cache.
#[derive(Clone)]
pub struct Cached {
    pub body: Bytes,
    pub etag: String,
    pub link: Option<String>,
}
/// A place in the cache, taken *before* the store is read: what becomes stale meanwhile is not kept.
pub struct Slot;

pub struct Cache;
impl Cache {
    pub fn get(&self, _tag: Tag, _key: &str) -> Result<Cached, Slot> {
        Err(Slot)
    }
    pub fn put(&self, _slot: Slot, _answer: Cached) {}
    pub fn stale(&self, _tags: &[Tag]) {}
}

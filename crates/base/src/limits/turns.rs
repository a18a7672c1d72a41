//! Turns: how many may do one thing to one key at the same time.

use super::Place;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Keys that share a shard wait for each other now and then, which nobody notices.
const SHARDS: usize = 1_024;

/// The shares of one key.
pub const TOGETHER: u32 = 5;

pub(super) struct Turns(Vec<Arc<Semaphore>>);

/// A turn, until it is dropped.
pub struct Turn {
    _held: Option<OwnedSemaphorePermit>,
}

impl Default for Turns {
    fn default() -> Self {
        Self((0..SHARDS).map(|_| Arc::new(Semaphore::new(TOGETHER as usize))).collect())
    }
}
impl Turns {
    pub async fn take(&self, place: Place, share: u32) -> Turn {
        let shard = usize::from(u16::from_be_bytes([place[0], place[1]])) % SHARDS;
        // Nobody closes them.
        Turn { _held: self.0[shard].clone().acquire_many_owned(share.min(TOGETHER)).await.ok() }
    }
}

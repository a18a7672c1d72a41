//! Buckets in this process: sharded, and never more of them than a fixed number.

use super::gcra::{Gcra, Outcome};
use crate::time::Timestamp;
use parking_lot::Mutex;
use std::collections::HashMap;

/// A bucket's name: half of a SHA-256, so that nobody who chooses keys can make two of them meet.
pub(super) type Place = [u8; 16];

const SHARDS: usize = 64;
/// About 10 MB in all. More keys than this at once are an attack.
const MOST_IN_SHARD: usize = 4_096;

/// When each bucket will be empty again.
pub(super) struct Local(Vec<Mutex<HashMap<Place, Timestamp>>>);

impl Default for Local {
    fn default() -> Self {
        Self((0..SHARDS).map(|_| Mutex::default()).collect())
    }
}
impl Local {
    pub fn take(&self, place: Place, gcra: Gcra, now: Timestamp) -> Outcome {
        let mut shard = self.0[usize::from(place[0]) % SHARDS].lock();
        if shard.len() >= MOST_IN_SHARD && !shard.contains_key(&place) {
            make_room(&mut shard, now);
        }
        gcra.take(shard.entry(place).or_insert(now), now)
    }
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.iter().map(|shard| shard.lock().len()).sum()
    }
}

/// Empty buckets go; if that is too little, the emptier half: a flood of new keys cannot wash out a full one.
fn make_room(shard: &mut HashMap<Place, Timestamp>, now: Timestamp) {
    shard.retain(|_, empty| *empty > now);
    if shard.len() < MOST_IN_SHARD / 4 * 3 {
        return;
    }
    let mut all: Vec<Timestamp> = shard.values().copied().collect();
    let middle = all.len() / 2;
    let (_, half, _) = all.select_nth_unstable(middle);
    let half = *half;
    shard.retain(|_, empty| *empty > half);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_keys_takes_no_more_room_and_frees_nobody() {
        let (local, gcra, now) = (Local::default(), Gcra { step: 1_000_000, allowed: 5_000_000 }, Timestamp::from_micros(1 << 50));
        let guilty: Place = crate::crypto::random();
        while local.take(guilty, gcra, now).wait == 0 {}
        for _ in 0..SHARDS * MOST_IN_SHARD * 2 {
            local.take(crate::crypto::random(), gcra, now);
        }
        assert!(local.len() <= SHARDS * MOST_IN_SHARD);
        assert!(local.take(guilty, gcra, now).wait > 0, "the full bucket is still full");
    }
}

//! How long statements take, counted by the room they are written in (`planning/missions`): what an operator can act upon, and few
//! enough to be shown. A statement learns its room's histogram when its text is built, once; after that it costs two looks at the clock
//! and two atomic adds.

use crate::metrics::Histogram;
use parking_lot::Mutex;
use std::{collections::BTreeMap, time::Instant};

/// Of this process, whatever stores it has open: a statement is the code's, not a store's.
static ROOMS: Mutex<BTreeMap<String, Histogram>> = Mutex::new(BTreeMap::new());

/// Where the time of a statement written in this file is counted.
pub fn of(file: &str) -> Histogram {
    ROOMS.lock().entry(room(file)).or_insert_with(Histogram::of_statements).clone()
}
/// Every room that asked the store something since the process began.
pub fn by_room() -> Vec<(String, Histogram)> {
    ROOMS.lock().iter().map(|(room, took)| (room.clone(), took.clone())).collect()
}
/// `crates/planning/src/missions/store.rs` is written in `planning/missions`, `crates/base/src/audit.rs` in `base/audit`.
fn room(file: &str) -> String {
    let (house, inside) = file.rsplit_once("/src/").unwrap_or((file, ""));
    let house = house.rsplit('/').next().unwrap_or(house);
    let part = inside.split('/').next().unwrap_or(inside);
    format!("{house}/{}", part.strip_suffix(".rs").unwrap_or(part))
}

/// Counts when it is dropped: also a statement that failed, or that nobody waited for any more.
pub struct Running<'h>(&'h Histogram, Instant);
impl<'h> Running<'h> {
    pub fn now(took: &'h Histogram) -> Self {
        Self(took, Instant::now())
    }
}
impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.record(self.1.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_a_folder_of_a_crate() {
        for (file, name) in [
            ("crates/planning/src/missions/store.rs", "planning/missions"),
            ("crates/base/src/audit.rs", "base/audit"),
            ("/elsewhere/src/house/crates/base/src/db/mod.rs", "base/db"),
        ] {
            assert_eq!(room(file), name);
        }
    }
}

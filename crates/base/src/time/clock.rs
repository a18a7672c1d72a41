//! The one clock of the house.

use super::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};

/// The wall clock; `TEST_CLOCK` and tests move it, nothing else reads the time.
#[derive(Debug, Default)]
pub struct Clock {
    offset: AtomicI64,
    /// When set, the clock stands still here (tests).
    frozen: AtomicI64,
}
impl Clock {
    pub fn real() -> Self {
        Self::default()
    }
    pub fn frozen(at: Timestamp) -> Self {
        Self { offset: AtomicI64::new(0), frozen: AtomicI64::new(at.micros()) }
    }
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> Timestamp {
        let base = match self.frozen.load(Ordering::Relaxed) {
            0 => std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_micros() as i64),
            at => at,
        };
        Timestamp::from_micros(base + self.offset.load(Ordering::Relaxed))
    }
    /// Sets the distance from real (or frozen) time, from now on.
    pub fn shift(&self, by: std::time::Duration) {
        self.offset.store(by.as_micros() as i64, Ordering::Relaxed);
    }
    pub fn advance(&self, by: std::time::Duration) {
        self.offset.fetch_add(by.as_micros() as i64, Ordering::Relaxed);
    }
}

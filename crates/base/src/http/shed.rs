//! Too much at once is refused at once: as many requests as the machine can do are at work, a short queue waits
//! behind them, the rest is told to come back.

use crate::{
    error::{Error, Result},
    metrics::{Counter, Metrics},
    say,
};
use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};
use tokio::sync::{Semaphore, SemaphorePermit};

pub(super) struct Shed {
    turns: Semaphore,
    waiting: AtomicUsize,
    most_waiting: usize,
    patience: Duration,
    queue_full: Counter,
    waited_too_long: Counter,
}

impl Shed {
    pub(super) fn new(max_in_flight: usize, patience: Duration, metrics: &Metrics) -> Self {
        let counter = |reason| refused(metrics, reason);
        Self {
            turns: Semaphore::new(max_in_flight),
            waiting: AtomicUsize::new(0),
            most_waiting: max_in_flight,
            patience,
            queue_full: counter("queue_full"),
            waited_too_long: counter("queue_timeout"),
        }
    }
    /// A place among those at work, held until it is dropped.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>> {
        if let Ok(turn) = self.turns.try_acquire() {
            return Ok(turn);
        }
        let _waiting = Waiting::join(&self.waiting);
        if self.waiting.load(Relaxed) > self.most_waiting {
            self.queue_full.one();
            return Err(busy());
        }
        match tokio::time::timeout(self.patience, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => {
                self.waited_too_long.one();
                Err(busy())
            }
        }
    }
}

pub(super) fn refused(metrics: &Metrics, reason: &str) -> Counter {
    metrics.counter("app_shed_total", "Requests and connections refused because there were too many.", &[("reason", reason)])
}

/// Come back after 1 to 5 s, not all at the same moment.
pub(super) fn busy() -> Error {
    let after = Duration::from_secs(1 + u64::from(crate::crypto::random::<1>()[0]) % 5);
    let say = say!(
        "The server has more to do than it can. Try again in a few seconds.",
        "Le serveur a plus à faire qu’il ne peut. Réessayez dans quelques secondes."
    );
    Error::unavailable("overloaded", after, say)
}

/// Counts itself out again when the client gives up waiting.
struct Waiting<'a>(&'a AtomicUsize);
impl<'a> Waiting<'a> {
    fn join(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}
impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

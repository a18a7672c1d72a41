//! What a simulator saw: how many requests began, ended, and were left by whoever asked.

use serde_json::{Value, json};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

#[derive(Default)]
pub struct Stats {
    started: AtomicUsize,
    finished: AtomicUsize,
    cancelled: AtomicUsize,
    running: AtomicUsize,
    peak: AtomicUsize,
    last: Mutex<Value>,
}
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    pub started: usize,
    pub finished: usize,
    pub cancelled: usize,
    pub peak_concurrency: usize,
    /// The last request's body.
    pub last: Value,
}
impl Counts {
    /// Without what was said: that is for tests only.
    pub fn json(&self) -> Value {
        json!({"started": self.started, "finished": self.finished, "cancelled": self.cancelled, "peak_concurrency": self.peak_concurrency})
    }
}

impl Stats {
    pub fn begin(self: &Arc<Self>) -> Run {
        let nth = self.started.fetch_add(1, SeqCst);
        let running = self.running.fetch_add(1, SeqCst) + 1;
        self.peak.fetch_max(running, SeqCst);
        Run { stats: self.clone(), nth, finished: false }
    }
    pub fn heard(&self, body: Value) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = body;
    }
    pub fn counts(&self) -> Counts {
        let of = |n: &AtomicUsize| n.load(SeqCst);
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Counts {
            started: of(&self.started),
            finished: of(&self.finished),
            cancelled: of(&self.cancelled),
            peak_concurrency: of(&self.peak),
            last,
        }
    }
}

/// One request at work; dropped unfinished, it was cancelled.
pub struct Run {
    stats: Arc<Stats>,
    nth: usize,
    finished: bool,
}
impl Run {
    pub fn is_first(&self) -> bool {
        self.nth == 0
    }
    pub fn finish(mut self) {
        self.finished = true;
    }
}
impl Drop for Run {
    fn drop(&mut self) {
        self.stats.running.fetch_sub(1, SeqCst);
        let counter = if self.finished { &self.stats.finished } else { &self.stats.cancelled };
        counter.fetch_add(1, SeqCst);
    }
}

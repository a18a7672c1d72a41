//! Where the process stands: starting, serving, draining.

use std::sync::atomic::{AtomicBool, Ordering};

/// Read by the probes and by the layers, written by the accept loop.
#[derive(Default)]
pub struct State {
    draining: AtomicBool,
}
impl State {
    /// From now on: not ready, and every answer closes its connection.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
    pub fn draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

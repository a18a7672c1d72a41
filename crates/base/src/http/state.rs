//! Where the process stands: serving, then draining.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::Notify;

/// Read by the probes and by the layers, written by the accept loop; cheap to clone.
#[derive(Clone, Default)]
pub struct State(Arc<Inner>);

#[derive(Default)]
struct Inner {
    draining: AtomicBool,
    drained: Notify,
}
impl State {
    /// From now on: not ready, and every answer closes its connection.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::SeqCst);
        self.0.drained.notify_waiters();
    }
    pub fn draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }
    /// Waits until the process drains: endless answers (live events) end then.
    pub async fn drained(&self) {
        let notified = self.0.drained.notified();
        if !self.0.draining.load(Ordering::SeqCst) {
            notified.await;
        }
    }
}

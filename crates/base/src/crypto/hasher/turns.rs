//! Work that fills a core, a few pieces at a time and in the order they came. Whoever would wait too long is told so.

use crate::{
    error::{Error, Result},
    say,
};
use parking_lot::Mutex;
use std::{
    collections::VecDeque,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::oneshot, task::spawn_blocking};

/// How many may wait for their turn, and how long.
pub(super) const QUEUE: usize = 64;
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct Turns {
    threads: usize,
    queue: Arc<Mutex<Queue>>,
}
#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// How many threads are at it.
    busy: usize,
}
type Job = Box<dyn FnOnce() + Send>;

impl Turns {
    pub fn new(threads: usize) -> Self {
        Self { threads: threads.max(1), queue: Arc::default() }
    }
    pub async fn take<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let (begin, begun) = oneshot::channel();
        let (finish, finished) = oneshot::channel();
        self.join(Box::new(move || {
            // For whoever left the queue nothing is done; whoever hangs up later keeps their turn until the work is done.
            if begin.send(()).is_ok() {
                let _gone = finish.send(work());
            }
        }))?;
        patiently(begun).await?.map_err(Error::internal)?;
        finished.await.map_err(Error::internal)
    }
    fn join(&self, job: Job) -> Result<()> {
        let mut queue = self.queue.lock();
        if queue.jobs.len() + queue.busy >= QUEUE {
            return Err(busy());
        }
        queue.jobs.push_back(job);
        if queue.busy < self.threads {
            queue.busy += 1;
            let queue = self.queue.clone();
            spawn_blocking(move || work_off(&queue));
        }
        Ok(())
    }
    /// Who waits or is at it.
    #[cfg(test)]
    pub fn taken(&self) -> usize {
        let queue = self.queue.lock();
        queue.jobs.len() + queue.busy
    }
}

/// A thread that ends one piece takes the next itself: a core that has work never waits for the scheduler to bring it.
fn work_off(queue: &Mutex<Queue>) {
    while let Some(job) = next(queue) {
        // Who waited for a piece that panicked hears of it; the next one is done all the same.
        let _told = catch_unwind(AssertUnwindSafe(job));
    }
}
fn next(queue: &Mutex<Queue>) -> Option<Job> {
    let mut queue = queue.lock();
    let job = queue.jobs.pop_front();
    queue.busy -= usize::from(job.is_none());
    job
}

/// Waits for a turn at something costly, but not longer than anybody would.
pub async fn patiently<T>(turn: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(PATIENCE, turn).await.map_err(|_| busy())
}

#[track_caller]
fn busy() -> Error {
    let say = say!(
        "Many people are signing in at this moment. Try again in 2 s.",
        "Beaucoup de personnes se connectent en ce moment. Réessayez dans 2 s."
    );
    Error::unavailable("sign_in_busy", Duration::from_secs(2), say)
}

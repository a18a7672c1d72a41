//! Group commit: one thread syncs the WAL for every commit that is waiting.
//!
//! A commit has written its frames before it asks for a sync, so a sync that begins later covers them. If a
//! checkpoint started the WAL anew in between, SQLite had synced both the WAL and the database for it.

use super::Error;
use parking_lot::{Condvar, Mutex};
use std::{
    fs::File,
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Several writers at work are waited for this long after the last sync began, so that a quick disk is not
/// asked once for each; a lone writer waits for nobody, and a slow disk has taken longer anyway.
const GATHER: Duration = Duration::from_millis(1);

pub struct GroupSync {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}
#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    bell: Condvar,
    syncs: AtomicU64,
}
#[derive(Default)]
struct Waiting {
    acks: Vec<oneshot::Sender<()>>,
    /// How many make the thread wake up.
    worth_it: usize,
    closed: bool,
}

/// A commit that nobody will sync any more must not be answered as if it were safe.
pub fn closed() -> Error {
    Error::Down("the store is closed".into())
}

impl GroupSync {
    pub fn start(wal: &Path) -> io::Result<Self> {
        let file = File::options().write(true).open(wal)?;
        // The name of a new file is data of its directory.
        let dir = wal.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(dir)?.sync_all()?;
        Self::with(move || file.sync_data())
    }
    fn with(sync: impl FnMut() -> io::Result<()> + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = {
            let shared = shared.clone();
            thread::Builder::new().name("wal-sync".into()).spawn(move || shared.run(sync))?
        };
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }
    /// Resolves once everything that was written before this call is on the disk.
    pub fn ticket(&self) -> Result<oneshot::Receiver<()>, Error> {
        let (ack, ticket) = oneshot::channel();
        let mut waiting = self.shared.waiting.lock();
        if waiting.closed {
            return Err(closed());
        }
        waiting.acks.push(ack);
        if waiting.acks.len() >= waiting.worth_it {
            self.shared.bell.notify_one();
        }
        Ok(ticket)
    }
    pub fn count(&self) -> u64 {
        self.shared.syncs.load(Ordering::Relaxed)
    }
    /// Whoever waits already is served; the thread is handed over once, to be joined.
    pub fn stop(&self) -> Option<JoinHandle<()>> {
        self.shared.waiting.lock().closed = true;
        self.shared.bell.notify_one();
        self.thread.lock().take()
    }
}

impl Shared {
    fn run(&self, mut sync: impl FnMut() -> io::Result<()>) {
        let mut gather_until = Instant::now();
        while let Some(acks) = self.next_batch(gather_until) {
            gather_until = Instant::now() + GATHER;
            if let Err(e) = sync() {
                tracing::error!(error = %e, "the disk refused an fsync: stopping, because its pages may be lost and no retry is safe");
                std::process::abort();
            }
            self.syncs.fetch_add(1, Ordering::Relaxed);
            // Those who are answered now and those who came meanwhile are the writers at work.
            let mut waiting = self.waiting.lock();
            waiting.worth_it = acks.len() + waiting.acks.len();
            drop(waiting);
            for ack in acks {
                let _ = ack.send(()); // whoever asked may be gone
            }
        }
    }
    fn next_batch(&self, gather_until: Instant) -> Option<Vec<oneshot::Sender<()>>> {
        let mut waiting = self.waiting.lock();
        while !waiting.closed && waiting.acks.len() < waiting.worth_it {
            if self.bell.wait_until(&mut waiting, gather_until).timed_out() {
                break;
            }
        }
        waiting.worth_it = 1;
        while !waiting.closed && waiting.acks.is_empty() {
            self.bell.wait(&mut waiting);
        }
        Some(std::mem::take(&mut waiting.acks)).filter(|acks| !acks.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    /// A disk that syncs when it is told to.
    struct Disk {
        group: GroupSync,
        begun: std::sync::mpsc::Receiver<()>,
        done: std::sync::mpsc::Sender<()>,
    }
    fn disk() -> Disk {
        let ((begin, begun), (done, wait)) = (channel(), channel());
        let sync = move || {
            let _ = (begin.send(()), wait.recv()); // a test that failed is gone
            Ok(())
        };
        Disk { group: GroupSync::with(sync).unwrap(), begun, done }
    }

    #[tokio::test]
    async fn nobody_is_answered_before_a_sync_that_began_after_they_asked() {
        let disk = disk();
        let mut first = disk.group.ticket().unwrap();
        disk.begun.recv().unwrap();
        let mut late: Vec<_> = (0..64).map(|_| disk.group.ticket().unwrap()).collect();
        assert!(first.try_recv().is_err(), "its sync is not over");
        disk.done.send(()).unwrap();
        disk.begun.recv().unwrap();
        first.try_recv().expect("its sync is over");
        assert!(late.iter_mut().all(|t| t.try_recv().is_err()), "that sync began before they asked");
        disk.done.send(()).unwrap();
        for ticket in late {
            ticket.await.unwrap();
        }
        assert_eq!(disk.group.count(), 2, "one sync for 64");
    }

    #[tokio::test]
    async fn stopping_serves_those_who_wait_and_nobody_after() {
        let disk = disk();
        let ticket = disk.group.ticket().unwrap();
        let thread = disk.group.stop().unwrap();
        assert!(disk.group.ticket().is_err());
        disk.done.send(()).unwrap();
        thread.join().unwrap();
        ticket.await.unwrap();
    }
}

//! Group commit: one thread commits and syncs for everybody who is waiting.
//!
//! Transactions are savepoints inside one open transaction, one after the other. Whoever ends leaves a ticket and lets the
//! next one in; this thread then takes the writer's turn, commits them all at once and syncs the WAL. So pages that many
//! touched (the head of an index, an audit chain) are written once, and only what is on the disk is acknowledged. While the
//! writer is free, an open transaction has tickets waiting: nothing stays uncommitted for long.
//!
//! A sync that begins after the commit covers its frames. If a checkpoint started the WAL anew in between, SQLite had
//! synced both the WAL and the database for it.

use super::{Error, Result, Writer};
use crate::metrics::Histogram;
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
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

pub struct GroupCommit {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}
#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    bell: Condvar,
    syncs: AtomicU64,
    sizes: Histogram,
}
type Ack = oneshot::Sender<Result<()>>;
#[derive(Default)]
struct Waiting {
    /// The transactions in the open one, in their order. Changed under the writer's turn only.
    acks: Vec<Ack>,
    /// How many make the thread wake up.
    worth_it: usize,
    closed: bool,
}

/// A commit that nobody will sync any more must not be answered as if it were safe.
pub fn closed() -> Error {
    Error::Down("the store is closed".into())
}

/// Ends the open transaction, if there is one.
pub fn commit(writer: &Connection) -> Result<()> {
    if !writer.is_autocommit() {
        writer.prepare_cached("commit")?.execute([])?;
    }
    Ok(())
}

/// What makes the WAL safe.
pub fn disk(wal: &Path) -> io::Result<impl FnMut() -> io::Result<()> + Send + 'static> {
    let file = File::options().write(true).open(wal)?;
    // The name of a new file is data of its directory.
    let dir = wal.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(dir)?.sync_all()?;
    Ok(move || file.sync_data())
}

impl GroupCommit {
    pub fn start(writer: Writer, sync: impl FnMut() -> io::Result<()> + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared { sizes: Histogram::of_sizes(), ..Shared::default() });
        let thread = {
            let shared = shared.clone();
            thread::Builder::new().name("commit".into()).spawn(move || shared.run(&writer, sync))?
        };
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }
    /// Asked for before the writer's turn is given up; resolves once everything written in it is on the disk.
    pub fn ticket(&self) -> Result<oneshot::Receiver<Result<()>>> {
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
    /// Whether nobody is in the open transaction but the one who asks, who has the writer's turn.
    pub fn is_empty(&self) -> bool {
        self.shared.waiting.lock().acks.is_empty()
    }
    /// The open transaction is gone, and with it the work of all who were waiting for it.
    pub fn undone(&self) {
        tell(std::mem::take(&mut self.shared.waiting.lock().acks), &Err(Error::Down("a write beside this one undid both".into())));
    }
    pub fn count(&self) -> u64 {
        self.shared.syncs.load(Ordering::Relaxed)
    }
    /// How many shared each commit.
    pub fn sizes(&self) -> Histogram {
        self.shared.sizes.clone()
    }
    /// Whoever waits already is served; the thread is handed over once, to be joined.
    pub fn stop(&self) -> Option<JoinHandle<()>> {
        self.shared.waiting.lock().closed = true;
        self.shared.bell.notify_one();
        self.thread.lock().take()
    }
}

/// Everybody learns the same; whoever asked may be gone.
fn tell(acks: Vec<Ack>, outcome: &Result<()>) {
    for ack in acks {
        let _ = ack.send(match outcome {
            Ok(()) => Ok(()),
            Err(Error::Full) => Err(Error::Full),
            Err(Error::Retry) => Err(Error::Retry),
            Err(e) => Err(Error::Down(e.to_string().into())),
        });
    }
}

impl Shared {
    fn run(&self, writer: &Writer, mut sync: impl FnMut() -> io::Result<()>) {
        let mut gather_until = Instant::now();
        while self.is_asked(gather_until) {
            gather_until = Instant::now() + GATHER;
            let (acks, outcome) = self.commit_group(writer);
            if outcome.is_ok() {
                if let Err(e) = sync() {
                    tracing::error!(error = %e, "the disk refused an fsync: stopping, because its pages may be lost and no retry is safe");
                    std::process::abort();
                }
                self.syncs.fetch_add(1, Ordering::Relaxed);
                self.sizes.record_size(acks.len());
            }
            // Those who are answered now and those who came meanwhile are the writers at work.
            let mut waiting = self.waiting.lock();
            waiting.worth_it = acks.len() + waiting.acks.len();
            drop(waiting);
            tell(acks, &outcome);
        }
    }
    /// Whoever waits for the writer already is let in first, and joins the group.
    fn commit_group(&self, writer: &Writer) -> (Vec<Ack>, Result<()>) {
        let writer = writer.blocking_lock();
        let outcome = commit(&writer);
        if outcome.is_err() && !writer.is_autocommit() {
            let _ = writer.execute_batch("rollback"); // its failure would be the next group's, too
        }
        (std::mem::take(&mut self.waiting.lock().acks), outcome)
    }
    /// Waits for somebody to ask; false when nobody will any more.
    fn is_asked(&self, gather_until: Instant) -> bool {
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
        !waiting.acks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    /// A disk that syncs when it is told to.
    struct Disk {
        group: GroupCommit,
        begun: std::sync::mpsc::Receiver<()>,
        done: std::sync::mpsc::Sender<()>,
    }
    fn disk() -> Disk {
        let ((begin, begun), (done, wait)) = (channel(), channel());
        let sync = move || {
            let _ = (begin.send(()), wait.recv()); // a test that failed is gone
            Ok(())
        };
        let nothing = Arc::new(tokio::sync::Mutex::new(Connection::open_in_memory().unwrap()));
        Disk { group: GroupCommit::start(nothing, sync).unwrap(), begun, done }
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
        first.try_recv().expect("its sync is over").unwrap();
        assert!(late.iter_mut().all(|t| t.try_recv().is_err()), "that sync began before they asked");
        disk.done.send(()).unwrap();
        for ticket in late {
            ticket.await.unwrap().unwrap();
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
        ticket.await.unwrap().unwrap();
    }
}

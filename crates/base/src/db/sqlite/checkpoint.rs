//! Checkpoints by a thread of their own, never inside a commit: the WAL is folded into the database while
//! readers and the writer go on, and starts anew before it grows large.

use super::{Error, Result, Writer};
use parking_lot::Mutex;
use rusqlite::Connection;
use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::sync::Mutex as AsyncMutex;

const EVERY: Duration = Duration::from_millis(250);
/// 16 MiB of pages: from here on the writer is held for the moment that starting anew takes.
const LONG: i64 = 4_096;
/// How long writers are held at most for readers that still look into the old WAL.
const HELD: Duration = Duration::from_millis(20);

pub struct Checkpointer {
    /// Dropped to stop the thread.
    stop: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

struct Work {
    conn: Connection,
    writer: Weak<AsyncMutex<Connection>>,
    commits: Arc<AtomicU64>,
    /// Commits that are folded in already.
    done: u64,
    /// The length of the WAL at which it is started anew; raised while a long reader (a backup) prevents that.
    long: i64,
}

impl Checkpointer {
    pub fn start(conn: Connection, writer: &Writer, commits: &Arc<AtomicU64>) -> Result<Self> {
        conn.busy_timeout(HELD)?;
        let mut work = Work { conn, writer: Arc::downgrade(writer), commits: commits.clone(), done: 0, long: LONG };
        let (stop, stopped) = channel();
        let run = move || work.run(&stopped);
        let thread = thread::Builder::new().name("checkpoint".into()).spawn(run).map_err(|e| Error::Down(e.into()))?;
        Ok(Self { stop: Mutex::new(Some((stop, thread))) })
    }
    /// The thread ends after a last checkpoint; it is handed over once, to be joined.
    pub fn stop(&self) -> Option<JoinHandle<()>> {
        self.stop.lock().take().map(|(_, thread)| thread)
    }
}

impl Work {
    fn run(&mut self, stopped: &Receiver<()>) {
        while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
            if let Err(e) = self.round() {
                tracing::warn!(error = %e, "a checkpoint failed; the next one tries again");
            }
        }
        let _ = self.checkpoint("truncate"); // what stays in the WAL is found at the next start
    }
    fn round(&mut self) -> Result<()> {
        let commits = self.commits.load(Ordering::Relaxed);
        if commits == self.done {
            return Ok(());
        }
        let (length, folded) = self.checkpoint("passive")?;
        if length == folded {
            self.done = commits;
        }
        if length > self.long {
            self.start_anew(length)?;
        }
        Ok(())
    }
    /// Writers wait for their turn meanwhile instead of blocking their threads inside SQLite.
    fn start_anew(&mut self, length: i64) -> Result<()> {
        let Some(writer) = self.writer.upgrade() else { return Ok(()) };
        let turn = writer.blocking_lock();
        super::sync::commit(&turn)?; // whoever is in it is acknowledged by the thread that syncs
        let (length_now, folded) = self.checkpoint("restart")?;
        self.long = if length_now == folded { LONG } else { length + LONG };
        Ok(())
    }
    /// How many frames the WAL holds, and how many of them are folded in. A busy one has folded too few.
    fn checkpoint(&self, mode: &str) -> Result<(i64, i64)> {
        let (busy, length, folded): (bool, i64, i64) =
            self.conn.query_row(&format!("pragma wal_checkpoint({mode})"), [], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
        Ok((length, if busy { folded.min(length - 1) } else { folded }))
    }
}

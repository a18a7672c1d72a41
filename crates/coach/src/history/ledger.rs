//! Who writes the history down: one task beside the answers, many rows a transaction.
//!
//! The way to it is short and bounded, in entries and in bytes: while the store cannot be written to, calls are answered all the same,
//! and what is not remembered is counted (`ai_history_dropped_total`).

use super::{model::Entry, store};
use base::{
    App, Result,
    metrics::{Counter, Gauge, Kind},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{
    Notify, OwnedSemaphorePermit, Semaphore,
    mpsc::{self, Receiver, Sender},
    oneshot,
};

/// So many entries may wait, and so many bytes of them, those at work included: what a store that is away costs in memory.
const WAITING: usize = 256;
const MOST_BYTES: usize = 4 << 20;
const BATCH: usize = 64;
/// How long the first waits for others, unless somebody reads or the way gets full: most calls have ended by then, and are written once
/// instead of twice.
const GATHER: Duration = Duration::from_millis(50);
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);
/// How long a reader waits for what was said just before.
const PATIENCE: Duration = Duration::from_secs(1);

enum Note {
    Entry(App, Box<Entry>, OwnedSemaphorePermit),
    Flush(oneshot::Sender<()>),
}

/// One for the life of the process.
pub struct Ledger {
    notes: Sender<Note>,
    dropped: Counter,
    waiting: Gauge,
    room: Arc<Semaphore>,
    /// Ends the wait for others.
    hurry: Arc<Notify>,
}
impl Ledger {
    pub fn of(app: &App) -> Arc<Self> {
        app.rooms.get(|| {
            let (notes, inbox) = mpsc::channel(WAITING);
            let dropped = app.metrics.counter("ai_history_dropped_total", "Calls that could not be written down.", &[]);
            let waiting = app.metrics.gauge("ai_history_queue_depth", "Calls that wait to be written down.", &[]);
            let room = Arc::new(Semaphore::new(MOST_BYTES));
            let taken = room.clone();
            let held = move || Some(MOST_BYTES.saturating_sub(taken.available_permits()) as f64);
            app.metrics.read("ai_history_queue_bytes", "What waits to be written down, in bytes.", Kind::Gauge, &[], held);
            let hurry = Arc::<Notify>::default();
            tokio::spawn(write(inbox, hurry.clone(), dropped.clone(), waiting.clone()));
            Self { notes, dropped, waiting, room, hurry }
        })
    }
    /// Never waits: an entry that finds no room is forgotten, and counted if its call has ended: no other will come for it.
    pub fn note(&self, app: &App, entry: Entry) {
        let last = u64::from(entry.completed_at.is_some());
        let Ok(room) = self.room.clone().try_acquire_many_owned(entry.bytes()) else { return self.lost(last) };
        self.waiting.add(1);
        if self.notes.try_send(Note::Entry(app.clone(), Box::new(entry), room)).is_err() {
            self.waiting.add(-1);
            self.lost(last);
        }
        if self.notes.capacity() < WAITING / 2 {
            self.hurry.notify_one();
        }
    }
    pub fn lost(&self, n: u64) {
        self.dropped.add(n);
    }
    /// Until what was noted before is in the store, or patience ends.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        let flushed = async {
            if self.notes.send(Note::Flush(done)).await.is_ok() {
                self.hurry.notify_one();
                let _ = written.await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, flushed).await;
    }
}

async fn write(mut inbox: Receiver<Note>, hurry: Arc<Notify>, dropped: Counter, waiting: Gauge) {
    let mut notes = Vec::with_capacity(BATCH);
    while inbox.recv_many(&mut notes, BATCH).await > 0 {
        // Whoever hurried the batch before must not hurry this one; and whoever hurries this one is in it, or comes by now.
        let _ = tokio::time::timeout(Duration::ZERO, hurry.notified()).await;
        more(&mut inbox, &mut notes);
        if notes.len() < BATCH && !notes.iter().any(|note| matches!(note, Note::Flush(_))) {
            let _ = tokio::time::timeout(GATHER, hurry.notified()).await; // either will do
            more(&mut inbox, &mut notes);
        }
        let (mut app, mut entries, mut readers, mut rooms) = (None, Vec::<Entry>::new(), vec![], vec![]);
        for note in notes.drain(..) {
            match note {
                Note::Flush(done) => readers.push(done),
                Note::Entry(of, entry, room) => {
                    app = Some(of);
                    rooms.push(room);
                    // What has ended meanwhile need not be written as running.
                    entries.retain(|earlier| earlier.id != entry.id);
                    entries.push(*entry);
                    waiting.add(-1);
                }
            }
        }
        if let Some(app) = app {
            let lost = write_down(&app, entries).await;
            dropped.add(lost);
        }
        drop(rooms);
        for reader in readers {
            let _ = reader.send(()); // it may have lost patience
        }
    }
}
/// What has come meanwhile.
fn more(inbox: &mut Receiver<Note>, notes: &mut Vec<Note>) {
    while notes.len() < BATCH
        && let Ok(note) = inbox.try_recv()
    {
        notes.push(note);
    }
}
/// How many could not be written.
async fn write_down(app: &App, entries: Vec<Entry>) -> u64 {
    for attempt in 1..=TRIES {
        match try_all(app, &entries).await {
            Ok(()) => return 0,
            Err(error) if attempt == TRIES => tracing::warn!(%error, entries = entries.len(), "calls of models were not written down"),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
    // One that does not fit must not take the others along.
    let mut lost = 0;
    for entry in entries {
        let last = entry.completed_at.is_some();
        lost += u64::from(try_all(app, &[entry]).await.is_err() && last);
    }
    lost
}
async fn try_all(app: &App, entries: &[Entry]) -> Result<()> {
    let mut tx = app.db.begin().await?;
    for entry in entries {
        store::keep(&mut tx, app, entry).await?;
    }
    Ok(tx.commit().await?)
}

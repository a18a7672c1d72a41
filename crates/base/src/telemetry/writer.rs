//! A bounded buffer between the log and stdout: a slow or blocked stdout costs lines, never a request's time.

use crate::metrics::Counter;
use parking_lot::{Condvar, Mutex};
use std::{io::Write, sync::Arc, time::Duration};

/// How much may wait for stdout; what comes beyond is dropped and counted.
const CAPACITY: usize = 4 * 1024 * 1024;
/// Lines that come close together are written together: waking a thread costs more than writing a line.
const GATHER: Duration = Duration::from_millis(10);
/// How long the end of the process waits for a stdout that does not take the last lines.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Takes whole lines; cheap to clone.
#[derive(Clone)]
pub struct Writer(Arc<Pipe>);

#[derive(Default)]
struct Pipe {
    waiting: Mutex<Waiting>,
    bell: Condvar,
    done: Condvar,
    dropped: Counter,
}
#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    closed: bool,
    finished: bool,
}

impl Writer {
    /// Starts the thread that writes to `sink`.
    pub fn start(sink: impl Write + Send + 'static) -> Self {
        let pipe = Arc::<Pipe>::default();
        let theirs = pipe.clone();
        if std::thread::Builder::new().name("log".into()).spawn(move || theirs.drain(sink)).is_err() {
            // Without a thread nothing is written, and the counter says so.
            pipe.waiting.lock().closed = true;
        }
        Self(pipe)
    }
    pub fn push(&self, line: &[u8]) {
        let mut waiting = self.0.waiting.lock();
        if waiting.closed || waiting.bytes.len() + line.len() > CAPACITY {
            drop(waiting);
            return self.0.dropped.one();
        }
        let asleep = waiting.bytes.is_empty();
        waiting.bytes.extend_from_slice(line);
        drop(waiting);
        if asleep {
            self.0.bell.notify_one();
        }
    }
    pub fn dropped(&self) -> Counter {
        self.0.dropped.clone()
    }
    /// Takes no more and waits, not for ever, until what was taken is written.
    pub fn finish(&self) {
        let mut waiting = self.0.waiting.lock();
        waiting.closed = true;
        self.0.bell.notify_one();
        self.0.done.wait_while_for(&mut waiting, |w| !w.finished, LAST_WORDS);
    }
}

impl Pipe {
    fn drain(&self, mut sink: impl Write) {
        let mut lines = Vec::new();
        loop {
            let mut waiting = self.waiting.lock();
            self.bell.wait_while(&mut waiting, |w| w.bytes.is_empty() && !w.closed);
            if !waiting.closed {
                parking_lot::MutexGuard::unlocked(&mut waiting, || std::thread::sleep(GATHER));
            }
            std::mem::swap(&mut waiting.bytes, &mut lines);
            let last = waiting.closed;
            drop(waiting);
            // A reader that has gone away must not end the service.
            let _ = sink.write_all(&lines).and_then(|()| sink.flush());
            lines.clear();
            lines.shrink_to(64 * 1024);
            if last {
                self.waiting.lock().finished = true;
                self.done.notify_all();
                return;
            }
        }
    }
}

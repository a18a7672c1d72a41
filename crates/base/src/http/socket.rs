//! A connection's bytes with a watch beside them: whoever is silent, drips or does not read is let go.
//!
//! hyper's own header timeout also runs while a kept-alive connection idles. Here the phases are told apart: the
//! first byte, a head under way, a request at work (no limit here; the layers have theirs), and idling in between.

use super::refusal;
use hyper::Version;
use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep, sleep_until},
};

/// How long a client may take, by what it is doing.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub first_byte: Duration,
    /// From the first byte of a request to the end of its head.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// While it takes nothing of what we send.
    pub stall: Duration,
    /// While it still sends what nobody will read: closing at once would destroy our answer on its way.
    pub linger: Duration,
}

/// Where a connection stands; shared by its bytes and its requests.
pub(super) struct Pulse {
    patience: Patience,
    born: Instant,
    requests: AtomicUsize,
    served: AtomicBool,
    http2: AtomicBool,
    unread: AtomicBool,
    /// Microseconds since `born`: when the last request ended; when the head under way began (0: none is).
    quiet: AtomicU64,
    head: AtomicU64,
}

/// A request at work on its connection.
pub(super) struct AtWork(Arc<Pulse>);

impl Pulse {
    pub(super) fn new(patience: Patience) -> Arc<Self> {
        Arc::new(Self {
            patience,
            born: Instant::now(),
            requests: AtomicUsize::new(0),
            served: AtomicBool::new(false),
            http2: AtomicBool::new(false),
            unread: AtomicBool::new(false),
            quiet: AtomicU64::new(0),
            head: AtomicU64::new(0),
        })
    }
    pub(super) fn begin(self: &Arc<Self>, version: Version) -> AtWork {
        self.requests.fetch_add(1, Relaxed);
        self.served.store(true, Relaxed);
        self.http2.store(version == Version::HTTP_2, Relaxed);
        self.head.store(0, Relaxed);
        AtWork(self.clone())
    }
    pub(super) fn is_http2(&self) -> bool {
        self.http2.load(Relaxed)
    }
    fn elapsed(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_micros()).unwrap_or(u64::MAX).max(1)
    }
    fn received(&self) {
        // HTTP/2 sends small frames between requests; there only the idle limit counts.
        if self.requests.load(Relaxed) == 0 && self.head.load(Relaxed) == 0 && !self.is_http2() {
            self.head.store(self.elapsed(), Relaxed);
        }
    }
    /// A large answer leaves long after its request ended: a connection that still sends does not idle.
    fn sent(&self) {
        if !self.is_http2() {
            self.quiet.store(self.elapsed(), Relaxed);
        }
    }
    /// By when something must happen. At work that is never, but hyper does not always look again when a request
    /// ends: so the alarm stays set, and whenever it rings this is asked anew.
    fn deadline(&self) -> Instant {
        if self.requests.load(Relaxed) > 0 {
            return Instant::now() + self.patience.idle;
        }
        let (since, patience) = match self.head.load(Relaxed) {
            0 if self.served.load(Relaxed) => (self.quiet.load(Relaxed), self.patience.idle),
            0 => (0, self.patience.first_byte),
            head => (head, self.patience.head),
        };
        self.born + Duration::from_micros(since) + patience
    }
}
impl AtWork {
    /// The answer goes out before the request was read to its end.
    pub(super) fn left_unread(&self) {
        self.0.unread.store(true, Relaxed);
    }
}
impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.quiet.store(self.0.elapsed(), Relaxed);
        self.0.requests.fetch_sub(1, Relaxed);
    }
}

pub(super) struct Socket {
    stream: TcpStream,
    pulse: Arc<Pulse>,
    /// Never rings later than the deadline; when it rings early it is set again, which is rarer than every request.
    alarm: Pin<Box<Sleep>>,
    stall: Option<Pin<Box<Sleep>>>,
    linger: Option<Pin<Box<Sleep>>>,
    /// What is sent instead of hyper's bare refusal, and how much of it has been sent.
    instead: Option<(Vec<u8>, usize)>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, pulse: Arc<Pulse>) -> Self {
        let alarm = Box::pin(sleep_until(pulse.born + pulse.patience.first_byte));
        Self { stream, pulse, alarm, stall: None, linger: None, instead: None }
    }
    fn overdue(&mut self, cx: &mut Context<'_>) -> bool {
        let deadline = self.pulse.deadline();
        if deadline < self.alarm.deadline() {
            self.alarm.as_mut().reset(deadline);
        }
        while self.alarm.as_mut().poll(cx).is_ready() {
            if Instant::now() >= deadline {
                return true;
            }
            self.alarm.as_mut().reset(deadline);
        }
        false
    }
    /// Passes a write on; one that has to wait too long fails.
    fn unstalled<T>(&mut self, cx: &mut Context<'_>, write: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if write.is_ready() {
            self.stall = None;
            self.pulse.sent();
            return write;
        }
        let patience = self.pulse.patience.stall;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(stall.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
    fn poll_instead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some((bytes, sent)) = &mut self.instead {
            if *sent == bytes.len() {
                self.instead = None;
                break;
            }
            let write = Pin::new(&mut self.stream).poll_write(cx, &bytes[*sent..]);
            if let Poll::Ready(Ok(n)) = &write {
                *sent += n;
            }
            ready!(self.unstalled(cx, write))?;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_ready() {
            if buffer.filled().len() > before {
                self.pulse.received();
            }
            return read;
        }
        if self.overdue(cx) { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { Poll::Pending }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }
    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if let ([bytes], None) = (slices, &self.instead)
            && let Some(document) = refusal::instead_of(bytes)
        {
            self.instead = Some((document, 0));
        }
        if self.instead.is_some() {
            ready!(self.poll_instead(cx))?;
            return Poll::Ready(Ok(slices.iter().map(|s| s.len()).sum()));
        }
        let write = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.unstalled(cx, write)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        if !this.pulse.unread.load(Relaxed) {
            return Poll::Ready(Ok(()));
        }
        let patience = this.pulse.patience.linger;
        let linger = this.linger.get_or_insert_with(|| Box::pin(sleep(patience)));
        if linger.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut scrap = [0; 4096];
        loop {
            let mut buffer = ReadBuf::new(&mut scrap);
            let read = ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

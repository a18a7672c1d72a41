//! The accept loop: what axum's own does not do. Silent, dripping and stalled connections are closed in time, and
//! a shutdown lets every request finish.

use super::Shell;
use axum::body::Body;
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use std::{
    convert::Infallible,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{Instant, Sleep, sleep, timeout},
};

/// How patient the server is with a connection.
#[derive(Clone, Debug)]
pub struct Serving {
    pub first_byte: Duration,
    pub header: Duration,
    pub idle: Duration,
    pub write_stall: Duration,
    pub connections: usize,
    pub drain: Duration,
    pub grace: Duration,
}
impl Default for Serving {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(5),
            header: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            write_stall: Duration::from_secs(30),
            connections: 10_000,
            drain: Duration::ZERO,
            grace: Duration::from_secs(25),
        }
    }
}

/// Serves until `stop` says so once (drain, then finish what is in flight) or twice (now).
pub async fn serve(listener: TcpListener, shell: Arc<Shell>, serving: Serving, mut stop: impl FnMut() -> Stop) {
    let places = Arc::new(Semaphore::new(serving.connections));
    let graceful = GracefulShutdown::new();
    let mut first_stop = stop();
    let mut last_call: Option<Pin<Box<Sleep>>> = None;
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut first_stop, if last_call.is_none() => {
                shell.state().drain();
                tracing::info!("stopping: not ready any more, finishing what is in flight");
                last_call = Some(Box::pin(sleep(serving.drain)));
                continue;
            }
            () = async { if let Some(call) = &mut last_call { call.await } }, if last_call.is_some() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Ok(place) = places.clone().try_acquire_owned() else { continue }; // full: closed at once
                let connection = connection(stream, peer, shell.clone(), serving.clone(), graceful.watcher());
                tokio::spawn(async move {
                    let _place = place;
                    connection.await;
                });
            }
            // Out of file descriptors, most likely: those that close will bring some back.
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = sleep(serving.grace) => tracing::warn!("some requests did not finish in time"),
        () = stop() => tracing::warn!("told twice: stopping now"),
    }
}

/// A future that ends when the process is told to stop.
pub type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    shell: Arc<Shell>,
    serving: Serving,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let _ = stream.set_nodelay(true);
    // A socket that says nothing is not worth a buffer.
    let mut first = [0; 3];
    match timeout(serving.first_byte, stream.peek(&mut first)).await {
        Ok(Ok(n)) if n > 0 => {}
        _ => return,
    }
    let phase = Arc::new(Phase { reading_head: AtomicBool::new(true), http2: &first == b"PRI" });
    let io = TokioIo::new(Patient::new(stream, &serving, phase.clone()));
    let service = service_fn(move |request: Request<Incoming>| {
        phase.reading_head.store(false, Ordering::Relaxed);
        let (shell, phase) = (shell.clone(), phase.clone());
        async move {
            let response = shell.answer(request.map(Body::new), peer.ip()).await;
            phase.reading_head.store(true, Ordering::Relaxed);
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(serving.idle).max_buf_size(16 << 10).max_headers(100);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .keep_alive_interval(Duration::from_secs(20))
        .max_header_list_size(16 << 10);
    let served = watcher.watch(builder.serve_connection(io, service).into_owned());
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection ended badly");
    }
}

/// What the connection is doing, told by the service to the stream.
struct Phase {
    reading_head: AtomicBool,
    http2: bool,
}

/// A stream that gives up on a head that drips and on a peer that does not read.
struct Patient {
    stream: TcpStream,
    phase: Arc<Phase>,
    header: Duration,
    write_stall: Duration,
    /// Running since the first byte of a head.
    head_due: Option<Pin<Box<Sleep>>>,
    /// Running since a write could not go on.
    write_due: Option<Pin<Box<Sleep>>>,
}
impl Patient {
    fn new(stream: TcpStream, serving: &Serving, phase: Arc<Phase>) -> Self {
        let Serving { header, write_stall, .. } = *serving;
        Self { stream, phase, header, write_stall, head_due: None, write_due: None }
    }
    fn waits_to_write<T>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.write_due = None;
            return poll;
        }
        let due = self.write_due.get_or_insert_with(|| Box::pin(sleep(self.write_stall)));
        ready!(due.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}
impl AsyncRead for Patient {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let me = &mut *self;
        if me.phase.http2 || !me.phase.reading_head.load(Ordering::Relaxed) {
            me.head_due = None;
            return Pin::new(&mut me.stream).poll_read(cx, buf);
        }
        let before = buf.filled().len();
        let poll = Pin::new(&mut me.stream).poll_read(cx, buf);
        if poll.is_ready() {
            // The first byte of a head starts its time; later ones do not start it again.
            if buf.filled().len() > before && me.head_due.is_none() {
                me.head_due = Some(Box::pin(tokio::time::sleep_until(Instant::now() + me.header)));
            }
            return poll;
        }
        if let Some(due) = &mut me.head_due {
            ready!(due.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}
impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.waits_to_write(cx, poll)
    }
    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.waits_to_write(cx, poll)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

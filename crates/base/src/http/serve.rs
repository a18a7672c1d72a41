//! The accept loop: connections are counted, timed and let go; the end is announced, waited for, and comes.
//!
//! `axum::serve` sets no timeouts and leaves Nagle's algorithm on, so the loop is our own.

use super::{
    State,
    shed::refused,
    socket::{AtWork, Pulse, Socket},
};
use crate::metrics::{Counter, Gauge, Metrics};
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    response::Response,
};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use std::{
    convert::Infallible,
    future::Future,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context as Task, Poll},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
};

pub use super::socket::Patience;

/// Who is at the other end; in the extensions of a request as it arrives.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub patience: Patience,
    pub head_bytes: usize,
    pub connections: usize,
    pub streams_per_connection: u32,
    /// How long connections are still taken after the first signal.
    pub drain: Duration,
    /// How long requests may take to finish after that.
    pub grace: Duration,
}
impl Default for Limits {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            patience: Patience { first_byte: s(5), head: s(10), idle: s(75), stall: s(30), linger: s(2) },
            head_bytes: 16 * 1024,
            connections: 10_000,
            streams_per_connection: 128,
            drain: s(0),
            grace: s(25),
        }
    }
}

/// Each is a wish to end: the first drains, the second ends at once.
pub struct Signals(mpsc::UnboundedReceiver<()>);
impl Signals {
    pub fn by_hand() -> (mpsc::UnboundedSender<()>, Self) {
        let (send, receive) = mpsc::unbounded_channel();
        (send, Self(receive))
    }
    /// SIGTERM and SIGINT.
    #[cfg(unix)]
    pub fn of_the_system() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (send, signals) = Self::by_hand();
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::spawn(async move {
            while let Some(()) = tokio::select! { s = term.recv() => s, s = int.recv() => s } {
                if send.send(()).is_err() {
                    return;
                }
            }
        });
        Ok(signals)
    }
    async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            // Nobody is left who could wish for an end.
            std::future::pending().await
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    Draining,
    Ending,
    Over,
}

/// Serves until the first signal, and then to a good end.
pub async fn run<S>(listener: TcpListener, service: S, state: State, metrics: &Metrics, limits: Limits, mut signals: Signals)
where
    S: tower::Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
{
    let server = Arc::new(Server::new(service, metrics, limits));
    server.accept_until(&listener, signals.next()).await;
    state.drain();
    server.phase.send_replace(Phase::Draining);
    tracing::info!(drain_seconds = limits.drain.as_secs(), "draining");
    tokio::select! {
        () = signals.next() => return server.end(),
        () = server.accept_until(&listener, tokio::time::sleep(limits.drain)) => {}
    }
    drop(listener);
    server.phase.send_replace(Phase::Ending);
    let everybody = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    tokio::select! {
        () = signals.next() => {}
        // All permits are back when the last connection is gone.
        _ = server.places.acquire_many(everybody) => {}
        () = tokio::time::sleep(limits.grace) => tracing::warn!("some requests did not finish in time and are cut off"),
    }
    server.end();
}

struct Server<S> {
    service: S,
    builder: auto::Builder<TokioExecutor>,
    limits: Limits,
    places: Arc<Semaphore>,
    open: Gauge,
    refused: Counter,
    phase: watch::Sender<Phase>,
}

impl<S> Server<S>
where
    S: tower::Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
{
    fn new(service: S, metrics: &Metrics, limits: Limits) -> Self {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().header_read_timeout(None).max_buf_size(limits.head_bytes);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(Duration::from_secs(20))
            .max_concurrent_streams(limits.streams_per_connection)
            .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
            // Streams opened and reset at once cost the server work and the client nothing.
            .max_pending_accept_reset_streams(Some(20));
        Self {
            service,
            builder,
            limits,
            places: Arc::new(Semaphore::new(limits.connections)),
            open: metrics.gauge("app_connections", "Open client connections.", &[]),
            refused: refused(metrics, "connections"),
            phase: watch::Sender::new(Phase::Serving),
        }
    }

    async fn accept_until(self: &Arc<Self>, listener: &TcpListener, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            let accepted = tokio::select! { biased; () = &mut stop => return, accepted = listener.accept() => accepted };
            match accepted {
                Ok((stream, peer)) => self.welcome(stream, peer),
                Err(e) if is_the_clients(&e) => {}
                Err(error) => {
                    // Out of descriptors, mostly: those in use come back, so wait and go on.
                    tracing::warn!(%error, "cannot accept connections");
                    tokio::select! { () = &mut stop => return, () = tokio::time::sleep(Duration::from_millis(200)) => {} }
                }
            }
        }
    }

    fn welcome(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            self.refused.one();
            return;
        };
        // Without it an answer of several pieces waits for the client's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        tokio::spawn(self.clone().attend(stream, peer, place));
    }

    async fn attend(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, _place: OwnedSemaphorePermit) {
        let _open = self.open.hold();
        let pulse = Pulse::new(self.limits.patience);
        let socket = TokioIo::new(Socket::new(stream, pulse.clone()));
        let service = hyper::service::service_fn(|request| respond(self.service.clone(), request, peer, &pulse));
        let mut phase = self.phase.subscribe();
        let mut connection = pin!(self.builder.serve_connection(socket, service));
        loop {
            tokio::select! {
                // How it ended is the client's business; what we answered is in the log.
                _ = connection.as_mut() => return,
                changed = phase.changed() => match *phase.borrow_and_update() {
                    _ if changed.is_err() => return,
                    Phase::Over => return,
                    Phase::Ending => connection.as_mut().graceful_shutdown(),
                    // HTTP/1 is told by `Connection: close` on its next answer; closing an idle one now could hit a request on its way.
                    Phase::Draining if pulse.is_http2() => connection.as_mut().graceful_shutdown(),
                    Phase::Draining | Phase::Serving => {}
                },
            }
        }
    }
    fn end(&self) {
        self.phase.send_replace(Phase::Over);
    }
}

fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn respond<S>(
    mut service: S,
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
    pulse: &Arc<Pulse>,
) -> impl Future<Output = Result<Response<Attended>, Infallible>> + use<S>
where
    S: tower::Service<Request, Response = Response, Error = Infallible>,
{
    let at_work = pulse.begin(request.version());
    let has_body = !request.body().is_end_stream();
    let mut request = request.map(|body| if has_body { Body::new(body) } else { Body::empty() });
    request.extensions_mut().insert(Peer(peer));
    let answer = service.call(request);
    async move {
        let response = answer.await?;
        if has_body && !response.status().is_success() {
            at_work.left_unread();
        }
        Ok(response.map(|body| Attended { body, _at_work: at_work }))
    }
}

/// A response's body; the request is at work until it has gone.
struct Attended {
    body: Body,
    _at_work: AtWork,
}
impl HttpBody for Attended {
    type Data = Bytes;
    type Error = axum::Error;
    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

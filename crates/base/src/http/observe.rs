//! What is seen of every request: the seeds' three metrics, one log line, and a span when somebody collects them.
//!
//! Labels are route templates, never paths; the handles of a route are looked up by its template and then kept.

use super::{Context, verb};
use crate::{
    metrics::{Counter, Gauge, Held, Histogram, Metrics},
    telemetry::{Span, Traces},
    time::Clock,
};
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{MatchedPath, Request},
    http::{Method, Uri},
    response::Response,
};
use hyper::body::{Frame, SizeHint};
use parking_lot::RwLock;
use std::{
    borrow::Cow,
    collections::HashMap,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context as Task, Poll, ready},
    time::{Duration, Instant},
};

/// What asks all day long whether we live: logged at debug, and never shed.
pub(super) fn is_probe(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz" | "/healthz" | "/health" | "/metrics")
}

const METHODS: [&str; 10] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "_OTHER"];
const UNMATCHED: &str = "unmatched";

pub(super) struct Observer {
    metrics: Metrics,
    traces: Traces,
    clock: Clock,
    in_flight: Gauge,
    routes: RwLock<HashMap<Box<str>, Arc<Route>>>,
}
/// The handles of one route template.
struct Route {
    /// As users know it: `/projects/{id}:archive`.
    name: String,
    /// Whether the path itself gives access: then it is not repeated anywhere.
    secret: bool,
    methods: [OnceLock<PerMethod>; METHODS.len()],
}
struct PerMethod {
    took: Histogram,
    statuses: RwLock<Vec<(u16, Counter)>>,
}

impl Observer {
    pub(super) fn new(metrics: Metrics, traces: Traces) -> Arc<Self> {
        let in_flight = metrics.gauge("app_inflight_requests", "Requests that are being answered.", &[]);
        Arc::new(Self { metrics, traces, clock: Clock::real(), in_flight, routes: RwLock::default() })
    }
    pub(super) fn begin(self: &Arc<Self>, request: &Request, context: &Context) -> Observation {
        Observation {
            start: Instant::now(),
            context: context.clone(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            route: Arc::default(),
            // Nginx' number for a client that left before the answer.
            status: 499,
            bytes: 0,
            _in_flight: self.in_flight.hold(),
            observer: self.clone(),
        }
    }
    fn route(&self, template: &str) -> Arc<Route> {
        if let Some(route) = self.routes.read().get(template) {
            return route.clone();
        }
        let secret = ["{token", "{secret", "{key", "{code"].iter().any(|p| template.contains(p));
        let route = Route { name: verb::outside(template), secret, methods: Default::default() };
        self.routes.write().entry(template.into()).or_insert_with(|| Arc::new(route)).clone()
    }
    fn count(&self, route: &Route, method: &Method, status: u16, took: Duration) {
        let index = METHODS.iter().position(|m| *m == method.as_str()).unwrap_or(METHODS.len() - 1);
        let method = METHODS[index];
        let per_method = route.methods[index].get_or_init(|| PerMethod {
            took: self.metrics.histogram(
                "app_request_duration_seconds",
                "How long requests took until their answer was complete.",
                &[("method", method), ("path", &route.name)],
            ),
            statuses: RwLock::default(),
        });
        per_method.took.record(took);
        let known = per_method.statuses.read().iter().find(|(s, _)| *s == status).map(|(_, c)| c.one());
        if known.is_none() {
            let labels = [("method", method), ("path", &*route.name), ("status", &status.to_string())];
            let counter = self.metrics.counter("app_requests_total", "Requests answered.", &labels);
            counter.one();
            per_method.statuses.write().push((status, counter));
        }
    }
}

/// Where the router leaves the template it found; the layer around it cannot see the request any more.
#[derive(Clone)]
pub(super) struct Matched(Arc<OnceLock<MatchedPath>>);

/// Sits inside the router, on every route.
#[derive(Clone)]
pub(super) struct Notice<S>(pub(super) S);
impl<S: tower::Service<Request>> tower::Service<Request> for Notice<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;
    fn poll_ready(&mut self, cx: &mut Task<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }
    fn call(&mut self, request: Request) -> S::Future {
        if let (Some(Matched(slot)), Some(path)) = (request.extensions().get(), request.extensions().get::<MatchedPath>()) {
            let _ = slot.set(path.clone());
        }
        self.0.call(request)
    }
}

/// A request under way; told when it is dropped, with what is known by then.
pub(super) struct Observation {
    observer: Arc<Observer>,
    context: Context,
    method: Method,
    uri: Uri,
    route: Arc<OnceLock<MatchedPath>>,
    status: u16,
    bytes: u64,
    start: Instant,
    _in_flight: Held,
}

impl Observation {
    pub(super) fn matched(&self) -> Matched {
        Matched(self.route.clone())
    }
    /// Ends with this response: at once when its length is known, else when its stream does.
    pub(super) fn end_with(mut self, response: Response) -> Response {
        self.status = response.status().as_u16();
        if let Some(bytes) = response.body().size_hint().exact() {
            self.bytes = if self.method == Method::HEAD { 0 } else { bytes };
            return response;
        }
        response.map(|body| Body::new(Watched { body, observation: self }))
    }
    fn tell(&self) {
        let took = self.start.elapsed();
        let route = self.observer.route(self.route.get().map_or(UNMATCHED, MatchedPath::as_str));
        self.observer.count(&route, &self.method, self.status, took);
        let path = if route.secret { &route.name } else { &*without_secrets(self.uri.path()) };
        if is_probe(path) {
            self.log::<true>(path, &route.name, took)
        } else {
            self.log::<false>(path, &route.name, took)
        }
        if self.observer.traces.wants(self.context.sampled) {
            self.observer.traces.record(Span {
                trace_id: self.context.trace_id.clone(),
                span_id: self.context.span_id.clone(),
                parent: self.context.parent_id.clone(),
                state: self.context.tracestate.clone(),
                method: self.method.to_string(),
                route: route.name.clone(),
                path: path.to_owned(),
                status: self.status,
                end: self.observer.clock.now(),
                took,
            });
        }
    }
    fn log<const PROBE: bool>(&self, path: &str, route: &str, took: Duration) {
        let context = &self.context;
        let (account, org) = context.principal.get().map_or((None, None), |(account, org)| (Some(account), org.as_ref()));
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    request_id = &*context.request_id,
                    trace_id = &*context.trace_id,
                    span_id = &*context.span_id,
                    method = self.method.as_str(),
                    path,
                    route,
                    status = self.status,
                    duration_ms = took.as_micros() as f64 / 1e3,
                    bytes_out = self.bytes,
                    org_id = org.map(tracing::field::display),
                    account_id = account.map(tracing::field::display),
                    client_ip = %context.client,
                    "request"
                )
            };
        }
        if PROBE { line!(debug) } else { line!(info) }
    }
}
impl Drop for Observation {
    fn drop(&mut self) {
        self.tell();
    }
}

/// No id is longer than a uuid. What is may be the secret of a link that somebody mistyped, or put where an id belongs.
fn without_secrets(path: &str) -> Cow<'_, str> {
    let long = |part: &str| part.split(':').any(|word| word.len() > 36);
    if !path.split('/').any(long) {
        return path.into();
    }
    path.split('/').map(|part| if long(part) { "…" } else { part }).collect::<Vec<_>>().join("/").into()
}

/// A stream whose bytes are counted until it ends or the client leaves.
struct Watched {
    body: Body,
    observation: Observation,
}
impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;
    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            self.observation.bytes += frame.data_ref().map_or(0, |d| d.len() as u64);
        }
        Poll::Ready(frame)
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

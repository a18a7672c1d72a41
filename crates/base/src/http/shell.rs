//! What every request passes through before and after its handler, in one place and in this order:
//!
//! request id → (panic → 500) → host → CORS → shed → deadline → body → verb → router → problem → headers → metrics, log.

use super::{BodyDigest, Context, body, context::REQUEST_ID, cors, idempotency, problem, verb};
use crate::{
    App,
    error::{Error, Kind},
    metrics::InFlight,
    say,
    telemetry::RequestLine,
};
use axum::{
    Router,
    body::{Body, HttpBody as _},
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method, Uri, header, request::Parts},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use std::{
    convert::Infallible,
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, SemaphorePermit};
use tower::ServiceExt as _;

/// How long a request may wait for its turn when too many are in flight, and how long it may take in all.
const PATIENCE: Duration = Duration::from_millis(100);
const DEADLINE: Duration = Duration::from_secs(30);
/// How often a transaction that lost a race is run again.
const TRIES: u32 = 4;
/// What operators' machines ask: never shed, never asked for a host name, not worth a log line.
const PROBES: [&str; 5] = ["/livez", "/readyz", "/healthz", "/health", "/metrics"];

/// The template of the route that answered, for the metrics and the log.
#[derive(Clone)]
struct Route(Arc<str>);

pub struct Shell {
    app: App,
    router: Router,
    turns: Semaphore,
    host: Option<String>,
    secure: bool,
    deadline: Duration,
}

impl Shell {
    pub fn new(app: App, router: Router) -> Self {
        let turns = Semaphore::new(app.settings.max_in_flight);
        let url = app.settings.public_url();
        let host = url.parse::<Uri>().ok().and_then(|u| Some(u.authority()?.as_str().to_owned()));
        let secure = url.starts_with("https:");
        Self { router: router.layer(from_fn(remember_route)), turns, host, secure, deadline: DEADLINE, app }
    }
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    pub fn state(&self) -> &super::State {
        &self.app.state
    }
    pub async fn answer(&self, request: Request, peer: IpAddr) -> Response {
        let started = Instant::now();
        let context = Context::read(request.headers(), peer, &self.app.settings);
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let in_flight = self.app.metrics.enter();
        let origin = request.headers().get(header::ORIGIN).cloned();
        let response = self.guarded(request, &context).await;
        let mut response = problem::render(&context, &method, response);
        self.head(&mut response, &context, origin.as_ref(), &path);
        self.note(&response, &context, &method, &path, started, in_flight);
        response
    }

    /// A handler that panics answers 500; the process goes on.
    async fn guarded(&self, request: Request, context: &Context) -> Response {
        let mut inside = pin!(self.inside(request, context));
        std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| inside.as_mut().poll(cx))) {
            Ok(poll) => poll,
            Err(panic) => {
                self.app.metrics.panicked();
                let words = panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
                std::task::Poll::Ready(Error::internal(format!("a handler panicked: {}", words.unwrap_or_default())).into_response())
            }
        })
        .await
    }

    async fn inside(&self, mut request: Request, context: &Context) -> Response {
        let probe = PROBES.contains(&request.uri().path());
        if !probe && let Err(error) = self.host_fits(&request) {
            return error.into_response();
        }
        if let Some(preflight) = cors::preflight(&self.app.settings, request.headers(), request.method()) {
            return preflight;
        }
        self.move_clock(&request);
        let _turn = match self.turn(probe).await {
            Ok(turn) => turn,
            Err(error) => return error.into_response(),
        };
        request.extensions_mut().insert(context.clone());
        match tokio::time::timeout(self.deadline, self.handle(request)).await {
            Ok(response) => response,
            Err(_) => {
                let say =
                    say!("This took too long and was given up. Try again.", "Cela a pris trop de temps et a été abandonné. Réessayez.");
                Error::unavailable("deadline", Duration::from_secs(1), say).into_response()
            }
        }
    }

    /// Reads the body of a write, then runs the handler; a lost race is run again from the same bytes.
    async fn handle(&self, request: Request) -> Response {
        let (mut parts, body) = request.into_parts();
        parts.uri = verb::rewrite(parts.uri);
        if !matches!(parts.method, Method::POST | Method::PUT | Method::PATCH | Method::DELETE) {
            return self.route(parts, body).await;
        }
        let bytes = match body::read(&parts.headers, body).await {
            Ok(bytes) => bytes,
            Err(error) => return body::closing(error.into_response()),
        };
        if parts.headers.contains_key(idempotency::KEY) {
            parts.extensions.insert(BodyDigest(crate::crypto::sha256_hex(&bytes)));
        }
        let mut attempt = 0;
        loop {
            let response = self.route(parts.clone(), Body::from(bytes.clone())).await;
            let lost = response.extensions().get::<Arc<Error>>().is_some_and(|e| e.kind() == Kind::Retry);
            attempt += 1;
            if !lost || attempt == TRIES {
                return response;
            }
            let [jitter] = crate::crypto::random();
            tokio::time::sleep(Duration::from_millis(u64::from(jitter) / 16 * u64::from(attempt))).await;
        }
    }
    async fn route(&self, parts: Parts, body: Body) -> Response {
        let answer: Result<Response, Infallible> = self.router.clone().oneshot(Request::from_parts(parts, body)).await;
        answer.unwrap_or_else(|never| match never {})
    }

    /// A turn, a short wait for one, or 503 at once.
    async fn turn(&self, probe: bool) -> Result<Option<SemaphorePermit<'_>>, Error> {
        if probe {
            return Ok(None);
        }
        if let Ok(turn) = self.turns.try_acquire() {
            return Ok(Some(turn));
        }
        match tokio::time::timeout(PATIENCE, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(Some(turn)),
            _ => {
                self.app.metrics.shed();
                let [jitter] = crate::crypto::random();
                let say = say!(
                    "The server is very busy. Try again in a few seconds.",
                    "Le serveur est très sollicité. Réessayez dans quelques secondes."
                );
                Err(Error::unavailable("overloaded", Duration::from_secs(1 + u64::from(jitter) % 5), say))
            }
        }
    }
    /// Links in mails are made from `PUBLIC_URL` alone; a request for another host is not for us.
    fn host_fits(&self, request: &Request) -> Result<(), Error> {
        let host = request.uri().authority().map(|a| a.as_str()).or_else(|| request.headers().get(header::HOST)?.to_str().ok());
        if self.app.settings.development() || host == self.host.as_deref() {
            return Ok(());
        }
        Err(Error::misdirected(
            "misdirected",
            say!("This server does not answer for that host name.", "Ce serveur ne répond pas pour ce nom d’hôte."),
        ))
    }
    fn move_clock(&self, request: &Request) {
        if self.app.settings.test_clock
            && let Some(by) = request.headers().get("x-test-clock").and_then(|v| v.to_str().ok()).and_then(span)
        {
            self.app.clock.shift(by);
        }
    }

    fn head(&self, response: &mut Response, context: &Context, origin: Option<&HeaderValue>, path: &str) {
        cors::allow(&self.app.settings, response, origin);
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&context.request_id) {
            headers.insert(REQUEST_ID, id);
        }
        for (name, value) in ALWAYS {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        }
        if self.secure {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
        }
        if self.app.state.draining() && !PROBES.contains(&path) {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }

    fn note(&self, response: &Response, context: &Context, method: &Method, path: &str, started: Instant, in_flight: InFlight<'_>) {
        drop(in_flight);
        let (took, status) = (started.elapsed(), response.status());
        let route = response.extensions().get::<Route>();
        self.app.metrics.done(route.map(|r| &r.0), method, status, took);
        if PROBES.contains(&path) {
            return;
        }
        let level = if status.is_server_error() { "ERROR" } else { "INFO" };
        if level == "INFO" && matches!(self.app.settings.log_level.as_str(), "WARN" | "ERROR") {
            return;
        }
        let mut line = RequestLine {
            timestamp: self.app.clock.now().to_millis(),
            level,
            message: "request",
            request_id: &context.request_id,
            trace_id: &context.trace_id,
            span_id: &context.span_id,
            method: method.as_str(),
            path,
            route: route.map_or("unmatched", |r| &r.0),
            status: status.as_u16(),
            duration_ms: took.as_micros() as f64 / 1e3,
            bytes_out: response.body().size_hint().exact(),
            org_id: None,
            account_id: None,
            client_ip: context.client,
            replica: &self.app.settings.replica,
        };
        line.principal(context);
        line.log();
    }
}

/// On every answer, unless the handler knows better.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Inside the router the matched template is known; outside it has to be carried.
async fn remember_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|m| Route(verb::shown(m.as_str())));
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

/// `+15m`, `+2h`, `+7d`, `+30s` or `0`.
fn span(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let text = text.strip_prefix('+')?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit).map(Duration::from_secs)
}

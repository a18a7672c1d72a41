//! Everything that happens around a handler, in the order it happens: read [`Shell::answer`], then [`Shell::inside`].
//!
//! One straight function instead of a tower of layers: it is shorter, it is faster, and the order is to be seen.

use super::{
    Config, Context, State,
    body::{self, Reader},
    headers, host,
    observe::{Notice, Observer, is_probe},
    problem, retry, serve,
    shed::Shed,
    verb,
};
use crate::{
    App, crypto,
    error::{Error, Result},
    metrics::{Counter, Metrics},
    say,
    telemetry::{self, Traces},
};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, Version, header},
    response::{IntoResponse, Response},
};
use std::{
    convert::Infallible,
    future::Future,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

/// The whole service: what the accept loop calls.
#[derive(Clone)]
pub struct Stack(Arc<Shell>);

/// The router of all features, inside its shell.
pub fn stack(app: &App, router: Router) -> Stack {
    Stack::new(Config::from(&app.settings), app.state.clone(), &app.metrics, app.traces.clone(), router)
}

struct Shell {
    config: Config,
    state: State,
    observer: Arc<Observer>,
    bodies: Reader,
    shed: Shed,
    panics: Counter,
    reruns: Counter,
    router: Router,
}

impl Stack {
    pub fn new(config: Config, state: State, metrics: &Metrics, traces: Traces, router: Router) -> Self {
        Self(Arc::new(Shell {
            state,
            observer: Observer::new(metrics.clone(), traces),
            bodies: Reader::new(config.body.clone(), metrics),
            shed: Shed::new(config.max_in_flight, config.queue, metrics),
            panics: metrics.counter("app_panics_total", "Requests that ended in a panic.", &[]),
            reruns: metrics.counter("app_reruns_total", "Requests run again because their transaction lost a race.", &[]),
            router: router.layer(tower::layer::layer_fn(Notice)),
            config,
        }))
    }
}

impl Shell {
    async fn answer(&self, mut request: Request) -> Response {
        let peer = request.extensions_mut().remove::<serve::Peer>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |p| p.0.ip());
        let context = Context::of(request.headers(), peer, &self.config);
        let observation = self.observer.begin(&request, &context);
        let (is_head, origin) = (request.method() == Method::HEAD, request.headers().get(header::ORIGIN).cloned());
        let close = request.version() < Version::HTTP_2 && self.state.draining();
        request.extensions_mut().insert(context.clone());
        request.extensions_mut().insert(observation.matched());
        let answered = context.scope(async {
            let caught = telemetry::catch(self.inside(request)).await;
            let response = caught.inspect_err(|_| self.panics.one()).flatten().unwrap_or_else(Error::into_response);
            problem::render(&context, response)
        });
        let mut response = answered.await;
        headers::finish(&mut response, &context, &self.config, origin.as_ref(), close);
        observation.end_with(if is_head { without_body(response) } else { response })
    }

    async fn inside(&self, mut request: Request) -> Result<Response> {
        let probe = is_probe(request.uri().path());
        if !probe {
            host::check(&request, &self.config.hosts)?;
        }
        if matches!(*request.method(), Method::TRACE | Method::CONNECT) {
            return Ok(allowing("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", problem::not_allowed().into_response()));
        }
        if let Some(preflight) = self.config.cors.preflight(&request) {
            return Ok(preflight);
        }
        let path = request.uri().path().to_owned();
        route_verb(&mut request)?;
        if !body::is_read_first(request.method()) {
            let _turn = if probe { None } else { Some(self.shed.turn().await?) };
            let asked = request.method() == Method::OPTIONS;
            let response = self.in_time(&path, retry::call(&self.router, request)).await?;
            return Ok(with_options(response, asked));
        }
        let (mut parts, body) = request.into_parts();
        // Read before it is anybody's turn: a slow client must not keep others from theirs.
        let (body, _share) = self.bodies.read(body, &path).await?;
        if parts.headers.contains_key("idempotency-key") {
            parts.extensions.insert(super::BodyDigest(crypto::sha256_hex(&body)));
        }
        let _turn = self.shed.turn().await?;
        let response = self.in_time(&path, retry::run(&self.router, parts, body, &self.reruns)).await?;
        Ok(with_options(response, false))
    }

    async fn in_time(&self, path: &str, answer: impl Future<Output = Response>) -> Result<Response> {
        tokio::time::timeout(self.config.deadline_of(path), answer).await.map_err(|_| {
            let say = say!(
                "This took too long and was given up. Try again, or ask for less at once.",
                "Le traitement a pris trop de temps et a été abandonné. Réessayez, ou demandez-en moins à la fois."
            );
            Error::unavailable("deadline", Duration::from_secs(1), say)
        })
    }
}

fn route_verb(request: &mut Request) -> Result<()> {
    if verb::leaked(request.uri().path()) {
        return Err(problem::nothing_here());
    }
    if let Some(uri) = verb::inside(request.uri()) {
        *request.uri_mut() = uri;
    }
    Ok(())
}

/// `Allow` as axum lists it, and `OPTIONS`, which we answer ourselves.
fn with_options(mut response: Response, asked: bool) -> Response {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let known = response.headers().get(header::ALLOW).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let all: Vec<_> = known.split(',').map(str::trim).filter(|m| !m.is_empty() && *m != "OPTIONS").chain(["OPTIONS"]).collect();
    let all = all.join(", ");
    if asked {
        response = StatusCode::NO_CONTENT.into_response();
    }
    allowing(&all, response)
}
fn allowing(methods: &str, mut response: Response) -> Response {
    if let Ok(value) = HeaderValue::from_str(methods) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

/// `HEAD` gets the headers of `GET`, the length included.
fn without_body(mut response: Response) -> Response {
    use axum::body::HttpBody as _;
    if let Some(bytes) = response.body().size_hint().exact().filter(|n| *n > 0) {
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert(HeaderValue::from(bytes));
    }
    *response.body_mut() = Body::empty();
    response
}

impl tower::Service<Request> for Stack {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Response, Infallible>> + Send>>;
    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
    fn call(&mut self, request: Request) -> Self::Future {
        let shell = self.0.clone();
        Box::pin(async move { Ok(shell.answer(request).await) })
    }
}

//! The model provider: one endpoint, asked with patience that ends, by as many at once as it bears.

mod breaker;
mod fault;
mod question;
pub mod reach;
mod relay;
mod shape;
mod wire;

use crate::meter;
use base::{
    App, crypto,
    crypto::Secret,
    metrics::{Counter, Gauge, Histogram},
    outbound,
    settings::{AiProfile, Settings},
};
use breaker::Breaker;
pub use fault::Fault;
use parking_lot::Mutex;
pub use question::{Question, estimated};
use relay::Relay;
pub use relay::stream;
use reqwest::{Client, Response, redirect::Policy};
pub use shape::{Shape, Shapes};
use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout, timeout_at},
};
pub use wire::{Completion, Usage, heard};

const MISTRAL: &str = "https://api.mistral.ai/v1";
const CONNECT: Duration = Duration::from_secs(3);
const FIRST_BYTE: Duration = Duration::from_secs(20);
/// The first pause before asking again is a random part of this; the next, of twice as much.
const PAUSE: Duration = Duration::from_millis(400);
const SEATS: usize = 32;
const QUEUE: usize = 64;
/// Larger answers are none.
const LARGEST: usize = 4 << 20;
const LARGEST_REFUSAL: usize = 64 << 10;

/// Where the models are, when there are any.
struct Endpoint {
    url: String,
    key: Option<Secret>,
    profile: AiProfile,
}

impl Endpoint {
    fn of(settings: &Settings) -> Option<Self> {
        let url = settings.ai_base_url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
        let other = url.as_ref().is_some_and(|url| !url.contains("mistral.ai"));
        let profile = settings.ai_profile.unwrap_or(if other { AiProfile::OpenAi } else { AiProfile::Mistral });
        let key = settings.ai_key.clone();
        let url = url.or_else(|| key.is_some().then(|| MISTRAL.to_owned()))?;
        Some(Self { url, key, profile })
    }
}

/// One for the life of the process: its connections, its seats, and what it learned about each model.
pub struct Provider {
    endpoint: Option<Endpoint>,
    /// The model that is used when nobody asks for another, and those that may be asked for.
    models: Vec<String>,
    patience: Duration,
    client: OnceLock<Client>,
    seats: Arc<Semaphore>,
    waiting: AtomicUsize,
    breakers: Mutex<HashMap<String, Breaker>>,
    /// How each model lets the shape of its answer be asked for.
    pub shapes: Shapes,
    at_work: Gauge,
    first_byte: Histogram,
}

impl Provider {
    /// The one of this process.
    pub fn of(app: &App) -> Arc<Self> {
        app.rooms.get(|| {
            let at_work = app.metrics.gauge("ai_inflight", "Calls to the model provider at work.", &[]);
            let first_byte = app.metrics.histogram("ai_ttfb_seconds", "How long the provider took to begin its answer.", &[]);
            let ready = Self::new(&app.settings, at_work, first_byte);
            for model in &ready.models {
                state(app, model).set(0);
                // Whoever watches for the first refusal must have seen that there was none.
                ready.asked(app, model, Fault::Auth.name()).add(0);
            }
            ready
        })
    }
    fn new(settings: &Settings, at_work: Gauge, first_byte: Histogram) -> Self {
        let mut models = vec![settings.ai_model.clone()];
        models.extend(settings.ai_models.iter().filter(|model| **model != settings.ai_model).cloned());
        Self {
            endpoint: Endpoint::of(settings),
            models,
            patience: settings.ai_timeout,
            client: OnceLock::new(),
            seats: Arc::new(Semaphore::new(SEATS)),
            waiting: AtomicUsize::new(0),
            breakers: Mutex::default(),
            shapes: Shapes::default(),
            at_work,
            first_byte,
        }
    }
    pub fn is_configured(&self) -> bool {
        self.endpoint.is_some()
    }
    /// The usual one first.
    pub fn models(&self) -> &[String] {
        &self.models
    }
    pub fn is_resting(&self, app: &App, model: &str) -> bool {
        self.breakers.lock().get(model).is_some_and(|breaker| breaker.is_open(app.now()))
    }

    /// A whole answer.
    pub async fn complete(&self, app: &App, question: &Question) -> Result<Completion, Fault> {
        let until = Instant::now() + self.patience;
        let _seat = self.seat(until).await?;
        let _at_work = self.at_work.hold();
        match self.ask(app, question, false, until).await? {
            Said::Whole(completion) => Ok(completion),
            Said::Begun(_) => Err(Fault::Invalid),
        }
    }
    /// The beginning of an answer that is passed on as it comes.
    async fn begin(&self, app: &App, question: &Question) -> Result<Box<Relay>, Fault> {
        let until = Instant::now() + self.patience;
        let seat = self.seat(until).await?;
        let at_work = self.at_work.hold();
        match self.ask(app, question, true, until).await? {
            Said::Begun(response) => Ok(Box::new(Relay::new(response, seat, at_work))),
            Said::Whole(_) => Err(Fault::Invalid),
        }
    }

    /// One retry, two when nobody was there at first; all of it, and the wait for a seat before, within one patience.
    async fn ask(&self, app: &App, question: &Question, stream: bool, until: Instant) -> Result<Said, Fault> {
        let model = question.model.as_str();
        let (mut left, mut pause) = (1, PAUSE);
        self.admitted(app, model)?;
        let outcome = loop {
            let outcome = timeout_at(until, self.once(app, question, stream, until)).await.unwrap_or(Err(Fault::Timeout));
            self.learn(app, model, outcome.as_ref().err().copied());
            let Err(fault) = outcome else { break outcome };
            if fault == Fault::Connect && pause == PAUSE {
                left = 2;
            }
            let wait = fault.again_after().map(|after| after.max(pause.mul_f64(part())));
            let Some(wait) = wait.filter(|wait| left > 0 && Instant::now() + *wait < until) else { break outcome };
            sleep(wait).await;
            if self.admitted(app, model).is_err() {
                break outcome;
            }
            (left, pause) = (left - 1, pause * 2);
        };
        let code = outcome.as_ref().err().map_or("ok", |fault| fault.name());
        self.asked(app, model, code).one();
        if let Err(fault) = &outcome {
            tracing::warn!(model, code, ?fault, "the model provider did not answer");
        }
        outcome
    }
    async fn once(&self, app: &App, question: &Question, stream: bool, until: Instant) -> Result<Said, Fault> {
        let response = self.head(app, question, stream).await?;
        if !stream {
            let upstream_id = upstream_id(&response);
            let done = wire::incoming(whole(response, LARGEST, until).await?)?;
            return Ok(Said::Whole(Completion { upstream_id, ..done }));
        }
        let kind = response.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/event-stream") { Ok(Said::Begun(response)) } else { Err(Fault::Invalid) }
    }
    fn asked(&self, app: &App, model: &str, code: &str) -> Counter {
        let provider = self.endpoint.as_ref().map_or("none", |endpoint| match endpoint.profile {
            AiProfile::Mistral => "mistral",
            AiProfile::OpenAi => "openai",
        });
        meter::asked(&app.metrics, provider, model, "ai", code)
    }
    fn admitted(&self, app: &App, model: &str) -> Result<(), Fault> {
        let mut breakers = self.breakers.lock();
        let breaker = breakers.entry(model.to_owned()).or_default();
        breaker.admit(app.now(), self.patience).map_err(|after| Fault::Open { after })
    }
    fn learn(&self, app: &App, model: &str, fault: Option<Fault>) {
        let mut breakers = self.breakers.lock();
        let Some(breaker) = breakers.get_mut(model) else { return };
        let before = breaker.has_opened();
        match fault {
            None => breaker.succeeded(),
            Some(fault) if fault.counts() => breaker.failed(app.now()),
            Some(_) => breaker.undecided(),
        }
        if before != breaker.has_opened() {
            state(app, model).set(i64::from(!before));
        }
    }
    async fn seat(&self, until: Instant) -> Result<OwnedSemaphorePermit, Fault> {
        if self.endpoint.is_none() {
            return Err(Fault::NotConfigured);
        }
        if let Ok(seat) = self.seats.clone().try_acquire_owned() {
            return Ok(seat);
        }
        let _queued = Queued::join(&self.waiting)?;
        let seat = timeout_at(until, self.seats.clone().acquire_owned()).await;
        seat.map_err(|_| Fault::Busy)?.map_err(|_| Fault::Busy)
    }

    async fn head(&self, app: &App, question: &Question, stream: bool) -> Result<Response, Fault> {
        let endpoint = self.endpoint.as_ref().ok_or(Fault::NotConfigured)?;
        let body = wire::outgoing(endpoint.profile, &question.model, stream, &question.fields);
        let mut request = outbound::traced(self.client()?.post(format!("{}/chat/completions", endpoint.url))).json(&body);
        if let Some(key) = &endpoint.key {
            request = request.bearer_auth(key.expose());
        }
        let asked = Instant::now();
        let sent = timeout(FIRST_BYTE, request.send()).await.map_err(|_| Fault::Timeout)?;
        let response = sent.map_err(|why| of_transport(&why))?;
        if response.status().is_success() {
            self.first_byte.record(asked.elapsed());
            return Ok(response);
        }
        let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let (status, after, limit) = (response.status().as_u16(), header("retry-after"), header("x-ratelimit-limit-req-minute"));
        if let Some(request) = upstream_id(&response) {
            tracing::warn!(model = question.model, status, request, "the model provider refuses, and calls the request so");
        }
        let body = whole(response, LARGEST_REFUSAL, Instant::now() + CONNECT).await.unwrap_or_default();
        Err(Fault::of(status, after.as_deref(), limit.as_deref(), &body, app.now()))
    }
    fn client(&self) -> Result<&Client, Fault> {
        if let Some(ready) = self.client.get() {
            return Ok(ready);
        }
        outbound::ciphers();
        let made = Client::builder().connect_timeout(CONNECT).redirect(Policy::none()).tcp_nodelay(true).build();
        Ok(self.client.get_or_init(|| made.unwrap_or_default()))
    }
}

/// What one attempt brought.
enum Said {
    Whole(Completion),
    Begun(Response),
}

/// A place among those who wait for a seat.
struct Queued<'a>(&'a AtomicUsize);
impl<'a> Queued<'a> {
    fn join(waiting: &'a AtomicUsize) -> Result<Self, Fault> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Relaxed) < QUEUE { Ok(place) } else { Err(Fault::Busy) }
    }
}
impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// What the provider calls a request, for whoever asks it about one; nothing but a word is believed.
fn upstream_id(response: &Response) -> Option<String> {
    let said =
        ["mistral-correlation-id", "x-request-id", "request-id"].iter().find_map(|name| response.headers().get(*name)?.to_str().ok())?;
    let fits = (1..=100).contains(&said.len()) && said.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    fits.then(|| said.to_owned())
}
fn state(app: &App, model: &str) -> Gauge {
    let help = "1 while a model that failed is not asked, until a probe succeeds.";
    app.metrics.gauge("ai_breaker_state", help, &[("model", model)])
}
fn of_transport(why: &reqwest::Error) -> Fault {
    match why {
        _ if why.is_connect() => Fault::Connect,
        _ if why.is_timeout() => Fault::Timeout,
        _ => Fault::Unavailable,
    }
}
async fn whole(mut response: Response, largest: usize, until: Instant) -> Result<bytes::Bytes, Fault> {
    let mut body = bytes::BytesMut::new();
    loop {
        let chunk = timeout_at(until, response.chunk()).await.map_err(|_| Fault::Timeout)?;
        let Some(chunk) = chunk.map_err(|why| of_transport(&why))? else { return Ok(body.freeze()) };
        if body.len() + chunk.len() > largest {
            return Err(Fault::Invalid);
        }
        body.extend_from_slice(&chunk);
    }
}
/// From 0 to 1, so that those who failed together do not come back together.
fn part() -> f64 {
    f64::from(u16::from_le_bytes(crypto::random())) / f64::from(u16::MAX)
}

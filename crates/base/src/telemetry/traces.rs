//! A span per request, sent in batches to an OpenTelemetry collector (OTLP, JSON over HTTP) when one is named.
//!
//! Written out here because the whole of it is one JSON document and one POST; the OpenTelemetry crates would be a
//! sixth of all our dependencies. Nothing waits for the collector: the queue is bounded, what does not fit is counted.

use crate::metrics::{Counter, Metrics};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

const QUEUE: usize = 4096;
const BATCH: usize = 512;
const GATHER: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(10);
/// What a client claims about sampling must not make us export without bound.
const SPANS_PER_SECOND: u32 = 100;

/// Where spans go; cheap to clone. The default is nowhere.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Exporter>>);

struct Exporter {
    queue: mpsc::Sender<Message>,
    dropped: Counter,
    /// The second since the start, and the spans taken in it.
    taken: Mutex<(u64, u32)>,
    start: Instant,
}
enum Message {
    Span(Box<Span>),
    Flush(oneshot::Sender<()>),
}

/// One request, as OpenTelemetry's HTTP conventions name its parts.
#[derive(Debug, Clone)]
pub struct Span {
    pub trace_id: Arc<str>,
    pub span_id: Arc<str>,
    pub parent: Option<Arc<str>>,
    pub state: Option<Arc<str>>,
    pub method: String,
    pub route: String,
    pub path: String,
    pub status: u16,
    pub end: crate::time::Timestamp,
    pub took: Duration,
}

impl Traces {
    /// Exports to `{endpoint}/v1/traces` from a task of its own; call it inside the runtime.
    pub fn otlp(endpoint: &str, replica: &str) -> Result<Self, reqwest::Error> {
        crate::outbound::ciphers();
        let client = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).build()?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let dropped = Counter::default();
        let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        tokio::spawn(Collector { client, url, replica: replica.to_owned(), dropped: dropped.clone() }.export(waiting));
        Ok(Self(Some(Arc::new(Exporter { queue, dropped, taken: Mutex::default(), start: Instant::now() }))))
    }
    pub fn register(&self, metrics: &Metrics) {
        if let Some(exporter) = &self.0 {
            let help = "Spans lost because the collector was too slow or away.";
            metrics.register("app_spans_dropped_total", help, &[], exporter.dropped.clone());
        }
    }
    /// Whether the request that just ended is to be exported: not when its parent was left out, and never too many.
    pub fn wants(&self, sampled: bool) -> bool {
        let Some(exporter) = self.0.as_ref().filter(|_| sampled) else { return false };
        let second = exporter.start.elapsed().as_secs();
        let mut taken = exporter.taken.lock();
        if taken.0 != second {
            *taken = (second, 0);
        }
        taken.1 += 1;
        taken.1 <= SPANS_PER_SECOND
    }
    pub fn record(&self, span: Span) {
        if let Some(exporter) = &self.0
            && exporter.queue.try_send(Message::Span(Box::new(span))).is_err()
        {
            exporter.dropped.one();
        }
    }
    /// Sends what waits, at the end of the process.
    pub async fn flush(&self) {
        let Some(exporter) = &self.0 else { return };
        let (done, sent) = oneshot::channel();
        let flush = async { exporter.queue.send(Message::Flush(done)).await.is_ok() && sent.await.is_ok() };
        let _ = tokio::time::timeout(Duration::from_secs(2), flush).await;
    }
}

struct Collector {
    client: reqwest::Client,
    url: String,
    replica: String,
    dropped: Counter,
}

impl Collector {
    async fn export(self, mut queue: mpsc::Receiver<Message>) {
        while let Some(first) = queue.recv().await {
            let (mut spans, mut flushed) = (Vec::new(), None);
            let deadline = tokio::time::Instant::now() + GATHER;
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Span(span) => spans.push(span_json(&span)),
                    Message::Flush(done) => flushed = Some(done),
                }
                if flushed.is_some() || spans.len() >= BATCH {
                    break;
                }
                next = tokio::time::timeout_at(deadline, queue.recv()).await.ok().flatten();
            }
            self.send(spans).await;
            if let Some(done) = flushed {
                let _ = done.send(());
            }
        }
    }
    async fn send(&self, spans: Vec<Value>) {
        let count = spans.len() as u64;
        if count == 0 {
            return;
        }
        let document = json!({"resourceSpans": [{
            "resource": {"attributes": [
                text("service.name", "coulisses"),
                text("service.version", env!("CARGO_PKG_VERSION")),
                text("service.instance.id", &self.replica),
            ]},
            "scopeSpans": [{"scope": {"name": "coulisses"}, "spans": spans}],
        }]});
        let sent = self.client.post(&self.url).json(&document).send().await.and_then(reqwest::Response::error_for_status);
        if let Err(error) = sent {
            self.dropped.add(count);
            tracing::warn!(error = %error.without_url(), spans = count, "the trace collector did not take the spans");
        }
    }
}

fn span_json(span: &Span) -> Value {
    let end = i128::from(span.end.micros()) * 1_000;
    let mut attributes = vec![
        text("http.request.method", &span.method),
        text("http.route", &span.route),
        text("url.path", &span.path),
        json!({"key": "http.response.status_code", "value": {"intValue": span.status.to_string()}}),
    ];
    if span.status >= 500 {
        attributes.push(text("error.type", &span.status.to_string()));
    }
    let mut out = json!({
        "traceId": &*span.trace_id,
        "spanId": &*span.span_id,
        "name": format!("{} {}", span.method, span.route),
        "kind": 2,
        "startTimeUnixNano": (end - span.took.as_nanos() as i128).to_string(),
        "endTimeUnixNano": end.to_string(),
        "attributes": attributes,
        "status": if span.status >= 500 { json!({"code": 2}) } else { json!({}) },
    });
    if let Some(parent) = &span.parent {
        out["parentSpanId"] = json!(&**parent);
    }
    if let Some(state) = &span.state {
        out["traceState"] = json!(&**state);
    }
    out
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

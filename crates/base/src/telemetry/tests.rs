//! Lines stay lines, a slow reader costs nothing but lines, spans reach a collector, panics name their place.

use super::*;
use crate::http::Context;
use parking_lot::Mutex;
use proptest::prelude::*;
use serde_json::Value;
use std::{
    io::Write,
    sync::{Arc, mpsc},
    time::Duration,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A stdout that a test can read.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);
impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What this thread logs from now on, until [`Captured::lines`] is asked.
pub(crate) struct Captured {
    sink: Sink,
    writer: Writer,
    _guard: tracing::subscriber::DefaultGuard,
}
pub(crate) fn capture(level: &str) -> Captured {
    let sink = Sink::default();
    let writer = Writer::start(sink.clone());
    let logger = log::Logger::new(log::level(level), "replica-\"1\"", writer.clone());
    Captured { sink, writer, _guard: tracing::subscriber::set_default(logger) }
}
impl Captured {
    pub(crate) fn lines(self) -> Vec<Value> {
        self.writer.finish();
        let text = String::from_utf8(self.sink.0.lock().clone()).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'));
        text.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_stays_one_line_of_json(text in any::<String>(), nasty in "[\"\\\\\n\r\u{1b}\u{7f}\u{9b}\u{2028}a]{0,20}") {
        let captured = capture("info");
        tracing::info!(text, nasty, shown = %nasty, debug = ?text, "{nasty}");
        let lines = captured.lines();
        prop_assert_eq!(lines.len(), 1);
        prop_assert_eq!(lines[0]["text"].as_str(), Some(text.as_str()));
        prop_assert_eq!(lines[0]["shown"].as_str(), Some(nasty.as_str()));
        prop_assert_eq!(lines[0]["message"].as_str(), Some(nasty.as_str()));
        prop_assert_eq!(&lines[0]["debug"], &Value::from(format!("{text:?}")));
    }
}

#[test]
fn no_control_character_reaches_the_terminal() {
    let sink = Sink::default();
    let writer = Writer::start(sink.clone());
    let logger = log::Logger::new(log::level("info"), "r", writer.clone());
    tracing::subscriber::with_default(logger, || tracing::info!(path = "/\u{2028}\u{1b}[31m\u{9b}31m\n{\"level\":\"ERROR\"}", "request"));
    writer.finish();
    let bytes = sink.0.lock().clone();
    let text = std::str::from_utf8(&bytes).unwrap();
    assert!(text.trim_end_matches('\n').chars().all(|c| !c.is_control() && c != '\u{2028}'), "{text:?}");
}

#[tokio::test]
async fn a_line_says_when_who_and_in_which_request() {
    let captured = capture("INFO");
    let context = Context::background();
    context
        .scope(async {
            tracing::warn!(number = 7, ratio = 0.5, ratio2 = f64::NAN, yes = true, none = None::<u8>, "look here");
            tracing::debug!("not asked for");
            tracing::info!(target: "h2::frame", "a library's secrets");
            tracing::warn!(target: "h2::frame", "a library's warning");
        })
        .await;
    let long = "é".repeat(5_000);
    tracing::info!(long, "outside");
    let lines = captured.lines();
    assert_eq!(lines.len(), 3);
    let line = &lines[0];
    let at = line["timestamp"].as_str().unwrap();
    assert!(at.len() == 24 && at.ends_with('Z') && at.parse::<jiff::Timestamp>().is_ok(), "{at}");
    assert_eq!((line["level"].as_str(), line["message"].as_str()), (Some("WARN"), Some("look here")));
    assert_eq!((&line["number"], &line["ratio"], &line["ratio2"], &line["yes"]), (&7.into(), &0.5.into(), &Value::Null, &true.into()));
    assert_eq!((line["request_id"].as_str(), line["replica"].as_str()), (Some("background"), Some("replica-\"1\"")));
    assert!(line.get("none").is_none() && lines[2].get("request_id").is_none());
    assert!(lines[2]["long"].as_str().unwrap().len() < 2_100, "a value has an end");
}

/// A stdout that takes nothing until it is let go.
struct Stuck(mpsc::Receiver<()>);
impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.recv();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_blocked_stdout_costs_lines_and_no_time() {
    let (let_go, stuck) = mpsc::channel();
    let writer = Writer::start(Stuck(stuck));
    // Ten times what may wait: were a line to wait for stdout, this would never end.
    for _ in 0..40 * 1024 {
        writer.push(&[b'x'; 1024]);
    }
    let dropped = writer.dropped().get();
    assert!((20_000..40 * 1024).contains(&dropped), "{dropped}");
    drop(let_go);
    writer.finish();
    writer.push(b"too late");
    assert_eq!(writer.dropped().get(), dropped + 1);
}

#[tokio::test]
async fn a_panic_is_an_error_that_names_its_place_and_repeats_no_data() {
    panics::install();
    let caught = |secret: &'static str| catch(async move { if secret.is_empty() { panic!("a literal") } else { panic!("got {secret}") } });
    let error = caught("hunter2").await.unwrap_err();
    let source = error.source().unwrap().to_string();
    assert!(source.contains("telemetry/tests.rs:") && !source.contains("hunter2"), "{source}");
    let source = caught("").await.unwrap_err().source().unwrap().to_string();
    assert!(source.ends_with(": a literal"), "{source}");
    assert_eq!(catch(async { 7 }).await.unwrap(), 7);
}

/// A collector that takes one POST and hands out its path and document.
async fn collector() -> (String, tokio::task::JoinHandle<(String, Value)>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut got = Vec::new();
        loop {
            let mut buffer = [0; 8192];
            let n = stream.read(&mut buffer).await.unwrap();
            got.extend_from_slice(&buffer[..n]);
            let text = String::from_utf8_lossy(&got);
            if let Some((head, body)) = text.split_once("\r\n\r\n")
                && let Ok(document) = serde_json::from_str(body)
            {
                assert!(head.to_lowercase().contains("content-type: application/json"));
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
                return (head.lines().next().unwrap().to_owned(), document);
            }
        }
    });
    (url, task)
}
fn span() -> Span {
    Span {
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".into(),
        span_id: "00f067aa0ba902b7".into(),
        parent: Some("b7ad6b7169203331".into()),
        state: Some("a=1".into()),
        method: "GET".into(),
        route: "/projects/{id}".into(),
        path: "/projects/7".into(),
        status: 503,
        end: crate::time::Timestamp::from_micros(1_000_000_000),
        took: Duration::from_millis(2),
    }
}

#[tokio::test]
async fn spans_reach_a_collector_in_batches() {
    let (url, collected) = collector().await;
    let traces = Traces::otlp(&url, "r1").unwrap();
    traces.record(span());
    traces.record(span());
    traces.flush().await;
    let (request, document) = collected.await.unwrap();
    assert_eq!(request, "POST /v1/traces HTTP/1.1");
    let spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 2, "one POST for both");
    let first = &spans[0];
    assert_eq!((first["name"].as_str(), first["kind"].as_u64()), (Some("GET /projects/{id}"), Some(2)));
    assert_eq!(
        (first["traceId"].as_str(), first["parentSpanId"].as_str()),
        (Some("4bf92f3577b34da6a3ce929d0e0e4736"), Some("b7ad6b7169203331"))
    );
    assert_eq!((first["startTimeUnixNano"].as_str(), first["endTimeUnixNano"].as_str()), (Some("999998000000"), Some("1000000000000")));
    let attribute = |key| first["attributes"].as_array().unwrap().iter().find(|a| a["key"] == key).unwrap()["value"].clone();
    assert_eq!(attribute("http.response.status_code")["intValue"], "503");
    assert_eq!(attribute("url.path")["stringValue"], "/projects/7");
    assert_eq!((first["status"]["code"].as_u64(), first["traceState"].as_str()), (Some(2), Some("a=1")));
}

#[tokio::test]
async fn a_dead_collector_costs_spans_and_no_time() {
    let dead = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (traces, metrics) = (Traces::otlp(&format!("http://{dead}"), "r1").unwrap(), Metrics::default());
    traces.register(&metrics);
    (0..5_000).for_each(|_| traces.record(span()));
    let dropped = metrics.counter("app_spans_dropped_total", "", &[]);
    assert!(dropped.get() >= 900, "the queue has an end: {}", dropped.get());
    traces.flush().await;
    assert!(dropped.get() > 4_000, "what was not taken is counted: {}", dropped.get());
    assert!(!traces.wants(false), "a parent that was left out stays out");
    assert!((0..500).filter(|_| traces.wants(true)).count() <= 200, "a client's flag does not force an export");
    assert!(!Traces::default().wants(true));
}

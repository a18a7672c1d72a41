//! Metrics in the Prometheus text format: series are found once per request and counted without a lock.
//!
//! Our own few lines instead of a metrics library (decisions/0005): three families with fixed labels, and gauges that are read when
//! somebody scrapes. A path that is no route is `unmatched`, an invented method `_OTHER`: no client can add series.

use axum::http::{Method, StatusCode};
use parking_lot::RwLock;
use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

/// The advised bounds for HTTP, and finer ones below for our speed.
const BOUNDS: [f64; 16] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
const METHODS: [Method; 9] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS, Method::TRACE, Method::CONNECT];

#[derive(Default)]
struct Series {
    count: AtomicU64,
    micros: AtomicU64,
    buckets: [AtomicU64; BOUNDS.len()],
}

#[derive(PartialEq, Eq, Hash, Clone, PartialOrd, Ord)]
struct Labels {
    path: Arc<str>,
    method: &'static str,
    status: u16,
}
type Gauge = Box<dyn Fn(&mut String) + Send + Sync>;

#[derive(Default)]
pub struct Metrics {
    requests: RwLock<HashMap<Labels, Arc<Series>>>,
    in_flight: AtomicI64,
    shed: AtomicU64,
    panics: AtomicU64,
    scraped: RwLock<Vec<Gauge>>,
}

/// A request being worked on.
pub struct InFlight<'a>(&'a AtomicI64);
impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub fn enter(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(&self.in_flight)
    }
    pub fn shed(&self) {
        self.shed.fetch_add(1, Ordering::Relaxed);
    }
    pub fn panicked(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }
    pub fn done(&self, route: Option<&Arc<str>>, method: &Method, status: StatusCode, took: Duration) {
        let method = METHODS.iter().find(|m| *m == method).map_or("_OTHER", Method::as_str);
        let labels = Labels { path: route.cloned().unwrap_or_else(|| "unmatched".into()), method: name(method), status: status.as_u16() };
        let known = self.requests.read().get(&labels).cloned();
        let series = known.unwrap_or_else(|| self.requests.write().entry(labels).or_default().clone());
        series.count.fetch_add(1, Ordering::Relaxed);
        series.micros.fetch_add(took.as_micros() as u64, Ordering::Relaxed);
        if let Some(i) = BOUNDS.iter().position(|bound| took.as_secs_f64() <= *bound) {
            series.buckets[i].fetch_add(1, Ordering::Relaxed);
        }
    }
    /// Adds lines of its own whenever somebody scrapes.
    pub fn on_scrape(&self, lines: impl Fn(&mut String) + Send + Sync + 'static) {
        self.scraped.write().push(Box::new(lines));
    }

    pub fn render(&self) -> String {
        let mut out = String::with_capacity(16 << 10);
        let mut all: Vec<_> = self.requests.read().iter().map(|(l, s)| (l.clone(), s.clone())).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        head(&mut out, "app_requests_total", "counter", "Requests answered.");
        for (l, s) in &all {
            let _ = writeln!(
                out,
                "app_requests_total{{method=\"{}\",path=\"{}\",status=\"{}\"}} {}",
                l.method,
                l.path,
                l.status,
                load(&s.count)
            );
        }
        durations(&mut out, &all);
        single(&mut out, "app_inflight_requests", "gauge", "Requests being worked on.", self.in_flight.load(Ordering::Relaxed));
        single(&mut out, "app_shed_total", "counter", "Requests refused because too many were in flight.", load(&self.shed));
        single(&mut out, "app_panics_total", "counter", "Handlers that panicked.", load(&self.panics));
        single(
            &mut out,
            "app_log_dropped_total",
            "counter",
            "Log lines dropped because the output was too slow.",
            crate::telemetry::dropped(),
        );
        self.scraped.read().iter().for_each(|lines| lines(&mut out));
        process(&mut out);
        out
    }
}

fn name(method: &str) -> &'static str {
    ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT"].into_iter().find(|m| *m == method).unwrap_or("_OTHER")
}
fn load(n: &AtomicU64) -> u64 {
    n.load(Ordering::Relaxed)
}
fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}
/// A family of one series.
pub fn single(out: &mut String, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
    head(out, name, kind, help);
    let _ = writeln!(out, "{name} {value}");
}

/// Durations do not tell statuses apart: they are added up.
fn durations(out: &mut String, all: &[(Labels, Arc<Series>)]) {
    let name = "app_request_duration_seconds";
    head(out, name, "histogram", "How long answering took.");
    for group in all.chunk_by(|a, b| (&a.0.path, a.0.method) == (&b.0.path, b.0.method)) {
        let Labels { path, method, .. } = &group[0].0;
        let labels = format!("method=\"{method}\",path=\"{path}\"");
        let sum = |of: &dyn Fn(&Series) -> u64| group.iter().map(|(_, s)| of(s)).sum::<u64>();
        let mut below = 0;
        for (i, bound) in BOUNDS.iter().enumerate() {
            below += sum(&|s| load(&s.buckets[i]));
            let _ = writeln!(out, "{name}_bucket{{{labels},le=\"{bound}\"}} {below}");
        }
        let count = sum(&|s| load(&s.count));
        let _ = writeln!(
            out,
            "{name}_bucket{{{labels},le=\"+Inf\"}} {count}\n{name}_sum{{{labels}}} {}\n{name}_count{{{labels}}} {count}",
            sum(&|s| load(&s.micros)) as f64 / 1e6
        );
    }
}

/// What the kernel says of this process; nothing where there is no `/proc`.
fn process(out: &mut String) {
    if let Ok(statm) = std::fs::read_to_string("/proc/self/statm")
        && let Some(pages) = statm.split(' ').nth(1).and_then(|p| p.parse::<u64>().ok())
    {
        single(out, "process_resident_memory_bytes", "gauge", "Resident memory.", pages * 4096);
    }
    if let Ok(fds) = std::fs::read_dir("/proc/self/fd") {
        single(out, "process_open_fds", "gauge", "Open file descriptors.", fds.count());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_client_can_add_series() {
        let metrics = Metrics::default();
        let before = metrics.render().lines().count();
        for i in 0..10_000 {
            metrics.done(None, &Method::GET, StatusCode::NOT_FOUND, Duration::from_micros(i));
        }
        for i in 0..50 {
            metrics.done(None, &Method::from_bytes(format!("VERB{i}").as_bytes()).unwrap(), StatusCode::METHOD_NOT_ALLOWED, Duration::ZERO);
        }
        let text = metrics.render();
        assert!(text.contains("app_requests_total{method=\"GET\",path=\"unmatched\",status=\"404\"} 10000"), "{text}");
        assert!(text.contains("app_requests_total{method=\"_OTHER\",path=\"unmatched\",status=\"405\"} 50"), "{text}");
        // Two series of requests, two histograms of 16 buckets and three lines each.
        assert!(text.lines().count() - before <= 2 + 2 * 19, "{text}");
    }
    #[test]
    fn buckets_add_up() {
        let metrics = Metrics::default();
        let route: Arc<str> = "/api/v1/projects/{id}".into();
        for ms in [0, 2, 30, 20_000] {
            metrics.done(Some(&route), &Method::GET, StatusCode::OK, Duration::from_millis(ms));
        }
        let text = metrics.render();
        for (bound, below) in [("0.001", 1), ("0.0025", 2), ("0.05", 3), ("10", 3), ("+Inf", 4)] {
            let line =
                format!("app_request_duration_seconds_bucket{{method=\"GET\",path=\"/api/v1/projects/{{id}}\",le=\"{bound}\"}} {below}");
            assert!(text.contains(&line), "{line}\n{text}");
        }
    }
}

//! Metrics in Prometheus' text form: a small registry, one per [`App`](crate::App), of handles that cost an atomic add.
//!
//! Whoever counts holds a handle ([`Counter`], [`Gauge`], [`Histogram`]) and never looks one up by label strings on
//! a hot path. A part that is built before the app owns its counters (`Counter::default()`) and is
//! [`registered`](Metrics::register) when the house is put together. What is only known when asked (pool sizes,
//! queue lengths) is [`read`](Metrics::read) at scrape time.

mod handles;
mod process;
#[cfg(test)]
pub(crate) mod tests;

pub use handles::{Counter, Gauge, Held, Histogram};

use parking_lot::RwLock;
use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

/// The registry; cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<RwLock<Families>>);

type Families = BTreeMap<&'static str, Family>;
/// `[("route", "/livez")]`: the names are the code's, the values must come from a small closed set.
pub type Labels<'a> = &'a [(&'static str, &'a str)];

struct Family {
    help: &'static str,
    kind: Kind,
    series: BTreeMap<String, Series>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Where a series gets its value.
#[derive(Clone)]
pub enum Series {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
    Read(Kind, Arc<dyn Fn() -> Option<f64> + Send + Sync>),
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self(Arc::default());
        metrics.gauge("app_build_info", "Which build is running; always 1.", &[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        process::register(&metrics);
        metrics
    }
}

impl Metrics {
    pub fn counter(&self, name: &'static str, help: &'static str, labels: Labels) -> Counter {
        match self.register(name, help, labels, Counter::default()) {
            Series::Counter(c) => c,
            _ => Counter::default(),
        }
    }
    pub fn gauge(&self, name: &'static str, help: &'static str, labels: Labels) -> Gauge {
        match self.register(name, help, labels, Gauge::default()) {
            Series::Gauge(g) => g,
            _ => Gauge::default(),
        }
    }
    /// A histogram of durations, in seconds, with the house's buckets.
    pub fn histogram(&self, name: &'static str, help: &'static str, labels: Labels) -> Histogram {
        match self.register(name, help, labels, Histogram::default()) {
            Series::Histogram(h) => h,
            _ => Histogram::default(),
        }
    }
    /// A value that is asked for at scrape time; `None` leaves the series out.
    pub fn read(
        &self,
        name: &'static str,
        help: &'static str,
        kind: Kind,
        labels: Labels,
        value: impl Fn() -> Option<f64> + Send + Sync + 'static,
    ) {
        self.register(name, help, labels, Series::Read(kind, Arc::new(value)));
    }
    /// Shows a handle that somebody else owns; the first registered under a name and labels stays, and is answered.
    pub fn register(&self, name: &'static str, help: &'static str, labels: Labels, series: impl Into<Series>) -> Series {
        let series = series.into();
        let mut families = self.0.write();
        let family = families.entry(name).or_insert_with(|| Family { help, kind: series.kind(), series: BTreeMap::new() });
        debug_assert_eq!(family.kind, series.kind(), "{name} is registered as two kinds");
        family.series.entry(label_text(labels)).or_insert(series).clone()
    }

    /// Everything, as `text/plain; version=0.0.4`.
    pub fn render(&self) -> String {
        let mut out = String::with_capacity(16 * 1024);
        for (name, family) in &*self.0.read() {
            let lines = out.len();
            let _ = writeln!(out, "# HELP {name} {}\n# TYPE {name} {}", family.help, family.kind.name());
            let head = out.len();
            for (labels, series) in &family.series {
                series.write(&mut out, name, labels);
            }
            if out.len() == head {
                out.truncate(lines);
            }
        }
        out
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Series {
    fn kind(&self) -> Kind {
        match self {
            Self::Counter(_) => Kind::Counter,
            Self::Gauge(_) => Kind::Gauge,
            Self::Histogram(_) => Kind::Histogram,
            Self::Read(kind, _) => *kind,
        }
    }
    fn write(&self, out: &mut String, name: &str, labels: &str) {
        let value = match self {
            Self::Histogram(h) => return h.write(out, name, labels),
            Self::Counter(c) => c.get() as f64,
            Self::Gauge(g) => g.get() as f64,
            Self::Read(_, read) => match read() {
                Some(value) => value,
                None => return,
            },
        };
        let _ = match labels {
            "" => writeln!(out, "{name} {value}"),
            _ => writeln!(out, "{name}{{{labels}}} {value}"),
        };
    }
}
impl From<Counter> for Series {
    fn from(c: Counter) -> Self {
        Self::Counter(c)
    }
}
impl From<Gauge> for Series {
    fn from(g: Gauge) -> Self {
        Self::Gauge(g)
    }
}
impl From<Histogram> for Series {
    fn from(h: Histogram) -> Self {
        Self::Histogram(h)
    }
}

/// `method="GET",path="/livez"`, escaped as the text form wants it.
fn label_text(labels: Labels) -> String {
    let mut out = String::new();
    for (name, value) in labels {
        let value = value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
        let _ = write!(out, "{}{name}=\"{value}\"", if out.is_empty() { "" } else { "," });
    }
    out
}

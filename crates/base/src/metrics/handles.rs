//! What the code counts with: an atomic add each, no lock, no lookup.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// Only goes up.
#[derive(Clone, Default, Debug)]
pub struct Counter(Arc<AtomicU64>);
impl Counter {
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Relaxed);
    }
    pub fn one(&self) {
        self.add(1);
    }
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Goes up and down.
#[derive(Clone, Default, Debug)]
pub struct Gauge(Arc<AtomicI64>);
impl Gauge {
    pub fn set(&self, value: i64) {
        self.0.store(value, Relaxed);
    }
    pub fn add(&self, n: i64) {
        self.0.fetch_add(n, Relaxed);
    }
    pub fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }
    /// One more, until the guard is dropped.
    pub fn hold(&self) -> Held {
        self.add(1);
        Held(self.clone())
    }
}
/// What a gauge counts for as long as it exists.
#[derive(Debug)]
pub struct Held(Gauge);
impl Drop for Held {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}

/// What a histogram counts: upper bounds as they are kept and as they are written, how many of what is kept make one, and how a duration
/// is kept.
#[derive(Debug)]
struct Scale {
    bounds: &'static [(u64, &'static str)],
    whole: f64,
    kept: fn(&Duration) -> u128,
}
/// Kept in microseconds, written in seconds: OpenTelemetry's advice, and finer where we are fast.
static SECONDS: Scale = Scale {
    whole: 1e6,
    kept: Duration::as_micros,
    bounds: &[
        (1_000, "0.001"),
        (2_500, "0.0025"),
        (5_000, "0.005"),
        (10_000, "0.01"),
        (25_000, "0.025"),
        (50_000, "0.05"),
        (75_000, "0.075"),
        (100_000, "0.1"),
        (250_000, "0.25"),
        (500_000, "0.5"),
        (750_000, "0.75"),
        (1_000_000, "1"),
        (2_500_000, "2.5"),
        (5_000_000, "5"),
        (7_500_000, "7.5"),
        (10_000_000, "10"),
    ],
};
/// Kept in nanoseconds, for what takes a few microseconds, in few buckets: there are many of these histograms.
static STATEMENTS: Scale = Scale {
    whole: 1e9,
    kept: Duration::as_nanos,
    bounds: &[
        (10_000, "0.00001"),
        (100_000, "0.0001"),
        (1_000_000, "0.001"),
        (10_000_000, "0.01"),
        (100_000_000, "0.1"),
        (1_000_000_000, "1"),
    ],
};
/// How many of something came together.
static SIZES: Scale = Scale {
    whole: 1.0,
    kept: Duration::as_micros,
    bounds: &[(1, "1"), (2, "2"), (4, "4"), (8, "8"), (16, "16"), (32, "32"), (64, "64"), (128, "128"), (256, "256")],
};

/// Durations or sizes, counted by bucket.
#[derive(Clone, Debug)]
pub struct Histogram(Arc<Counts>);
#[derive(Debug)]
struct Counts {
    scale: &'static Scale,
    /// Each bucket's own count (the text form's are cumulative); the last is for all that is more.
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}
/// Of durations.
impl Default for Histogram {
    fn default() -> Self {
        Self::of(&SECONDS)
    }
}
impl Histogram {
    fn of(scale: &'static Scale) -> Self {
        let buckets = (0..=scale.bounds.len()).map(|_| AtomicU64::default()).collect();
        Self(Arc::new(Counts { scale, buckets, sum: AtomicU64::default() }))
    }
    pub fn of_sizes() -> Self {
        Self::of(&SIZES)
    }
    pub fn of_statements() -> Self {
        Self::of(&STATEMENTS)
    }
    pub fn record(&self, took: Duration) {
        self.add(u64::try_from((self.0.scale.kept)(&took)).unwrap_or(u64::MAX));
    }
    pub fn record_size(&self, size: usize) {
        self.add(size as u64);
    }
    fn add(&self, kept: u64) {
        let bounds = self.0.scale.bounds;
        let bucket = bounds.iter().position(|(bound, _)| kept <= *bound).unwrap_or(bounds.len());
        self.0.buckets[bucket].fetch_add(1, Relaxed);
        self.0.sum.fetch_add(kept, Relaxed);
    }
    pub fn count(&self) -> u64 {
        self.0.buckets.iter().map(|b| b.load(Relaxed)).sum()
    }
    pub(super) fn write(&self, out: &mut String, name: &str, labels: &str) {
        let comma = if labels.is_empty() { "" } else { "," };
        let bounds = self.0.scale.bounds.iter().map(|(_, text)| *text).chain(["+Inf"]);
        let mut count = 0;
        for (bound, bucket) in bounds.zip(&*self.0.buckets) {
            count += bucket.load(Relaxed);
            let _ = writeln!(out, "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}");
        }
        let braced = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let sum = self.0.sum.load(Relaxed) as f64 / self.0.scale.whole;
        let _ = writeln!(out, "{name}_sum{braced} {sum}\n{name}_count{braced} {count}");
    }
}

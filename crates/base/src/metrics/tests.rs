//! The text form, checked line by line as `promtool check metrics` would.

use super::*;
use std::time::Duration;

/// Names, HELP and TYPE as promtool wants them; answers the samples.
pub(crate) fn lint(text: &str) -> Vec<(String, f64)> {
    let mut samples = Vec::new();
    let (mut family, mut seen) = (String::new(), std::collections::HashSet::new());
    for line in text.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next().unwrap(), words.next().unwrap(), words.next(), words.next()) {
            ("#", "HELP", Some(name), Some(help)) => {
                assert!(seen.insert(name.to_owned()), "{name} twice");
                assert!(help.len() > 2 && help.ends_with('.'), "{line}");
                assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
                family = name.to_owned();
            }
            ("#", "TYPE", Some(name), Some(kind)) => {
                assert_eq!(name, family);
                assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
            }
            _ => {
                let (series, value) = line.rsplit_once(' ').unwrap();
                assert!(series.starts_with(&family) && !family.is_empty(), "{line}");
                samples.push((series.to_owned(), value.parse().unwrap()));
            }
        }
    }
    samples
}
fn value(metrics: &Metrics, series: &str) -> Option<f64> {
    lint(&metrics.render()).into_iter().find(|(s, _)| s == series).map(|(_, v)| v)
}

#[test]
fn handles_show_what_they_counted() {
    let metrics = Metrics::default();
    let (a, b) = (metrics.counter("x_total", "Xs.", &[("k", "a\"\\\n")]), metrics.counter("x_total", "Xs.", &[("k", "b")]));
    a.add(3);
    metrics.counter("x_total", "Xs.", &[("k", "b")]).one();
    assert_eq!(b.get(), 1, "the same name and labels are the same counter");
    assert_eq!(value(&metrics, r#"x_total{k="a\"\\\n"}"#), Some(3.0));
    let gauge = metrics.gauge("y", "Ys.", &[]);
    let held = gauge.hold();
    assert_eq!(value(&metrics, "y"), Some(1.0));
    drop(held);
    assert_eq!(value(&metrics, "y"), Some(0.0));
}

#[test]
fn buckets_are_cumulative_and_closed_above() {
    let metrics = Metrics::default();
    let h = metrics.histogram("t_seconds", "Ts.", &[("p", "/")]);
    for ms in [1, 2, 30, 60_000] {
        h.record(Duration::from_millis(ms));
    }
    assert_eq!(value(&metrics, r#"t_seconds_bucket{p="/",le="0.001"}"#), Some(1.0));
    assert_eq!(value(&metrics, r#"t_seconds_bucket{p="/",le="10"}"#), Some(3.0));
    assert_eq!(value(&metrics, r#"t_seconds_bucket{p="/",le="+Inf"}"#), Some(4.0));
    assert_eq!(value(&metrics, r#"t_seconds_count{p="/"}"#), Some(4.0));
    assert_eq!(value(&metrics, r#"t_seconds_sum{p="/"}"#), Some(60.033));
}

#[test]
fn sizes_are_counted_by_twos() {
    let (metrics, sizes) = (Metrics::default(), Histogram::of_sizes());
    metrics.register("batch_size", "Batches.", &[], sizes.clone());
    for size in [1, 3, 4, 1_000] {
        sizes.record_size(size);
    }
    assert_eq!(value(&metrics, r#"batch_size_bucket{le="1"}"#), Some(1.0));
    assert_eq!(value(&metrics, r#"batch_size_bucket{le="4"}"#), Some(3.0));
    assert_eq!(value(&metrics, r#"batch_size_bucket{le="256"}"#), Some(3.0));
    assert_eq!(value(&metrics, "batch_size_count"), Some(4.0));
    assert_eq!(value(&metrics, "batch_size_sum"), Some(1_008.0));
}

#[test]
fn two_apps_do_not_count_together() {
    let (one, other) = (Metrics::default(), Metrics::default());
    one.counter("x_total", "Xs.", &[]).one();
    assert_eq!(other.counter("x_total", "Xs.", &[]).get(), 0);
}

#[test]
fn a_part_shows_its_own_counter_and_what_is_read_when_asked() {
    let (metrics, own) = (Metrics::default(), Counter::default());
    metrics.register("own_total", "Owned elsewhere.", &[], own.clone());
    metrics.read("absent", "Not known here.", Kind::Gauge, &[], || None);
    own.add(7);
    assert_eq!(value(&metrics, "own_total"), Some(7.0));
    assert!(!metrics.render().contains("absent"), "a family without a series is left out");
}

#[test]
fn the_process_speaks_of_itself() {
    let samples = lint(&Metrics::default().render());
    for name in ["app_build_info", "process_start_time_seconds", "process_resident_memory_bytes", "process_open_fds"] {
        assert!(samples.iter().any(|(s, v)| s.starts_with(name) && *v > 0.0), "{name}");
    }
}

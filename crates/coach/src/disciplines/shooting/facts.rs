//! The figures of a session, each with how much it was measured and how much it matters.

use super::{
    Series, Session,
    input::Hand,
    stats::{self, Trend},
};
use crate::disciplines::{About, Confidence, Fact, Facts, Kind};

/// Series that may be compared with each other.
pub struct Comparable<'a> {
    pub distance: f64,
    pub shots: u32,
    pub hand: Option<Hand>,
    pub series: Vec<&'a Series>,
}

/// Same distance, same number of shots, same hands; the largest class first.
pub fn comparable(session: &Session) -> Vec<Comparable<'_>> {
    let mut classes: Vec<Comparable<'_>> = vec![];
    for series in &session.series {
        let same = |c: &&mut Comparable<'_>| c.distance == series.distance && c.shots == series.shots && c.hand == series.hand;
        match classes.iter_mut().find(same) {
            Some(class) => class.series.push(series),
            None => classes.push(Comparable { distance: series.distance, shots: series.shots, hand: series.hand, series: vec![series] }),
        }
    }
    classes.sort_by_key(|c| std::cmp::Reverse(c.series.len()));
    classes
}

pub fn facts(session: &Session) -> Facts {
    let mut facts = Facts::default();
    let scored: Vec<(&Series, f64)> = session.series.iter().filter_map(|s| Some((s, s.per_shot()?))).collect();
    points(&mut facts, &scored);
    groups(&mut facts, session);
    course(&mut facts, &scored);
    hands(&mut facts, &scored);
    facts
}

fn fact(metric: &'static str, value: Option<f64>, unit: &'static str, of: &[&Series], severity: f64) -> Fact {
    let n = of.len();
    let confidence = match n {
        0..=2 => Confidence::Low,
        3..=7 => Confidence::Medium,
        _ => Confidence::High,
    };
    let shots = of.iter().map(|s| s.shots).sum();
    let distance_m = of.first().map(|s| s.distance).filter(|d| of.iter().all(|s| s.distance == *d));
    let value = value.map(|v| (v * 100.0).round() / 100.0);
    Fact {
        id: String::new(),
        metric,
        value,
        unit,
        n,
        shots,
        confidence,
        verdict: None,
        series: None,
        distance_m,
        severity: severity.clamp(0.0, 1.0),
        about: About { kind: kind(metric, of), ..About::default() },
        text: None,
    }
}

/// The kind of these series, where they are of one; a gap between hands is one between both.
fn kind(metric: &str, of: &[&Series]) -> Option<Kind> {
    let first = of.first()?;
    let hand = if metric == "hand_gap" { "both" } else { Hand::name(first.hand) };
    let alike = |s: &&Series| s.shots == first.shots && (s.hand == first.hand || hand == "both");
    of.iter().all(alike).then_some(Kind { shots: first.shots, hand })
}

fn points(facts: &mut Facts, scored: &[(&Series, f64)]) {
    let (series, values): (Vec<_>, Vec<_>) = scored.iter().copied().unzip();
    let Some(mean) = stats::mean(&values) else { return };
    facts.add(fact("points_per_shot", Some(mean), "points", &series, (10.0 - mean) / 6.0));
    if let Some(deviation) = stats::deviation(&values) {
        facts.add(fact("points_deviation", Some(deviation), "points", &series, deviation / 1.5));
        let consistency = (100.0 * (1.0 - deviation / mean.max(0.1))).clamp(0.0, 100.0);
        facts.add(fact("consistency", Some(consistency), "%", &series, (100.0 - consistency) / 30.0));
    }
    let by_value = |a: &&(&Series, f64), b: &&(&Series, f64)| a.1.total_cmp(&b.1);
    for (metric, found) in [("best_series", scored.iter().max_by(by_value)), ("worst_series", scored.iter().min_by(by_value))] {
        if let Some((one, value)) = found.filter(|_| scored.len() >= 2) {
            facts.add(Fact { series: Some(one.number), ..fact(metric, Some(*value), "points", &[one], 0.3) });
        }
    }
}

fn groups(facts: &mut Facts, session: &Session) {
    for class in comparable(session) {
        let measured: Vec<&Series> = class.series.iter().copied().filter(|s| s.group_cm.is_some()).collect();
        let sizes: Vec<f64> = measured.iter().filter_map(|s| s.group_cm).collect();
        let Some(mean) = stats::mean(&sizes) else { continue };
        // In thousandths of the distance, so that what is seen at 10 m and at 25 m compares.
        let angle = 10.0 * mean / class.distance;
        facts.add(fact("group_size", Some(mean), "cm", &measured, angle / 8.0));
        facts.add(fact("group_angle", Some(angle), "mrad", &measured, angle / 8.0));
        if let Some((ratio, noise)) = stats::spread(class.shots) {
            let sure = noise / (sizes.len() as f64).sqrt();
            let confidence = if sure <= 0.1 {
                Confidence::High
            } else if sure <= 0.18 {
                Confidence::Medium
            } else {
                Confidence::Low
            };
            facts.add(Fact { confidence, ..fact("sigma", Some(angle / ratio), "mrad", &measured, angle / ratio / 2.5) });
        }
    }
}

/// What happened from the first series to the last.
fn course(facts: &mut Facts, scored: &[(&Series, f64)]) {
    let (series, values): (Vec<_>, Vec<_>) = scored.iter().copied().unzip();
    if series.is_empty() {
        return;
    }
    let (verdict, severity) = match stats::trend(&values) {
        Trend::Falling => ("falling", 0.9),
        Trend::Rising => ("rising", 0.5),
        Trend::Unclear if series.len() < 5 => ("insufficient_data", 0.2),
        Trend::Unclear => ("no_evidence", 0.1),
    };
    facts.add(Fact { verdict: Some(verdict), ..fact("trend", None, "", &series, severity) });
    for index in stats::outliers(&values) {
        let (one, value) = scored[index];
        let verdict = if value < stats::median(&values).unwrap_or_default() { "low" } else { "high" };
        let outlier = fact("outlier", Some(value), "points", &[one], 0.7);
        facts.add(Fact { series: Some(one.number), verdict: Some(verdict), confidence: Confidence::Medium, ..outlier });
    }
}

/// One hand against two, where both were shot at one distance.
fn hands(facts: &mut Facts, scored: &[(&Series, f64)]) {
    let of = |hand: Hand, distance: f64| -> (Vec<&Series>, Vec<f64>) {
        scored.iter().filter(|(s, _)| s.hand == Some(hand) && s.distance == distance).map(|(s, v)| (*s, *v)).unzip()
    };
    let Some((first, _)) = scored.first() else { return };
    let ((one, ones), (two, twos)) = (of(Hand::One, first.distance), of(Hand::Two, first.distance));
    if let (Some(one_mean), Some(two_mean)) = (stats::mean(&ones), stats::mean(&twos)) {
        let both: Vec<_> = one.into_iter().chain(two).collect();
        facts.add(fact("hand_gap", Some(two_mean - one_mean), "points", &both, (two_mean - one_mean).abs() / 2.0));
    }
}

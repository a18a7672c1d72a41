//! The figures of a session, each with how much it was measured and how much it matters.

use super::{
    Series, Session,
    input::Hand,
    stats::{self, Trend},
};
use crate::{
    disciplines::{About, Confidence, Fact, Facts, Kind, many},
    voice::Voice,
};

/// Series that may be compared with each other.
pub struct Comparable<'a> {
    pub distance: f64,
    pub shots: u32,
    pub hand: Option<Hand>,
    pub series: Vec<&'a Series>,
}

impl Comparable<'_> {
    fn scored(&self) -> usize {
        self.series.iter().filter(|s| s.points.is_some()).count()
    }
}
/// Same distance, same number of shots, same hands; the class with the most points first.
pub fn comparable(session: &Session) -> Vec<Comparable<'_>> {
    let mut classes: Vec<Comparable<'_>> = vec![];
    for series in &session.series {
        let same = |c: &&mut Comparable<'_>| c.distance == series.distance && c.shots == series.shots && c.hand == series.hand;
        match classes.iter_mut().find(same) {
            Some(class) => class.series.push(series),
            None => classes.push(Comparable { distance: series.distance, shots: series.shots, hand: series.hand, series: vec![series] }),
        }
    }
    classes.sort_by_key(|c| std::cmp::Reverse((c.scored(), c.series.len())));
    classes
}

pub fn facts(session: &Session) -> Facts {
    let mut facts = Facts::default();
    // What one series says of another holds among those that may be compared: the largest kind.
    let classes = comparable(session);
    let Some(main) = classes.first() else { return facts };
    let scored: Vec<(&Series, f64)> = main.series.iter().filter_map(|s| Some((*s, s.per_shot()?))).collect();
    points(&mut facts, &scored);
    groups(&mut facts, &classes);
    course(&mut facts, &scored);
    hands(&mut facts, session, main);
    facts
}

/// Where not all series may be compared: of which ones the figures speak.
pub fn which(session: &Session, facts: &Facts, voice: Voice) -> Option<(&'static str, String)> {
    let classes = comparable(session);
    let main = classes.first().filter(|_| classes.len() > 1)?;
    let fact = facts.of("points_per_shot").next()?;
    let (mean, n, rest) = (voice.number(fact.value?, 2), fact.n, session.series.len() - main.series.len());
    let (at, shots) = (voice.number(main.distance, 1), main.shots as usize);
    let hand = match main.hand {
        Some(Hand::One) => voice.say(" à une main", " with one hand"),
        Some(Hand::Two) => voice.say(" à deux mains", " with two hands"),
        None => String::new(),
    };
    let others = (many(rest, "autre série est jugée", "autres séries sont jugées"), many(rest, "other series is", "other series are"));
    let text = voice.say(
        &format!(
            "{mean} points par coup en moyenne sur {} de {} à {at} m{hand} ; {} à part",
            many(n, "série", "séries"),
            many(shots, "coup", "coups"),
            others.0
        ),
        &format!(
            "{mean} points a shot on average over {n} series of {} at {at} m{hand}; {} judged apart",
            many(shots, "shot", "shots"),
            others.1
        ),
    );
    Some((fact.metric, text))
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

fn groups(facts: &mut Facts, classes: &[Comparable<'_>]) {
    for class in classes {
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

/// One hand against two, where both were shot at the distance and with the shots of most series.
fn hands(facts: &mut Facts, session: &Session, main: &Comparable<'_>) {
    let of = |hand: Hand| -> (Vec<&Series>, Vec<f64>) {
        let same = session.series.iter().filter(|s| s.hand == Some(hand) && s.distance == main.distance && s.shots == main.shots);
        same.filter_map(|s| Some((s, s.per_shot()?))).unzip()
    };
    let ((one, ones), (two, twos)) = (of(Hand::One), of(Hand::Two));
    if let (Some(one_mean), Some(two_mean)) = (stats::mean(&ones), stats::mean(&twos)) {
        let both: Vec<_> = one.into_iter().chain(two).collect();
        facts.add(fact("hand_gap", Some(two_mean - one_mean), "points", &both, (two_mean - one_mean).abs() / 2.0));
    }
}

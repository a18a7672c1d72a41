//! Advice as it is followed: its figures, and the effect that was measured.

use crate::{
    advice::model::{Answer, AnswerId, Item},
    disciplines::Fact,
};
use base::{entity, time::Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What became of advice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CoachFeedback)]
pub struct Feedback {
    pub status: Status,
    /// Whether it helped.
    pub useful: Option<bool>,
    /// Which item (`a1`); all of the answer when left out.
    pub item: Option<String>,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CoachFeedbackStatus)]
pub enum Status {
    Followed,
    Skipped,
    Rejected,
}
impl Status {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Followed => "followed",
            Self::Skipped => "skipped",
            Self::Rejected => "rejected",
        }
    }
}

entity! {
    /// As it lies in the store, figures in thousandths.
    #[derive(Clone, Debug)]
    pub struct Row {
        pub item: String, pub metric: Option<String>, pub unit: Option<String>, pub baseline: Option<i64>, pub target: Option<i64>,
        pub status: String, pub useful: Option<bool>, pub measured: Option<i64>, pub measured_at: Option<Timestamp>,
    }
}
entity! {
    /// Advice that was followed and not measured yet: by what it can be.
    #[derive(Clone, Debug)]
    pub struct Open {
        pub answer_id: AnswerId, pub item: String, pub metric: Option<String>, pub distance: Option<i64>, pub shots: Option<i64>,
        pub hand: Option<String>, pub session: Option<String>,
    }
}
impl Open {
    /// What this answer measures of it: the same metric at the same distance, with as many shots and the same hands (a group of ten
    /// shots is a quarter larger than one of five that is as good), of another session than the one it was given for.
    pub fn measured_by(&self, answer: &Answer) -> Option<i64> {
        if !is_next(self.session.as_deref()?, answer.occasion.as_deref()?) {
            return None;
        }
        let alike = |fact: &&Fact| {
            let kind = fact.about.kind.map(|kind| (i64::from(kind.shots), kind.hand));
            let distance = fact.distance_m.map(milli);
            Some(fact.metric) == self.metric.as_deref()
                && (distance.is_some() && distance == self.distance)
                && (kind.is_some() && kind == self.shots.zip(self.hand.as_deref()))
        };
        answer.facts.iter().find(alike)?.value.map(milli)
    }
}
/// Whether a session comes after another. Without dates it is only known that it is another one.
fn is_next(before: &str, now: &str) -> bool {
    let dated = |occasion: &str| !occasion.starts_with('#');
    if dated(before) && dated(now) { now > before } else { now != before }
}
/// An item, and how it went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CoachFollowed)]
pub struct Followed {
    #[schema(example = "a1")]
    pub item: String,
    /// `open`, `followed`, `skipped` or `rejected`
    pub status: String,
    pub useful: Option<bool>,
    /// Of its goal, where that can be measured.
    pub metric: Option<String>,
    pub unit: Option<String>,
    /// What it was when the advice was given, and what it was to become.
    pub baseline: Option<f64>,
    pub target: Option<f64>,
    /// What it was the next time after it was followed; null until then.
    pub measured: Option<f64>,
    /// The difference. One session says little: see `docs/guide/coach.md`.
    pub effect: Option<f64>,
    pub measured_at: Option<Timestamp>,
}
impl From<Row> for Followed {
    fn from(row: Row) -> Self {
        let whole = |milli: i64| milli as f64 / 1_000.0;
        let Row { item, metric, unit, baseline, target, status, useful, measured, measured_at, .. } = row;
        let effect = measured.zip(baseline).map(|(now, then)| whole(now - then));
        let [baseline, target, measured] = [baseline, target, measured].map(|figure| figure.map(whole));
        Self { item, status, useful, metric, unit, baseline, target, measured, effect, measured_at }
    }
}

pub fn milli(value: f64) -> i64 {
    (value * 1_000.0).round() as i64
}
/// What an item's goal is measured by, when it is one of the facts that it cites: the fact, its value now, the goal.
pub fn measurable<'a>(item: &Item, facts: &'a [Fact]) -> Option<(&'a Fact, f64, f64)> {
    let goal = item.action.as_ref()?.criterion.as_ref()?;
    let fact = facts.iter().find(|fact| fact.metric == goal.metric && item.evidence.contains(&fact.id))?;
    Some((fact, fact.value?, goal.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_next_by_its_date_or_at_least_another_one() {
        assert!(is_next("2026-07-04T10:12:00", "2026-07-04T18:00:00") && is_next("2026-07-04T10:12:00", "#1") && is_next("#1", "#2"));
        for (before, now) in [("2026-07-04", "2026-07-04"), ("2026-07-04", "2026-07-01"), ("#1", "#1")] {
            assert!(!is_next(before, now), "{before} {now}");
        }
    }
}

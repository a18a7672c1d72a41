//! What an evaluation found: figures only, as a table and as JSON.

use crate::advice::by_model::{Answered, Gate};
use base::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// How often something was met, by its name.
type Counts = BTreeMap<String, u64>;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub at: Timestamp,
    /// The version of the binary, whose rules stand around every prompt.
    pub binary: String,
    pub live: bool,
    pub model: String,
    /// The prompts that were asked with, and the hashes of their bodies.
    pub prompts: BTreeMap<String, String>,
    pub questions: u64,
    /// How many a model answered; the rest the rules did, and `failed` says why.
    pub by_model: u64,
    pub failed: Counts,
    /// Items that the model wrote, and those that people would see (of the rules, too).
    pub written: u64,
    pub shown: u64,
    pub dropped: Counts,
    /// Of what it wrote: the part whose every figure, person and fact is one of ours. None when it wrote nothing.
    pub grounded: Option<f64>,
    pub parse: Counts,
    /// The mean of what is shown.
    pub score: Option<f64>,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// None where the model has no price: then nobody knows.
    pub cost_micro_eur: Option<i64>,
    /// Of every question, sorted.
    pub latencies_ms: Vec<u64>,
    #[serde(skip)]
    scores: f64,
    #[serde(skip)]
    invented: u64,
}

impl Report {
    pub fn new(live: bool, model: &str, priced: bool, at: Timestamp) -> Self {
        let binary = env!("CARGO_PKG_VERSION").to_owned();
        Self { at, binary, live, model: model.to_owned(), cost_micro_eur: priced.then_some(0), ..Self::default() }
    }
    pub fn add(&mut self, Answered { answer, tally, .. }: &Answered, took: Duration) {
        let mut count = |counts: fn(&mut Self) -> &mut Counts, name: &str| *counts(self).entry(name.to_owned()).or_default() += 1;
        tally.dropped.iter().for_each(|gate| count(|r| &mut r.dropped, gate.name()));
        if tally.answers > 0 {
            count(|r| &mut r.parse, tally.step.map_or("none", |step| step.name()));
        }
        if let Some(reason) = answer.ai.degraded_reason {
            count(|r| &mut r.failed, reason);
        }
        self.questions += 1;
        self.by_model += u64::from(answer.ai.used);
        self.written += tally.written as u64;
        self.invented += tally.dropped.iter().filter(|gate| matches!(gate, Gate::Figure | Gate::Person)).count() as u64;
        self.grounded = ratio((self.written - self.invented) as f64, self.written);
        if !self.live || answer.ai.used {
            self.shown += answer.advice.len() as u64;
            self.scores += answer.advice.iter().map(|item| item.score).sum::<f64>();
            self.score = ratio(self.scores, self.shown);
        }
        self.prompt_tokens += tally.usage.prompt_tokens;
        self.completion_tokens += tally.usage.completion_tokens;
        self.cost_micro_eur = self.cost_micro_eur.map(|spent| spent + answer.usage.cost_micro_eur);
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.latencies_ms.insert(self.latencies_ms.partition_point(|ms| *ms <= took), took);
    }
    /// The latency that so many percent of the questions stayed within.
    fn within(&self, percent: usize) -> u64 {
        let last = self.latencies_ms.len().saturating_sub(1);
        self.latencies_ms.get(last * percent / 100).copied().unwrap_or_default()
    }

    /// A line for each figure, to be read.
    pub fn table(&self) -> Vec<String> {
        let Self { at, model, questions, by_model, written, shown, .. } = self;
        let line = |what: &str, said: String| format!("{what:<9} {said}");
        let mut lines = vec![format!("{model}, {questions} questions, Coulisses {}, {at}", self.binary)];
        if !self.live {
            lines.push(line("items", format!("{shown} by rules")));
            lines.push(line("score", part(self.score)));
            return lines;
        }
        let prompts: Vec<_> = self.prompts.iter().map(|(label, hash)| format!("{label} ({})", short(hash))).collect();
        let by_rules = if self.failed.is_empty() { String::new() } else { format!("; the rules the rest: {}", told(&self.failed)) };
        lines.push(line("prompts", prompts.join(", ")));
        lines.push(line("answers", format!("{by_model} of {questions} by the model{by_rules}")));
        lines.push(line("items", format!("{written} written, {shown} shown with what the rules put first for safety")));
        lines.push(line("grounded", percent(self.grounded)));
        lines.push(line("dropped", told(&self.dropped)));
        lines.push(line("parse", told(&self.parse)));
        lines.push(line("score", part(self.score)));
        lines.push(line("cost", format!("{}, {} tokens in, {} out", self.cost(), self.prompt_tokens, self.completion_tokens)));
        lines.push(line("latency", format!("{} ms in the middle, {} ms at 95 %", self.within(50), self.within(95))));
        lines
    }
    /// The whole on one line, beside others.
    pub fn summary(&self) -> String {
        let prompts: Vec<_> = self.prompts.iter().map(|(label, hash)| format!("{label} ({})", short(hash))).collect();
        let Self { at, model, by_model, questions, .. } = self;
        format!(
            "{at}  {model}  {}  {by_model}/{questions} answered  grounded {}  score {}  {}",
            prompts.join(" "),
            percent(self.grounded),
            part(self.score),
            self.cost()
        )
    }
    fn cost(&self) -> String {
        let unknown = || "no price is set for this model (AI_PRICES)".to_owned();
        self.cost_micro_eur.map_or_else(unknown, |micro| format!("{:.4} EUR", micro as f64 / 1e6))
    }
}

fn ratio(part: f64, of: u64) -> Option<f64> {
    (of > 0).then(|| (part / of as f64 * 1_000.0).round() / 1_000.0)
}
fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", 100.0 * share))
}
fn part(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"))
}
fn short(hash: &str) -> &str {
    hash.get(..8).unwrap_or(hash)
}
/// The most common first.
fn told(counts: &Counts) -> String {
    let mut all: Vec<_> = counts.iter().collect();
    all.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    if all.is_empty() { "none".to_owned() } else { all.iter().map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>().join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_as_it_was_written_and_counts_the_most_common_first() {
        let mut report = Report::new(true, "m", true, Timestamp::from_micros(0));
        report.dropped = [("markup".to_owned(), 1), ("figure".to_owned(), 3)].into();
        report.latencies_ms = (1..=100).collect();
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
        assert_eq!((told(&report.dropped).as_str(), told(&report.failed).as_str()), ("figure 3, markup 1", "none"));
        assert_eq!((report.within(50), report.within(95)), (50, 95));
        assert_eq!(report.cost(), "0.0000 EUR");
        assert!(Report::new(true, "m", false, report.at).cost().contains("no price"), "what is not known is not free");
        assert_eq!((percent(Some(0.945)).as_str(), percent(None).as_str()), ("94.5 %", "–"));
    }
}

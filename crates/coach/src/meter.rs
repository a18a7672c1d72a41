//! What calls of models are counted by. No label says who asked, or what.

use crate::provider::Usage;
use base::{
    App,
    metrics::{Counter, Histogram, Metrics},
};
use std::{sync::Arc, time::Duration};

/// Questions to a model, each time one was asked (`source` is `ai`), and what rules answered instead of one.
pub fn asked(metrics: &Metrics, provider: &str, model: &str, source: &str, code: &str) -> Counter {
    let labels = [("provider", provider), ("model", model), ("source", source), ("code", code)];
    metrics.counter("ai_requests_total", "Questions to models, and answers of rules (`source`), by how they ended.", &labels)
}

/// One for the life of the process.
pub struct Meter {
    metrics: Metrics,
    tokens: [Counter; 2],
    cost: Counter,
    overhead: Histogram,
}
impl Meter {
    pub fn of(app: &App) -> Arc<Self> {
        app.rooms.get(|| {
            let metrics = app.metrics.clone();
            let tokens = |direction| metrics.counter("ai_tokens_total", "Tokens of models, in and out.", &[("direction", direction)]);
            Self {
                tokens: [tokens("prompt"), tokens("completion")],
                cost: metrics.counter(
                    "ai_cost_micro_eur_total",
                    "What models cost, in millionths of a euro, by the prices that are set.",
                    &[],
                ),
                overhead: metrics.histogram(
                    "ai_overhead_seconds",
                    "What a call took beside waiting for the provider; of a stream, until its first byte.",
                    &[],
                ),
                metrics,
            }
        })
    }
    /// A call has ended, and this is what it used.
    pub fn spent(&self, usage: Usage, cost_micro_eur: i64) {
        self.tokens[0].add(usage.prompt_tokens);
        self.tokens[1].add(usage.completion_tokens);
        self.cost.add(u64::try_from(cost_micro_eur).unwrap_or_default());
    }
    pub fn overhead(&self, took: Duration) {
        self.overhead.record(took);
    }
    /// Rules answered the coach: because that was wanted, or for this reason.
    pub fn by_rules(&self, rules: &str, code: &str) {
        asked(&self.metrics, "none", rules, "rules", code).one();
    }
    /// It was ended by its owner (`owner`), or left by whoever asked (`client`).
    pub fn cancelled(&self, side: &'static str) {
        self.metrics.counter("ai_cancelled_total", "Calls that were ended before their answer was.", &[("side", side)]).one();
    }
    /// How an answer of a model was read; `none` when it could not be.
    pub fn parsed(&self, step: Option<&'static str>) {
        let step = step.unwrap_or("none");
        self.metrics.counter("ai_parse_step_total", "Answers of models to the coach, by how they were read.", &[("step", step)]).one();
    }
    /// A model wrote it, and nobody was shown it.
    pub fn dropped(&self, gate: &'static str) {
        let about = "Items of models that were not shown, by why.";
        self.metrics.counter("ai_items_dropped_total", about, &[("gate", gate)]).one();
    }
}

//! The staffing of a project: who is missing, what clashes, what it costs. The plan comes as plain values from whoever has it.

mod facts;
mod input;
mod rules;
#[cfg(test)]
mod tests;

pub use input::{Asked, Candidate, Clash, Cost, Mission, Planning, Role, Source, Waiting};

use super::Look;
use crate::{
    advice::figures::{Figure, figures},
    voice::Voice,
};

/// Stamped on every answer that the rules gave.
pub const RULES: &str = "rules/staffing@1";

/// The figures of a plan, and what the rules say to them.
pub fn look(plan: &Planning, voice: Voice) -> Look {
    let facts = facts::facts(plan, voice);
    let drafts = rules::advice(plan, &facts, voice);
    let titles = plan.missions.iter().flat_map(|m| std::iter::once(m.title.as_str()).chain(m.roles.iter().map(|r| r.role.as_str())));
    let ahead = |hours: i64| [Figure::of(hours as f64, "h"), Figure::of((hours / 24) as f64, "days")];
    let soon = facts.all().iter().filter_map(|f| f.about.hours_to_start).flat_map(ahead);
    let given = titles.chain([plan.name.as_str()]).flat_map(figures).chain(soon).collect();
    let missing = rules::missing(plan, voice);
    Look { domain: "staffing", rules: RULES, facts, drafts, given, missing, names: plan.names(), ..Look::default() }
}

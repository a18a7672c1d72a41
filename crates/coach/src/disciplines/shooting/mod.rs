//! A shooting session: series of shots on a target, as the published app sends them.

mod facts;
mod input;
mod notes;
pub mod progress;
mod rules;
mod sent;
pub mod stats;
#[cfg(test)]
mod tests;

pub use facts::{comparable, facts, which};
pub use input::{Hand, Input, Series, Session};
pub use notes::hurts;
pub use rules::{advice, missing};
pub use sent::sent;

use super::{Look, indication};
use crate::{advice::figures::Figure, voice::Voice};

/// The figures of a session, and what the rules say to them.
pub fn look(session: Session, voice: Voice) -> Look {
    let mut facts = facts(&session);
    if let Some((metric, text)) = which(&session, &facts, voice) {
        facts.say(metric, text);
    }
    let given = session
        .series
        .iter()
        .flat_map(|s| [(s.distance, "m"), (f64::from(s.shots), "shots"), (s.number as f64, "series")])
        .map(|(value, unit)| Figure::of(value, unit))
        .collect();
    let (drafts, missing) = (advice(&session, &facts, voice), missing(&session, &facts, voice));
    let stops = hurts(&session);
    let occasion = Some(session.occasion);
    Look {
        domain: "shooting",
        rules: RULES,
        occasion,
        facts,
        drafts,
        given,
        missing,
        notes: session.notes,
        stops,
        indication: indication(voice),
        ..Look::default()
    }
}

/// Stamped on every answer that the rules gave.
pub const RULES: &str = "rules/shooting@1";

//! The rule engine: what of a person's calls clashes, with what they are free for, or with labour rules.
//!
//! Pure: facts in ([`Person`], [`Law`]), [`Finding`]s out. The same functions serve the list of conflicts, the dry run of
//! an assignment, suggestions, and the refusal of a blocked rule. A day is the venue's, and a call that ends before
//! 06:00 belongs to its evening; an instant covered by two calls is worked once, in the one that starts first.
//!
//! ```text
//! calls ──► overlaps, unavailability, roles                       (invited and accepted)
//!       └─► stretches ──► break_min, call_min                     (accepted only, from here on)
//!       └─► days ──────► hours, amplitude, night, daily rest, days in a row
//!       └─► weeks ─────► hours, mean of twelve, weekly rest
//! ```

mod days;
mod finding;
mod law;
mod pairs;
#[cfg(test)]
mod tests;
mod weeks;

pub use finding::{Anchor, Finding, Kind, Measure};
pub use law::{Law, Rule, Severity, Unit};

use base::time::{Date, Interval, Zone};

/// A call of a person: when they work, where, as what.
#[derive(Clone, Debug)]
pub struct Call {
    pub span: Interval,
    pub break_minutes: i64,
    /// The venue's.
    pub zone: Zone,
    /// Accepted; else only invited.
    pub firm: bool,
    /// Folded, as the skills of a person are.
    pub role: String,
    /// Accepted beyond what the mission needs of the role.
    pub over_quota: bool,
}

/// What is known of one person, far enough around what is asked (see [`REACH_DAYS`]).
#[derive(Clone, Debug, Default)]
pub struct Person {
    pub calls: Vec<Call>,
    /// Approved absences.
    pub unavailable: Vec<Interval>,
    /// Folded; none at all says nothing about what somebody can do.
    pub skills: Vec<String>,
}

/// How many days before a span its findings depend on: twelve weeks, and the rest of the week before those.
pub const REACH_DAYS: i64 = 13 * 7;

/// One accepted call, and the part of it that no earlier call covers: what it adds to the hours.
struct Work<'a> {
    index: usize,
    call: &'a Call,
    day: Date,
    fresh: Option<Interval>,
}
impl Work<'_> {
    /// Of the part that counts, breaks taken off, in microseconds.
    fn worked(&self) -> i64 {
        self.fresh.map_or(0, |fresh| (micros(fresh) - self.break_micros()).max(0))
    }
    fn break_micros(&self) -> i64 {
        self.call.break_minutes.saturating_mul(MINUTE)
    }
}

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;

fn micros(span: Interval) -> i64 {
    span.end().micros() - span.start().micros()
}

/// Everything that does not fit, by when it begins.
pub fn findings(law: &Law, person: &Person) -> Vec<Finding> {
    let mut found = pairs::findings(person);
    let works = works(&person.calls);
    days::findings(law, &works, &mut found);
    weeks::findings(law, &works, &mut found);
    found.sort_by_key(|f| (f.window.start(), f.kind));
    found
}

/// What does not fit because of one call, which is taken as accepted.
pub fn findings_of(law: &Law, person: &Person, call: usize) -> Vec<Finding> {
    let mut found = findings(law, person);
    found.retain(|f| f.calls.contains(&call));
    found
}

/// The accepted calls in the order of their starts.
fn works(calls: &[Call]) -> Vec<Work<'_>> {
    let mut firm: Vec<_> = calls.iter().enumerate().filter(|(_, c)| c.firm).collect();
    firm.sort_by_key(|(index, c)| (c.span.start(), c.span.end(), c.break_minutes, *index));
    let mut covered = None;
    let works = firm.into_iter().map(|(index, call)| {
        let (start, end) = (call.span.start(), call.span.end());
        let fresh = Interval::new(covered.map_or(start, |c| start.max(c)), end).ok();
        covered = covered.max(Some(end));
        Work { index, call, day: call.zone.working_day(call.span), fresh }
    });
    works.collect()
}

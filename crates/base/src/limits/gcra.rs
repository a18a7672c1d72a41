//! GCRA: a bucket that is known by one instant, the one when it will be empty again.
//!
//! Each request pours a `step` of time in; it flows off as time passes, and `allowed` is what the bucket holds.

use super::Rule;
use crate::time::Timestamp;

/// A rule in whole microseconds, so that both backends reckon alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gcra {
    pub step: i64,
    pub allowed: i64,
}

/// What came of one request: how long to wait (0 is a yes), and how full the bucket is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub wait: i64,
    pub debt: i64,
}

impl Gcra {
    pub fn of(rule: Rule) -> Option<Self> {
        let Rule::Per { count, span, burst } = rule else { return None };
        let step = i64::try_from(span.as_micros()).unwrap_or(i64::MAX / 2) / i64::from(count.max(1));
        Some(Self { step, allowed: step.saturating_mul(i64::from(burst)) })
    }
    /// Takes one step out again.
    pub fn back(self) -> Self {
        Self { step: -self.step, ..self }
    }
    /// The bucket moves only when the answer is yes.
    pub fn take(self, empty: &mut Timestamp, now: Timestamp) -> Outcome {
        // More than the bucket holds is left over from a clock that was set back: it is full, no more.
        let debt = (empty.micros() - now.micros()).clamp(0, self.allowed);
        if debt + self.step > self.allowed {
            return Outcome { wait: debt + self.step - self.allowed, debt };
        }
        *empty = Timestamp::from_micros(now.micros() + debt + self.step);
        Outcome { wait: 0, debt: debt + self.step }
    }
}

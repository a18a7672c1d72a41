//! Rate limits by GCRA: a bucket that is known by one instant, in memory.

use crate::{error::Error, time::Timestamp};
use parking_lot::Mutex;
use std::{collections::HashMap, str::FromStr, time::Duration};

/// More keys than this at once are an attack: the oldest are forgotten first.
const MOST_KEYS: usize = 200_000;

/// `600/60s`: so many per span, of which `burst` may come at once. `off` never refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Off,
    Per { count: u32, span: Duration, burst: u32 },
}

impl Rule {
    #[must_use]
    pub fn with_burst(self, burst: u32) -> Self {
        match self {
            Self::Off => Self::Off,
            Self::Per { count, span, .. } => Self::Per { count, span, burst: burst.clamp(1, count) },
        }
    }
}
impl FromStr for Rule {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let wrong = || format!("`{s}` is not a limit like 600/60s, 5/1h or off");
        if s == "off" {
            return Ok(Self::Off);
        }
        let (count, span) = s.split_once('/').ok_or_else(wrong)?;
        let count: u32 = count.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?;
        let (number, unit) = span.split_at(span.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
        let unit = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(wrong()),
        };
        let span = number.parse::<u64>().ok().filter(|n| *n > 0).and_then(|n| n.checked_mul(unit)).ok_or_else(wrong)?;
        Ok(Self::Per { count, span: Duration::from_secs(span), burst: count })
    }
}

/// When each key's bucket will be empty again.
#[derive(Default)]
pub struct Limits(Mutex<HashMap<(&'static str, String), Timestamp>>);

impl Limits {
    /// One more of `name` for `key`, or an error that says when.
    pub fn take(&self, name: &'static str, rule: Rule, key: &str, now: Timestamp) -> Result<(), Error> {
        let Rule::Per { count, span, burst } = rule else { return Ok(()) };
        let step = span / count;
        let mut buckets = self.0.lock();
        if buckets.len() >= MOST_KEYS {
            buckets.retain(|_, empty| *empty > now);
        }
        let empty = buckets.entry((name, key.to_owned())).or_insert(now);
        let next = (*empty).max(now).plus(step);
        let ahead = next.since(now);
        let allowed = step * burst;
        if ahead > allowed {
            return Err(Error::rate_limited(ahead.saturating_sub(allowed)));
        }
        *empty = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rules_are_read() {
        assert_eq!("600/60s".parse(), Ok(Rule::Per { count: 600, span: Duration::from_secs(60), burst: 600 }));
        assert_eq!("5/1h".parse(), Ok(Rule::Per { count: 5, span: Duration::from_secs(3_600), burst: 5 }));
        assert_eq!("off".parse(), Ok(Rule::Off));
        for wrong in ["", "5", "0/1s", "5/0s", "5/1y", "x/1s", "5/s", "-1/1s"] {
            assert!(wrong.parse::<Rule>().is_err(), "{wrong}");
        }
    }
    proptest! {
        /// In any window of the span, never more than the burst and what flowed off meanwhile.
        #[test]
        fn never_more_than_allowed(gaps in proptest::collection::vec(0i64..3_000_000, 1..80), count in 1u32..6) {
            let limits = Limits::default();
            let rule: Rule = format!("{count}/6s").parse().unwrap();
            let (mut now, mut taken) = (Timestamp::from_micros(1_000_000_000), vec![]);
            for gap in gaps {
                now = now.plus(Duration::from_micros(gap as u64));
                let flowed = |from: Timestamp| now.since(from).as_micros() as f64 / (6_000_000.0 / f64::from(count));
                let brute = taken.iter().enumerate().all(|(i, from)| (taken.len() - i + 1) as f64 <= f64::from(count) + flowed(*from) + 1e-9);
                let took = limits.take("x", rule, "k", now).is_ok();
                prop_assert_eq!(took, brute);
                if took { taken.push(now); }
            }
        }
    }
    #[test]
    fn it_says_when_to_come_back() {
        let (limits, rule, now) = (Limits::default(), "2/10s".parse().unwrap(), Timestamp::from_micros(5_000_000));
        assert!(limits.take("x", rule, "k", now).is_ok() && limits.take("x", rule, "k", now).is_ok());
        let after = limits.take("x", rule, "k", now).unwrap_err().kind().after().unwrap();
        assert!(limits.take("x", rule, "other", now).is_ok());
        assert!(limits.take("x", rule, "k", now.plus(after)).is_ok());
    }
}

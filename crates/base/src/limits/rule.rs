//! How many of something in how long, as operators write it.

use std::{str::FromStr, time::Duration};

/// `600/60s`: so many per span, of which `burst` may come at once. `off` never refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Off,
    Per { count: u32, span: Duration, burst: u32 },
}

/// Longer spans would be forgotten by restarts anyway.
const LONGEST: u64 = 366 * 86_400;

impl Rule {
    /// So many per span, all of which may come at once.
    pub const fn per(count: u32, span: Duration) -> Self {
        Self::Per { count, span, burst: count }
    }
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
        read(s).ok_or_else(|| format!("`{s}` is not a limit like 600/60s, 5/1h or off"))
    }
}
fn read(s: &str) -> Option<Rule> {
    if s == "off" {
        return Some(Rule::Off);
    }
    let (count, span) = s.split_once('/')?;
    let count: u32 = number(count)?;
    let (length, unit) = span.split_at(span.find(|c: char| !c.is_ascii_digit())?);
    let unit: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let seconds = number::<u64>(length)?.checked_mul(unit).filter(|s| *s <= LONGEST)?;
    // Below a microsecond for each there would be no limit at all.
    let span = Duration::from_secs(seconds);
    (span.as_micros() >= u128::from(count)).then_some(Rule::Per { count, span, burst: count })
}
/// Digits only: `parse` would let a sign through. Zero is no limit anybody means.
fn number<T: FromStr + Default + PartialEq>(s: &str) -> Option<T> {
    let digits = !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    s.parse().ok().filter(|n| digits && *n != T::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read() {
        let per = |count, seconds| Ok(Rule::Per { count, span: Duration::from_secs(seconds), burst: count });
        assert_eq!("600/60s".parse(), per(600, 60));
        assert_eq!("5/600s".parse(), per(5, 600));
        assert_eq!("5/1h".parse(), per(5, 3_600));
        assert_eq!("10/2m".parse(), per(10, 120));
        assert_eq!("1/7d".parse(), per(1, 604_800));
        assert_eq!("off".parse(), Ok(Rule::Off));
        let wrong = ["", "5", "0/1s", "5/0s", "5/1y", "x/1s", "5/s", "-1/1s", "+5/1s", "5/+1s", "5/1s ", "2000000/1s", "1/400d", "OFF"];
        for wrong in wrong {
            assert!(wrong.parse::<Rule>().is_err(), "{wrong}");
        }
    }
}

//! Days that come again: a subset of RFC 5545's RRULE, for templates and for absences that repeat.
//!
//! `FREQ=DAILY|WEEKLY`, `INTERVAL`, `BYDAY`, `COUNT`, `UNTIL`. Days of the calendar only: what time it is then, and where, is
//! the business of whoever asks.

use base::time::Date;
use std::{collections::BTreeSet, fmt, str::FromStr};

/// No series is followed further than this.
const FURTHEST_DAYS: i64 = 366 * 20;
const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Every {
    Day,
    Week,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    every: Every,
    interval: i64,
    /// 0 is Monday; empty for every day, or for the weekday of the first.
    weekdays: BTreeSet<i64>,
    count: Option<usize>,
    until: Option<Date>,
}

impl Recurrence {
    /// Whether it comes to an end by itself.
    pub fn ends(&self) -> bool {
        self.count.is_some() || self.until.is_some()
    }
    /// The days of the series, from the first that fits on.
    pub fn days(&self, from: Date) -> impl Iterator<Item = Date> {
        let fits = move |day: Date| match self.every {
            Every::Day => day.days_since(from) % self.interval == 0 && (self.weekdays.is_empty() || self.weekdays.contains(&day.weekday())),
            Every::Week => {
                let weekday =
                    if self.weekdays.is_empty() { day.weekday() == from.weekday() } else { self.weekdays.contains(&day.weekday()) };
                weekday && day.monday().days_since(from.monday()) / 7 % self.interval == 0
            }
        };
        let days = (0..FURTHEST_DAYS).map(move |n| from.plus(n)).take_while(|day| self.until.is_none_or(|until| *day <= until));
        days.filter(move |day| fits(*day)).take(self.count.unwrap_or(usize::MAX))
    }
}

/// Which part of a rule cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoRule(pub &'static str);
impl fmt::Display for NoRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is expected as in FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,FR;COUNT=8", self.0)
    }
}
impl std::error::Error for NoRule {}

impl FromStr for Recurrence {
    type Err = NoRule;
    fn from_str(s: &str) -> Result<Self, NoRule> {
        let (mut every, mut interval, mut weekdays, mut count, mut until) = (None, None, None, None, None);
        for part in s.strip_prefix("RRULE:").unwrap_or(s).split(';') {
            let (name, value) = part.split_once('=').ok_or(NoRule("FREQ"))?;
            let first_time = match name {
                "FREQ" => every.replace(frequency(value)?).is_none(),
                "INTERVAL" => interval.replace(number(value, "INTERVAL", 1_000)?).is_none(),
                "BYDAY" => weekdays.replace(days_of(value)?).is_none(),
                "COUNT" => count.replace(number(value, "COUNT", 1_000)? as usize).is_none(),
                "UNTIL" => until.replace(day(value)?).is_none(),
                "WKST" if value == "MO" => true,
                _ => false,
            };
            if !first_time {
                return Err(NoRule("FREQ, INTERVAL, BYDAY, COUNT or UNTIL, each once,"));
            }
        }
        if count.is_some() && until.is_some() {
            return Err(NoRule("COUNT or UNTIL, not both,"));
        }
        let every = every.ok_or(NoRule("FREQ"))?;
        Ok(Self { every, interval: interval.unwrap_or(1), weekdays: weekdays.unwrap_or_default(), count, until })
    }
}
fn frequency(value: &str) -> Result<Every, NoRule> {
    match value {
        "DAILY" => Ok(Every::Day),
        "WEEKLY" => Ok(Every::Week),
        _ => Err(NoRule("FREQ=DAILY or FREQ=WEEKLY")),
    }
}
fn number(value: &str, name: &'static str, most: i64) -> Result<i64, NoRule> {
    value.parse().ok().filter(|n| (1..=most).contains(n)).ok_or(NoRule(name))
}
fn days_of(value: &str) -> Result<BTreeSet<i64>, NoRule> {
    let one = |name: &str| DAYS.iter().position(|d| *d == name).map(|n| n as i64);
    value.split(',').map(one).collect::<Option<_>>().ok_or(NoRule("BYDAY"))
}
/// `2026-12-31`, or RFC 5545's `20261231` and `20261231T225959Z`, whose time is not looked at.
fn day(value: &str) -> Result<Date, NoRule> {
    let date = value.split('T').next().unwrap_or_default();
    let plain = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
    let dashed = if plain { format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]) } else { date.to_owned() };
    dashed.parse().map_err(|_| NoRule("UNTIL"))
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.every == Every::Day { "FREQ=DAILY" } else { "FREQ=WEEKLY" })?;
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        for (n, weekday) in self.weekdays.iter().enumerate() {
            write!(f, "{}{}", if n == 0 { ";BYDAY=" } else { "," }, DAYS[*weekday as usize % 7])?;
        }
        self.count.iter().try_for_each(|count| write!(f, ";COUNT={count}"))?;
        self.until.iter().try_for_each(|until| write!(f, ";UNTIL={}", until.to_string().replace('-', "")))
    }
}
base::text_column!(Recurrence);
impl serde::Serialize for Recurrence {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for Recurrence {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(|_| serde::de::Error::custom("expected a rule like FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,FR;COUNT=8"))
    }
}
impl utoipa::PartialSchema for Recurrence {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("A subset of RFC 5545: FREQ=DAILY|WEEKLY, INTERVAL, BYDAY, COUNT or UNTIL"))
            .examples(["FREQ=WEEKLY;BYDAY=MO,FR;COUNT=8"])
            .into()
    }
}
impl utoipa::ToSchema for Recurrence {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// From Monday 7 September 2026 on unless said.
    fn days(rule: &str, from: &str) -> Vec<String> {
        let rule: Recurrence = rule.parse().unwrap();
        rule.days(from.parse().unwrap()).take(50).map(|d| d.to_string()[5..].to_owned()).collect()
    }
    #[test]
    fn the_days_of_a_series() {
        let monday = "2026-09-07";
        assert_eq!(days("FREQ=DAILY;COUNT=3", monday), ["09-07", "09-08", "09-09"]);
        assert_eq!(days("FREQ=DAILY;INTERVAL=2;UNTIL=2026-09-11", monday), ["09-07", "09-09", "09-11"], "the last day is in it");
        assert_eq!(days("FREQ=DAILY;BYDAY=SA,SU;COUNT=3", monday), ["09-12", "09-13", "09-19"]);
        assert_eq!(days("FREQ=WEEKLY;COUNT=2", "2026-09-10"), ["09-10", "09-17"], "the weekday of the first");
        assert_eq!(days("FREQ=WEEKLY;BYDAY=FR,MO;COUNT=4", "2026-09-08"), ["09-11", "09-14", "09-18", "09-21"]);
        // Every second week counts from the week of the first day, whose Monday is past.
        assert_eq!(days("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=3", "2026-09-09"), ["09-13", "09-21", "09-27"]);
        assert_eq!(days("RRULE:FREQ=WEEKLY;UNTIL=20260914T215959Z;WKST=MO", monday), ["09-07", "09-14"]);
        assert_eq!(days("FREQ=DAILY", monday).len(), 50);
        assert_eq!(days("FREQ=DAILY;UNTIL=20260906", monday), [""; 0]);
    }
    #[test]
    fn what_is_no_rule() {
        for text in [
            "",
            "DAILY",
            "FREQ=MONTHLY",
            "INTERVAL=2",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;COUNT=0",
            "FREQ=DAILY;COUNT=x",
            "FREQ=WEEKLY;BYDAY=1MO",
            "FREQ=WEEKLY;BYDAY=",
            "FREQ=DAILY;COUNT=1;UNTIL=20260901",
            "FREQ=DAILY;FREQ=DAILY",
            "FREQ=DAILY;UNTIL=20261301",
            "FREQ=DAILY;BYMONTH=1",
            "FREQ=DAILY;",
        ] {
            assert!(text.parse::<Recurrence>().is_err(), "{text}");
        }
    }
    proptest! {
        #[test]
        fn a_rule_survives_its_text(week in any::<bool>(), interval in 1i64..5, weekdays in proptest::collection::btree_set(0i64..7, 0..7), end in 0usize..30) {
            let every = if week { Every::Week } else { Every::Day };
            let from: Date = "2026-09-07".parse().unwrap();
            let count = (end % 3 == 1).then_some(end);
            let until = (end % 3 == 2).then(|| from.plus(end as i64));
            let rule = Recurrence { every, interval, weekdays: weekdays.clone(), count, until };
            prop_assert_eq!(&rule.to_string().parse::<Recurrence>().unwrap(), &rule);
            let days: Vec<Date> = rule.days(from).take(40).collect();
            prop_assert!(days.windows(2).all(|d| d[0] < d[1]) && days.iter().all(|d| *d >= from));
            prop_assert!(count.is_none_or(|n| days.len() == n) && until.is_none_or(|u| days.iter().all(|d| *d <= u)));
            prop_assert!(weekdays.is_empty() || days.iter().all(|d| weekdays.contains(&d.weekday())));
        }
    }
}

//! The labour rules of an organisation: what each limits, by how much, and whether it is off, warns or blocks.
//!
//! The defaults follow French law and the agreements of live performance. They are an aid for planning, indicative only,
//! and no legal advice; an organisation sets its own.

use base::id::NotAnId;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;

/// What happens when a rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Off,
    Warn,
    /// The answer is refused unless a manager overrides it.
    Block,
}
/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    Minutes,
    Hours,
    Days,
}
impl Unit {
    /// How many of the smallest unit (minutes, or days) one of it is.
    pub const fn size(self) -> i64 {
        if let Self::Hours = self { 60 } else { 1 }
    }
}

macro_rules! rules { ($($(#[$doc:meta])* $t:ident $name:literal $limit:literal $unit:ident $source:literal;)+) => {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum Rule { $($(#[$doc])* #[serde(rename = $name)] $t),+ }
    impl Rule {
        pub const ALL: &'static [Self] = &[$(Self::$t),+];
        pub const fn name(self) -> &'static str { match self { $(Self::$t => $name),+ } }
        /// The unit that people use for it.
        pub const fn unit(self) -> Unit { match self { $(Self::$t => Unit::$unit),+ } }
        /// Whether the limit is the least that must be; else it is the most that may be.
        pub const fn is_least(self) -> bool {
            matches!(self, Self::RestDailyMin | Self::RestWeeklyMin | Self::BreakMin | Self::CallMin)
        }
        /// Where the default comes from.
        pub const fn source(self) -> &'static str { match self { $(Self::$t => $source),+ } }
        /// In minutes, or in days.
        const fn usual_limit(self) -> i64 { match self { $(Self::$t => $limit * Unit::$unit.size()),+ } }
    }
} }
rules! {
    /// Rest between the last call of a day and the first of the next.
    RestDailyMin       "rest_daily_min"       11 Hours   "C. trav. L3131-1";
    /// Work in a day, breaks taken off.
    HoursDayMax        "hours_day_max"        10 Hours   "C. trav. L3121-18";
    /// From the first start of a day to its last end.
    AmplitudeDayMax    "amplitude_day_max"    12 Hours   "convention collective";
    /// Work from Monday 00:00 to Sunday 24:00.
    HoursWeekMax       "hours_week_max"       48 Hours   "C. trav. L3121-20";
    /// Mean of any twelve weeks in a row.
    HoursWeekAvg12     "hours_week_avg12"     44 Hours   "C. trav. L3121-22";
    /// The longest rest of a week, 24 hours of it in the week.
    RestWeeklyMin      "rest_weekly_min"      35 Hours   "C. trav. L3132-2";
    ConsecutiveDaysMax "consecutive_days_max" 6  Days    "C. trav. L3132-1";
    /// The break in six hours of work or more.
    BreakMin           "break_min"            20 Minutes "C. trav. L3121-16";
    /// Work between 21:00 and 06:00 in one day.
    NightWork          "night_work"           3  Hours   "C. trav. L3122-2, L3122-5";
    /// The shortest stretch of work somebody is called for.
    CallMin            "call_min"             210 Minutes "IDCC 1285 VI.6.1";
}
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
impl FromStr for Rule {
    type Err = NotAnId;
    fn from_str(s: &str) -> Result<Self, NotAnId> {
        Self::ALL.iter().find(|r| r.name() == s).copied().ok_or(NotAnId)
    }
}
base::text_column!(Rule);

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Block => "block",
        })
    }
}
impl FromStr for Severity {
    type Err = NotAnId;
    fn from_str(s: &str) -> Result<Self, NotAnId> {
        [Self::Off, Self::Warn, Self::Block].into_iter().find(|v| v.to_string() == s).ok_or(NotAnId)
    }
}
base::text_column!(Severity);

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
        })
    }
}
impl FromStr for Unit {
    type Err = NotAnId;
    fn from_str(s: &str) -> Result<Self, NotAnId> {
        [Self::Minutes, Self::Hours, Self::Days].into_iter().find(|v| v.to_string() == s).ok_or(NotAnId)
    }
}
base::text_column!(Unit);

/// The rules as one organisation has set them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Law([(i64, Severity); Rule::ALL.len()]);

impl Default for Law {
    fn default() -> Self {
        let mut law = Self([(0, Severity::Warn); Rule::ALL.len()]);
        Rule::ALL.iter().for_each(|rule| law.set(*rule, rule.usual_limit(), Severity::Warn));
        law
    }
}
impl Law {
    /// `limit` in minutes, or in days.
    pub fn set(&mut self, rule: Rule, limit: i64, severity: Severity) {
        self.0[rule as usize] = (limit, severity);
    }
    /// In minutes, or in days.
    pub fn limit(&self, rule: Rule) -> i64 {
        self.0[rule as usize].0
    }
    pub fn severity(&self, rule: Rule) -> Severity {
        self.0[rule as usize].1
    }
    pub fn is_on(&self, rule: Rule) -> bool {
        self.severity(rule) != Severity::Off
    }
}

//! What the engine found: a kind, how grave it is, the figures, and the calls that make it so.

use super::{Law, MINUTE, Rule, Severity, Unit};
use base::{
    id::NotAnId,
    say,
    say::Say,
    time::{Date, Interval},
};
use serde::Serialize;
use std::{fmt, str::FromStr};
use utoipa::ToSchema;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Two accepted calls share an instant.
    Overlap,
    /// The same, one of them only invited.
    TentativeOverlap,
    /// Inside an approved absence.
    Unavailable,
    /// The person's skills are known, and the role is none of them.
    RoleMismatch,
    /// More accepted than the mission needs.
    RoleFull,
    Rule(Rule),
}
impl Kind {
    const PLAIN: [Self; 5] = [Self::Overlap, Self::TentativeOverlap, Self::Unavailable, Self::RoleMismatch, Self::RoleFull];
    pub fn all() -> impl Iterator<Item = Self> {
        Self::PLAIN.into_iter().chain(Rule::ALL.iter().copied().map(Self::Rule))
    }
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overlap => "overlap",
            Self::TentativeOverlap => "tentative_overlap",
            Self::Unavailable => "unavailable",
            Self::RoleMismatch => "role_mismatch",
            Self::RoleFull => "role_full",
            Self::Rule(rule) => rule.name(),
        }
    }
    /// Whether accepting is refused; of a rule the organisation says so.
    pub fn severity(self, law: &Law) -> Severity {
        match self {
            Self::Overlap | Self::Unavailable | Self::RoleFull => Severity::Block,
            Self::TentativeOverlap | Self::RoleMismatch => Severity::Warn,
            Self::Rule(rule) => law.severity(rule),
        }
    }
}
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
impl FromStr for Kind {
    type Err = NotAnId;
    fn from_str(s: &str) -> Result<Self, NotAnId> {
        Self::all().find(|kind| kind.name() == s).ok_or(NotAnId)
    }
}

/// What a finding hangs on, so that it is the same one when it is found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Anchor {
    Call(usize),
    Pair(usize, usize),
    Day(Date),
}

/// The limit and what there is instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Measure {
    pub limit: i64,
    pub actual: i64,
    /// `minutes` or `days`
    pub unit: Unit,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    pub measure: Option<Measure>,
    pub window: Interval,
    pub anchor: Anchor,
    /// Indices of the calls that it concerns.
    pub calls: Vec<usize>,
}

impl Finding {
    pub(super) fn plain(kind: Kind, window: Interval, anchor: Anchor, calls: Vec<usize>) -> Self {
        Self { kind, measure: None, window, anchor, calls }
    }
    /// When the rule is on and broken. `actual` is in microseconds, or in days.
    pub(super) fn of_rule(
        law: &Law,
        rule: Rule,
        actual: i64,
        window: Interval,
        anchor: Anchor,
        calls: impl FnOnce() -> Vec<usize>,
    ) -> Option<Self> {
        let (limit, days) = (law.limit(rule), rule.unit() == Unit::Days);
        let size = if days { 1 } else { MINUTE };
        let broken = if rule.is_least() { actual < limit * size } else { actual > limit * size };
        if !law.is_on(rule) || !broken {
            return None;
        }
        // Rounded away from the limit, so that what is shown is beyond it too.
        let actual = if rule.is_least() { actual.div_euclid(size) } else { -(-actual).div_euclid(size) };
        let unit = if days { Unit::Days } else { Unit::Minutes };
        Some(Self { kind: Kind::Rule(rule), measure: Some(Measure { limit, actual, unit }), window, anchor, calls: calls() })
    }
    /// A sentence for the planner.
    pub fn say(&self) -> Say {
        let (limit, actual) = self.measure.map_or_else(Default::default, |m| (m.text(m.limit), m.text(m.actual)));
        match self.kind {
            Kind::Overlap => say!("Two accepted calls share this time.", "Deux engagements acceptés se chevauchent."),
            Kind::TentativeOverlap => {
                say!("An invitation shares this time with another call.", "Une invitation chevauche un autre engagement.")
            }
            Kind::Unavailable => say!("This lies in an approved absence.", "Cela tombe pendant une absence approuvée."),
            Kind::RoleMismatch => {
                say!("The role is not among the person’s skills.", "Le poste ne figure pas parmi les compétences de la personne.")
            }
            Kind::RoleFull => say!("The role has all the people it needs.", "Le poste est déjà pourvu."),
            Kind::Rule(rule) => rule.broken(&limit, &actual),
        }
    }
}

impl Measure {
    fn text(self, figure: i64) -> String {
        match (self.unit, figure.div_euclid(60), figure.rem_euclid(60)) {
            (Unit::Days, ..) => figure.to_string(),
            (_, 0, minutes) => format!("{minutes} min"),
            (_, hours, 0) => format!("{hours} h"),
            (_, hours, minutes) => format!("{hours} h {minutes:02}"),
        }
    }
}

impl Rule {
    fn broken(self, limit: &str, actual: &str) -> Say {
        match self {
            Self::RestDailyMin => say!(
                "{actual} of rest between two days; {limit} is the least.",
                "{actual} de repos entre deux jours ; le minimum est de {limit}."
            ),
            Self::HoursDayMax => {
                say!("{actual} of work in a day; {limit} is the most.", "{actual} de travail dans la journée ; le maximum est de {limit}.")
            }
            Self::AmplitudeDayMax => {
                say!("A day of {actual} from start to end; {limit} is the most.", "Une amplitude de {actual} ; le maximum est de {limit}.")
            }
            Self::HoursWeekMax => {
                say!("{actual} of work in a week; {limit} is the most.", "{actual} de travail dans la semaine ; le maximum est de {limit}.")
            }
            Self::HoursWeekAvg12 => say!(
                "{actual} of work a week over twelve weeks; {limit} is the most.",
                "{actual} de travail par semaine sur douze semaines ; le maximum est de {limit}."
            ),
            Self::RestWeeklyMin => say!(
                "{actual} is the longest rest of the week; {limit} is the least.",
                "{actual} au plus de repos d’affilée dans la semaine ; le minimum est de {limit}."
            ),
            Self::ConsecutiveDaysMax => {
                say!(
                    "{actual} days of work in a row; {limit} is the most.",
                    "{actual} jours de travail d’affilée ; le maximum est de {limit}."
                )
            }
            Self::BreakMin => {
                say!(
                    "A break of {actual} in six hours or more; {limit} is the least.",
                    "{actual} de pause pour six heures ou plus ; le minimum est de {limit}."
                )
            }
            Self::NightWork => {
                say!(
                    "{actual} of work between 21:00 and 06:00; {limit} is the most.",
                    "{actual} de travail entre 21 h et 6 h ; le maximum est de {limit}."
                )
            }
            Self::CallMin => {
                say!("Called for {actual} only; {limit} is the least.", "Un engagement de {actual} seulement ; le minimum est de {limit}.")
            }
        }
    }
}

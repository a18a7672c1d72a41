//! What is added up, and how: pure, so that tables of figures test it.

use crate::{
    people::model::PersonId,
    projects::model::ProjectId,
    rates::{
        model::{Rate, Snapshot, Unit, choose},
        money,
    },
};
use base::time::{Date, Timestamp, Zone};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What 507 hours are counted in.
pub const THRESHOLD_MINUTES: i64 = 507 * 60;
/// Of what has no rate.
const CURRENCY: &str = "EUR";

/// An engagement as far as reports look at it.
#[derive(Clone, Debug)]
pub struct Line {
    pub person: PersonId,
    pub name: String,
    pub project: Option<ProjectId>,
    pub zone: Zone,
    pub start: Timestamp,
    pub end: Timestamp,
    pub break_minutes: i64,
    pub role_key: String,
    /// Accepted; else only asked.
    pub confirmed: bool,
    /// What was copied when it was accepted.
    pub kept: Option<Snapshot>,
}

impl Line {
    /// The venue's day on which it begins.
    pub fn day(&self) -> Date {
        self.zone.date(self.start)
    }
    /// Paid minutes: the call without its break.
    pub fn minutes(&self) -> i64 {
        (i64::try_from(self.end.since(self.start).as_secs() / 60).unwrap_or(0) - self.break_minutes).max(0)
    }
    /// The rate it was accepted under, or the one that would be copied now.
    pub fn rate(&self, rates: &Rates) -> Option<Snapshot> {
        let now = || choose(rates.get(&self.person)?, &self.role_key, self.day()).map(Snapshot::from);
        self.kept.clone().filter(|_| self.confirmed).or_else(now)
    }
}
pub type Rates = BTreeMap<PersonId, Vec<Rate>>;

/// Minutes and money, planned (asked or accepted) and confirmed (accepted).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Totals {
    pub assignments: i64,
    pub planned_minutes: i64,
    pub confirmed_minutes: i64,
    pub planned_cents: i64,
    pub confirmed_cents: i64,
    /// How many have no rate: they are in the minutes, not in the money.
    pub unpriced: i64,
}
impl Totals {
    fn add(&mut self, line: &Line, rate: Option<&Snapshot>, day_minutes: i64) {
        let minutes = line.minutes();
        let cents = rate.map_or(0, |r| money::earned(r.unit, r.cents, minutes, day_minutes));
        self.assignments += 1;
        self.planned_minutes += minutes;
        self.planned_cents = self.planned_cents.saturating_add(cents);
        self.unpriced += i64::from(rate.is_none());
        if line.confirmed {
            self.confirmed_minutes += minutes;
            self.confirmed_cents = self.confirmed_cents.saturating_add(cents);
        }
    }
}

/// Totals under a key and a currency: amounts of two currencies are never added.
pub struct Sums<K> {
    day_minutes: i64,
    all: BTreeMap<(K, String), Totals>,
}
impl<K: Ord> Sums<K> {
    pub fn new(day_minutes: i64) -> Self {
        Self { day_minutes, all: BTreeMap::new() }
    }
    pub fn add(&mut self, key: K, line: &Line, rates: &Rates) {
        let rate = line.rate(rates);
        let currency = rate.as_ref().map_or(CURRENCY, |r| &r.currency).to_owned();
        self.all.entry((key, currency)).or_default().add(line, rate.as_ref(), self.day_minutes);
    }
    /// In the order of their keys.
    pub fn each(self) -> impl Iterator<Item = (K, String, Totals)> {
        self.all.into_iter().map(|((key, currency), totals)| (key, currency, totals))
    }
}

/// `2026-09`, then the person by name.
pub type MonthlyKey = (String, String, PersonId);
pub fn monthly_key(line: &Line) -> MonthlyKey {
    (line.day().to_string()[..7].to_owned(), line.name.clone(), line.person)
}

/// The minutes that count toward the 507 hours.
pub fn counted(line: &Line, rates: &Rates) -> i64 {
    money::counted(line.rate(rates).map(|r| r.unit), line.minutes())
}
pub fn is_cachet(line: &Line, rates: &Rates) -> bool {
    line.rate(rates).is_some_and(|r| r.unit == Unit::Cachet)
}

/// The first of the twelve months that end with this day.
pub fn twelve_months_before(last: Date) -> Date {
    let text = last.to_string();
    let (year, rest) = text.split_once('-').unwrap_or_default();
    let year = year.parse::<i64>().unwrap_or(0) - 1;
    // 29 February has no sister a year before; the count begins on the 1st of March then.
    let same = format!("{year:04}-{rest}").parse::<Date>().or_else(|_| format!("{year:04}-02-28").parse());
    same.map_or(last, |day| day.plus(1))
}

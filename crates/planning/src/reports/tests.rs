//! Tables of figures, without a store.

use super::model::*;
use crate::{
    people::model::PersonId,
    rates::model::{Rate, RateId, Snapshot, Unit},
};
use base::{id, time::Timestamp};

fn line(start: &str, end: &str, break_minutes: i64, confirmed: bool, kept: Option<(Unit, i64, &str)>) -> Line {
    Line {
        person: PersonId(id::Uuid::nil()),
        name: "Léa".into(),
        project: None,
        zone: "Europe/Paris".parse().unwrap(),
        start: start.parse().unwrap(),
        end: end.parse().unwrap(),
        break_minutes,
        role_key: "son".into(),
        confirmed,
        kept: kept.map(|(unit, cents, currency)| Snapshot { unit, cents, currency: currency.into() }),
    }
}

#[test]
fn minutes_are_those_of_the_clock_without_the_break() {
    for (start, end, pause, expected) in [
        ("2026-09-10T08:00:00Z", "2026-09-10T16:30:00Z", 60, 450),
        ("2026-09-10T08:00:00Z", "2026-09-10T08:30:00Z", 60, 0),
        // 22:00 to 06:00 in Paris over the night the clocks go back: nine hours, and seven when they go forward.
        ("2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z", 0, 540),
        ("2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z", 0, 420),
    ] {
        assert_eq!(line(start, end, pause, true, None).minutes(), expected, "{start}");
    }
}

#[test]
fn planned_and_confirmed_by_month_and_currency() {
    let lines = [
        line("2026-08-31T21:59:00Z", "2026-09-01T03:00:00Z", 0, true, Some((Unit::Flat, 1_000, "EUR"))),
        // Half past midnight in Paris is September already.
        line("2026-08-31T22:30:00Z", "2026-09-01T00:30:00Z", 0, true, Some((Unit::Hour, 1_001, "EUR"))),
        // Asked: by the rate of now, whatever was kept when it was accepted once.
        line("2026-09-10T08:00:00Z", "2026-09-10T16:00:00Z", 0, false, Some((Unit::Day, 1, "EUR"))),
        line("2026-09-11T08:00:00Z", "2026-09-11T09:00:00Z", 0, true, Some((Unit::Cachet, 18_000, "CHF"))),
        // Before any rate.
        line("2026-09-05T08:00:00Z", "2026-09-05T09:00:00Z", 0, true, None),
    ];
    let at = Timestamp::from_micros(0);
    let rate = Rate {
        id: RateId(id::Uuid::nil()),
        role_key: String::new(),
        role: None,
        unit: Unit::Day,
        cents: 25_000,
        currency: "EUR".into(),
        valid_from: "2026-09-10".parse().unwrap(),
        version: 1,
        created_at: at,
        updated_at: at,
    };
    let rates = Rates::from([(PersonId(id::Uuid::nil()), vec![rate])]);
    let mut sums = Sums::new(480);
    lines.iter().for_each(|l| sums.add(monthly_key(l), l, &rates));
    let found: Vec<_> = sums
        .each()
        .map(|((month, ..), currency, t)| {
            (month, currency, t.assignments, t.planned_minutes, t.confirmed_minutes, t.planned_cents, t.confirmed_cents, t.unpriced)
        })
        .collect();
    assert_eq!(
        found,
        [
            ("2026-08".to_owned(), "EUR".to_owned(), 1, 301, 301, 1_000, 1_000, 0),
            ("2026-09".to_owned(), "CHF".to_owned(), 1, 60, 60, 18_000, 18_000, 0),
            ("2026-09".to_owned(), "EUR".to_owned(), 3, 660, 180, 27_002, 2_002, 1),
        ]
    );
}

#[test]
fn a_cachet_counts_twelve_hours() {
    let hours = |kept| counted(&line("2026-09-10T18:00:00Z", "2026-09-10T20:00:00Z", 0, true, kept), &Rates::new()) / 60;
    assert_eq!(hours(Some((Unit::Cachet, 1, "EUR"))), 12);
    assert_eq!((hours(Some((Unit::Day, 1, "EUR"))), hours(None)), (2, 2));
}

#[test]
fn twelve_months_end_with_the_day() {
    for (last, first) in
        [("2026-09-10", "2025-09-11"), ("2026-12-31", "2026-01-01"), ("2028-02-29", "2027-03-01"), ("2027-02-28", "2026-03-01")]
    {
        assert_eq!(twelve_months_before(last.parse().unwrap()), first.parse().unwrap(), "{last}");
    }
}

//! The rules by hand-computed figures, and against a slow and plain computation of the same.

mod brute;

use super::*;
use base::time::When;

/// In Paris, accepted, with a break of half an hour.
fn call(start: &str, end: &str) -> Call {
    let zone: Zone = "Europe/Paris".parse().unwrap();
    let at = |text: &str| text.parse::<When>().unwrap().at(&zone).unwrap();
    let span = Interval::new(at(start), at(end)).unwrap();
    Call { span, break_minutes: 30, zone, firm: true, role: "son".to_owned(), over_quota: false }
}
/// Calls of September 2026, whose 7th is a Monday: `"07 09:00 18:00"`; an end before its start is on the next day.
fn calls(days: &[&str]) -> Vec<Call> {
    let one = |text: &&str| {
        let parts: Vec<&str> = text.split(' ').collect();
        let day: u8 = parts[0].parse().unwrap();
        let last = if parts[2] < parts[1] { day + 1 } else { day };
        call(&format!("2026-09-{day:02}T{}", parts[1]), &format!("2026-09-{last:02}T{}", parts[2]))
    };
    days.iter().map(one).collect()
}
/// `kind actual` of everything found, in the order found.
fn told(calls: Vec<Call>) -> Vec<String> {
    told_of(&Person { calls, ..Person::default() })
}
fn told_of(person: &Person) -> Vec<String> {
    let text = |f: Finding| match f.measure {
        Some(m) => format!("{} {}", f.kind, m.actual),
        None => f.kind.to_string(),
    };
    findings(&Law::default(), person).into_iter().map(text).collect()
}

#[test]
fn a_quiet_week_says_nothing() {
    // Five days of 8 h 30, 15 h between them, from Friday 18:00 on free: far from every limit.
    assert_eq!(told(calls(&["07 09:00 18:00", "08 09:00 18:00", "09 09:00 18:00", "10 09:00 18:00", "11 09:00 18:00"])), [""; 0]);
    assert_eq!(told(vec![]), [""; 0]);
}

#[test]
fn the_figures_of_a_day() {
    // 09:00 to 19:30 less half an hour is 10 h: the most that may be. A minute more is too much.
    assert_eq!(told(calls(&["07 09:00 19:30"])), [""; 0]);
    assert_eq!(told(calls(&["07 09:00 19:31"])), ["hours_day_max 601"]);
    // Two calls of one day: 4 h 30 and 5 h (less half an hour each) are 8 h 30, but 13 h lie between start and end.
    assert_eq!(told(calls(&["07 09:00 14:00", "07 16:30 22:00"])), ["amplitude_day_max 780"]);
    assert_eq!(told(calls(&["07 09:00 14:00", "07 16:30 21:00"])), [""; 0], "twelve hours may be");
    // A get-out from 22:15 to 02:00 works 3 h 45 of the night; a show until 22:10 works 1 h 10.
    assert_eq!(told(calls(&["07 22:15 02:00"])), ["night_work 225"]);
    assert_eq!(told(calls(&["07 18:30 22:10"])), [""; 0]);
    // Three hours are too short to come for; four in two parts ten minutes apart are not.
    assert_eq!(told(calls(&["07 14:00 17:00"])), ["call_min 180"]);
    assert_eq!(told(calls(&["07 14:00 16:00", "07 16:10 18:10"])), [""; 0]);
    assert_eq!(told(calls(&["07 14:00 16:00", "07 16:20 18:20"])), ["call_min 120", "call_min 120"], "twenty minutes are a break");
}

#[test]
fn a_break_is_due_from_six_hours_on() {
    let with_break = |minutes, end: &str| told(vec![Call { break_minutes: minutes, ..call("2026-09-07T09:00", end) }]);
    assert_eq!(with_break(0, "2026-09-07T14:59"), [""; 0]);
    assert_eq!(with_break(0, "2026-09-07T15:00"), ["break_min 0"]);
    assert_eq!(with_break(19, "2026-09-07T15:00"), ["break_min 19"]);
    assert_eq!(with_break(20, "2026-09-07T15:00"), [""; 0]);
}

#[test]
fn rest_lies_between_days_not_between_calls() {
    // 23:00 to 07:45 is 8 h 45, 21:00 to 08:00 is 11 h.
    assert_eq!(told(calls(&["07 18:00 23:00", "08 07:45 12:00"])), ["rest_daily_min 525"]);
    assert_eq!(told(calls(&["07 15:00 21:00", "08 08:00 12:00"])), [""; 0]);
    // Two hours between two calls of one day are no rest between days.
    assert_eq!(told(calls(&["07 09:00 13:00", "07 15:00 19:00"])), [""; 0]);
    // After midnight and ended before six it is still Monday's evening (1 h of night before it, 3 h in it) …
    assert_eq!(told(calls(&["07 18:00 22:00", "08 00:30 04:30"])), ["night_work 300"]);
    // … but until seven it is Tuesday's morning: 2 h 30 of rest, 5 h 30 of night.
    assert_eq!(told(calls(&["07 18:00 22:00", "08 00:30 07:00"])), ["rest_daily_min 150", "night_work 330"]);
    // The longest of Monday's calls counts, whichever starts last.
    let mut nested = calls(&["07 14:00 23:00", "08 09:00 13:00"]);
    nested.push(call("2026-09-07T16:00", "2026-09-07T18:00"));
    assert_eq!(told(nested), ["rest_daily_min 600", "overlap"]);
}

#[test]
fn the_figures_of_a_week() {
    // Six days of 8 h 30 (09:00 to 18:00 less half an hour) are 51 h; Sunday is free: Saturday 18:00 to Monday, and
    // the six days may be.
    let week = ["07 09:00 18:00", "08 09:00 18:00", "09 09:00 18:00", "10 09:00 18:00", "11 09:00 18:00", "12 09:00 18:00"];
    assert_eq!(told(calls(&week)), ["hours_week_max 3060"]);
    // A seventh day is one too many in a row, makes 59 h 30, and leaves too little rest: until Monday at
    // nine the person was free, but of that only 9 h are in the week (and 11 h may lie outside): 20 h.
    let full = [&week[..], &["13 09:00 18:00"]].concat();
    assert_eq!(told(calls(&full)), ["hours_week_max 3570", "rest_weekly_min 1200", "consecutive_days_max 7"]);
    // Until Sunday at 14:00 and again on Tuesday at eight: 42 h of rest, 32 of them in the second week.
    let second =
        ["13 09:00 14:00", "15 08:00 16:00", "16 08:00 16:00", "17 08:00 16:00", "18 08:00 16:00", "19 08:00 16:00", "20 08:00 16:00"];
    assert_eq!(told(calls(&second)), [""; 0]);
    // A night from Sunday to Monday, 20:00 to 05:00: 4 h in the first week, 5 h less the break in the second.
    let night =
        [&["07 09:00 18:00", "08 09:00 18:00", "09 09:00 18:00", "10 09:00 18:00", "11 08:00 19:00"][..], &["13 20:00 05:00"]].concat();
    assert_eq!(told(calls(&night)), ["hours_week_max 2910", "hours_day_max 630", "night_work 480"], "34 h + 10 h 30 + 4 h");
}

#[test]
fn the_mean_of_twelve_weeks() {
    // 45 h 30 a week (5 × 9 h 06) from 7 September on, for twelve weeks: 11 of them are 41 h 42 over twelve, 12 are 45 h 30.
    let zone: Zone = "Europe/Paris".parse().unwrap();
    let monday = call("2026-09-07T08:00", "2026-09-07T17:36");
    let all = (0..12 * 7).filter(|d| d % 7 < 5).map(|d| Call { span: zone.shift_span(monday.span, d).unwrap(), ..monday.clone() });
    assert_eq!(told(all.clone().take(11 * 5).collect()), [""; 0]);
    let with_a_free_week =
        (0..13 * 7).filter(|d| d % 7 < 5 && d / 7 != 6).map(|d| Call { span: zone.shift_span(monday.span, d).unwrap(), ..monday.clone() });
    assert_eq!(told(with_a_free_week.collect()), [""; 0], "twelve weeks of work, but never twelve in a row");
    let all: Vec<Call> = all.collect();
    assert_eq!(told(all.clone()), ["hours_week_avg12 2730"]);
    let found = findings(&Law::default(), &Person { calls: all, ..Person::default() });
    assert_eq!(found[0].anchor, Anchor::Day("2026-11-23".parse().unwrap()), "the twelfth week");
    assert_eq!(found[0].calls.len(), 60);
}

#[test]
fn a_night_when_clocks_change_is_as_long_as_it_is() {
    let night = |from: &str, to: &str| told(vec![Call { break_minutes: 60, ..call(from, to) }]);
    assert_eq!(night("2026-10-24T21:30", "2026-10-25T07:30"), ["night_work 570"], "21:30 to 06:00, an hour of it twice");
    assert_eq!(night("2026-03-28T22:00", "2026-03-29T06:00"), ["night_work 420"]);
    // Rest too: 20:00 to 07:00 is ten hours in March.
    assert_eq!(
        told(vec![call("2026-03-28T15:00", "2026-03-28T20:00"), call("2026-03-29T07:00", "2026-03-29T12:00")]),
        ["rest_daily_min 600"]
    );
}

#[test]
fn pairs_absences_roles_and_quotas() {
    let (a, b) = (call("2026-09-07T09:00", "2026-09-07T13:00"), call("2026-09-07T13:00", "2026-09-07T17:00"));
    assert_eq!(told(vec![a.clone(), b.clone()]), [""; 0], "touching is not overlapping");
    let late = call("2026-09-07T12:00", "2026-09-07T17:00");
    assert_eq!(told(vec![a.clone(), late.clone()]), ["overlap"]);
    assert_eq!(told(vec![a.clone(), Call { firm: false, ..late.clone() }]), ["tentative_overlap"]);
    let away = Person { unavailable: vec![late.span, b.span, a.span], ..Person::default() };
    assert_eq!(told_of(&Person { calls: vec![a.clone(), b.clone()], ..away.clone() }), ["unavailable", "unavailable"], "one each");
    assert_eq!(told_of(&Person { unavailable: vec![b.span], calls: vec![a.clone()], ..Person::default() }), [""; 0]);
    let skilled =
        |skills: &[&str]| Person { calls: vec![a.clone()], skills: skills.iter().map(|s| s.to_string()).collect(), ..Person::default() };
    assert_eq!(told_of(&skilled(&["plateau"])), ["role_mismatch"]);
    assert_eq!(told_of(&skilled(&["plateau", "son"])), [""; 0]);
    assert_eq!(told_of(&skilled(&[])), [""; 0], "nobody has written their skills down");
    assert_eq!(told(vec![Call { over_quota: true, ..a }]), ["role_full"]);
}

#[test]
fn an_hour_of_two_calls_is_worked_once() {
    // 09:00 to 17:00 and 12:00 to 20:00 on purpose: 11 h less two breaks are 10 h.
    assert_eq!(told(calls(&["07 09:00 17:00", "07 12:00 20:00"])), ["overlap"]);
    assert_eq!(told(calls(&["07 09:00 17:00", "07 12:00 20:01"])), ["hours_day_max 601", "overlap"]);
}

#[test]
fn invited_is_not_worked() {
    let invited = |c: Call| Call { firm: false, ..c };
    assert_eq!(told(calls(&["07 09:00 22:00", "08 06:00 12:00"]).into_iter().map(invited).collect()), [""; 0]);
}

#[test]
fn a_rule_that_is_off_is_silent_and_a_limit_is_the_organisations() {
    let person = Person { calls: calls(&["07 09:00 19:31"]), ..Person::default() };
    let mut law = Law::default();
    law.set(Rule::HoursDayMax, 600, Severity::Off);
    assert_eq!(findings(&law, &person), []);
    law.set(Rule::HoursDayMax, 660, Severity::Block);
    assert_eq!(findings(&law, &person), []);
    law.set(Rule::HoursDayMax, 480, Severity::Block);
    let found = &findings(&law, &person)[0];
    assert_eq!(found.measure, Some(Measure { limit: 480, actual: 601, unit: Unit::Minutes }));
    assert_eq!(found.kind.severity(&law), Severity::Block);
    assert_eq!(found.say().en, "10 h 01 of work in a day; 8 h is the most.");
}

#[test]
fn what_one_call_brings_with_it() {
    let mut person = Person { calls: calls(&["07 18:00 23:00", "08 07:45 12:00", "10 14:00 16:00"]), ..Person::default() };
    let of = |person: &Person, n| findings_of(&Law::default(), person, n).iter().map(|f| f.kind.name()).collect::<Vec<_>>();
    assert_eq!((of(&person, 0), of(&person, 1), of(&person, 2)), (vec!["rest_daily_min"], vec!["rest_daily_min"], vec!["call_min"]));
    person.calls.reverse();
    assert_eq!((of(&person, 0), of(&person, 2)), (vec!["call_min"], vec!["rest_daily_min"]));
}

#[test]
fn names_are_read_back() {
    for kind in Kind::all() {
        assert_eq!(kind.name().parse::<Kind>().unwrap(), kind);
    }
    assert_eq!(Kind::all().count(), 15);
    for rule in Rule::ALL {
        assert_eq!(serde_json::to_value(rule).unwrap(), rule.name());
    }
}

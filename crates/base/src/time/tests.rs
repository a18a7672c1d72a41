//! The algebra of spans, and local time on the days when clocks change.

use super::*;
use crate::error::Faults;
use proptest::prelude::*;

fn at(s: i64) -> Timestamp {
    Timestamp::from_micros(s)
}
prop_compose! {
    fn interval()(start in -50i64..50, length in 1i64..40) -> Interval {
        Interval::new(at(start), at(start + length)).expect("start < end")
    }
}
proptest! {
    #[test]
fn dates_of_http_are_read() {
    let read = |text: &str| Timestamp::of_http_date(text).map(|at| at.to_string());
    assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT").as_deref(), Some("1994-11-06T08:49:37Z"));
    for wrong in ["", "42", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}
#[test]
    fn overlap_is_what_brute_force_says(a in interval(), b in interval()) {
        let shared = (-60..100).any(|s| a.contains(at(s)) && b.contains(at(s)));
        prop_assert_eq!(a.overlaps(b), shared);
        prop_assert_eq!(b.overlaps(a), shared);
        prop_assert_eq!(a.intersection(b).is_some(), shared);
    }
    #[test]
    fn touching_is_not_overlapping(a in interval(), length in 1i64..40) {
        let next = Interval::new(a.end(), at(a.end().micros() + length)).expect("start < end");
        prop_assert!(!a.overlaps(next) && !next.overlaps(a));
    }
    #[test]
    fn no_interval_without_length(start in -50i64..50, back in 0i64..40) {
        prop_assert!(Interval::new(at(start), at(start - back)).is_err());
    }
    #[test]
    fn instants_survive_their_text(micros in -4_000_000_000_000_000i64..4_000_000_000_000_000) {
        prop_assert_eq!(at(micros).to_string().parse::<Timestamp>().expect("own text"), at(micros));
    }
}

fn zone(name: &str) -> Zone {
    name.parse().expect("a zone of the table")
}
fn when(text: &str) -> When {
    text.parse().expect("an instant or a local time")
}
fn utc(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}
fn span(start: &str, end: &str) -> Interval {
    Interval::new(utc(start), utc(end)).expect("start < end")
}
fn hours(span: Interval) -> f64 {
    span.length().as_secs_f64() / 3600.0
}

#[test]
fn an_offset_is_converted_and_a_local_time_is_that_of_the_place() {
    let paris = zone("Europe/Paris");
    for (written, instant) in [
        ("2026-07-10T14:00:00+02:00", "2026-07-10T12:00:00Z"),
        ("2026-07-10T14:00:00Z", "2026-07-10T14:00:00Z"),
        ("2026-07-10T14:00", "2026-07-10T12:00:00Z"),
        ("2026-07-10 14:00:00.5", "2026-07-10T12:00:00.5Z"),
        ("2026-01-10T14:00", "2026-01-10T13:00:00Z"),
        // Afternoons of the days when clocks change.
        ("2026-03-29T13:00", "2026-03-29T11:00:00Z"),
        ("2026-10-25T13:00", "2026-10-25T12:00:00Z"),
        // 02:30 comes twice: the earlier.
        ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z"),
    ] {
        assert_eq!(when(written).at(&paris), Ok(utc(instant)), "{written}");
    }
    assert_eq!(when("2026-03-29T02:30").at(&paris), Err(Misread::Skipped));
    assert_eq!(when("2026-03-29T02:30:00+01:00").at(&paris), Ok(utc("2026-03-29T01:30:00Z")), "with an offset it exists");
    assert_eq!(when("2026-03-29T02:30").at(&zone("Africa/Lagos")), Ok(utc("2026-03-29T01:30:00Z")), "no clocks change there");
    let howe = zone("Australia/Lord_Howe"); // half an hour, in the southern spring and autumn
    assert_eq!(when("2026-10-04T02:15").at(&howe), Err(Misread::Skipped));
    assert_eq!(when("2026-10-04T02:30").at(&howe), Ok(utc("2026-10-03T15:30:00Z")));
    assert_eq!(when("2026-04-05T01:45").at(&howe), Ok(utc("2026-04-04T14:45:00Z")), "+11 comes before +10:30");
}

#[test]
fn nothing_else_is_read_as_an_instant() {
    for text in [
        "",
        "foo",
        "2026-13-01T00:00",
        "2026-09-10T25:00",
        "2026-09-10T09:00+99:00",
        "09:00",
        "2026-09-10T09:00[Europe/Paris]",
        "10/09/2026",
    ] {
        assert!(text.parse::<When>().is_err(), "{text}");
    }
}

#[test]
fn a_day_is_an_end_of_a_range_but_no_instant() {
    let (paris, day) = (zone("Europe/Paris"), when("2026-10-25"));
    assert_eq!(day.at(&paris), Err(Misread::OnlyADay));
    let whole = Interval::new(day.from(&paris).expect("begins"), day.until(&paris).expect("ends")).expect("a day");
    assert_eq!((whole, hours(whole)), (span("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), 25.0));
    // In Beirut the clocks jump over midnight.
    assert_eq!(zone("Asia/Beirut").start_of("2026-03-29".parse().expect("a day")), utc("2026-03-28T22:00:00Z"));
}

#[test]
fn every_fault_of_a_written_span_is_gathered() {
    let faults = |start: &str, end: &str| {
        let mut faults = Faults::default();
        let read = Interval::written(when(start), when(end), &zone("Europe/Paris"), "missions[2].", &mut faults);
        let error = faults.none().err();
        assert_eq!(read.is_none(), error.is_some());
        error.map_or(vec![], |e| e.fields().iter().map(|f| format!("{} {}", f.field, f.code)).collect())
    };
    assert!(faults("2026-10-25T02:30", "2026-10-25T02:45").is_empty());
    assert_eq!(
        faults("2026-03-29T02:30", "2026-03-29"),
        ["missions[2].start_at nonexistent_local_time", "missions[2].end_at time_required"]
    );
    assert_eq!(faults("2026-07-10T14:00", "2026-07-10T14:00"), ["missions[2].end_at interval_invalid"]);
}

#[test]
fn a_call_belongs_to_its_evening_until_six() {
    let day = |start: &str, end: &str| zone("Europe/Paris").working_day(span(start, end)).to_string();
    // Paris is two hours ahead in July.
    assert_eq!(day("2026-07-10T18:00:00Z", "2026-07-10T20:00:00Z"), "2026-07-10", "20:00 to 22:00");
    assert_eq!(day("2026-07-10T20:15:00Z", "2026-07-11T00:00:00Z"), "2026-07-10", "22:15 to 02:00");
    assert_eq!(day("2026-07-10T22:30:00Z", "2026-07-11T02:00:00Z"), "2026-07-10", "00:30 to 04:00: the evening before");
    assert_eq!(day("2026-07-10T22:30:00Z", "2026-07-11T04:00:00Z"), "2026-07-11", "00:30 to 06:00: a morning");
    assert_eq!(day("2026-07-10T22:30:00Z", "2026-07-11T03:59:00Z"), "2026-07-10", "00:30 to 05:59");
    assert_eq!(day("2026-07-11T02:00:00Z", "2026-07-11T10:00:00Z"), "2026-07-11", "04:00 to 12:00");
    assert_eq!(day("2026-07-10T20:00:00Z", "2026-07-12T02:00:00Z"), "2026-07-10", "22:00 to 04:00 two days later");
}

#[test]
fn a_moved_night_keeps_its_hours_on_the_wall() {
    let paris = zone("Europe/Paris");
    let night = span("2026-10-17T20:00:00Z", "2026-10-18T04:00:00Z"); // 22:00 to 06:00
    let autumn = paris.shift_span(night, 7).expect("exists");
    assert_eq!((autumn, hours(autumn)), (span("2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z"), 9.0), "an hour more to pay");
    let spring = paris.shift_span(span("2026-03-21T21:00:00Z", "2026-03-22T05:00:00Z"), 7).expect("exists");
    assert_eq!((spring, hours(spring)), (span("2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z"), 7.0));
    assert_eq!(paris.shift(utc("2026-03-28T01:30:00Z"), 1), Err(Misread::Skipped), "02:30 does not exist the day after");
    let howe = zone("Australia/Lord_Howe");
    let half = howe.shift_span(span("2026-04-03T11:00:00Z", "2026-04-03T19:00:00Z"), 1).expect("exists");
    assert_eq!(hours(half), 8.5, "half an hour more");
    assert_eq!(hours(zone("Asia/Tokyo").shift_span(night, 7).expect("exists")), 8.0);
    // From the second 02:30, on a night when 02:45 comes once, the end would come first.
    let crossing = span("2026-10-25T00:50:00Z", "2026-10-25T01:10:00Z"); // 02:50 to 02:10, twenty minutes
    assert_eq!(paris.shift_span(crossing, 1), Err(Misread::Empty));
    assert_eq!(paris.shift_span(crossing, 0), Ok(crossing));
}

#[test]
fn days_and_times_of_the_day() {
    let day: Date = "2026-11-21".parse().expect("a day");
    assert_eq!((day.weekday(), day.monday().to_string()), (5, "2026-11-16".to_owned()));
    assert_eq!((day.plus(-30).to_string(), day.plus(40).days_since(day)), ("2026-10-22".to_owned(), 40));
    assert_eq!("23:59".parse::<TimeOfDay>().expect("a time").to_string(), "23:59");
    for text in ["24:00", "9:00", "09:60", "09", "+9:00", "09:0x", ""] {
        assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
    }
    assert!(is_zone("Europe/Paris") && !is_zone("Europe/Atlantis") && !is_zone(""));
}

const ZONES: [&str; 6] = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "Asia/Kathmandu", "Asia/Tokyo"];
prop_compose! {
    /// Between 2020 and 2040, to the minute.
    fn instant()(minutes in 26_297_280i64..36_817_920) -> Timestamp {
        at(minutes * 60_000_000)
    }
}
proptest! {
    #[test]
    fn an_instant_lies_in_its_day(at in instant(), name in proptest::sample::select(&ZONES[..])) {
        let zone = zone(name);
        let date = zone.date(at);
        prop_assert!(zone.day(date).expect("a day has a length").contains(at));
        prop_assert_eq!(zone.day(date).map(Interval::end), zone.day(date.plus(1)).map(Interval::start));
    }
    #[test]
    fn moving_by_days_keeps_the_time_on_the_wall(at in instant(), days in -400i64..400, name in proptest::sample::select(&ZONES[..])) {
        let zone = zone(name);
        prop_assert_eq!(zone.shift(at, 0), Ok(at));
        let (date, time) = (zone.date(at).plus(days), zone.time_of_day(at));
        match zone.shift(at, days) {
            Ok(moved) => {
                prop_assert_eq!((zone.date(moved), zone.time_of_day(moved)), (date, time));
                let written = format!("{date}T{time}").parse::<When>().expect("a local time").at(&zone).expect("exists");
                prop_assert!(written <= moved, "of two, what is written is the earlier");
            }
            Err(reason) => prop_assert_eq!(zone.instant(date, time), Err(reason)),
        }
    }
}

//! Who decides, and until when a span can be taken back.

use super::model::{Kind, Ready, Status, may_decide, may_take_back, occurrences};
use base::{
    auth::Role,
    time::{Interval, Timestamp, Zone},
};

#[test]
fn nobody_but_those_above_decides_about_themselves() {
    for role in Role::ALL {
        assert_eq!(may_decide(role, false).is_ok(), role >= Role::Manager, "{role}");
        assert_eq!(may_decide(role, true).is_ok(), role >= Role::Admin, "{role}");
    }
}
#[test]
fn what_is_approved_is_taken_back_before_it_begins() {
    let at = Timestamp::from_micros;
    for (status, now, expected) in
        [(Status::Pending, 9, true), (Status::Rejected, 9, true), (Status::Approved, 4, true), (Status::Approved, 5, false)]
    {
        assert_eq!(may_take_back(status, at(5), at(now)).is_ok(), expected, "{status} at {now}");
    }
}
#[test]
fn spans_are_read_in_the_zone_and_within_a_year() {
    let paris: Zone = "Europe/Paris".parse().unwrap();
    let read = |start: &str, end: &str| {
        Ready::read(start.parse().unwrap(), end.parse().unwrap(), Kind::Available, None, None, &paris)
            .map(|r| r.span.start().to_string())
            .map_err(|e| e.code())
    };
    assert_eq!(read("2030-09-10T14:00", "2030-09-10T15:00").as_deref(), Ok("2030-09-10T12:00:00Z"));
    assert_eq!(
        read("2030-09-10T14:00+02:00", "2030-09-10T15:00+02:00").as_deref(),
        Ok("2030-09-10T12:00:00Z"),
        "an offset is converted, not dropped"
    );
    assert_eq!(read("2030-09-10T14:00", "2030-09-10T14:00"), Err("interval_invalid"));
    assert_eq!(read("2030-09-10T14:00", "2031-09-12T14:00"), Err("interval_too_long"));
}
#[test]
fn an_absence_comes_again_at_its_hour_on_the_wall() {
    let paris: Zone = "Europe/Paris".parse().unwrap();
    let span = |start: &str, end: &str| Interval::new(start.parse().unwrap(), end.parse().unwrap()).unwrap();
    let mondays = "FREQ=WEEKLY;BYDAY=MO".parse().unwrap();
    let first = span("2030-10-21T16:00:00Z", "2030-10-21T18:00:00Z"); // a Monday, 18:00 in summer time
    let found = occurrences(first, &paris, Some(&mondays), span("2030-10-22T00:00:00Z", "2030-11-05T00:00:00Z"));
    let starts: Vec<_> = found.iter().map(|s| s.start().to_string()).collect();
    assert_eq!(starts, ["2030-10-28T17:00:00Z", "2030-11-04T17:00:00Z"], "18:00 in winter time");
    assert_eq!(occurrences(first, &paris, None, span("2030-10-22T00:00:00Z", "2030-11-05T00:00:00Z")), []);
}

//! What may be a mission, and when it is.

use super::model::{Draft, Role};
use crate::words::Lines;
use base::time::Zone;
use proptest::prelude::*;
use serde_json::{Value, json};

fn ready(value: Value) -> Result<(String, String), Vec<String>> {
    let paris: Zone = "Europe/Paris".parse().unwrap();
    let draft: Draft = serde_json::from_value(value).unwrap();
    match draft.ready(&paris) {
        Ok(m) => Ok((m.span.start().to_string(), m.span.end().to_string())),
        Err(e) => Err(std::iter::once(e.code().to_owned()).chain(e.fields().iter().map(|f| format!("{} {}", f.field, f.code))).collect()),
    }
}
fn between(start: &str, end: &str) -> Result<(String, String), Vec<String>> {
    ready(json!({"start_at": start, "end_at": end}))
}

#[test]
fn local_times_are_those_of_the_venue() {
    let utc = |a: &str, b: &str| Ok((a.to_owned(), b.to_owned()));
    assert_eq!(between("2026-09-10T09:00", "2026-09-10T18:00"), utc("2026-09-10T07:00:00Z", "2026-09-10T16:00:00Z"));
    assert_eq!(between("2026-09-10T09:00:00Z", "2026-09-10T18:00:00+02:00"), utc("2026-09-10T09:00:00Z", "2026-09-10T16:00:00Z"));
    assert_eq!(between("2026-10-24T22:00", "2026-10-25T06:00"), utc("2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z"), "nine hours");
    let tokyo = ready(json!({"start_at": "2026-09-10T09:00", "end_at": "2026-09-10T10:00", "time_zone": "Asia/Tokyo"}));
    assert_eq!(tokyo, utc("2026-09-10T00:00:00Z", "2026-09-10T01:00:00Z"));
}

#[test]
fn what_is_no_span_says_why() {
    let lone = |code: &str, field: &str| Err(vec![code.to_owned(), format!("{field} {code}")]);
    assert_eq!(between("2026-09-10T09:00", "2026-09-10T09:00"), lone("interval_invalid", "end_at"));
    assert_eq!(between("2026-03-29T02:30", "2026-03-29T09:00"), lone("nonexistent_local_time", "start_at"));
    assert_eq!(between("2026-09-10T09:00", "2026-09-17T09:00").is_ok(), true, "seven days");
    assert_eq!(between("2026-09-10T09:00", "2026-09-17T09:01"), lone("interval_too_long", "end_at"));
    let many = json!({"start_at": "2026-09-10", "end_at": "2026-09-10T09:00", "time_zone": "Paris", "title": "", "role": "son",
        "roles": [{"role": "son"}, {"role": "SON", "quota": 0}]});
    assert_eq!(
        ready(many).unwrap_err()[1..],
        [
            "title invalid_text",
            "role role_twice",
            "roles[1].quota out_of_range",
            "roles[1] duplicate",
            "time_zone unknown_time_zone",
            "start_at time_required"
        ]
    );
}

#[test]
fn a_mission_without_roles_needs_one_tech() {
    let zone = Zone::UTC;
    let draft = |value: Value| serde_json::from_value::<Draft>(value).unwrap().ready(&zone).unwrap();
    let plain = draft(json!({"start_at": "2026-09-10T09:00", "end_at": "2026-09-10T10:00"}));
    assert_eq!((plain.title.as_str(), plain.slots[0].role.as_str(), plain.slots[0].quota), ("tech", "tech", 1));
    let named = draft(json!({"start_at": "2026-09-10T09:00", "end_at": "2026-09-10T10:00", "role": " son "}));
    assert_eq!((named.title.as_str(), named.slots.len()), ("son", 1));
}

proptest! {
    #[test]
    fn roles_survive_their_column(all in proptest::collection::vec(("[^\\n\\r\\p{C}]{1,20}", 1i64..99, 0i64..9, 0i64..9), 0..6)) {
        let lines = Lines(all.into_iter().map(|(role, quota, accepted, invited)| Role { role, quota, accepted, invited }).collect());
        prop_assert_eq!(lines.to_string().parse::<Lines<Role>>().unwrap(), lines);
    }
}

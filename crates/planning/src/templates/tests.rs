//! The days and hours that a template makes.

use super::model::{Draft, Generate, Missions, Template, TemplateId};
use crate::projects::model::ProjectId;
use base::{
    id,
    time::{Timestamp, Zone},
};
use serde_json::{Value, json};

fn draft(missions: Value) -> Draft {
    serde_json::from_value(json!({"name": "Jour de représentation", "missions": missions})).unwrap()
}
fn faults(missions: Value) -> Vec<String> {
    draft(missions).check().err().map_or(vec![], |e| e.fields().iter().map(|f| format!("{} {}", f.field, f.code)).collect())
}
/// What is made, in the zone, as `start end`; or the fields that do not fit.
fn made(missions: Value, from: &str, rule: Option<&str>, zone: &str) -> Vec<String> {
    let at = Timestamp::from_micros(0);
    let missions = Missions(draft(missions).missions);
    // Through the store and back.
    let missions: Missions = missions.to_string().parse().unwrap();
    let template = Template { id: TemplateId(id::v7(at)), name: "Jour".into(), missions, version: 1, created_at: at, updated_at: at };
    let asked = json!({"project_id": ProjectId(id::v7(at)), "from": from, "rule": rule});
    let asked: Generate = serde_json::from_value(asked).unwrap();
    let zone: Zone = zone.parse().unwrap();
    match template.missions(&asked, &zone) {
        Ok(ready) => ready.iter().map(|r| format!("{} {}", r.span.start(), r.span.end())).collect(),
        Err(e) => e.fields().iter().map(|f| format!("{} {}", f.field, f.code)).collect(),
    }
}

#[test]
fn what_may_be_a_template() {
    assert_eq!(faults(json!([{"start": "18:30", "end": "22:10", "roles": [{"role": "poursuite", "quota": 2}]}])), [""; 0]);
    assert_eq!(faults(json!([])), ["missions out_of_range"]);
    assert_eq!(
        faults(
            json!([{"start": "09:00", "end": "13:00", "day_offset": -32}, {"start": "09:00", "end": "10:00", "break_minutes": 60, "roles": []}])
        ),
        ["missions[0].day_offset out_of_range", "missions[1].roles out_of_range", "missions[1].break_minutes out_of_range"],
        "all at once"
    );
    for wrong in [json!([{"start": "9:00", "end": "13:00"}]), json!([{"start": "09:00"}]), json!([{"start": "09:00", "end": "24:00"}])] {
        assert!(serde_json::from_value::<Draft>(json!({"name": "x", "missions": wrong})).is_err());
    }
}

#[test]
fn every_day_keeps_its_hours_on_the_wall() {
    let show = json!([{"start": "20:00", "end": "22:10"}, {"start": "22:15", "end": "02:00", "title": "Démontage"}]);
    // A Saturday a week, over the night when clocks go back: UTC is an hour later after it.
    let weekly = made(show.clone(), "2026-10-24", Some("FREQ=WEEKLY;COUNT=2"), "Europe/Paris");
    assert_eq!(
        weekly,
        [
            "2026-10-24T18:00:00Z 2026-10-24T20:10:00Z",
            "2026-10-24T20:15:00Z 2026-10-25T00:00:00Z",
            "2026-10-31T19:00:00Z 2026-10-31T21:10:00Z",
            "2026-10-31T21:15:00Z 2026-11-01T01:00:00Z",
        ]
    );
    // The night itself is an hour longer than it looks.
    assert_eq!(
        made(json!([{"start": "22:00", "end": "06:00"}]), "2026-10-24", None, "Europe/Paris"),
        ["2026-10-24T20:00:00Z 2026-10-25T05:00:00Z"]
    );
    // The day before, and the day after.
    let around = json!([{"start": "09:00", "end": "13:00", "day_offset": -1}, {"start": "09:00", "end": "13:00", "day_offset": 1}]);
    assert_eq!(
        made(around, "2026-01-10", None, "Asia/Tokyo"),
        ["2026-01-09T00:00:00Z 2026-01-09T04:00:00Z", "2026-01-11T00:00:00Z 2026-01-11T04:00:00Z"]
    );
}

#[test]
fn an_hour_that_does_not_exist_names_its_day() {
    let night = json!([{"start": "20:00", "end": "22:00"}, {"start": "02:30", "end": "08:00"}]);
    let spring = made(night, "2026-03-28", Some("FREQ=DAILY;COUNT=3"), "Europe/Paris");
    assert_eq!(spring, ["2026-03-29.missions[1].start_at nonexistent_local_time"]);
}

#[test]
fn a_rule_ends_and_makes_no_flood() {
    let day = json!([{"start": "09:00", "end": "13:00"}, {"start": "14:00", "end": "18:00"}]);
    assert_eq!(made(day.clone(), "2026-01-10", Some("FREQ=DAILY"), "UTC"), ["rule endless", "rule out_of_range"]);
    assert_eq!(made(day.clone(), "2026-01-10", Some("FREQ=DAILY;COUNT=501"), "UTC"), ["rule out_of_range"]);
    assert_eq!(made(day.clone(), "2026-01-10", Some("FREQ=DAILY;COUNT=500"), "UTC").len(), 1_000);
    assert_eq!(made(day, "2026-01-10", Some("FREQ=DAILY;UNTIL=2026-01-09"), "UTC"), ["rule out_of_range"]);
}

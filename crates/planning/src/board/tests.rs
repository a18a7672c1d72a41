//! What a board computes from what it read.

use super::model::{Day, days, open};
use crate::missions::model::{Mission, Role, Status};
use base::id::Uuid;

fn mission(start: &str, end: &str, roles: &[(&str, i64, i64, i64)]) -> Mission {
    let (start_at, end_at): (base::time::Timestamp, _) = (start.parse().unwrap(), end.parse().unwrap());
    let role = |r: &(&str, i64, i64, i64)| Role { role: r.0.to_owned(), quota: r.1, accepted: r.2, invited: r.3 };
    Mission {
        id: Uuid::nil().into(),
        project_id: None,
        title: String::new(),
        location: None,
        start_at,
        end_at,
        time_zone: "Europe/Paris".to_owned(),
        break_minutes: 0,
        note: None,
        status: Status::Published,
        role: None,
        roles: roles.iter().map(role).collect(),
        filled: false,
        version: 1,
        created_at: start_at,
        updated_at: start_at,
    }
}

#[test]
fn what_is_missing_is_the_quota_less_the_yeses() {
    let found =
        open(&[mission("2030-09-10T08:00:00Z", "2030-09-10T10:00:00Z", &[("son", 3, 1, 2), ("vidéo", 1, 1, 0), ("lumière", 1, 2, 0)])]);
    let found: Vec<_> = found.iter().map(|o| (o.role.as_str(), o.missing, o.invited)).collect();
    assert_eq!(found, [("son", 2, 2)]);
}
#[test]
fn the_small_hours_belong_to_their_evening() {
    let found = days(&[
        mission("2030-09-10T20:00:00Z", "2030-09-11T03:00:00Z", &[("son", 2, 1, 0)]),
        mission("2030-09-10T23:00:00Z", "2030-09-11T03:30:00Z", &[("son", 1, 0, 1)]), // 01:00 to 05:30 in Paris
        mission("2030-09-11T04:00:00Z", "2030-09-11T08:00:00Z", &[("son", 1, 0, 0)]),
    ]);
    let day = |date: &str, missions, needed, accepted, invited| Day { date: date.parse().ok(), missions, needed, accepted, invited };
    assert_eq!(found, [day("2030-09-10", 2, 3, 1, 1), day("2030-09-11", 1, 1, 0, 0)]);
}

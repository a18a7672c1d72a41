//! What a board shows, computed from what was read for it.

use crate::{
    assignments::model::{AssignmentId, Row as Assignment, Seen, Status},
    missions::model::{Mission, MissionId},
    people::model::{PersonId, Teammate},
    projects::model::{ProjectId, Status as ProjectStatus},
    rules::{self, Law, Severity},
};
use base::{
    entity,
    say::Lang,
    time::{Date, Interval, Timestamp, Zone},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

entity! {
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = BoardProject)]
    pub struct Project { pub id: ProjectId, pub name: String, pub hue: i64, pub status: ProjectStatus }
}
/// An approved absence.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Absence {
    pub user_id: PersonId,
    pub start_at: Timestamp,
    pub end_at: Timestamp,
}
/// A role that still lacks people.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Open {
    pub mission_id: MissionId,
    pub role: String,
    pub missing: i64,
    pub invited: i64,
}
/// What does not fit, of one person.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BoardConflict)]
pub struct Conflict {
    pub kind: String,
    pub severity: Severity,
    pub user_id: PersonId,
    pub start_at: Timestamp,
    pub end_at: Timestamp,
    pub assignment_ids: Vec<AssignmentId>,
    pub detail: String,
}
/// What a day needs and has. A call that ends before six in the morning belongs to its evening.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Day {
    pub date: Option<Date>,
    pub missions: i64,
    pub needed: i64,
    pub accepted: i64,
    pub invited: i64,
}
#[derive(Serialize, ToSchema)]
pub struct Board {
    pub from: Timestamp,
    pub to: Timestamp,
    /// The organisation's.
    pub time_zone: String,
    pub people: Vec<Teammate>,
    pub projects: Vec<Project>,
    pub missions: Vec<Mission>,
    pub assignments: Vec<Seen>,
    pub unavailability: Vec<Absence>,
    pub open: Vec<Open>,
    pub conflicts: Vec<Conflict>,
    pub days: Vec<Day>,
}

pub fn open(missions: &[Mission]) -> Vec<Open> {
    let lacks = |m: &Mission| {
        let (id, lacking) = (m.id, m.roles.iter().filter(|r| r.accepted < r.quota));
        lacking
            .map(|r| Open { mission_id: id, role: r.role.clone(), missing: r.quota - r.accepted, invited: r.invited })
            .collect::<Vec<_>>()
    };
    missions.iter().flat_map(lacks).collect()
}

pub fn days(missions: &[Mission]) -> Vec<Day> {
    let mut days: BTreeMap<Date, Day> = BTreeMap::new();
    for m in missions {
        let (Ok(zone), Ok(span)) = (m.time_zone.parse::<Zone>(), Interval::new(m.start_at, m.end_at)) else { continue };
        let date = zone.working_day(span);
        let day = days.entry(date).or_insert_with(|| Day { date: Some(date), ..Day::default() });
        day.missions += 1;
        for r in &m.roles {
            day.needed += r.quota;
            day.accepted += r.accepted;
            day.invited += r.invited;
        }
    }
    days.into_values().collect()
}

/// What does not fit among what was read. The weeks before are not looked at: a limit over weeks may be broken unseen,
/// none is said to be broken that is not.
pub fn conflicts(
    law: &Law,
    assignments: &[Assignment],
    breaks: &BTreeMap<MissionId, i64>,
    away: &[(PersonId, Interval)],
    lang: Lang,
) -> Vec<Conflict> {
    let mut of: BTreeMap<PersonId, Vec<&Assignment>> = BTreeMap::new();
    for a in assignments.iter().filter(|a| matches!(a.status, Status::Invited | Status::Accepted)) {
        of.entry(a.person_id).or_default().push(a);
    }
    let mut found = vec![];
    for (person, calls) in of {
        let unavailable = away.iter().filter(|(p, _)| *p == person).map(|(_, s)| *s).collect();
        let facts = rules::Person { calls: calls.iter().filter_map(|a| call(a, breaks)).collect(), unavailable, skills: vec![] };
        for f in rules::findings(law, &facts) {
            found.push(Conflict {
                kind: f.kind.to_string(),
                severity: f.kind.severity(law),
                user_id: person,
                start_at: f.window.start(),
                end_at: f.window.end(),
                assignment_ids: f.calls.iter().filter_map(|i| calls.get(*i)).map(|a| a.id).collect(),
                detail: f.say().to(lang).to_owned(),
            });
        }
    }
    found
}
fn call(a: &Assignment, breaks: &BTreeMap<MissionId, i64>) -> Option<rules::Call> {
    let break_minutes = breaks.get(&a.mission_id).copied().unwrap_or_default();
    let (zone, role, firm) = (a.time_zone.clone(), a.role_key.clone(), a.status == Status::Accepted);
    Some(rules::Call { span: a.span().ok()?, break_minutes, zone, firm, role, over_quota: false })
}

/// What concerns these missions only.
pub fn only_of(missions: &BTreeSet<MissionId>, assignments: &mut Vec<Assignment>, conflicts: &mut Vec<Conflict>) {
    assignments.retain(|a| missions.contains(&a.mission_id));
    let shown: BTreeSet<_> = assignments.iter().map(|a| a.id).collect();
    conflicts.retain(|c| c.assignment_ids.iter().any(|id| shown.contains(id)));
}

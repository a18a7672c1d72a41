//! Missions from the rows of a table.

use crate::{
    missions::model::{Draft, Ready, Slot},
    projects::model::ProjectId,
};
use base::{
    Faults, say,
    table::{Column, Problem, Row, Table},
    text,
    time::{When, Zone},
};
use std::collections::BTreeMap;

pub const COLUMNS: &[Column] = &[
    ("title", &["titre", "mission"]),
    ("start_at", &["start", "debut"]),
    ("end_at", &["end", "fin"]),
    ("time_zone", &["fuseau horaire", "fuseau"]),
    ("location", &["place", "lieu"]),
    ("project_id", &["project", "projet"]),
    ("roles", &["role", "postes", "poste"]),
    ("break_minutes", &["break", "pause"]),
    ("note", &["notes", "remarque"]),
    ("state", &["etat"]),
    // Figures of our own exports, which follow from the rest.
    ("needed", &["besoin"]),
    ("filled", &["pourvu"]),
];
pub const REQUIRED: &[&str] = &["start_at", "end_at"];

/// The organisation's projects by their folded names, each with its zone; and the zone of what has no project.
pub struct Place {
    pub projects: BTreeMap<String, (ProjectId, Option<Zone>)>,
    pub zone: Zone,
}

/// A mission for every row, and everything that does not fit.
pub fn read(table: &Table, place: &Place) -> (Vec<Ready>, Vec<Problem>) {
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for row in table.rows() {
        problems.extend(row.overflow());
        let (project, zone) = project(&row, place, &mut problems);
        let (start, end) = (when(&row, "start_at", &mut problems), when(&row, "end_at", &mut problems));
        let roles = roles(&row, &mut problems);
        let break_minutes = row.get("break_minutes").map_or(Ok(0), str::parse);
        if break_minutes.is_err() {
            problems.push(row.problem("break_minutes", "wrong_value", say!("Write minutes, like 30.", "Écrivez des minutes, comme 30.")));
        }
        let (Some(start_at), Some(end_at)) = (start, end) else { continue };
        let owned = |column: &str| row.get(column).map(str::to_owned);
        let draft = Draft {
            project_id: project,
            title: owned("title"),
            location: owned("location"),
            start_at,
            end_at,
            time_zone: owned("time_zone"),
            break_minutes: break_minutes.unwrap_or(0),
            note: owned("note"),
            role: None,
            roles,
            draft: matches!(row.get("state").map(text::fold).as_deref(), Some("draft" | "brouillon")),
        };
        let mut faults = Faults::default();
        all.extend(draft.read(&zone, "", &mut faults));
        if let Err(error) = faults.none() {
            problems.extend(row.problems(&error));
        }
    }
    (all, problems)
}

fn project(row: &Row<'_>, place: &Place, problems: &mut Vec<Problem>) -> (Option<ProjectId>, Zone) {
    let Some(name) = row.get("project_id") else { return (None, place.zone.clone()) };
    let found = place.projects.get(&text::fold(name)).or_else(|| place.projects.values().find(|(id, _)| id.to_string() == name));
    if found.is_none() {
        let say = say!(
            "No project has this name. Create it first, or mend the name.",
            "Aucun projet ne porte ce nom. Créez-le d’abord, ou corrigez le nom."
        );
        problems.push(row.problem("project_id", "unknown_project", say));
    }
    (found.map(|p| p.0), found.and_then(|p| p.1.clone()).unwrap_or_else(|| place.zone.clone()))
}

/// `2026-09-10 09:00`, with or without an offset, or `10/09/2026 09:00` as people here write it.
fn when(row: &Row<'_>, column: &str, problems: &mut Vec<Problem>) -> Option<When> {
    let read = row.get(column).and_then(|text| french(text).as_deref().unwrap_or(text).parse().ok());
    if read.is_none() {
        let say = say!(
            "Write a day and a time, like 2026-09-10 09:00 or 10/09/2026 09:00.",
            "Écrivez un jour et une heure, comme 10/09/2026 09:00 ou 2026-09-10 09:00."
        );
        problems.push(row.problem(column, "wrong_value", say));
    }
    read
}
fn french(text: &str) -> Option<String> {
    let (day, time) = text.split_once([' ', 'T'])?;
    let mut parts = day.split('/');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let (hour, minute) = time.trim().split_once([':', 'h'])?;
    let minute = if minute.is_empty() { "00" } else { minute };
    Some(format!("{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}"))
}

/// `Son:2, Lumière`: the quota behind the role, one when left out.
fn roles(row: &Row<'_>, problems: &mut Vec<Problem>) -> Option<Vec<Slot>> {
    let all = row.list("roles");
    if all.is_empty() {
        return None;
    }
    let mut slot = |text: &str| {
        let (role, quota) = text.rsplit_once(':').unwrap_or((text, "1"));
        let quota = quota.trim().parse().ok();
        if quota.is_none() {
            problems.push(row.problem(
                "roles",
                "wrong_value",
                say!("Write roles like: Son:2, Lumière", "Écrivez les rôles ainsi : Son:2, Lumière"),
            ));
        }
        Slot { role: role.trim().to_owned(), quota: quota.unwrap_or(1) }
    };
    Some(all.into_iter().map(&mut slot).collect())
}

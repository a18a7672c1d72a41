//! The plan as events of a calendar: the same in feeds, exports and the attachments of mails.

use crate::{
    assignments::model::AssignmentId,
    ics::{Event, Status, uid},
    missions::model::LONGEST,
    people::model::{PersonId, full_name},
    projects::model::ProjectId,
};
use base::{Result, db::Query, entity, id, org_sql, time::Timestamp};

id!(pub EventId "event" "événement");

/// Which of the plan.
#[derive(Clone, Copy, Debug)]
pub struct Which {
    pub person: Option<PersonId>,
    pub project: Option<ProjectId>,
    /// What ends after this and begins before that.
    pub from: Timestamp,
    pub until: Timestamp,
    /// What was cancelled or declined since then is still shown, as cancelled.
    pub cancelled_since: Timestamp,
    /// With people's names: not in the calendar of the one whose name it is.
    pub named: bool,
}

/// Where a page begins.
pub type Key = (Timestamp, EventId);
pub const FIRST: Key = (Timestamp::from_micros(i64::MIN), EventId(id::Uuid::nil()));

entity! {
    struct Call {
        id: EventId, start_at: Timestamp, end_at: Timestamp, role: String, confirmed: bool, cancelled: bool, version: i64,
        updated_at: Timestamp, title: String, location: Option<String>, project: Option<String>, first_name: String, last_name: String,
    }
}
impl Call {
    fn event(self, named: bool) -> Event {
        let who = if named { format!("{} · ", full_name(&self.first_name, &self.last_name)) } else { String::new() };
        Event {
            uid: uid("assignment", self.id),
            sequence: self.version,
            changed: self.updated_at,
            start: self.start_at,
            end: self.end_at,
            status: match (self.cancelled, self.confirmed) {
                (true, _) => Status::Cancelled,
                (false, true) => Status::Confirmed,
                (false, false) => Status::Tentative,
            },
            summary: format!("{who}{} ({})", self.title, self.role),
            location: self.location,
            description: self.project,
            between: None,
        }
    }
}

/// Calls of people; what follows `where a.org_id = $1` is given. The mission's version and change count too: a new title or
/// place is news for whoever is on it.
macro_rules! calls_sql {
    ($rest:literal) => {
        org_sql!(concat!(
            "select a.id, a.start_at, a.end_at, a.role, a.status = 'ACCEPTED',
               a.status in ('DECLINED', 'CANCELLED') or m.cancelled_at is not null,
               a.version + m.version - 2, case when a.updated_at > m.updated_at then a.updated_at else m.updated_at end,
               m.title, m.location, pr.name, p.first_name, p.last_name
             from assignments a
               join missions m on m.org_id = a.org_id and m.id = a.mission_id
               join people p on p.org_id = a.org_id and p.id = a.person_id
               left join projects pr on pr.org_id = m.org_id and pr.id = m.project_id
             where a.org_id = $1 ",
            $rest
        ))
    };
}
/// One call, as the person's own calendar shows it.
pub async fn call(from: &mut impl Query, id: AssignmentId) -> Result<Event> {
    let found: Call = from.one(calls_sql!("and a.id = $2"), &[&id]).await?;
    Ok(found.event(false))
}
/// So many calls of people in the order of their beginning, and where the next page begins, if there is one.
pub async fn calls(from: &mut impl Query, which: &Which, after: Key, rows: i64) -> Result<(Vec<Event>, Option<Key>)> {
    let query = calls_sql!(
        "and (a.start_at, a.id) > ($2, $3) and a.end_at > $4 and a.start_at < $5 and m.published_at is not null
           and (cast($6 as text) is null or a.person_id = $6) and (cast($7 as text) is null or m.project_id = $7)
           and ((a.status in ('INVITED', 'ACCEPTED') and m.cancelled_at is null) or a.updated_at >= $8 or m.cancelled_at >= $8)
         order by a.start_at, a.id limit $9"
    );
    let Which { person, project, from: first, until, cancelled_since, named } = which;
    // One beginning, for the page and for the span: SQLite searches an index from one place.
    let (at, id) = after.max((first.minus(LONGEST), FIRST.1));
    let found: Vec<Call> = from.all(query, &[&at, &id, first, until, person, project, cancelled_since, &rows]).await?;
    let next = found.last().filter(|_| found.len() as i64 == rows).map(|c| (c.start_at, c.id));
    Ok((found.into_iter().map(|call| call.event(*named)).collect(), next))
}

entity! {
    struct Shift {
        id: EventId, start_at: Timestamp, end_at: Timestamp, cancelled: bool, version: i64, updated_at: Timestamp, title: String,
        location: Option<String>, project: Option<String>, roles: Option<String>,
    }
}
impl From<Shift> for Event {
    fn from(shift: Shift) -> Self {
        let about = [shift.project, shift.roles].into_iter().flatten().collect::<Vec<_>>().join("\n");
        Self {
            uid: uid("mission", shift.id),
            sequence: shift.version,
            changed: shift.updated_at,
            start: shift.start_at,
            end: shift.end_at,
            status: if shift.cancelled { Status::Cancelled } else { Status::Confirmed },
            summary: shift.title,
            location: shift.location,
            description: (!about.is_empty()).then_some(about),
            between: None,
        }
    }
}

/// So many published missions, in the same way.
pub async fn missions(from: &mut impl Query, which: &Which, after: Key, rows: i64) -> Result<(Vec<Event>, Option<Key>)> {
    let query = org_sql!(
        "select m.id, m.start_at, m.end_at, m.cancelled_at is not null, m.version - 1, m.updated_at, m.title, m.location, pr.name,
           (select string_agg(r.role || ' × ' || cast(r.quota as text), ', ' order by r.place) from mission_roles r
            where r.org_id = m.org_id and r.mission_id = m.id)
         from missions m left join projects pr on pr.org_id = m.org_id and pr.id = m.project_id
         where m.org_id = $1 and (m.start_at, m.id) > ($2, $3) and m.end_at > $4 and m.start_at < $5 and m.published_at is not null
           and (cast($6 as text) is null or m.project_id = $6) and (m.cancelled_at is null or m.cancelled_at >= $7)
         order by m.start_at, m.id limit $8"
    );
    let Which { project, from: first, until, cancelled_since, .. } = which;
    let (at, id) = after.max((first.minus(LONGEST), FIRST.1));
    let found: Vec<Shift> = from.all(query, &[&at, &id, first, until, project, cancelled_since, &rows]).await?;
    let next = found.last().filter(|_| found.len() as i64 == rows).map(|m| (m.start_at, m.id));
    Ok((found.into_iter().map(Event::from).collect(), next))
}

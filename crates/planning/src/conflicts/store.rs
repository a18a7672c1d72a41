//! What the rule engine needs to know of people, read in a handful of statements however many they are.

use crate::{
    assignments::model::AssignmentId,
    availability::{self, model::Kind},
    missions::model::{LONGEST, MissionId},
    people::model::{PersonId, full_name},
    projects::model::ProjectId,
    rules::{Call, Person, REACH_DAYS},
};
use base::{
    Error, Result,
    db::Query,
    entity, org_sql,
    time::{Interval, Timestamp, Zone},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

entity! {
    /// An invited or accepted call, with what its mission says of it.
    #[derive(Clone, Debug)]
    pub struct CallRow {
        pub id: AssignmentId, pub mission_id: MissionId, pub person_id: PersonId, pub project_id: Option<ProjectId>, pub title: String,
        pub role: String, pub role_key: String, pub start_at: Timestamp, pub end_at: Timestamp, pub firm: bool, pub overridden: bool,
        pub time_zone: Zone, pub break_minutes: i64,
    }
}
impl CallRow {
    pub fn span(&self) -> Result<Interval> {
        Interval::new(self.start_at, self.end_at).map_err(Error::internal)
    }
    fn call(&self, over_quota: bool) -> Result<Call> {
        Ok(Call {
            span: self.span()?,
            break_minutes: self.break_minutes,
            zone: self.time_zone.clone(),
            firm: self.firm,
            role: self.role_key.clone(),
            over_quota,
        })
    }
}

/// One person with everything around a span; `rows[n]` is the call `person.calls[n]`.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub name: String,
    pub active: bool,
    pub rows: Vec<CallRow>,
    pub person: Person,
    /// Skill (folded) and level.
    pub levels: BTreeMap<String, i64>,
    /// Approved offers to work.
    pub available: Vec<Interval>,
}
pub type Crew = BTreeMap<PersonId, Known>;

/// What the findings of a span depend on: weeks before it, and its last week and what follows closely.
fn reach(span: Interval) -> (Timestamp, Timestamp) {
    (span.start().minus(DAY * REACH_DAYS as u32), span.end().plus(DAY * 14))
}

/// Everybody, or one person, as far as the findings of a span depend on it.
pub async fn crew(from: &mut impl Query, who: Option<PersonId>, span: Interval) -> Result<Crew> {
    let (since, until) = reach(span);
    let mut crew = names(from, who).await?;
    for (id, skill, level) in skills(from, who).await? {
        if let Some(known) = crew.get_mut(&id) {
            known.person.skills.push(skill.clone());
            known.levels.insert(skill, level);
        }
    }
    for (id, kind, window) in availability::store::approved(from, who, Interval::new(since, until)?).await? {
        if let Some(known) = crew.get_mut(&id) {
            match kind {
                Kind::Available => known.available.push(window),
                Kind::Unavailable => known.person.unavailable.push(window),
            }
        }
    }
    let over = over_quota(from, span).await?;
    for row in calls(from, who, since, until).await? {
        if let Some(known) = crew.get_mut(&row.person_id) {
            known.person.calls.push(row.call(over.contains(&row.id))?);
            known.rows.push(row);
        }
    }
    Ok(crew)
}
/// The same of one person, who must be in the organisation.
pub async fn one(from: &mut impl Query, id: PersonId, span: Interval) -> Result<Known> {
    crew(from, Some(id), span).await?.remove(&id).ok_or_else(|| Error::not_found(id))
}

/// Like `skills` and `calls` it has two texts, so that one person is not looked for among all.
async fn names(from: &mut impl Query, who: Option<PersonId>) -> Result<Crew> {
    let everybody = org_sql!("select id, first_name, last_name, active from people where org_id = $1");
    let one = org_sql!("select id, first_name, last_name, active from people where org_id = $1 and id = $2");
    let rows: Vec<(PersonId, String, String, bool)> = match who {
        None => from.all(everybody, &[]).await?,
        Some(who) => from.all(one, &[&who]).await?,
    };
    let known =
        |(id, first, last, active): (_, String, String, _)| (id, Known { name: full_name(&first, &last), active, ..Known::default() });
    Ok(rows.into_iter().map(known).collect())
}
async fn skills(from: &mut impl Query, who: Option<PersonId>) -> Result<Vec<(PersonId, String, i64)>> {
    let everybody = org_sql!("select person_id, skill_key, level from person_skills where org_id = $1");
    let one = org_sql!("select person_id, skill_key, level from person_skills where org_id = $1 and person_id = $2");
    Ok(match who {
        None => from.all(everybody, &[]).await?,
        Some(who) => from.all(one, &[&who]).await?,
    })
}

macro_rules! calls {
    ($rest:literal) => {
        org_sql!(
            CallRow,
            concat!(
                "select {cols} from (
                   select a.id, a.mission_id, a.person_id, m.project_id, m.title, a.role, a.role_key, a.start_at, a.end_at, a.status = 'ACCEPTED' as firm,
                     a.override_reason is not null as overridden, m.time_zone, m.break_minutes
                   from assignments a join missions m on m.org_id = a.org_id and m.id = a.mission_id
                   where a.org_id = $1 and a.start_at >= $2 and a.start_at < $3 and a.end_at > $4
                     and a.status in ('INVITED', 'ACCEPTED') and m.cancelled_at is null ",
                $rest,
                ") call order by start_at, id"
            )
        )
    };
}
async fn calls(from: &mut impl Query, who: Option<PersonId>, since: Timestamp, until: Timestamp) -> Result<Vec<CallRow>> {
    let earliest = since.minus(LONGEST);
    let rows = match who {
        None => from.all(calls!(""), &[&earliest, &until, &since]).await?,
        Some(who) => from.all(calls!("and a.person_id = $5"), &[&earliest, &until, &since, &who]).await?,
    };
    Ok(rows)
}

/// Accepted calls of a span beyond what their mission needs of the role, in the order of the answers.
async fn over_quota(from: &mut impl Query, span: Interval) -> Result<BTreeSet<AssignmentId>> {
    let query = org_sql!(
        "select a.id from assignments a
         join mission_roles r on r.org_id = a.org_id and r.mission_id = a.mission_id and r.role_key = a.role_key
         where a.org_id = $1 and a.status = 'ACCEPTED' and a.start_at >= $2 and a.start_at < $3 and a.end_at > $4
           and r.quota < (select count(*) from assignments b where b.org_id = a.org_id and b.mission_id = a.mission_id
             and b.role_key = a.role_key and b.status = 'ACCEPTED' 
               and (coalesce(b.answered_at, b.invited_at), b.id) <= (coalesce(a.answered_at, a.invited_at), a.id))"
    );
    let found: Vec<(AssignmentId,)> = from.all(query, &[&span.start().minus(LONGEST), &span.end(), &span.start()]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// The spans of these assignments, whatever became of them.
pub async fn spans(from: &mut impl Query, one: AssignmentId, other: AssignmentId) -> Result<Option<Interval>> {
    let query = org_sql!("select min(start_at), max(end_at) from assignments where org_id = $1 and id in ($2, $3)");
    let found: Option<(Option<Timestamp>, Option<Timestamp>)> = from.opt(query, &[&one, &other]).await?;
    Ok(found.and_then(|(start, end)| Interval::new(start?, end?).ok()))
}

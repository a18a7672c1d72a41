//! The rows of exports in the store.

use crate::{
    people::model::PersonId,
    projects::model::ProjectId,
    rates::model::Unit,
    reports::store::{LineId, Which},
};
use base::{
    Result,
    db::Query,
    entity, id, org_sql,
    time::{Timestamp, Zone},
};

id!(pub RowId "row" "ligne");
/// Where a page begins.
pub type Key = (Timestamp, RowId);
pub const FIRST: Key = (Timestamp::from_micros(i64::MIN), RowId(id::Uuid::nil()));

entity! {
    /// Somebody's call as an export shows it.
    pub struct Call {
        pub id: LineId, pub start_at: Timestamp, pub end_at: Timestamp, pub time_zone: Zone, pub break_minutes: i64,
        pub project_id: Option<ProjectId>, pub project: Option<String>, pub title: String, pub location: Option<String>,
        pub person_id: PersonId, pub first_name: String, pub last_name: String, pub role: String, pub role_key: String,
        pub status: String, pub rate_unit: Option<Unit>, pub rate_cents: Option<i64>, pub rate_currency: Option<String>,
    }
}
pub async fn calls(from: &mut impl Query, which: &Which, after: Key, rows: i64) -> Result<Vec<Call>> {
    let query = org_sql!(
        "select a.id, a.start_at, a.end_at, m.time_zone, m.break_minutes, m.project_id, pr.name, m.title, m.location,
           a.person_id, p.first_name, p.last_name, a.role, a.role_key, a.status, a.rate_unit, a.rate_cents, a.rate_currency
         from assignments a
           join missions m on m.org_id = a.org_id and m.id = a.mission_id
           join people p on p.org_id = a.org_id and p.id = a.person_id
           left join projects pr on pr.org_id = m.org_id and pr.id = m.project_id
         where a.org_id = $1 and (a.start_at, a.id) > ($2, $3) and a.start_at < $4
           and (cast($5 as text) is null or m.project_id = $5) and (cast($6 as text) is null or a.person_id = $6)
         order by a.start_at, a.id limit $7"
    );
    let (at, id) = after.max((which.span.start(), FIRST.1));
    Ok(from.all(query, &[&at, &id, &which.span.end(), &which.project, &which.person, &rows]).await?)
}

entity! {
    /// A mission as an export shows it.
    pub struct Shift {
        pub id: RowId, pub title: String, pub start_at: Timestamp, pub end_at: Timestamp, pub time_zone: Zone,
        pub location: Option<String>, pub project: Option<String>, pub roles: Option<String>, pub break_minutes: i64,
        pub needed: i64, pub filled: i64, pub published: bool, pub cancelled: bool,
    }
}
pub async fn missions(from: &mut impl Query, which: &Which, after: Key, rows: i64) -> Result<Vec<Shift>> {
    let query = org_sql!(
        "select m.id, m.title, m.start_at, m.end_at, m.time_zone, m.location, pr.name,
           (select string_agg(r.role || ':' || cast(r.quota as text), ', ' order by r.place) from mission_roles r
            where r.org_id = m.org_id and r.mission_id = m.id),
           m.break_minutes,
           (select cast(coalesce(sum(q.quota), 0) as bigint) from mission_roles q where q.org_id = m.org_id and q.mission_id = m.id),
           (select count(*) from assignments a where a.org_id = m.org_id and a.mission_id = m.id and a.status = 'ACCEPTED'),
           m.published_at is not null, m.cancelled_at is not null
         from missions m left join projects pr on pr.org_id = m.org_id and pr.id = m.project_id
         where m.org_id = $1 and (m.start_at, m.id) > ($2, $3) and m.start_at < $4
           and (cast($5 as text) is null or m.project_id = $5)
         order by m.start_at, m.id limit $6"
    );
    let (at, id) = after.max((which.span.start(), FIRST.1));
    Ok(from.all(query, &[&at, &id, &which.span.end(), &which.project, &rows]).await?)
}

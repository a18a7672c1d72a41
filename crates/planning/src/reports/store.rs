//! The lines of reports in the store.

use super::model::{Line, Rates};
use crate::{
    people::model::{PersonId, full_name},
    projects::model::ProjectId,
    rates::model::{Rate, RateId, Snapshot, Unit},
};
use base::{
    Error, Result,
    db::Query,
    entity, org_sql,
    time::{Date, Interval, Timestamp, Zone},
};

/// How many rows are read at once.
const PAGE: i64 = 1_000;

base::id!(pub LineId "assignment" "affectation");

/// Which assignments: begun in the span, of one project or person or of all.
#[derive(Clone, Copy, Debug)]
pub struct Which {
    pub span: Interval,
    pub project: Option<ProjectId>,
    pub person: Option<PersonId>,
}

entity! {
    struct Row {
        id: LineId, person_id: PersonId, first_name: String, last_name: String, project_id: Option<ProjectId>, time_zone: Zone,
        start_at: Timestamp, end_at: Timestamp, break_minutes: i64, role_key: String, confirmed: bool,
        rate_unit: Option<Unit>, rate_cents: Option<i64>, rate_currency: Option<String>,
    }
}
impl From<Row> for Line {
    fn from(row: Row) -> Self {
        let kept = row.rate_unit.zip(row.rate_cents).zip(row.rate_currency);
        Self {
            person: row.person_id,
            name: full_name(&row.first_name, &row.last_name),
            project: row.project_id,
            zone: row.time_zone,
            start: row.start_at,
            end: row.end_at,
            break_minutes: row.break_minutes,
            role_key: row.role_key,
            confirmed: row.confirmed,
            kept: kept.map(|((unit, cents), currency)| Snapshot { unit, cents, currency }),
        }
    }
}

/// Hands every asked or accepted assignment to `each`, a page of rows in memory at a time.
pub async fn lines(from: &mut impl Query, which: Which, mut each: impl FnMut(Line)) -> Result<()> {
    let (first, last) = (which.span.start(), which.span.end());
    let mut after = (Timestamp::from_micros(first.micros() - 1), LineId(base::id::Uuid::max()));
    loop {
        let query = org_sql!(
            "select a.id, a.person_id, p.first_name, p.last_name, m.project_id, m.time_zone, a.start_at, a.end_at, m.break_minutes,
               a.role_key, a.status = 'ACCEPTED', a.rate_unit, a.rate_cents, a.rate_currency
             from assignments a
               join missions m on m.org_id = a.org_id and m.id = a.mission_id
               join people p on p.org_id = a.org_id and p.id = a.person_id
             where a.org_id = $1 and (a.start_at, a.id) > ($2, $3) and a.start_at < $4 and a.status in ('INVITED', 'ACCEPTED')
               and m.cancelled_at is null and (cast($5 as text) is null or m.project_id = $5)
               and (cast($6 as text) is null or a.person_id = $6)
             order by a.start_at, a.id limit $7"
        );
        let rows: Vec<Row> = from.all(query, &[&after.0, &after.1, &last, &which.project, &which.person, &PAGE]).await?;
        let Some(end) = rows.last() else { return Ok(()) };
        let more = rows.len() as i64 == PAGE;
        after = (end.start_at, end.id);
        rows.into_iter().for_each(|row| each(row.into()));
        if !more {
            return Ok(());
        }
    }
}

entity! {
    struct Owned {
        person_id: PersonId, id: RateId, role_key: String, role: Option<String>, unit: Unit, cents: i64, currency: String,
        valid_from: Date, version: i64, created_at: Timestamp, updated_at: Timestamp,
    }
}
/// Everybody's rates.
pub async fn rates(from: &mut impl Query) -> Result<Rates> {
    let mut rates = Rates::new();
    for row in from.all::<Owned>(org_sql!(Owned, "select {cols} from rates where org_id = $1"), &[]).await? {
        let Owned { person_id, id, role_key, role, unit, cents, currency, valid_from, version, created_at, updated_at } = row;
        rates.entry(person_id).or_default().push(Rate {
            id,
            role_key,
            role,
            unit,
            cents,
            currency,
            valid_from,
            version,
            created_at,
            updated_at,
        });
    }
    Ok(rates)
}

/// Where the organisation's days begin and end.
pub async fn zone(from: &mut impl Query) -> Result<Zone> {
    let (zone,): (String,) = from.one(org_sql!("select time_zone from orgs where org_id = $1"), &[]).await?;
    Ok(zone.parse().unwrap_or(Zone::UTC))
}

/// Name, budget and currency of every project.
pub async fn projects(from: &mut impl Query) -> Result<Vec<(ProjectId, String, Option<i64>, String)>> {
    Ok(from.all(org_sql!("select id, name, budget_cents, currency from projects where org_id = $1"), &[]).await?)
}
/// 404 for a project that is not here.
pub async fn project_exists(from: &mut impl Query, id: ProjectId) -> Result<()> {
    let found: Option<(ProjectId,)> = from.opt(org_sql!("select id from projects where org_id = $1 and id = $2"), &[&id]).await?;
    found.map(drop).ok_or_else(|| Error::not_found(id))
}

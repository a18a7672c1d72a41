//! Assignments in the store.

use super::{
    accept::Held,
    model::{AssignmentId, Row, Status},
};
use crate::{
    invitations::model::InvitationId,
    missions::model::{LONGEST, MissionId},
    people::model::PersonId,
    projects::model::ProjectId,
    rates::model::Snapshot,
    rules,
};
use base::{
    Error, Result,
    db::{self, OrgTx, Query},
    entity, id,
    id::AccountId,
    org_sql,
    time::{Interval, Timestamp, Zone},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Where a page of the list begins: by start, the id decides between equals.
pub type Key = (Timestamp, AssignmentId);
pub const FIRST: Key = (Timestamp::from_micros(i64::MIN), AssignmentId(id::Uuid::nil()));

/// An assignment with the names around it; what follows `where a.org_id = $1` is given. What is few is sorted (`+ 0`): SQLite
/// would read all of an organisation's in the order of an index instead.
macro_rules! lines {
    ($rest:literal) => {
        org_sql!(
            Row,
            concat!(
                "select {cols} from (
                   select a.*, m.title as mission_title, m.published_at is not null as mission_published,
                     m.cancelled_at is not null as mission_cancelled, m.time_zone, m.project_id, pr.name as project_title,
                     p.account_id, p.first_name, p.last_name
                   from assignments a
                     join missions m on m.org_id = a.org_id and m.id = a.mission_id
                     join people p on p.org_id = a.org_id and p.id = a.person_id
                     left join projects pr on pr.org_id = m.org_id and pr.id = m.project_id
                   where a.org_id = $1 ",
                $rest,
                ") line order by start_at + 0, id"
            )
        )
    };
}

/// Whose assignments.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    Everybody,
    Person(PersonId),
    Mission(MissionId),
}
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub after: Key,
    pub rows: i64,
    pub of: Of,
    pub mission: Option<MissionId>,
    pub status: Option<Status>,
    pub from: Timestamp,
    pub to: Timestamp,
    /// None sees everything; an account sees its own, and who accepted on what is published.
    pub eye: Option<AccountId>,
}

/// Three texts, so that each is answered from its own index. The page and the span have one beginning between them: SQLite
/// searches an index from one place, and would take the other for a filter over everything before.
pub async fn list(from: &mut impl Query, page: Page) -> Result<Vec<Row>> {
    let Page { after, rows, of, mission, status, from: begin, to, eye } = page;
    let (at, id) = after.max((begin.minus(LONGEST), FIRST.1));
    let everybody = lines!(
        "and (a.start_at, a.id) > ($2, $3) and a.end_at > $4 and a.start_at < $5 and a.status = coalesce($6, a.status)
         and (cast($7 as text) is null or (m.published_at is not null and (p.account_id = $7 or a.status = 'ACCEPTED')))
         order by a.start_at, a.id limit $8"
    );
    let person = lines!(
        "and (a.start_at, a.id) > ($2, $3) and a.end_at > $4 and a.start_at < $5 and a.status = coalesce($6, a.status)
         and (cast($7 as text) is null or (m.published_at is not null and (p.account_id = $7 or a.status = 'ACCEPTED')))
         and a.person_id = $9 and (cast($10 as text) is null or a.mission_id = $10) order by a.start_at, a.id limit $8"
    );
    let on_mission = lines!(
        "and (a.start_at + 0, a.id) > ($2, $3) and a.end_at > $4 and a.start_at + 0 < $5 and a.status = coalesce($6, a.status)
         and (cast($7 as text) is null or (m.published_at is not null and (p.account_id = $7 or a.status = 'ACCEPTED')))
         and a.mission_id = $9 order by a.start_at + 0, a.id limit $8"
    );
    let rows = match of {
        Of::Everybody => from.all(everybody, &[&at, &id, &begin, &to, &status, &eye, &rows]).await?,
        Of::Person(who) => from.all(person, &[&at, &id, &begin, &to, &status, &eye, &rows, &who, &mission]).await?,
        Of::Mission(what) => from.all(on_mission, &[&at, &id, &begin, &to, &status, &eye, &rows, &what]).await?,
    };
    Ok(rows)
}
pub async fn find(from: &mut impl Query, id: AssignmentId) -> Result<Row> {
    from.opt(lines!("and a.id = $2"), &[&id]).await?.ok_or_else(|| Error::not_found(id))
}

/// A new one; the caller holds the person.
pub async fn insert(
    tx: &mut OrgTx,
    mission: MissionId,
    person: PersonId,
    role: &str,
    span: Interval,
    own_times: bool,
) -> db::Result<AssignmentId> {
    let (id, now) = (AssignmentId(id::v7(tx.now())), tx.now());
    let insert = org_sql!(
        "insert into assignments (org_id, id, mission_id, person_id, role_key, role, status, start_at, end_at, own_times, invited_at, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, 'INVITED', $7, $8, $9, $10, $10, $10)"
    );
    let key = base::text::fold(role);
    tx.exec(insert, &[&id, &mission, &person, &key, &role, &span.start(), &span.end(), &own_times, &now]).await?;
    Ok(id)
}

/// What is written when somebody accepts.
pub struct Yes<'a> {
    pub override_reason: Option<&'a str>,
    pub rate: Option<&'a Snapshot>,
}
pub async fn accept(tx: &mut OrgTx, id: AssignmentId, yes: &Yes<'_>) -> db::Result<u64> {
    let now = tx.now();
    let (unit, cents, currency) = (yes.rate.map(|r| r.unit), yes.rate.map(|r| r.cents), yes.rate.map(|r| &r.currency));
    let update = org_sql!(
        "update assignments set status = 'ACCEPTED', reason = null, answered_at = $3, reconfirm_at = null, override_reason = $4,
           rate_unit = $5, rate_cents = $6, rate_currency = $7, version = version + 1, updated_at = $3
         where org_id = $1 and id = $2"
    );
    tx.exec(update, &[&id, &now, &yes.override_reason, &unit, &cents, &currency]).await
}
/// Any other step: an answer of no, a cancellation, or asked again.
pub async fn set(tx: &mut OrgTx, id: AssignmentId, status: Status, reason: Option<&str>) -> db::Result<u64> {
    let now = tx.now();
    let answered = (status != Status::Invited).then_some(now);
    let update = org_sql!(
        "update assignments set status = $3, reason = $4, answered_at = $5, reconfirm_at = null, override_reason = null,
           invited_at = case when $3 = 'INVITED' then $6 else invited_at end, version = version + 1, updated_at = $6
         where org_id = $1 and id = $2"
    );
    tx.exec(update, &[&id, &status, &reason, &answered, &now]).await
}
/// The person says yes again, after its times changed.
pub async fn confirm(tx: &mut OrgTx, id: AssignmentId) -> Result<()> {
    let now = tx.now();
    let update =
        org_sql!("update assignments set reconfirm_at = null, version = version + 1, updated_at = $3 where org_id = $1 and id = $2");
    tx.exec(update, &[&id, &now]).await?;
    Ok(())
}
/// The times of a call that is being asked for.
pub async fn set_times(tx: &mut OrgTx, id: AssignmentId, span: Interval, own: bool) -> Result<()> {
    let update = org_sql!("update assignments set start_at = $3, end_at = $4, own_times = $5 where org_id = $1 and id = $2");
    tx.exec(update, &[&id, &span.start(), &span.end(), &own]).await?;
    Ok(())
}
/// What somebody was asked for on this mission, in this role, before they were not needed any more: the latest.
pub async fn cancelled_of(from: &mut impl Query, mission: MissionId, person: PersonId, role_key: &str) -> Result<Option<AssignmentId>> {
    let query = org_sql!(
        "select id from assignments where org_id = $1 and mission_id = $2 and person_id = $3 and role_key = $4 and status = 'CANCELLED'
         order by updated_at desc, id desc limit 1"
    );
    Ok(from.opt::<(AssignmentId,)>(query, &[&mission, &person, &role_key]).await?.map(|(id,)| id))
}
/// Times of one's own; those of the mission are none.
pub async fn set_span(tx: &mut OrgTx, held: &Held, span: Interval, override_reason: Option<&str>) -> db::Result<u64> {
    let (now, id) = (tx.now(), held.row.id);
    let own = held.mission.span().is_ok_and(|mission| mission != span);
    let again = (held.row.status == Status::Accepted).then_some(now);
    let update = org_sql!(
        "update assignments set start_at = $3, end_at = $4, own_times = $8, reconfirm_at = coalesce($5, reconfirm_at),
           override_reason = coalesce($6, override_reason), version = version + 1, updated_at = $7
         where org_id = $1 and id = $2"
    );
    tx.exec(update, &[&id, &span.start(), &span.end(), &again, &override_reason, &now, &own]).await
}
pub async fn remove(tx: &mut OrgTx, id: AssignmentId) -> Result<()> {
    tx.exec(org_sql!("delete from assignments where org_id = $1 and id = $2"), &[&id]).await?;
    Ok(())
}

/// How many accepted a role.
pub async fn accepted(tx: &mut OrgTx, mission: MissionId, role_key: &str) -> Result<i64> {
    let count =
        org_sql!("select count(*) from assignments where org_id = $1 and mission_id = $2 and role_key = $3 and status = 'ACCEPTED'");
    Ok(tx.one::<(i64,)>(count, &[&mission, &role_key]).await?.0)
}

entity! {
    /// What clashes: another call that the person accepted.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = AssignmentClash)]
    pub struct Clash { pub user_id: PersonId, pub assignment_id: AssignmentId, pub mission_id: MissionId, pub title: String, pub start_at: Timestamp, pub end_at: Timestamp }
}
/// The accepted calls of a person that overlap a span.
pub async fn clashes(from: &mut impl Query, person: PersonId, span: Interval, but: Option<AssignmentId>) -> Result<Vec<Clash>> {
    let (start, end) = (span.start(), span.end());
    let query = org_sql!(
        Clash,
        "select {cols} from (
           select a.person_id as user_id, a.id as assignment_id, a.mission_id, m.title, a.start_at, a.end_at
           from assignments a join missions m on m.org_id = a.org_id and m.id = a.mission_id
           where a.org_id = $1 and a.person_id = $2 and a.status = 'ACCEPTED' and a.start_at >= $3 and a.start_at < $5 and a.end_at > $4
             and a.id <> coalesce($6, '')
         ) clash order by start_at, assignment_id"
    );
    Ok(from.all(query, &[&person, &start.minus(LONGEST), &start, &end, &but]).await?)
}
/// What a person accepted around a span, as the rule engine reads it.
pub async fn calls_around(
    from: &mut impl Query,
    person: PersonId,
    around: Interval,
    but: Option<AssignmentId>,
) -> Result<Vec<rules::Call>> {
    let query = org_sql!(
        "select a.start_at, a.end_at, m.break_minutes, m.time_zone, a.role_key
         from assignments a join missions m on m.org_id = a.org_id and m.id = a.mission_id
         where a.org_id = $1 and a.person_id = $2 and a.status = 'ACCEPTED' and a.start_at >= $3 and a.start_at < $4 and a.id <> coalesce($5, '')"
    );
    let rows: Vec<(Timestamp, Timestamp, i64, Zone, String)> = from.all(query, &[&person, &around.start(), &around.end(), &but]).await?;
    let call = |(start, end, break_minutes, zone, role)| {
        Ok(rules::Call { span: Interval::new(start, end)?, break_minutes, zone, firm: true, role, over_quota: false })
    };
    rows.into_iter().map(call).collect()
}
/// Whoever is asked or booked for a mission, in the order in which people are locked.
pub async fn active_of(tx: &mut OrgTx, mission: MissionId) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = tx.all(lines!("and a.mission_id = $2 and a.status in ('INVITED', 'ACCEPTED')"), &[&mission]).await?;
    rows.sort_by_key(|r| r.person_id);
    Ok(rows)
}
/// The mission's new times, for everybody whose own are not set apart.
pub async fn move_with_mission(tx: &mut OrgTx, mission: MissionId, span: Interval) -> db::Result<u64> {
    let now = tx.now();
    let update = org_sql!(
        "update assignments set start_at = $3, end_at = $4, reconfirm_at = case when status = 'ACCEPTED' then $5 else reconfirm_at end,
           version = version + 1, updated_at = $5
         where org_id = $1 and mission_id = $2 and not own_times and status in ('INVITED', 'ACCEPTED')"
    );
    tx.exec(update, &[&mission, &span.start(), &span.end(), &now]).await
}

entity! {
    /// How somebody who was asked stands, and the invitation that lies open for them.
    #[derive(Clone, Debug)]
    pub struct Asked {
        pub mission_id: MissionId, pub role_key: String, pub person_id: PersonId, pub status: Status, pub invited_at: Timestamp,
        pub invitation_id: Option<InvitationId>,
    }
}
/// Everybody who was asked for a project's missions that begin in a span.
pub async fn answers(from: &mut impl Query, project: ProjectId, span: Interval) -> Result<Vec<Asked>> {
    let query = org_sql!(
        Asked,
        "select {cols} from (
           select a.mission_id, a.role_key, a.person_id, a.status, a.invited_at, i.id as invitation_id
           from missions m join assignments a on a.org_id = m.org_id and a.mission_id = m.id
             left join invitations i on i.org_id = a.org_id and i.assignment_id = a.id and i.revoked_at is null and i.answered_at is null
           where m.org_id = $1 and m.project_id = $2 and m.start_at >= $3 and m.start_at < $4 and m.cancelled_at is null
         ) asked"
    );
    Ok(from.all(query, &[&project, &span.start().minus(LONGEST), &span.end()]).await?)
}

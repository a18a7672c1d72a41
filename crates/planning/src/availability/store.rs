//! Availability in the store.

use super::model::{AvailabilityId, Kind, LONGEST, Ready, Row, Status, occurrences, place};
use crate::{people::model::PersonId, recurrence::Recurrence};
use base::{
    Error, Result,
    crypto::Sealed,
    db::{self, OnConflict as _, OrgTx, Query},
    entity, id,
    id::AccountId,
    org_sql, say,
    time::{Interval, Timestamp, Zone},
};
use std::time::Duration;

/// Where a page of the list begins: by start, the id decides between equals.
pub type Key = (Timestamp, AvailabilityId);
pub const FIRST: Key = (Timestamp::from_micros(i64::MIN), AvailabilityId(id::Uuid::nil()));

/// A span with the name of the person; what follows `where v.org_id = $1` is given.
macro_rules! lines {
    ($rest:literal) => {
        org_sql!(
            Row,
            concat!(
                "select {cols} from (
                   select v.*, p.account_id, p.first_name, p.last_name
                   from availabilities v join people p on p.org_id = v.org_id and p.id = v.person_id
                   where v.org_id = $1 ",
                $rest,
                ") line order by start_at, id"
            )
        )
    };
}

pub struct Page {
    pub after: Key,
    pub rows: i64,
    pub person: Option<PersonId>,
    pub status: Option<Status>,
    pub kind: Option<Kind>,
    pub from: Timestamp,
    pub to: Timestamp,
}
/// Two texts, so that each is answered from its own index.
pub async fn list(from: &mut impl Query, page: Page) -> Result<Vec<Row>> {
    let Page { after, rows, person, status, kind, from: begin, to } = page;
    let (at, id) = after.max((begin.minus(LONGEST), FIRST.1));
    let everybody = lines!(
        "and (v.start_at, v.id) > ($2, $3) and v.end_at > $4 and v.start_at < $5
         and v.status = coalesce($6, v.status) and v.kind = coalesce($7, v.kind) order by v.start_at, v.id limit $8"
    );
    let one = lines!(
        "and (v.start_at, v.id) > ($2, $3) and v.end_at > $4 and v.start_at < $5
         and v.status = coalesce($6, v.status) and v.kind = coalesce($7, v.kind) and v.person_id = $9 order by v.start_at, v.id limit $8"
    );
    let found = match person {
        None => from.all(everybody, &[&at, &id, &begin, &to, &status, &kind, &rows]).await?,
        Some(who) => from.all(one, &[&at, &id, &begin, &to, &status, &kind, &rows, &who]).await?,
    };
    Ok(found)
}
pub async fn find(from: &mut impl Query, id: AvailabilityId) -> Result<Row> {
    from.opt(lines!("and v.id = $2"), &[&id]).await?.ok_or_else(|| Error::not_found(id))
}
fn seal(tx: &OrgTx, id: AvailabilityId, note: Option<&String>) -> Result<Option<Sealed<String>>> {
    note.map(|n| Sealed::seal(&tx.app().keys, &place(tx.org(), id), n)).transpose()
}
pub async fn create(tx: &mut OrgTx, person: PersonId, new: &Ready, zone: &Zone) -> Result<Row> {
    let (id, now) = (AvailabilityId(id::v7(tx.now())), tx.now());
    let note = seal(tx, id, new.note.as_ref())?;
    let insert = org_sql!(
        "insert into availabilities (org_id, id, person_id, start_at, end_at, time_zone, kind, note_sealed, recurrence, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)"
    );
    once(tx.exec(insert, &[&id, &person, &new.span.start(), &new.span.end(), &zone, &new.kind, &note, &new.recurrence, &now]).await)?;
    find(tx, id).await
}
pub async fn update(tx: &mut OrgTx, id: AvailabilityId, new: &Ready) -> Result<Row> {
    let (note, now) = (seal(tx, id, new.note.as_ref())?, tx.now());
    let update = org_sql!(
        "update availabilities set start_at = $3, end_at = $4, kind = $5, note_sealed = $6, version = version + 1, updated_at = $7
         where org_id = $1 and id = $2"
    );
    once(tx.exec(update, &[&id, &new.span.start(), &new.span.end(), &new.kind, &note, &now]).await)?;
    find(tx, id).await
}
fn once(outcome: db::Result<u64>) -> Result<u64> {
    outcome.on_conflict(|| {
        Error::conflict("availability_exists", say!("The same span is asked for already.", "La même période a déjà été demandée."))
    })
}
pub async fn decide(tx: &mut OrgTx, id: AvailabilityId, status: Status, by: AccountId) -> Result<Row> {
    let now = tx.now();
    let decided = (status != Status::Pending).then_some((by, now));
    let update = org_sql!(
        "update availabilities set status = $3, decided_by = $4, decided_at = $5, version = version + 1, updated_at = $6
         where org_id = $1 and id = $2"
    );
    once(tx.exec(update, &[&id, &status, &decided.map(|d| d.0), &decided.map(|d| d.1), &now]).await)?;
    find(tx, id).await
}
pub async fn remove(tx: &mut OrgTx, id: AvailabilityId) -> Result<()> {
    tx.exec(org_sql!("delete from availabilities where org_id = $1 and id = $2"), &[&id]).await?;
    Ok(())
}
/// Where a span lies, in which zone, and when it comes again.
type Lying = (Timestamp, Timestamp, Zone, Option<Recurrence>);

/// Whether another approved span of this kind overlaps, on any day on which either comes again; the person is held.
pub async fn approved_over(tx: &mut OrgTx, row: &Row) -> Result<bool> {
    let span = row.span()?;
    // Rules come again within weeks: what does not meet in a year hardly ever will.
    let reach = if row.recurrence.is_some() { Duration::from_secs(366 * 86_400) } else { Duration::ZERO };
    let within = Interval::new(span.start(), span.end().plus(reach))?;
    let query = org_sql!(
        "select start_at, end_at, time_zone, recurrence from availabilities
         where org_id = $1 and person_id = $2 and kind = $3 and status = 'APPROVED' and id <> $4
           and start_at < $6 and (end_at > $5 or recurrence is not null)"
    );
    let others: Vec<Lying> = tx.all(query, &[&row.person_id, &row.kind, &row.id, &within.start(), &within.end()]).await?;
    let ours = occurrences(span, &row.time_zone, row.recurrence.as_ref(), within);
    for (start, end, zone, recurrence) in others {
        let theirs = occurrences(Interval::new(start, end)?, &zone, recurrence.as_ref(), within);
        if theirs.iter().any(|t| ours.iter().any(|o| o.overlaps(*t))) {
            return Ok(true);
        }
    }
    Ok(false)
}
/// Approved windows that reach into a span: those of their own time, none of which began more than [`LONGEST`] before it, and
/// those that come again, however long ago they began. `$2` to `$4`: from where, since when, until when.
macro_rules! windows {
    ($whose:literal) => {
        org_sql!(
            Window,
            concat!(
                "select {cols} from availabilities where org_id = $1 and status = 'APPROVED' and recurrence is null
                   and start_at >= $2 and start_at < $4 and end_at > $3 ",
                $whose,
                " union all
                 select {cols} from availabilities where org_id = $1 and status = 'APPROVED' and recurrence is not null and start_at < $4 ",
                $whose,
                " order by start_at"
            )
        )
    };
}
entity! {
    struct Window { person_id: PersonId, kind: Kind, start_at: Timestamp, end_at: Timestamp, time_zone: Zone, recurrence: Option<Recurrence> }
}
/// When somebody can or cannot come, of one person or of everybody, within a span; what comes again as often as it does.
pub async fn approved(from: &mut impl Query, person: Option<PersonId>, within: Interval) -> Result<Vec<(PersonId, Kind, Interval)>> {
    let (since, until) = (within.start(), within.end());
    let earliest = since.minus(LONGEST);
    let rows: Vec<Window> = match person {
        None => from.all(windows!(""), &[&earliest, &since, &until]).await?,
        Some(who) => from.all(windows!("and person_id = $5"), &[&earliest, &since, &until, &who]).await?,
    };
    let mut spans = vec![];
    for row in rows {
        let first = Interval::new(row.start_at, row.end_at)?;
        let all = occurrences(first, &row.time_zone, row.recurrence.as_ref(), within);
        spans.extend(all.into_iter().map(|span| (row.person_id, row.kind, span)));
    }
    Ok(spans)
}
/// The same of absences alone.
pub async fn unavailable(from: &mut impl Query, person: Option<PersonId>, within: Interval) -> Result<Vec<(PersonId, Interval)>> {
    let all = approved(from, person, within).await?;
    Ok(all.into_iter().filter(|(_, kind, _)| *kind == Kind::Unavailable).map(|(person, _, span)| (person, span)).collect())
}

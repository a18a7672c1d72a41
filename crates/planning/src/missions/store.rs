//! Missions and their roles in the store.

use super::model::{LONGEST, MissionId, Ready, Row, Slot};
use crate::projects::model::ProjectId;
use base::{
    Error, Result,
    db::{OnConflict as _, OrgTx, Query},
    id, org_sql, say, text,
    time::{Timestamp, Zone},
};

/// Where a page of the list begins: by start, the id decides between equals.
pub type Key = (Timestamp, MissionId);
pub const FIRST: Key = (Timestamp::from_micros(i64::MIN), MissionId(id::Uuid::nil()));

/// Missions with how far their roles are filled; what follows `where m.org_id = $1 and` is given.
macro_rules! lines {
    ($rest:literal) => {
        org_sql!(
            Row,
            concat!(
                "select {cols} from (
                   select m.*,
                     coalesce((select string_agg(cast(r.quota as text) || ':' || cast((select count(*) from assignments a
                         where a.org_id = r.org_id and a.mission_id = r.mission_id and a.role_key = r.role_key and a.status = 'ACCEPTED') as text)
                       || ':' || cast((select count(*) from assignments i
                         where i.org_id = r.org_id and i.mission_id = r.mission_id and i.role_key = r.role_key and i.status = 'INVITED') as text)
                       || ':' || r.role, '\n' order by r.place)
                       from mission_roles r where r.org_id = m.org_id and r.mission_id = m.id), '') as roles
                   from missions m where m.org_id = $1 and ",
                $rest,
                ") line order by start_at, id"
            )
        )
    };
}

pub struct Page<'a> {
    pub after: Key,
    pub rows: i64,
    pub project: Option<ProjectId>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub role: Option<&'a str>,
    pub unfilled: bool,
    pub drafts: bool,
}

/// Missions that touch `from`..`to`. None is longer than [`LONGEST`], so the search begins that long before.
pub async fn list(from: &mut impl Query, page: Page<'_>) -> Result<Vec<Row>> {
    let begin = page.from.unwrap_or(Timestamp::from_micros(i64::MIN));
    // One beginning, for the page and for the span: SQLite searches an index from one place.
    let (at, id) = page.after.max((begin.minus(LONGEST), FIRST.1));
    let end = page.to.unwrap_or(Timestamp::from_micros(i64::MAX));
    let role = page.role.map(text::fold);
    let query = lines!(
        "(m.start_at, m.id) > ($2, $3) and m.end_at > $4 and m.start_at < $5
           and (cast($6 as text) is null or m.project_id = $6)
           and (m.published_at is not null or $7)
           and (cast($8 as text) is null or exists (
             select 1 from mission_roles k where k.org_id = $1 and k.mission_id = m.id and k.role_key = $8))
           and (not $9 or exists (
             select 1 from mission_roles u where u.org_id = m.org_id and u.mission_id = m.id and u.quota > (select count(*)
               from assignments f where f.org_id = u.org_id and f.mission_id = u.mission_id and f.role_key = u.role_key and f.status = 'ACCEPTED')))
         order by m.start_at, m.id limit $10"
    );
    let p = &page;
    Ok(from.all(query, &[&at, &id, &begin, &end, &p.project, &p.drafts, &role, &p.unfilled, &p.rows]).await?)
}
/// A mission; a draft is nothing to who may not see it.
pub async fn find(from: &mut impl Query, id: MissionId, drafts: bool) -> Result<Row> {
    let query = lines!("m.id = $2 and (m.published_at is not null or $3)");
    from.opt(query, &[&id, &drafts]).await?.ok_or_else(|| Error::not_found(id))
}
/// A mission held until the end of the transaction, before any person: everybody locks in this order.
pub async fn lock(tx: &mut OrgTx, id: MissionId) -> Result<Row> {
    let held: Option<(MissionId,)> = tx.opt(org_sql!("select id from missions where org_id = $1 and id = $2 {for_update}"), &[&id]).await?;
    held.ok_or_else(|| Error::not_found(id))?;
    find(tx, id, true).await
}

/// The zone that times without one are in: the project's, else the organisation's. A project that is not here is an error.
pub async fn zone(from: &mut impl Query, project: Option<ProjectId>) -> Result<Zone> {
    let query = org_sql!(
        "select p.id, coalesce(p.time_zone, o.time_zone) from orgs o left join projects p on p.org_id = o.org_id and p.id = $2
         where o.org_id = $1"
    );
    let (found, zone): (Option<ProjectId>, Zone) = from.one(query, &[&project]).await?;
    match project {
        Some(asked) if found.is_none() => Err(Error::not_found(asked)),
        _ => Ok(zone),
    }
}

pub async fn insert(tx: &mut OrgTx, new: &Ready) -> Result<MissionId> {
    let (id, now) = (MissionId(id::v7(tx.now())), tx.now());
    let insert = org_sql!(
        "insert into missions (org_id, id, project_id, title, location, start_at, end_at, time_zone, break_minutes, note, published_at, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)"
    );
    let published = (!new.draft).then_some(now);
    tx.exec(
        insert,
        &[
            &id,
            &new.project_id,
            &new.title,
            &new.location,
            &new.span.start(),
            &new.span.end(),
            &new.zone,
            &new.break_minutes,
            &new.note,
            &published,
            &now,
        ],
    )
    .await?;
    write_slots(tx, id, &new.slots).await?;
    Ok(id)
}
async fn write_slots(tx: &mut OrgTx, id: MissionId, slots: &[Slot]) -> Result<()> {
    for (place, slot) in (0i64..).zip(slots) {
        let insert =
            org_sql!("insert into mission_roles (org_id, mission_id, role_key, role, quota, place) values ($1, $2, $3, $4, $5, $6)");
        tx.exec(insert, &[&id, &text::fold(&slot.role), &slot.role, &slot.quota, &place]).await?;
    }
    Ok(())
}
pub async fn update(tx: &mut OrgTx, id: MissionId, new: &Ready) -> Result<Row> {
    let now = tx.now();
    let update = org_sql!(
        "update missions set project_id = $3, title = $4, location = $5, start_at = $6, end_at = $7, time_zone = $8, break_minutes = $9,
           note = $10, version = version + 1, updated_at = $11
         where org_id = $1 and id = $2"
    );
    tx.exec(
        update,
        &[
            &id,
            &new.project_id,
            &new.title,
            &new.location,
            &new.span.start(),
            &new.span.end(),
            &new.zone,
            &new.break_minutes,
            &new.note,
            &now,
        ],
    )
    .await?;
    tx.exec(org_sql!("delete from mission_roles where org_id = $1 and mission_id = $2"), &[&id]).await?;
    write_slots(tx, id, &new.slots).await?;
    let respell = org_sql!(
        "update assignments set role = (select r.role from mission_roles r
           where r.org_id = $1 and r.mission_id = assignments.mission_id and r.role_key = assignments.role_key)
         where org_id = $1 and mission_id = $2 and exists (select 1 from mission_roles k
           where k.org_id = $1 and k.mission_id = assignments.mission_id and k.role_key = assignments.role_key and k.role <> assignments.role)"
    );
    tx.exec(respell, &[&id]).await?;
    let orphans = org_sql!(
        "select count(*) from assignments a where a.org_id = $1 and a.mission_id = $2 and a.status in ('INVITED', 'ACCEPTED')
           and not exists (select 1 from mission_roles r where r.org_id = a.org_id and r.mission_id = a.mission_id and r.role_key = a.role_key)"
    );
    if tx.one::<(i64,)>(orphans, &[&id]).await?.0 > 0 {
        let say = say!(
            "Somebody is asked for a role that you remove. Cancel those assignments first.",
            "Une personne est sollicitée pour un rôle que vous retirez. Annulez d’abord ces affectations."
        );
        return Err(Error::conflict("role_in_use", say));
    }
    find(tx, id, true).await
}
pub async fn publish(tx: &mut OrgTx, id: MissionId) -> Result<Row> {
    let now = tx.now();
    let update = org_sql!(
        "update missions set published_at = $3, version = version + 1, updated_at = $3 where org_id = $1 and id = $2 and published_at is null"
    );
    tx.exec(update, &[&id, &now]).await?;
    find(tx, id, true).await
}
pub async fn cancel(tx: &mut OrgTx, id: MissionId) -> Result<Row> {
    let now = tx.now();
    let update = org_sql!("update missions set cancelled_at = $3, version = version + 1, updated_at = $3 where org_id = $1 and id = $2");
    tx.exec(update, &[&id, &now]).await?;
    find(tx, id, true).await
}
pub async fn remove(tx: &mut OrgTx, id: MissionId) -> Result<()> {
    tx.exec(org_sql!("delete from missions where org_id = $1 and id = $2"), &[&id]).await.on_constraint(|_| {
        Error::conflict("mission_in_use", say!("Something still needs this mission.", "Cette mission est encore utilisée."))
    })?;
    Ok(())
}
/// The missions of a project, held, in the order of their ids.
pub async fn lock_of_project(tx: &mut OrgTx, project: ProjectId) -> Result<Vec<MissionId>> {
    // Sorted: the index that has this order has all of the organisation's.
    let query = org_sql!("select id from missions where org_id = $1 and project_id = $2 order by id || '' {for_update}");
    Ok(tx.all::<(MissionId,)>(query, &[&project]).await?.into_iter().map(|(id,)| id).collect())
}

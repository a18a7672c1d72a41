//! Projects in the store.

use super::model::{Draft, Project, ProjectId, Status};
use base::{
    Error, Result,
    db::{self, OnConflict as _, OrgTx, Query},
    id, org_sql, say,
    time::Timestamp,
};

/// Where a page of the list begins: newest first, the id decides between equals.
pub type Key = (Timestamp, ProjectId);
/// Before this lies everything.
pub const NEWEST: Key = (Timestamp::from_micros(i64::MAX), ProjectId(id::Uuid::max()));

pub struct Page {
    pub after: Key,
    pub rows: i64,
    pub status: Option<Status>,
    pub drafts: bool,
}

pub async fn list(from: &mut impl Query, page: Page) -> Result<Vec<Project>> {
    let (at, id) = page.after;
    let query = org_sql!(
        Project,
        "select {cols} from projects where org_id = $1 and (created_at, id) < ($2, $3)
           and status = coalesce($4, status) and (status <> 'DRAFT' or $5)
         order by created_at desc, id desc limit $6"
    );
    Ok(from.all(query, &[&at, &id, &page.status, &page.drafts, &page.rows]).await?)
}
pub async fn find(from: &mut impl Query, id: ProjectId) -> Result<Project> {
    let query = org_sql!(Project, "select {cols} from projects where org_id = $1 and id = $2");
    from.opt(query, &[&id]).await?.ok_or_else(|| Error::not_found(id))
}
/// The same, held until the end of the transaction.
pub async fn lock(tx: &mut OrgTx, id: ProjectId) -> Result<Project> {
    let query = org_sql!(Project, "select {cols} from projects where org_id = $1 and id = $2 {for_update}");
    tx.opt(query, &[&id]).await?.ok_or_else(|| Error::not_found(id))
}

pub async fn create(tx: &mut OrgTx, new: &Draft) -> Result<Project> {
    let (id, now) = (ProjectId(id::v7(tx.now())), tx.now());
    let insert = org_sql!(Project,
        "insert into projects (org_id, id, name, name_key, client, venue, hue, status, starts_on, ends_on, budget_cents, currency, time_zone, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14) returning {cols}");
    named(
        tx.one(
            insert,
            &[
                &id,
                &new.name.trim(),
                &new.key(),
                &new.client,
                &new.venue,
                &new.hue(),
                &new.status,
                &new.starts_on,
                &new.ends_on,
                &new.budget_cents,
                &new.currency(),
                &new.time_zone,
                &now,
            ],
        )
        .await,
    )
}
pub async fn update(tx: &mut OrgTx, id: ProjectId, new: &Draft) -> Result<Project> {
    let now = tx.now();
    let update = org_sql!(
        Project,
        "update projects set name = $3, name_key = $4, client = $5, venue = $6, hue = $7, status = $8, starts_on = $9, ends_on = $10,
           budget_cents = $11, currency = $12, time_zone = $13, version = version + 1, updated_at = $14
         where org_id = $1 and id = $2 returning {cols}"
    );
    named(
        tx.one(
            update,
            &[
                &id,
                &new.name.trim(),
                &new.key(),
                &new.client,
                &new.venue,
                &new.hue(),
                &new.status,
                &new.starts_on,
                &new.ends_on,
                &new.budget_cents,
                &new.currency(),
                &new.time_zone,
                &now,
            ],
        )
        .await,
    )
}
pub async fn remove(tx: &mut OrgTx, id: ProjectId) -> Result<()> {
    tx.exec(org_sql!("delete from projects where org_id = $1 and id = $2"), &[&id]).await?;
    Ok(())
}

/// The only unique key besides the id is the folded name.
#[track_caller]
fn named(outcome: db::Result<Project>) -> Result<Project> {
    outcome.on_conflict(|| {
        let say = say!("A project of this name exists. Choose another name.", "Un projet porte déjà ce nom. Choisissez-en un autre.");
        let field = say!("This name is taken.", "Ce nom est déjà pris.");
        Error::conflict("project_name_taken", say).and_field("name", "project_name_taken", field)
    })
}

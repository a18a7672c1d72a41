//! What the instance's administrators read and change, in the store.

use super::model::{self, Account, DeadJob, Org, PlatformRole, Stats, Status};
use crate::accounts;
use base::{
    App, Error, Result,
    crypto::Sealed,
    db::{Db, Tx},
    entity,
    id::{AccountId, OrgId, Uuid},
    sql,
    time::Timestamp,
};

entity! {
    pub struct Row {
        pub id: AccountId, pub email_sealed: Sealed<String>, pub display_name: Option<String>, pub status: Status,
        pub platform_role: Option<PlatformRole>, pub two_factor: bool, pub created_at: Timestamp, pub last_seen_at: Option<Timestamp>,
    }
}
impl Row {
    pub fn shown(self, app: &App) -> Result<Account> {
        Ok(Account {
            email: self.email_sealed.open(&app.keys, &accounts::store::email_place(self.id))?,
            id: self.id,
            display_name: self.display_name,
            is_active: self.status == Status::Active,
            platform_role: self.platform_role,
            two_factor: self.two_factor,
            created_at: self.created_at,
            last_seen_at: self.last_seen_at,
            orgs: None,
        })
    }
}

/// Newest first, the id decides between equals.
pub type Key = (Timestamp, AccountId);
pub const NEWEST: Key = (Timestamp::from_micros(i64::MAX), AccountId(Uuid::max()));

pub struct Page<'a> {
    pub before: Key,
    pub rows: i64,
    pub id: Option<AccountId>,
    pub name: &'a str,
    pub status: Option<Status>,
    pub role: Option<PlatformRole>,
}
pub async fn accounts(db: &Db, page: Page<'_>) -> Result<Vec<Row>> {
    let query = sql!(
        "select a.id, a.email_sealed, a.display_name, a.status, a.platform_role, a.two_factor, a.created_at,
           (select max(s.last_seen_at) from sessions s where s.account_id = a.id)
         from accounts a where (a.created_at, a.id) < ($1, $2) and a.id = coalesce($3, a.id) and a.status = coalesce($4, a.status)
           and (a.platform_role = $5 or $5 is null) and substr(lower(coalesce(a.display_name, '')), 1, length($6)) = $6
         order by a.created_at desc, a.id desc limit $7"
    );
    let ((at, id), name) = (page.before, page.name.to_lowercase());
    Ok(db.all(query, &[&at, &id, &page.id, &page.status, &page.role, &name, &page.rows]).await?)
}
pub async fn account(db: &Db, id: AccountId) -> Result<Row> {
    let page = Page { before: NEWEST, rows: 1, id: Some(id), name: "", status: None, role: None };
    accounts(db, page).await?.pop().ok_or_else(|| Error::not_found(id))
}

/// What is about to change, held until the end of the transaction.
pub async fn lock(tx: &mut Tx, id: AccountId) -> Result<(Status, Option<PlatformRole>)> {
    let query = sql!("select status, platform_role from accounts where id = $1 {for_update}");
    tx.opt(query, &[&id]).await?.ok_or_else(|| Error::not_found(id))
}
/// Whether anybody administers this instance.
pub async fn any(app: &App) -> Result<bool> {
    let query = sql!("select count(*) from accounts where platform_role = 'admin' and status = 'active'");
    Ok(app.db.one::<(i64,)>(query, &[]).await?.0 > 0)
}
/// Refused when this is the last platform administrator who can sign in. Locks them all, in one order, so that two
/// of them cannot remove each other.
pub async fn another_admin(tx: &mut Tx, than: AccountId) -> Result<()> {
    let query = sql!("select id from accounts where platform_role = 'admin' and status = 'active' order by id {for_update}");
    let admins: Vec<(AccountId,)> = tx.all(query, &[]).await?;
    if admins.iter().any(|(id,)| *id != than) { Ok(()) } else { Err(model::last_admin()) }
}
pub async fn change(tx: &mut Tx, id: AccountId, status: Status, role: Option<PlatformRole>) -> Result<()> {
    let now = tx.now();
    let update = sql!("update accounts set status = $2, platform_role = $3, version = version + 1, updated_at = $4 where id = $1");
    tx.exec(update, &[&id, &status, &role, &now]).await?;
    tx.after_commit(move |app| app.forget_rights(id));
    Ok(())
}

pub async fn orgs(db: &Db, before: (Timestamp, OrgId), rows: i64) -> Result<Vec<Org>> {
    let query = sql!(all_orgs: "the instance's list of organisations, from outside",
        "select o.org_id, o.name, o.created_at, o.suspended_at, (select count(*) from memberships m where m.org_id = o.org_id)
         from orgs o where o.deleted_at is null and (o.created_at, o.org_id) < ($1, $2) order by o.created_at desc, o.org_id desc limit $3");
    Ok(db.all(query, &[&before.0, &before.1, &rows]).await?)
}
/// Closes an organisation, or opens it again; who its members are.
pub async fn suspend(tx: &mut Tx, org: OrgId, at: Option<Timestamp>) -> Result<Vec<AccountId>> {
    let update = sql!(all_orgs: "an administrator of the instance closes an organisation",
        "update orgs set suspended_at = $2, version = version + 1 where org_id = $1 and deleted_at is null");
    if tx.exec(update, &[&org, &at]).await? == 0 {
        return Err(Error::not_found(org));
    }
    let members =
        sql!(all_orgs: "an administrator of the instance closes an organisation", "select account_id from memberships where org_id = $1");
    Ok(tx.all::<(AccountId,)>(members, &[&org]).await?.into_iter().map(|(id,)| id).collect())
}
/// Who answers for an organisation, to be written to.
pub async fn owners(tx: &mut Tx, org: OrgId) -> Result<Vec<AccountId>> {
    let query = sql!(all_orgs: "an administrator of the instance writes to the owners",
        "select m.account_id from memberships m join accounts a on a.id = m.account_id
         where m.org_id = $1 and m.role = 'owner' and a.status = 'active' order by m.account_id");
    Ok(tx.all::<(AccountId,)>(query, &[&org]).await?.into_iter().map(|(id,)| id).collect())
}

/// What was given up, the youngest id first: ids rise with time.
pub async fn dead_jobs(db: &Db, before: Uuid, rows: i64) -> Result<Vec<DeadJob>> {
    let query = sql!(all_orgs: "the outbox serves every org",
        "select id, kind, org_id, attempts, last_error, created_at, dead_at from jobs
         where dead_at is not null and id < $1 order by id desc limit $2");
    Ok(db.all(query, &[&before.to_string(), &rows]).await?)
}

pub async fn stats(db: &Db, now: Timestamp) -> Result<Stats> {
    let query = sql!(all_orgs: "figures of the whole instance",
        "select (select count(*) from accounts), (select count(*) from accounts where status = 'disabled'),
           (select count(*) from accounts where platform_role = 'admin' and status = 'active'),
           (select count(*) from orgs where deleted_at is null),
           (select count(*) from orgs where deleted_at is null and suspended_at is not null),
           (select count(*) from sessions where revoked_at is null and expires_at > $1)");
    Ok(db.one(query, &[&now]).await?)
}

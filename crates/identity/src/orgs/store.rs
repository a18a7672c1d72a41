//! Organisations in the store.

use super::model::{Mine, Org};
use base::{
    Result,
    db::{Db, OrgTx, Query, Tx},
    id::{self, AccountId, OrgId},
    org_sql, sql,
};

pub async fn create(tx: &mut Tx, name: &str, zone: &str) -> Result<Org> {
    let (id, now) = (OrgId(id::v4()), tx.now());
    let insert = sql!(all_orgs: "a new org is in no org yet", Org,
        "insert into orgs (org_id, name, time_zone, created_at, updated_at) values ($1, $2, $3, $4, $4) returning {cols}");
    Ok(tx.one(insert, &[&id, &name.trim(), &zone, &now]).await?)
}
pub async fn read(from: &mut impl Query) -> Result<Org> {
    Ok(from.one(org_sql!(Org, "select {cols} from orgs where org_id = $1"), &[]).await?)
}
pub async fn change(tx: &mut OrgTx, org: &Org) -> Result<Org> {
    let now = tx.now();
    let update = org_sql!(
        Org,
        "update orgs set name = $2, time_zone = $3, version = version + 1, updated_at = $4 where org_id = $1 returning {cols}"
    );
    Ok(tx.one(update, &[&org.name.trim(), &org.time_zone, &now]).await?)
}
pub async fn of_account(db: &Db, account: AccountId) -> Result<Vec<Mine>> {
    let query = sql!(all_orgs: "the caller's own memberships", Mine,
        "select o.org_id, o.name, m.role from memberships m join orgs o on o.org_id = m.org_id where m.account_id = $1 order by m.created_at, o.org_id");
    Ok(db.all(query, &[&account]).await?)
}
/// The org that a fresh token is for.
pub async fn first_of(db: &Db, account: AccountId) -> Result<Option<OrgId>> {
    Ok(of_account(db, account).await?.first().map(|m| m.org_id))
}
/// Locked out at once; the rows of a deleted org are removed by retention.
pub async fn remove(tx: &mut OrgTx) -> Result<()> {
    let now = tx.now();
    tx.exec(org_sql!("update orgs set deleted_at = $2, version = version + 1, updated_at = $2 where org_id = $1"), &[&now]).await?;
    Ok(())
}

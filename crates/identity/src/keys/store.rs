//! API keys and service accounts in the store. A service account is an account of its own kind with a membership.

use super::model::{self, Key, MOST_KEYS, NewKey, NewService, Service};
use crate::{accounts, members};
use base::{
    Error, Result,
    auth::{ApiKey, Role, Scopes},
    crypto::Sealed,
    db::{OrgTx, Query, Tx},
    entity,
    id::{self, AccountId, KeyId, OrgId},
    org_sql, sql,
    time::Timestamp,
};

entity! {
    pub struct Row {
        pub id: KeyId, pub name: String, pub acts_as: AccountId, pub scopes: String, pub created_by: AccountId, pub created_at: Timestamp,
        pub expires_at: Timestamp, pub last_used_at: Option<Timestamp>,
    }
}
impl Row {
    pub fn shown(self) -> Key {
        let Self { id, name, acts_as, scopes, created_by, created_at, expires_at, last_used_at } = self;
        let scopes = scopes.split_whitespace().map(str::to_owned).collect();
        Key { id, name, account_id: acts_as, scopes, created_by, created_at, expires_at, last_used_at }
    }
}

/// Those that still open something, the newest first.
pub async fn list(from: &mut impl Query, now: Timestamp) -> Result<Vec<Row>> {
    let query = org_sql!(
        Row,
        "select {cols} from api_keys where org_id = $1 and revoked_at is null and expires_at > $2 order by created_at desc, id desc"
    );
    Ok(from.all(query, &[&now]).await?)
}
/// The new key's row, and the key itself.
pub async fn create(tx: &mut OrgTx, new: &NewKey, acts_as: AccountId, scopes: Scopes, by: AccountId) -> Result<(Row, String)> {
    let (now, id, org) = (tx.now(), KeyId(id::v7(tx.now())), tx.org());
    let count = org_sql!("select count(*) from api_keys where org_id = $1 and revoked_at is null and expires_at > $2");
    if tx.one::<(i64,)>(count, &[&now]).await?.0 >= MOST_KEYS {
        return Err(model::too_many());
    }
    let (key, token) = ApiKey::make(org, id);
    let insert = org_sql!(
        Row,
        "insert into api_keys (org_id, id, name, acts_as, digest, scopes, created_by, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning {cols}"
    );
    let (name, until) = (new.name.trim(), now.plus(new.life()));
    let row = tx.one(insert, &[&id, &name, &acts_as, &key.digest, &scopes.to_string(), &by, &now, &until]).await?;
    Ok((row, token))
}
pub async fn revoke(tx: &mut OrgTx, id: KeyId) -> Result<AccountId> {
    let now = tx.now();
    let update = org_sql!("update api_keys set revoked_at = $3 where org_id = $1 and id = $2 and revoked_at is null returning acts_as");
    Ok(tx.opt::<(AccountId,)>(update, &[&id, &now]).await?.ok_or_else(|| Error::not_found(id))?.0)
}
/// Ends every key of an account, in every org: somebody else may have made them.
pub async fn revoke_all(tx: &mut Tx, account: AccountId) -> Result<()> {
    let now = tx.now();
    let update = sql!(all_orgs: "an account that is taken over or closed loses its keys everywhere",
        "update api_keys set revoked_at = $2 where acts_as = $1 and revoked_at is null");
    tx.exec(update, &[&account, &now]).await?;
    tx.after_commit(move |app| app.forget_rights(account));
    Ok(())
}

/// Service accounts of the org.
pub async fn services(from: &mut impl Query) -> Result<Vec<Service>> {
    let query = org_sql!(
        "select a.id, a.display_name, m.role, a.created_at from memberships m join accounts a on a.id = m.account_id
         where m.org_id = $1 and a.kind = 'service' order by a.created_at, a.id"
    );
    let rows: Vec<(AccountId, String, Role, Timestamp)> = from.all(query, &[]).await?;
    Ok(rows.into_iter().map(|(id, name, role, created_at)| Service { id, name, role, created_at }).collect())
}
pub async fn service(from: &mut impl Query, id: AccountId) -> Result<Service> {
    services(from).await?.into_iter().find(|s| s.id == id).ok_or_else(|| Error::not_found(id))
}
/// Nobody can sign in as it: it has no password, and its address leads nowhere.
pub async fn create_service(tx: &mut OrgTx, new: &NewService) -> Result<Service> {
    let (id, now, org): (_, _, OrgId) = (AccountId(id::v4()), tx.now(), tx.org());
    let email = format!("{id}@service.invalid");
    let index = accounts::store::email_index(tx.app(), &email)?;
    let sealed = Sealed::seal(&tx.app().keys, &accounts::store::email_place(id), &email)?;
    let name = new.name.trim().to_owned();
    let insert = sql!(
        "insert into accounts (id, kind, email_index, email_sealed, display_name, created_at, updated_at) values ($1, 'service', $2, $3, $4, $5, $5)"
    );
    tx.global().exec(insert, &[&id, &index, &sealed, &name, &now]).await?;
    members::store::add(tx.global(), org, id, new.role).await?;
    Ok(Service { id, name, role: new.role, created_at: now })
}
/// It leaves the org with its keys; its row stays for whoever reads what it did.
pub async fn remove_service(tx: &mut OrgTx, id: AccountId) -> Result<()> {
    members::store::remove(tx, id).await?;
    let now = tx.now();
    tx.global()
        .exec(sql!("update accounts set status = 'disabled', version = version + 1, updated_at = $2 where id = $1"), &[&id, &now])
        .await?;
    Ok(())
}

//! Accounts that leave, in the store.

use super::model::{self, UNDO};
use crate::{
    accounts, admin,
    notices::{self, Notice},
    sessions,
};
use base::{
    App, Error, Result,
    audit::Entry,
    crypto::{self, Sealed, Secret},
    db::Tx,
    id::{AccountId, Id as _, OrgId},
    retention, say, sql,
    time::Timestamp,
};

/// Closes an account; what undoes it, and when it can no longer be undone.
pub async fn begin(tx: &mut Tx, account: &accounts::store::Row) -> Result<(Secret, Timestamp)> {
    let (id, now, token) = (account.id, tx.now(), Secret::new(crypto::token()));
    owners_elsewhere(tx, id).await?;
    if account.active() && account.platform_role.is_some() {
        admin::another_admin(tx, id).await?;
    }
    let (hash, purge_at) = (crypto::sha256_hex(token.expose().as_bytes()), now.plus(UNDO));
    let insert = sql!(
        "insert into account_deletions (account_id, token_hash, purge_at, created_at) values ($1, $2, $3, $4)
         on conflict (account_id) do update set token_hash = $2"
    );
    tx.exec(insert, &[&id, &hash, &purge_at, &now]).await?;
    set_status(tx, id, "disabled").await?;
    sessions::store::end_all(tx, id, None, "deleted").await?;
    let link = format!("{}/restore#token={}", tx.app().settings.public_url(), token.expose());
    notices::tell(tx, account, Notice::Leaving { link: &link }).await?;
    tx.audit(Entry { action: "account.deletion_asked", subject: Some(id.uuid()), details: None }).await?;
    Ok((token, purge_at))
}

/// Refused when an organisation would lose its last owner. Locks all the owners of the account's organisations, so
/// that two of them cannot leave at once.
async fn owners_elsewhere(tx: &mut Tx, id: AccountId) -> Result<()> {
    let lock = sql!(all_orgs: "the organisations of whoever leaves",
        "select id from accounts where id in (select o.account_id from memberships o where o.role = 'owner' and o.org_id in
           (select org_id from memberships where account_id = $1 and role = 'owner')) order by id {for_update}");
    tx.all::<(AccountId,)>(lock, &[&id]).await?;
    let sole = sql!(all_orgs: "the organisations of whoever leaves",
        "select m.org_id from memberships m where m.account_id = $1 and m.role = 'owner' and not exists
           (select 1 from memberships o join accounts a on a.id = o.account_id
            where o.org_id = m.org_id and o.role = 'owner' and o.account_id <> $1 and a.status = 'active') order by m.org_id");
    let sole: Vec<OrgId> = tx.all::<(OrgId,)>(sole, &[&id]).await?.into_iter().map(|(org,)| org).collect();
    if sole.is_empty() { Ok(()) } else { Err(model::sole_owner(&sole)) }
}
async fn set_status(tx: &mut Tx, id: AccountId, status: &str) -> Result<()> {
    let now = tx.now();
    let update = sql!("update accounts set status = $2, version = version + 1, updated_at = $3 where id = $1");
    tx.exec(update, &[&id, &status, &now]).await?;
    tx.after_commit(move |app| app.forget_rights(id));
    Ok(())
}

/// Opens the account that a link was mailed to.
pub async fn undo(tx: &mut Tx, token: &Secret) -> Result<()> {
    let (hash, now) = (crypto::sha256_hex(token.expose().as_bytes()), tx.now());
    let found = sql!("delete from account_deletions where token_hash = $1 and purge_at > $2 returning account_id");
    let Some((id,)) = tx.opt::<(AccountId,)>(found, &[&hash, &now]).await? else {
        let say = say!("This link is not valid, or it is too late.", "Ce lien n’est pas valable, ou il est trop tard.");
        return Err(Error::malformed("invalid_token", say));
    };
    tx.acts_as(id);
    set_status(tx, id, "active").await?;
    tx.audit(Entry { action: "account.restored", subject: Some(id.uuid()), details: None }).await
}
/// An administrator opened the account again: it stays.
pub async fn forget(tx: &mut Tx, id: AccountId) -> Result<()> {
    tx.exec(sql!("delete from account_deletions where account_id = $1"), &[&id]).await?;
    Ok(())
}

/// Accounts whose time to change their mind is over.
pub async fn due(app: &App, most: i64) -> Result<Vec<AccountId>> {
    let query = sql!("select account_id from account_deletions where purge_at <= $1 order by purge_at limit $2");
    Ok(app.db.all::<(AccountId,)>(query, &[&app.now(), &most]).await?.into_iter().map(|(id,)| id).collect())
}
/// Nothing personal is left of an account; its id stays, so that the log of what it did still means something.
pub async fn purge(app: &App, id: AccountId) -> Result<()> {
    let mut tx = app.begin(Default::default()).await?;
    let due = sql!("delete from account_deletions where account_id = $1 and purge_at <= $2");
    let now = tx.now();
    if tx.exec(due, &[&id, &now]).await? == 0 {
        return Ok(()); // somebody else did it, or it was undone
    }
    let nobody = format!("{id}@deleted.invalid");
    let sealed = Sealed::seal(&app.keys, &accounts::store::email_place(id), &nobody)?;
    let index = accounts::store::email_index(app, &nobody)?;
    let update = sql!(
        "update accounts set email_index = $2, email_sealed = $3, epoch = epoch + 1, version = version + 1, updated_at = $4 where id = $1"
    );
    tx.exec(update, &[&id, &index, &sealed, &now]).await?;
    retention::forget_account(&mut tx, id).await?;
    let origins = sql!(all_orgs: "where somebody was who is gone",
        "delete from audit_origins where (at, request_id) in (select at, request_id from audit where actor = $1)");
    tx.exec(origins, &[&id]).await?;
    let memberships = sql!(all_orgs: "whoever is gone is in no organisation", "delete from memberships where account_id = $1");
    tx.exec(memberships, &[&id]).await?;
    tx.audit(Entry { action: "account.purged", subject: Some(id.uuid()), details: None }).await?;
    tx.after_commit(move |app| app.forget_rights(id));
    tx.commit().await
}

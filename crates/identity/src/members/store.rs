//! Memberships and invitations in the store.

use super::model::{self, InvitationId, Listed, Membership, Pending};
use base::{
    App, Error, Result,
    auth::Role,
    crypto::Sealed,
    db::{Db, OnConflict as _, OrgTx, Query, Tx},
    entity, id,
    id::{AccountId, OrgId},
    org_sql, say, sql,
    time::Timestamp,
};

pub async fn role_of(db: &Db, org: OrgId, account: AccountId) -> Result<Option<Role>> {
    let query = sql!(all_orgs: "the caller's own role", "select role from memberships where org_id = $1 and account_id = $2");
    Ok(db.opt::<(Role,)>(query, &[&org, &account]).await?.map(|(role,)| role))
}
pub async fn add(tx: &mut Tx, org: OrgId, account: AccountId, role: Role) -> Result<()> {
    let now = tx.now();
    let insert = sql!(all_orgs: "whoever joins is not in the org yet",
        "insert into memberships (org_id, account_id, role, created_at, updated_at) values ($1, $2, $3, $4, $4)");
    tx.exec(insert, &[&org, &account, &role, &now]).await.on_conflict(|| {
        Error::conflict(
            "already_a_member",
            say!("You are already a member of this organisation.", "Vous êtes déjà membre de cette organisation."),
        )
    })?;
    Ok(())
}
pub async fn list(from: &mut impl Query) -> Result<Vec<Listed>> {
    let query = org_sql!(
        "select m.account_id, m.role, a.display_name, m.created_at from memberships m join accounts a on a.id = m.account_id
         where m.org_id = $1 order by m.created_at, m.account_id"
    );
    Ok(from.all(query, &[]).await?)
}
pub async fn find(tx: &mut OrgTx, account: AccountId) -> Result<Membership> {
    let query = org_sql!(Membership, "select {cols} from memberships where org_id = $1 and account_id = $2 {for_update}");
    tx.opt(query, &[&account]).await?.ok_or_else(|| Error::not_found(account))
}
/// The owners who can sign in. Locks their rows, so that two of them cannot leave at once.
pub async fn owners(tx: &mut OrgTx) -> Result<Vec<AccountId>> {
    let query = org_sql!(
        "select m.account_id from memberships m join accounts a on a.id = m.account_id
         where m.org_id = $1 and m.role = 'owner' and a.status = 'active' order by m.account_id {for_update}"
    );
    Ok(tx.all::<(AccountId,)>(query, &[]).await?.into_iter().map(|(id,)| id).collect())
}
/// Refused when this owner is the last one.
pub async fn another_owner(tx: &mut OrgTx, than: AccountId) -> Result<()> {
    if owners(tx).await?.iter().any(|owner| *owner != than) { Ok(()) } else { Err(model::last_owner()) }
}
/// Everybody of the org goes; who they were.
pub async fn remove_all(tx: &mut OrgTx) -> Result<Vec<AccountId>> {
    let gone = tx.all::<(AccountId,)>(org_sql!("delete from memberships where org_id = $1 returning account_id"), &[]).await?;
    Ok(gone.into_iter().map(|(id,)| id).collect())
}
pub async fn set_role(tx: &mut OrgTx, account: AccountId, role: Role) -> Result<Membership> {
    let now = tx.now();
    let update = org_sql!(
        Membership,
        "update memberships set role = $3, version = version + 1, updated_at = $4 where org_id = $1 and account_id = $2
           and ($3 <> 'owner' or not exists (select 1 from accounts a where a.id = $2 and a.kind = 'service')) returning {cols}"
    );
    tx.opt(update, &[&account, &role, &now]).await?.ok_or_else(model::owner_is_a_person)
}
pub async fn remove(tx: &mut OrgTx, account: AccountId) -> Result<()> {
    tx.exec(org_sql!("delete from memberships where org_id = $1 and account_id = $2"), &[&account]).await?;
    // Their API keys go with them, and do not come back when they do.
    let now = tx.now();
    let revoke = org_sql!("update api_keys set revoked_at = $3 where org_id = $1 and acts_as = $2 and revoked_at is null");
    tx.exec(revoke, &[&account, &now]).await?;
    tx.global().after_commit(move |app| app.forget_rights(account));
    Ok(())
}

entity! {
    pub struct Invitation {
        pub org_id: OrgId, pub id: InvitationId, pub email_index: String, pub role: Role, pub invited_by: AccountId,
        pub expires_at: Timestamp, pub accepted_at: Option<Timestamp>, pub revoked_at: Option<Timestamp>,
    }
}
entity! {
    /// An invitation that nobody has answered.
    pub struct Open {
        pub id: InvitationId, pub email_sealed: Sealed<String>, pub role: Role, pub invited_by: AccountId, pub created_at: Timestamp,
        pub expires_at: Timestamp,
    }
}
impl Open {
    pub fn shown(&self, app: &App) -> Result<Pending> {
        let email = self.email_sealed.open(&app.keys, &email_place(self.id))?;
        let Self { id, role, invited_by, created_at, expires_at, .. } = *self;
        Ok(Pending { id, email, role, invited_by, created_at, expires_at })
    }
}
fn email_place(id: InvitationId) -> String {
    format!("member_invitations|email|{id}")
}

pub async fn invite(
    tx: &mut OrgTx,
    email: &str,
    role: Role,
    token_hash: &str,
    by: AccountId,
    expires_at: Timestamp,
) -> Result<InvitationId> {
    let (id, now) = (InvitationId(id::v7(tx.now())), tx.now());
    let index = crate::accounts::store::email_index(tx.app(), email)?;
    let sealed = Sealed::seal(&tx.app().keys, &email_place(id), &email.to_owned())?;
    let insert = org_sql!(
        "insert into member_invitations (org_id, id, email_index, email_sealed, role, token_hash, invited_by, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    );
    tx.exec(insert, &[&id, &index, &sealed, &role, &token_hash, &by, &expires_at, &now]).await?;
    Ok(id)
}
pub async fn by_token(tx: &mut Tx, token_hash: &str) -> Result<Option<Invitation>> {
    let query = sql!(all_orgs: "the token is the only thing its holder knows of the org", Invitation,
        "select {cols} from member_invitations where token_hash = $1 {for_update}");
    Ok(tx.opt(query, &[&token_hash]).await?)
}
/// Whether an invitation that can still be accepted waits for this address.
pub async fn awaited(tx: &mut Tx, email_indexes: &[String]) -> Result<bool> {
    let query = sql!(all_orgs: "whoever is invited is in no org yet",
        "select count(*) from member_invitations i join orgs o on o.org_id = i.org_id
         where i.email_index = $1 and i.accepted_at is null and i.revoked_at is null and i.expires_at > $2 and o.deleted_at is null");
    let now = tx.now();
    for index in email_indexes {
        if tx.one::<(i64,)>(query, &[index, &now]).await?.0 > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
pub async fn accepted(tx: &mut Tx, invitation: &Invitation) -> Result<()> {
    let now = tx.now();
    let update = sql!(all_orgs: "whoever joins is not in the org yet", "update member_invitations set accepted_at = $3 where org_id = $1 and id = $2");
    tx.exec(update, &[&invitation.org_id, &invitation.id, &now]).await?;
    Ok(())
}

pub async fn pending(from: &mut impl Query, after: InvitationId, rows: i64) -> Result<Vec<Open>> {
    let query = org_sql!(
        Open,
        "select {cols} from member_invitations
         where org_id = $1 and id > $2 and accepted_at is null and revoked_at is null order by id limit $3"
    );
    Ok(from.all(query, &[&after, &rows]).await?)
}
pub async fn lock_pending(tx: &mut OrgTx, id: InvitationId) -> Result<Open> {
    let query = org_sql!(
        Open,
        "select {cols} from member_invitations where org_id = $1 and id = $2 and accepted_at is null and revoked_at is null {for_update}"
    );
    tx.opt(query, &[&id]).await?.ok_or_else(|| Error::not_found(id))
}
pub async fn revoke(tx: &mut OrgTx, id: InvitationId) -> Result<()> {
    let now = tx.now();
    tx.exec(org_sql!("update member_invitations set revoked_at = $3 where org_id = $1 and id = $2"), &[&id, &now]).await?;
    Ok(())
}
pub async fn revoke_all(tx: &mut OrgTx) -> Result<()> {
    let now = tx.now();
    let update = org_sql!("update member_invitations set revoked_at = $2 where org_id = $1 and accepted_at is null and revoked_at is null");
    tx.exec(update, &[&now]).await?;
    Ok(())
}
/// Another link, sent by somebody who may have another role than the first sender.
pub async fn renew(tx: &mut OrgTx, id: InvitationId, token_hash: &str, by: AccountId, expires_at: Timestamp) -> Result<()> {
    let update = org_sql!("update member_invitations set token_hash = $3, invited_by = $4, expires_at = $5 where org_id = $1 and id = $2");
    tx.exec(update, &[&id, &token_hash, &by, &expires_at]).await?;
    Ok(())
}

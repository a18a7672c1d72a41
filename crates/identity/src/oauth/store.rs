//! Identities in the store, and the accounts that come into being through them.

use super::model::{IdentityId, Person, new_id};
use crate::{
    accounts::store::{Row as Account, avatar_place, email_index, email_place},
    factors, keys, one_time, sessions,
};
use base::{
    App, Error, Result,
    crypto::Sealed,
    db::{Db, OnConflict as _, Tx},
    entity,
    id::{self, AccountId, Id as _, SessionId},
    say, sql,
    time::Timestamp,
};

entity! {
    pub struct Row {
        pub id: IdentityId, pub account_id: AccountId, pub provider: String, pub issuer: String, pub subject: String,
        pub email_sealed: Sealed<String>, pub name_sealed: Option<Sealed<String>>, pub created_at: Timestamp, pub last_used_at: Timestamp,
    }
}
impl Row {
    pub fn email(&self, app: &App) -> Result<String> {
        self.email_sealed.open(&app.keys, &place("email", self.id))
    }
    /// What the provider called the person last time.
    fn name(&self, app: &App) -> Result<Option<String>> {
        self.name_sealed.as_ref().map(|sealed| sealed.open(&app.keys, &place("name", self.id))).transpose()
    }
}
fn place(column: &str, id: IdentityId) -> String {
    format!("identities|{column}|{id}")
}

pub async fn find(tx: &mut Tx, person: &Person) -> Result<Option<Row>> {
    let query = sql!(Row, "select {cols} from identities where issuer = $1 and subject = $2 {for_update}");
    Ok(tx.opt(query, &[&person.issuer, &person.subject]).await?)
}
pub async fn of_account(db: &Db, account: AccountId) -> Result<Vec<Row>> {
    Ok(db.all(sql!(Row, "select {cols} from identities where account_id = $1 order by created_at, id"), &[&account]).await?)
}
/// Locked, with all others of the account: of two that go at once one is the last.
pub async fn lock_all(tx: &mut Tx, account: AccountId) -> Result<Vec<Row>> {
    Ok(tx.all(sql!(Row, "select {cols} from identities where account_id = $1 order by id {for_update}"), &[&account]).await?)
}
pub async fn account(tx: &mut Tx, id: AccountId) -> Result<Account> {
    Ok(tx.one(sql!(Account, "select {cols} from accounts where id = $1 {for_update}"), &[&id]).await?)
}

pub async fn link(tx: &mut Tx, account: AccountId, provider: &str, person: &Person) -> Result<Row> {
    let (id, now, app) = (new_id(), tx.now(), tx.app().clone());
    let email = Sealed::seal(&app.keys, &place("email", id), &person.email)?;
    let name = person.name.as_ref().map(|name| Sealed::seal(&app.keys, &place("name", id), name)).transpose()?;
    let insert = sql!(
        Row,
        "insert into identities (id, account_id, provider, issuer, subject, email_sealed, name_sealed, created_at, last_used_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8) returning {cols}"
    );
    let made = tx.one(insert, &[&id, &account, &provider, &person.issuer, &person.subject, &email, &name, &now]).await;
    // Somebody linked it since we looked: looking again finds it.
    made.on_conflict(|| base::db::Error::Retry.into())
}
/// What the provider says now: the picture always, the name unless its owner chose another one.
pub async fn refresh(tx: &mut Tx, row: &Row, account: Account, person: &Person) -> Result<Account> {
    let (id, now, app) = (row.id, tx.now(), tx.app().clone());
    let email = Sealed::seal(&app.keys, &place("email", id), &person.email)?;
    let name = person.name.as_ref().map(|name| Sealed::seal(&app.keys, &place("name", id), name)).transpose()?;
    let update = sql!("update identities set email_sealed = $2, name_sealed = $3, last_used_at = $4 where id = $1");
    tx.exec(update, &[&id, &email, &name, &now]).await?;
    let chosen = account.display_name.is_some() && account.display_name != row.name(&app)?;
    let shown = if chosen || person.name.is_none() { account.display_name.clone() } else { person.name.clone() };
    decorate(tx, account.id, shown.as_deref(), person).await
}
async fn decorate(tx: &mut Tx, id: AccountId, name: Option<&str>, person: &Person) -> Result<Account> {
    let now = tx.now();
    let seal = |picture: &String| Sealed::seal(&tx.app().keys, &avatar_place(id), picture);
    let avatar = person.picture.as_ref().map(seal).transpose()?;
    let update = sql!(
        Account,
        "update accounts set display_name = $2, avatar_sealed = $3, version = version + 1, updated_at = $4 where id = $1 returning {cols}"
    );
    Ok(tx.one(update, &[&id, &name, &avatar, &now]).await?)
}

/// A new account without a password. One that nobody vouched for the address of does not have it: another may sign up with it.
pub async fn create(tx: &mut Tx, person: &Person, with_address: bool) -> Result<Account> {
    let (id, now, app) = (AccountId(id::v4()), tx.now(), tx.app().clone());
    let index = if with_address { email_index(&app, &person.email)? } else { format!("unclaimed:{id}") };
    let sealed = Sealed::seal(&app.keys, &email_place(id), &person.email)?;
    let verified = with_address.then_some(now);
    let insert = sql!(
        "insert into accounts (id, email_index, email_sealed, email_verified_at, created_at, updated_at) values ($1, $2, $3, $4, $5, $5)"
    );
    let made = tx.exec(insert, &[&id, &index, &sealed, &verified, &now]).await;
    // Somebody took the address since we looked: looking again finds them.
    made.on_conflict(|| base::db::Error::Retry.into())?;
    tx.acts_as(id);
    tx.audit(base::audit::Entry { action: "account.created", subject: Some(id.uuid()), details: None }).await?;
    decorate(tx, id, person.name.as_deref(), person).await
}
pub async fn verified(tx: &mut Tx, id: AccountId) -> Result<()> {
    let now = tx.now();
    tx.exec(sql!("update accounts set email_verified_at = coalesce(email_verified_at, $2) where id = $1"), &[&id, &now]).await?;
    Ok(())
}
pub async fn owns(tx: &mut Tx, id: AccountId) -> Result<bool> {
    let query = sql!(all_orgs: "whether the account is in any organisation", "select count(*) from memberships where account_id = $1");
    let (count,): (i64,) = tx.one(query, &[&id]).await?;
    Ok(count > 0)
}

/// Takes from an account everything by which whoever made it could come back.
pub async fn wipe(tx: &mut Tx, id: AccountId) -> Result<()> {
    let now = tx.now();
    let update = sql!("update accounts set password_phc = null, epoch = epoch + 1, version = version + 1, updated_at = $2 where id = $1");
    tx.exec(update, &[&id, &now]).await?;
    unlink_all(tx, id).await?;
    one_time::void(tx, id).await?;
    factors::store::remove(tx, id).await?;
    keys::store::revoke_all(tx, id).await?;
    sessions::store::end_all(tx, id, None, "taken_over").await?;
    Ok(())
}

pub async fn unlink_all(tx: &mut Tx, account: AccountId) -> Result<()> {
    tx.exec(sql!("delete from identities where account_id = $1"), &[&account]).await?;
    tx.exec(sql!("delete from oauth_tickets where account_id = $1"), &[&account]).await?;
    Ok(())
}
pub async fn unlink(tx: &mut Tx, id: IdentityId) -> Result<()> {
    tx.exec(sql!("delete from identities where id = $1"), &[&id]).await?;
    Ok(())
}
/// Ends what was opened with a callback token that has come a second time. The session was opened in the transaction that
/// used the token up, so both bear one instant.
pub async fn end_opened(tx: &mut Tx, account: AccountId, at: Timestamp) -> Result<()> {
    let query = sql!("select id from sessions where account_id = $1 and created_at = $2");
    let opened: Vec<(SessionId,)> = tx.all(query, &[&account, &at]).await?;
    for (session,) in opened {
        sessions::store::end(tx, account, session, "token_reused").await?;
    }
    Ok(())
}

pub fn taken() -> Error {
    let say = say!(
        "This identity belongs to another account. Sign in with it to see which.",
        "Cette identité appartient à un autre compte. Connectez-vous avec elle pour le voir."
    );
    Error::conflict("identity_taken", say)
}

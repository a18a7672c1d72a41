//! Sessions in the store.

use super::model::{Client, Counted, Life, Session};
use base::{
    App, Result,
    audit::Entry,
    crypto::{self, Sealed},
    db::Tx,
    entity,
    id::{self, AccountId, Id as _, OrgId, SessionId},
    origin, sql,
    time::Timestamp,
};
use std::net::IpAddr;

/// More than anybody has devices; the one unused for the longest makes room.
const MOST: i64 = 50;

entity! {
    pub struct Row {
        pub id: SessionId, pub account_id: AccountId, pub client: Client, pub secret: String, pub counter: i64, pub rotated_at: Timestamp,
        pub confirmed: bool, pub idle_seconds: i64, pub expires_at: Timestamp, pub ends_at: Timestamp, pub signed_in_at: Timestamp,
        pub methods: String, pub strong: bool, pub scopes: Option<String>, pub last_org: Option<OrgId>, pub provider: String,
        pub label: String, pub ip_sealed: Option<Sealed<String>>, pub created_at: Timestamp, pub last_seen_at: Timestamp,
        pub revoked_at: Option<Timestamp>, pub impersonator: Option<AccountId>,
    }
}
impl Row {
    pub fn alive(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
    pub fn counted(&self) -> Counted {
        Counted { counter: self.counter, rotated_at: self.rotated_at, confirmed: self.confirmed }
    }
    /// `here` is the session of the request.
    pub fn shown(self, app: &App, here: SessionId) -> Session {
        Session {
            current: self.id == here,
            address: self.ip(app).map(origin::coarse),
            id: self.id,
            client: self.client,
            device: self.label,
            provider: self.provider,
            created_at: self.created_at,
            last_seen_at: self.last_seen_at,
            expires_at: self.expires_at,
        }
    }
    fn ip(&self, app: &App) -> Option<IpAddr> {
        self.ip_sealed.as_ref()?.open(&app.keys, &ip_place(self.id)).ok()?.parse().ok()
    }
}
fn ip_place(id: SessionId) -> String {
    format!("sessions|ip|{id}")
}

pub struct New<'a> {
    pub account: AccountId,
    pub client: Client,
    pub life: Life,
    pub methods: &'a str,
    pub strong: bool,
    pub provider: &'a str,
    pub scopes: Option<&'a str>,
    pub last_org: Option<OrgId>,
    pub label: &'a str,
    pub ip: IpAddr,
    /// The administrator who opens it in the account's place.
    pub impersonator: Option<AccountId>,
}

pub async fn create(tx: &mut Tx, new: New<'_>) -> Result<Row> {
    let (id, now, secret) = (SessionId(id::v4()), tx.now(), crypto::token());
    make_room(tx, new.account).await?;
    let ip = Sealed::seal(&tx.app().keys, &ip_place(id), &new.ip.to_canonical().to_string())?;
    let (idle, until, most) =
        (i64::try_from(new.life.idle.as_secs()).unwrap_or(i64::MAX), now.plus(new.life.idle.min(new.life.most)), now.plus(new.life.most));
    let insert = sql!(
        Row,
        "insert into sessions (id, account_id, client, secret, rotated_at, idle_seconds, expires_at, ends_at, signed_in_at, methods,
                               strong, scopes, last_org, provider, label, ip_sealed, created_at, last_seen_at, impersonator)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $5, $9, $10, $11, $12, $13, $14, $15, $5, $5, $16) returning {cols}"
    );
    let row = tx
        .one(
            insert,
            &[
                &id,
                &new.account,
                &new.client,
                &secret,
                &now,
                &idle,
                &until,
                &most,
                &new.methods,
                &new.strong,
                &new.scopes,
                &new.last_org,
                &new.provider,
                &new.label,
                &ip,
                &new.impersonator,
            ],
        )
        .await?;
    Ok(row)
}
async fn make_room(tx: &mut Tx, account: AccountId) -> Result<()> {
    let now = tx.now();
    let update = sql!(
        "update sessions set revoked_at = $2, revoke_reason = 'too_many' where account_id = $1 and revoked_at is null and id not in
           (select id from sessions where account_id = $1 and revoked_at is null and expires_at > $2 order by last_seen_at desc, id limit $3)
           returning id"
    );
    for (gone,) in tx.all::<(SessionId,)>(update, &[&account, &now, &(MOST - 1)]).await? {
        tx.audit(Entry { action: "session.crowded_out", subject: Some(gone.uuid()), details: None }).await?;
    }
    Ok(())
}

/// Locked: of two that renew it at once the second sees what the first did.
pub async fn lock(tx: &mut Tx, id: SessionId) -> Result<Option<Row>> {
    Ok(tx.opt(sql!(Row, "select {cols} from sessions where id = $1 {for_update}"), &[&id]).await?)
}
pub async fn renew(tx: &mut Tx, row: &Row) -> Result<Row> {
    let now = tx.now();
    let until = now.plus(std::time::Duration::from_secs(row.idle_seconds.unsigned_abs())).min(row.ends_at);
    let update = sql!(
        Row,
        "update sessions set counter = counter + 1, rotated_at = $3, confirmed = false, expires_at = $4, last_seen_at = $3
         where id = $1 and counter = $2 returning {cols}"
    );
    Ok(tx.one(update, &[&row.id, &row.counter, &now, &until]).await?)
}
pub async fn remember_org(tx: &mut Tx, id: SessionId, org: OrgId) -> Result<()> {
    tx.exec(sql!("update sessions set last_org = $2 where id = $1"), &[&id, &org]).await?;
    Ok(())
}
pub async fn of_account(app: &App, account: AccountId) -> Result<Vec<Row>> {
    let query = sql!(
        Row,
        "select {cols} from sessions where account_id = $1 and revoked_at is null and expires_at > $2 order by last_seen_at desc, id"
    );
    Ok(app.db.all(query, &[&account, &app.now()]).await?)
}

/// Ends one session of an account; false when there is no such open one.
pub async fn end(tx: &mut Tx, account: AccountId, id: SessionId, reason: &str) -> Result<bool> {
    let now = tx.now();
    let update = sql!("update sessions set revoked_at = $3, revoke_reason = $4 where id = $1 and account_id = $2 and revoked_at is null");
    let ended = tx.exec(update, &[&id, &account, &now, &reason]).await?;
    tx.after_commit(move |app| app.forget_rights(account));
    Ok(ended == 1)
}
/// Ends every session of an account, but perhaps one, and those it opened in somebody else's place.
pub async fn end_all(tx: &mut Tx, account: AccountId, but: Option<SessionId>, reason: &str) -> Result<u64> {
    let now = tx.now();
    let update = sql!(
        "update sessions set revoked_at = $3, revoke_reason = $4
         where account_id = $1 and revoked_at is null and id <> coalesce($2, '')"
    );
    let ended = tx.exec(update, &[&account, &but, &now, &reason]).await?;
    tx.after_commit(move |app| app.forget_rights(account));
    end_impersonations(tx, account, reason).await?;
    Ok(ended)
}
/// Ends what an administrator opened in other people's places.
pub async fn end_impersonations(tx: &mut Tx, by: AccountId, reason: &str) -> Result<()> {
    let now = tx.now();
    let update =
        sql!("update sessions set revoked_at = $2, revoke_reason = $3 where impersonator = $1 and revoked_at is null returning account_id");
    for (account,) in tx.all::<(AccountId,)>(update, &[&by, &now, &reason]).await? {
        tx.after_commit(move |app| app.forget_rights(account));
    }
    Ok(())
}

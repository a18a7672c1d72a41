//! What stands now: a token says what was true when it was issued, this says what is true.
//!
//! One primary-key read, remembered for a few seconds; whoever changes an account, a session or a role calls
//! [`Rights::forget`] after the commit, so the change is felt on the next request.

use super::{
    Role,
    key::{self, KeyStanding},
};
use crate::{
    App,
    db::Db,
    error::Result,
    id::{AccountId, KeyId, OrgId, SessionId},
    sql,
    time::Timestamp,
};
use moka::sync::Cache;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// The longest that a change made elsewhere can go unnoticed when nobody tells.
const REMEMBER: Duration = Duration::from_secs(4);
const SHARDS: usize = 1_024;

#[derive(Clone, Debug)]
pub struct Standing {
    pub active: bool,
    pub epoch: i64,
    /// The session's refresh counter, and whether a token of that generation has been seen.
    pub generation: i64,
    pub confirmed: bool,
    /// When its holder last proved who they are, and whether with a second factor.
    pub signed_in_at: Timestamp,
    pub strong: bool,
    /// Whether the account has a second factor to ask for.
    pub two_factor: bool,
    pub ends: Timestamp,
    pub role: Option<Role>,
    /// Whether the org is closed to everybody for the time being.
    pub suspended: bool,
    pub platform_admin: bool,
    /// How the session was signed in.
    pub provider: Arc<str>,
    /// The administrator who opened the session in the account's place.
    pub impersonator: Option<AccountId>,
}

type Key = (AccountId, SessionId, Option<OrgId>);

pub struct Rights {
    known: Cache<Key, (u64, Standing)>,
    keys: Cache<(OrgId, KeyId), (u64, KeyStanding)>,
    /// Raised for an account (with a few others) whenever something of it changes.
    changes: Vec<AtomicU64>,
}
impl Default for Rights {
    fn default() -> Self {
        let known = Cache::builder().max_capacity(100_000).time_to_live(REMEMBER).build();
        let keys = Cache::builder().max_capacity(10_000).time_to_live(REMEMBER).build();
        Self { known, keys, changes: (0..SHARDS).map(|_| AtomicU64::new(0)).collect() }
    }
}

impl Rights {
    fn change(&self, account: AccountId) -> &AtomicU64 {
        let mut hasher = DefaultHasher::new();
        account.hash(&mut hasher);
        &self.changes[hasher.finish() as usize % SHARDS]
    }
    pub fn forget(&self, account: AccountId) {
        self.change(account).fetch_add(1, Ordering::Release);
    }
    pub fn forget_all(&self) {
        self.known.invalidate_all();
        self.keys.invalidate_all();
    }
    pub(super) async fn of(&self, db: &Db, account: AccountId, session: SessionId, org: Option<OrgId>) -> Result<Option<Standing>> {
        let change = self.change(account).load(Ordering::Acquire);
        let key = (account, session, org);
        if let Some((at, standing)) = self.known.get(&key)
            && at == change
        {
            return Ok(Some(standing));
        }
        let found = read(db, account, session, org).await?;
        if let Some(standing) = &found {
            self.known.insert(key, (change, standing.clone()));
        }
        Ok(found)
    }
    pub(super) async fn of_key(&self, app: &App, org: OrgId, key: KeyId) -> Result<Option<KeyStanding>> {
        let place = (org, key);
        if let Some((at, standing)) = self.keys.get(&place)
            && at == self.change(standing.account).load(Ordering::Acquire)
        {
            return Ok(Some(standing));
        }
        // Whose key it is turns up only now; what changes from here on is noticed.
        let Some(standing) = key::read(app, org, key).await? else { return Ok(None) };
        let change = self.change(standing.account).load(Ordering::Acquire);
        let found = key::read(app, org, key).await?;
        if let Some(standing) = &found {
            self.keys.insert(place, (change, standing.clone()));
        }
        Ok(found)
    }
}

crate::entity! {
    struct Row {
        status: String, epoch: i64, platform_role: Option<String>, two_factor: bool, expires_at: Timestamp, revoked_at: Option<Timestamp>,
        counter: i64, confirmed: bool, signed_in_at: Timestamp, strong: bool, provider: String, role: Option<Role>,
        suspended_at: Option<Timestamp>, impersonator: Option<AccountId>,
    }
}

async fn read(db: &Db, account: AccountId, session: SessionId, org: Option<OrgId>) -> Result<Option<Standing>> {
    let query = sql!(all_orgs: "the caller's own role in the org of their token", Row,
        "select {cols} from sessions s join accounts a on a.id = s.account_id
         left join memberships m on m.account_id = a.id and m.org_id = $3
         left join orgs o on o.org_id = m.org_id
         where s.id = $1 and a.id = $2");
    let found: Option<Row> = db.opt(query, &[&session, &account, &org]).await?;
    Ok(found.map(|row| Standing {
        active: row.status == "active" && row.revoked_at.is_none(),
        epoch: row.epoch,
        generation: row.counter,
        confirmed: row.confirmed,
        signed_in_at: row.signed_in_at,
        strong: row.strong,
        two_factor: row.two_factor,
        ends: row.expires_at,
        role: row.role,
        suspended: row.suspended_at.is_some(),
        platform_admin: row.platform_role.as_deref() == Some("admin"),
        provider: row.provider.into(),
        impersonator: row.impersonator,
    }))
}

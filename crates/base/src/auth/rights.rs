//! What stands now: a token says what was true when it was issued, this says what is true.
//!
//! One primary-key read, remembered for a few seconds; whoever changes an account, a session or a role calls
//! [`Rights::forget`] after the commit, so the change is felt on the next request.

use super::Role;
use crate::{
    db::Db,
    error::Result,
    id::{AccountId, OrgId, SessionId},
    sql,
    time::Timestamp,
};
use moka::sync::Cache;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The longest that a change made elsewhere can go unnoticed when nobody tells.
const REMEMBER: Duration = Duration::from_secs(5);
const SHARDS: usize = 1_024;

#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub active: bool,
    pub epoch: i64,
    pub ends: Timestamp,
    pub role: Option<Role>,
    pub platform_admin: bool,
}

type Key = (AccountId, SessionId, Option<OrgId>);

pub struct Rights {
    known: Cache<Key, (u64, Standing)>,
    /// Raised for an account (with a few others) whenever something of it changes.
    changes: Vec<AtomicU64>,
}
impl Default for Rights {
    fn default() -> Self {
        let known = Cache::builder().max_capacity(100_000).time_to_live(REMEMBER).build();
        Self { known, changes: (0..SHARDS).map(|_| AtomicU64::new(0)).collect() }
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
        if let Some(standing) = found {
            self.known.insert(key, (change, standing));
        }
        Ok(found)
    }
}

async fn read(db: &Db, account: AccountId, session: SessionId, org: Option<OrgId>) -> Result<Option<Standing>> {
    let query = sql!(all_orgs: "the caller's own role in the org of their token",
        "select a.status, a.epoch, a.platform_role, s.expires_at, s.revoked_at, m.role
         from sessions s join accounts a on a.id = s.account_id
         left join memberships m on m.account_id = a.id and m.org_id = $3
         where s.id = $1 and a.id = $2");
    type Found = (String, i64, Option<String>, Timestamp, Option<Timestamp>, Option<Role>);
    let found: Option<Found> = db.opt(query, &[&session, &account, &org]).await?;
    Ok(found.map(|(status, epoch, platform, ends, revoked, role)| Standing {
        active: status == "active" && revoked.is_none(),
        epoch,
        ends,
        role,
        platform_admin: platform.as_deref() == Some("admin"),
    }))
}

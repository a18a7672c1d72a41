//! The audit log in the store: read only, newest first.

use super::model::{Looked, Row};
use base::{
    Result,
    db::{Db, Query},
    id::{AccountId, OrgId},
    org_sql, sql,
    time::Timestamp,
};

/// A page of one chain, before this sequence number.
pub async fn chain(from: &mut impl Query, look: &Looked, before: i64, rows: i64) -> Result<Vec<Row>> {
    let query = org_sql!(
        "select a.org_id, a.seq, a.at, a.actor, a.action, a.subject, a.details, a.request_id, o.ip_sealed, o.device
         from audit a left join audit_origins o on o.at = a.at and o.request_id = a.request_id
         where a.org_id = $1 and a.seq < $2 and a.at >= $3 and a.at < $4 and substr(a.action, 1, length($5)) = $5
           and (a.actor = $6 or $6 is null) and (a.subject = $7 or $7 is null)
           and (case when a.action like '%.failed' or a.action like '%.forged' or a.action like '%.reused' then 'failed' else 'succeeded' end)
             in (coalesce($8, 'failed'), coalesce($8, 'succeeded'))
         order by a.seq desc limit $9"
    );
    let p: base::db::Params<'_> = &[&before, &look.from, &look.to, &look.action, &look.actor, &look.subject, &look.outcome, &rows];
    Ok(from.all(query, p).await?)
}

/// Where a page over several chains begins.
pub type Key = (Timestamp, OrgId, i64);

/// What one account did, wherever it did it.
pub async fn of_actor(db: &Db, account: AccountId, look: &Looked, before: Key, rows: i64) -> Result<Vec<Row>> {
    let query = sql!(all_orgs: "the caller's own doings, in every organisation",
        "select a.org_id, a.seq, a.at, a.actor, a.action, a.subject, a.details, a.request_id, o.ip_sealed, o.device
         from audit a left join audit_origins o on o.at = a.at and o.request_id = a.request_id
         where a.actor = $1 and (a.at, a.org_id, a.seq) < ($2, $3, $4) and a.at >= $5 and a.at < $6
           and substr(a.action, 1, length($7)) = $7 and (a.subject = $8 or $8 is null)
           and (case when a.action like '%.failed' or a.action like '%.forged' or a.action like '%.reused' then 'failed' else 'succeeded' end)
             in (coalesce($9, 'failed'), coalesce($9, 'succeeded'))
         order by a.at desc, a.org_id desc, a.seq desc limit $10");
    let (at, org, seq) = before;
    Ok(db.all(query, &[&account, &at, &org, &seq, &look.from, &look.to, &look.action, &look.subject, &look.outcome, &rows]).await?)
}

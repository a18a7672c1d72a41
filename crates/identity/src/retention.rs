//! What of sign-ins and accounts goes by its age.

use crate::{guessing, leaving};
use base::{
    App, Result,
    db::Sql,
    retention::{BATCH, ago},
    sql,
    time::Timestamp,
};
use std::time::Duration;

/// How long a session that is over stays in the store.
const ENDED_SESSION: Duration = Duration::from_secs(30 * 86_400);
/// How long what is over is still told from what never was.
const OVER: Duration = Duration::from_secs(86_400);
/// How long a whole address stays beside the audit.
const ADDRESS: Duration = Duration::from_secs(90 * 86_400);

pub async fn sessions(app: &App) -> Result<u64> {
    let old = sql!("delete from sessions where id in (select id from sessions where revoked_at <= $1 or expires_at <= $1 limit $2)");
    batch(app, old, ago(app, ENDED_SESSION)).await
}
pub async fn addresses(app: &App) -> Result<u64> {
    Ok(base::origin::fade(app, ago(app, ADDRESS), BATCH).await? as u64)
}
/// Wrong guesses that are forgiven anyway.
pub async fn guesses(app: &App) -> Result<u64> {
    let old = sql!("delete from guesses where place in (select place from guesses where last_at <= $1 limit $2)");
    batch(app, old, ago(app, guessing::model::FORGOTTEN)).await
}
/// Links of mails. A used one is told from an unknown one until its time is over.
pub async fn one_time_tokens(app: &App) -> Result<u64> {
    let old = sql!("delete from one_time_tokens where hash in (select hash from one_time_tokens where expires_at <= $1 limit $2)");
    batch(app, old, ago(app, OVER)).await
}
/// What was given away on the way to a provider and back.
pub async fn oauth_tickets(app: &App) -> Result<u64> {
    let old = sql!("delete from oauth_tickets where hash in (select hash from oauth_tickets where expires_at <= $1 limit $2)");
    batch(app, old, ago(app, OVER)).await
}
/// Sign-ins that waited for a code in vain.
pub async fn challenges(app: &App) -> Result<u64> {
    let old = sql!("delete from challenges where hash in (select hash from challenges where expires_at <= $1 limit $2)");
    batch(app, old, ago(app, OVER)).await
}
async fn batch(app: &App, old: Sql, before: Timestamp) -> Result<u64> {
    let mut tx = app.db.begin().await?;
    let gone = tx.exec(old, &[&before, &BATCH]).await?;
    tx.commit().await?;
    Ok(gone)
}
/// Accounts whose owners asked for it a while ago.
pub async fn accounts(app: &App) -> Result<u64> {
    let due = leaving::store::due(app, 20).await?;
    for id in &due {
        leaving::store::purge(app, *id).await?;
    }
    Ok(due.len() as u64)
}

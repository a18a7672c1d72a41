//! What of sign-ins and accounts goes by its age.

use crate::leaving;
use base::{
    App, Result,
    retention::{BATCH, ago},
    sql,
};
use std::time::Duration;

/// How long a session that is over stays in the store.
const ENDED_SESSION: Duration = Duration::from_secs(30 * 86_400);
/// How long a whole address stays beside the audit.
const ADDRESS: Duration = Duration::from_secs(90 * 86_400);

pub async fn sessions(app: &App) -> Result<u64> {
    let mut tx = app.db.begin().await?;
    let old = sql!("delete from sessions where id in (select id from sessions where revoked_at <= $1 or expires_at <= $1 limit $2)");
    let gone = tx.exec(old, &[&ago(app, ENDED_SESSION), &BATCH]).await?;
    tx.commit().await?;
    Ok(gone)
}
pub async fn addresses(app: &App) -> Result<u64> {
    Ok(base::origin::fade(app, ago(app, ADDRESS), BATCH).await? as u64)
}
/// Accounts whose owners asked for it a while ago.
pub async fn accounts(app: &App) -> Result<u64> {
    let due = leaving::store::due(app, 20).await?;
    for id in &due {
        leaving::store::purge(app, *id).await?;
    }
    Ok(due.len() as u64)
}

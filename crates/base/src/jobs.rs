//! The outbox: work that a transaction leaves behind as a row, done at least once after its commit.
//!
//! A worker leases due jobs, runs them outside any transaction and removes them; a failure is tried again
//! along [`RETRIES`], then the job lies among the dead letters until somebody replays it.

use crate::{
    db::RawTx,
    error::{Error, Result},
    id::{self, OrgId},
    sql,
    time::Timestamp,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

/// How long after each failure the next try comes.
pub const RETRIES: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_secs(300),
    Duration::from_secs(1_800),
    Duration::from_secs(7_200),
    Duration::from_secs(18_000),
    Duration::from_secs(36_000),
    Duration::from_secs(36_000),
];

/// Work to be done: what kind, with what, and not before when.
#[derive(Debug, Clone)]
pub struct Job {
    pub kind: &'static str,
    pub payload: serde_json::Value,
    pub not_before: Option<Timestamp>,
}
impl Job {
    pub fn new(kind: &'static str, payload: impl serde::Serialize) -> Result<Self> {
        Ok(Self { kind, payload: serde_json::to_value(payload).map_err(Error::internal)?, not_before: None })
    }
}

/// Wakes the worker of this process; those of other replicas look every few seconds.
#[derive(Clone, Default)]
pub struct Bell(Arc<Notify>);
impl Bell {
    pub fn ring(&self) {
        self.0.notify_one();
    }
    pub async fn heard(&self) {
        self.0.notified().await;
    }
}

pub(crate) async fn push(tx: &mut RawTx, org: Option<OrgId>, now: Timestamp, job: &Job) -> Result<()> {
    let (id, at) = (id::v7(now).to_string(), job.not_before.unwrap_or(now));
    let (org, payload) = (org.map(|o| o.to_string()), job.payload.to_string());
    let insert = sql!(all_orgs: "the outbox serves every org", "insert into jobs (id, org_id, kind, payload, run_at, created_at) values ($1, $2, $3, $4, $5, $6)");
    tx.exec(insert, &[&id, &org, &job.kind, &payload, &at, &now]).await?;
    Ok(())
}

//! The outbox: work that a transaction leaves behind as a row, done at least once after its commit.
//!
//! A worker leases due jobs, runs them outside any transaction and removes them; a failure is tried again
//! along [`RETRIES`], then the job lies among the dead letters until somebody replays it.

use crate::{
    App,
    crypto::{Keys, Sealed},
    db::{RawTx, Tx},
    error::{Error, Result},
    id::{self, AccountId, OrgId, Uuid},
    metrics::Counter,
    sql,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, future::Future, pin::Pin, sync::Arc, time::Duration};
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

/// While somebody holds a job, nobody else takes it; a crash gives it back.
const LEASE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_secs(2);

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

fn place(id: &str) -> String {
    format!("jobs|payload|{id}")
}

/// The payload is sealed: it may hold an address or the token of a link. `created_at` is when it is due first: each failure moves
/// `run_at` on.
pub(crate) async fn push(tx: &mut RawTx, keys: &Keys, org: Option<OrgId>, now: Timestamp, job: &Job) -> Result<()> {
    let (id, at) = (id::v7(now).to_string(), job.not_before.unwrap_or(now));
    let payload = Sealed::seal(keys, &place(&id), &job.payload.to_string())?;
    let insert = sql!(all_orgs: "the outbox serves every org", "insert into jobs (id, org_id, kind, payload, run_at, created_at) values ($1, $2, $3, $4, $5, $6)");
    tx.exec(insert, &[&id, &org, &job.kind, &payload, &at, &at]).await?;
    Ok(())
}

crate::entity! {
    struct Due { id: String, kind: String, payload: Sealed<String>, attempts: i64 }
}

type Doing = Pin<Box<dyn Future<Output = Result<()>> + Send>>;
/// Does one kind of job. It may run twice for one job, never at the same time.
pub type Doer = Box<dyn Fn(App, serde_json::Value) -> Doing + Send + Sync>;

/// Takes due jobs and does them, until it is dropped.
pub struct Worker {
    app: App,
    doers: HashMap<&'static str, Doer>,
    dead: Counter,
}

impl Worker {
    pub fn new(app: App) -> Self {
        let dead = app.metrics.counter("app_outbox_dead_total", "Jobs given up after their last try.", &[]);
        Self { app, doers: HashMap::new(), dead }
    }
    #[must_use]
    pub fn with<F: Future<Output = Result<()>> + Send + 'static>(
        mut self,
        kind: &'static str,
        doer: impl Fn(App, serde_json::Value) -> F + Send + Sync + 'static,
    ) -> Self {
        self.doers.insert(kind, Box::new(move |app, payload| Box::pin(doer(app, payload))));
        self
    }
    /// For ever: when the bell rings, and every few seconds for what is due again.
    pub async fn run(self) {
        loop {
            if let Err(error) = self.run_due().await {
                tracing::warn!(%error, "the outbox could not be read");
            }
            let _ = tokio::time::timeout(LOOK_EVERY, self.app.jobs.heard()).await;
        }
    }
    /// Does everything that is due now; how many were done.
    pub async fn run_due(&self) -> Result<usize> {
        let mut done = 0;
        loop {
            let due = self.lease().await?;
            if due.is_empty() {
                return Ok(done);
            }
            for job in due {
                done += usize::from(self.run_one(job).await?);
            }
        }
    }
    async fn lease(&self) -> Result<Vec<Due>> {
        let now = self.app.now();
        let mut tx = self.app.db.begin().await?;
        let lease = sql!(all_orgs: "the outbox serves every org", Due,
            "update jobs set leased_until = $1, attempts = attempts + 1 where id in (
               select id from jobs where dead_at is null and run_at <= $2 and (leased_until is null or leased_until <= $2)
               order by run_at limit 16 {skip_locked})
             returning {cols}");
        let due = tx.all(lease, &[&now.plus(LEASE), &now]).await?;
        tx.commit().await?;
        Ok(due)
    }
    async fn run_one(&self, job: Due) -> Result<bool> {
        let outcome = self.work(&job).await;
        let now = self.app.now();
        let mut tx = self.app.db.begin().await?;
        let Err(error) = outcome else {
            tx.exec(sql!(all_orgs: "the outbox serves every org", "delete from jobs where id = $1"), &[&job.id]).await?;
            tx.commit().await?;
            return Ok(true);
        };
        let retry = RETRIES.get(usize::try_from(job.attempts - 1).unwrap_or(usize::MAX));
        let (next, dead) = (now.plus(retry.copied().unwrap_or_default()), retry.is_none().then_some(now));
        tracing::warn!(kind = job.kind, attempts = job.attempts, dead = dead.is_some(), code = error.code(), at = %error.at(), "a job failed");
        let failed = sql!(all_orgs: "the outbox serves every org", "update jobs set leased_until = null, run_at = $2, dead_at = $3, last_error = $4 where id = $1");
        tx.exec(failed, &[&job.id, &next, &dead, &error.code()]).await?;
        tx.commit().await?;
        self.dead.add(u64::from(dead.is_some()));
        Ok(false)
    }
    async fn work(&self, job: &Due) -> Result<()> {
        let doer = self.doers.get(&*job.kind).ok_or_else(|| Error::internal(format!("nobody does jobs of kind {}", job.kind)))?;
        let payload = serde_json::from_str(&job.payload.open(&self.app.keys, &place(&job.id))?).map_err(Error::internal)?;
        doer(self.app.clone(), payload).await
    }
}

/// The usual job: send this mail.
pub const MAIL: &str = "mail";
pub async fn send_mail(app: App, payload: serde_json::Value) -> Result<()> {
    app.mailer.send(&serde_json::from_value(payload).map_err(Error::internal)?).await
}

/// Somebody joined an organisation, by an address that is proved to be theirs. Rooms that know people by their address do it.
pub const JOINED: &str = "member.joined";
#[derive(Serialize, Deserialize)]
pub struct Joined {
    pub org: OrgId,
    pub account: AccountId,
    pub email: String,
}

/// Dead letters go back into the queue, all of them or one, to be tried as often as a new job; how many.
pub async fn replay_dead(tx: &mut Tx, only: Option<Uuid>) -> Result<u64> {
    let (now, only) = (tx.now(), only.map(|id| id.to_string()));
    let replay = sql!(all_orgs: "the outbox serves every org",
        "update jobs set dead_at = null, attempts = 0, run_at = $1 where dead_at is not null and id = coalesce($2, id)");
    let replayed = tx.exec(replay, &[&now, &only]).await?;
    tx.after_commit(|app| app.jobs.ring());
    Ok(replayed)
}

/// How many wait, for how long the oldest has been due, however often it was tried since, and how many are dead.
pub async fn backlog(app: &App) -> Result<(i64, Duration, i64)> {
    let count = sql!(all_orgs: "the outbox serves every org",
        "select count(*), coalesce(min(case when dead_at is null then case when attempts = 0 then run_at else created_at end end), $1), sum(case when dead_at is null then 0 else 1 end) from jobs");
    let now = app.now();
    let (all, oldest, dead) = app.db.one::<(i64, Timestamp, Option<i64>)>(count, &[&now]).await?;
    Ok((all - dead.unwrap_or(0), now.since(oldest), dead.unwrap_or(0)))
}

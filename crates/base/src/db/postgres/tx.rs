//! A transaction on a connection of its own; one that is not finished never goes back dirty.

use super::{
    super::{Error, FromRow, Params, Result, Sql, Text},
    ACQUIRE, Target,
};
use deadpool_postgres::{Client, Object, Pool};
use futures_util::future::join_all;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// `set local` instead of a connection option: it survives PgBouncer, which shares sessions out by transaction.
const BEGIN: &str = "begin; set local statement_timeout = '5s'; set local idle_in_transaction_session_timeout = '30s'";
/// What the last statements lock is let go when the commit is in the log, before the log is on the disk …
const LET_GO: &str = "set local synchronous_commit = off";
/// … and then the log is written out as far as this mark, which stands behind the commit. Writers of one org do not wait
/// for each other's disk, and are answered when theirs is done.
const COMMIT_AND_FLUSH: &str = "commit; select pg_logical_emit_message(true, 'coulisses', '')";
/// The server ends a statement after five seconds; when even that word does not come, the network is gone.
const ANSWER: Duration = Duration::from_secs(6);

pub struct Tx {
    /// Taken out when the transaction has ended.
    conn: Option<Client>,
    prepare: bool,
    early: bool,
    commits: Arc<AtomicU64>,
}

/// An answer, or [`Error::Down`] after a while.
async fn within<T, E: Into<Error>>(bound: Duration, work: impl Future<Output = std::result::Result<T, E>>) -> Result<T> {
    tokio::time::timeout(bound, work).await.map_err(|_| no_answer())?.map_err(Into::into)
}
fn no_answer() -> Error {
    Error::Down("no answer in time".into())
}

impl Tx {
    /// After Postgres was restarted the pool may hold only dead connections: they are passed over.
    pub async fn begin(pool: &Pool, target: &Target, commits: Arc<AtomicU64>) -> Result<Self> {
        for _ in 0..pool.status().max_size {
            if let Some(tx) = Self::begin_on(pool.get().await?, target, commits.clone()).await? {
                return Ok(tx);
            }
        }
        Self::begin_on(pool.get().await?, target, commits).await?.ok_or_else(|| Error::Down("every connection is closed".into()))
    }
    async fn begin_on(conn: Client, target: &Target, commits: Arc<AtomicU64>) -> Result<Option<Self>> {
        let tx = Self { conn: Some(conn), prepare: target.prepare, early: target.early, commits };
        let begun = tokio::time::timeout(ACQUIRE, tx.conn()?.batch_execute(BEGIN)).await;
        if let Ok(Ok(())) = begun {
            return Ok(Some(tx));
        }
        tx.throw_away(); // dead, or half-way into a transaction
        match begun.map(|answer| answer.map_err(Error::from)) {
            Ok(Err(Error::Down(_))) => Ok(None),
            Ok(other) => other.map(|()| None),
            Err(_) => Err(no_answer()),
        }
    }
    fn conn(&self) -> Result<&Client> {
        self.conn.as_ref().ok_or_else(|| Error::Broken("the transaction has ended".into()))
    }
    fn throw_away(mut self) {
        self.conn.take().map(Object::take);
    }
    pub async fn rows<T: FromRow>(&mut self, text: &Text, p: Params<'_>) -> Result<Vec<T>> {
        within(ANSWER, super::rows(self.conn()?, self.prepare, text, p)).await
    }
    pub async fn exec(&mut self, text: &Text, p: Params<'_>) -> Result<u64> {
        within(ANSWER, super::exec(self.conn()?, self.prepare, text, p)).await
    }
    /// Unbounded here: a migration sets its own limits.
    pub async fn script(&mut self, sql: &str) -> Result<()> {
        Ok(self.conn()?.batch_execute(sql).await?)
    }
    /// The last statements and the commit travel together, so that what these lock is held for no round trip.
    pub async fn commit(mut self, last: &[(Sql, Params<'_>)]) -> Result<()> {
        let conn = self.conn()?;
        for (sql, _) in last.iter().filter(|_| self.prepare) {
            conn.prepare_cached(&sql.0.pg).await?; // once for each connection
        }
        let (first, end) = if last.is_empty() || !self.early { ("", "commit") } else { (LET_GO, COMMIT_AND_FLUSH) };
        let sent = async {
            let statements = join_all(last.iter().map(|(sql, p)| super::exec(conn, self.prepare, sql.0, p)));
            // Polled, and so sent, in this order.
            tokio::join!(biased; conn.batch_execute(first), statements, conn.batch_execute(end))
        };
        let (begun, statements, ended) = tokio::time::timeout(ANSWER, sent).await.map_err(|_| no_answer())?;
        // After a failure the server answers the commit with a rollback.
        begun?;
        statements.into_iter().try_for_each(|changed| changed.map(drop))?;
        ended?;
        self.conn = None;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
impl Drop for Tx {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        // Closing a connection is a rollback too.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return drop(Object::take(conn)) };
        runtime.spawn(async move {
            if within(ANSWER, conn.batch_execute("rollback")).await.is_err() {
                drop(Object::take(conn));
            }
        });
    }
}

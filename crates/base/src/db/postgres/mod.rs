//! Postgres: reads are pipelined on a few shared connections, a transaction has one of its own.

mod connect;
mod shared;
mod tx;

use super::{Error, FromRow, Options, Params, Result, Row, Stats, Text};
use connect::Target;
use deadpool_postgres::{
    ClientWrapper, Manager, ManagerConfig, Pool, PoolConfig, PoolError, QueueMode, RecyclingMethod, Runtime, Timeouts,
};
use shared::Shared;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio_postgres::{
    error::SqlState,
    types::{ToSql, Type},
};
pub use tx::Tx;

/// How long a request waits for a connection; then it is told to come back.
const ACQUIRE: Duration = Duration::from_secs(1);

impl From<tokio_postgres::Error> for Error {
    fn from(e: tokio_postgres::Error) -> Self {
        let Some(code) = e.code() else {
            let network = e.is_closed() || std::error::Error::source(&e).is_some_and(|s| s.is::<std::io::Error>());
            return if network { Self::Down(e.into()) } else { Self::Broken(e.into()) };
        };
        match *code {
            SqlState::UNIQUE_VIOLATION | SqlState::EXCLUSION_VIOLATION => Self::Conflict,
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Self::Retry,
            SqlState::LOCK_NOT_AVAILABLE => Self::Locked,
            SqlState::DISK_FULL => Self::Full,
            SqlState::CHARACTER_NOT_IN_REPERTOIRE => Self::Unstorable,
            // A primary that became a replica; an error of its disk.
            SqlState::READ_ONLY_SQL_TRANSACTION | SqlState::IO_ERROR => Self::Down(e.into()),
            SqlState::INVALID_SQL_STATEMENT_NAME | SqlState::DUPLICATE_PSTATEMENT => {
                Self::Broken(format!("{}; behind a connection pooler, add prepare=off to DATABASE_URL", words(&e)).into())
            }
            _ if code.code().starts_with("23") => Self::Constraint(words(&e)),
            _ if ["08", "53", "57"].contains(&&code.code()[..2]) => Self::Down(e.into()),
            _ => Self::Broken(e.into()),
        }
    }
}
impl From<PoolError> for Error {
    fn from(e: PoolError) -> Self {
        match e {
            PoolError::Backend(e) => e.into(),
            other => Self::Down(other.into()),
        }
    }
}
/// What the driver or the server says; not the row it says it about, which may be personal.
fn words(e: &tokio_postgres::Error) -> String {
    match e.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => std::error::Error::source(e).map_or_else(|| e.to_string(), |cause| format!("{e}: {cause}")),
    }
}

pub struct Pg {
    pool: Pool,
    shared: Vec<Shared>,
    next: AtomicUsize,
    target: Target,
    commits: Arc<AtomicU64>,
    reads: AtomicU64,
}

impl Pg {
    pub async fn connect(url: &str, options: Options) -> Result<Self> {
        let mut target = Target::parse(url, options.name)?;
        let first = target.first().await?;
        target.early = can_flush(&first).await;
        let fast = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let timeouts = Timeouts { wait: Some(ACQUIRE), create: Some(ACQUIRE), recycle: Some(ACQUIRE) };
        let size = PoolConfig { max_size: options.transactions.max(1), timeouts, queue_mode: QueueMode::Lifo };
        let pool = Pool::builder(Manager::from_connect(target.config(), target.clone(), fast)).config(size);
        let pool = pool.runtime(Runtime::Tokio1).build().map_err(|e| Error::Broken(e.into()))?;
        let shared: Vec<_> = (0..options.readers.max(1)).map(|_| Shared::default()).collect();
        shared[0].fill(first);
        Ok(Self { pool, shared, next: AtomicUsize::new(0), target, commits: Arc::default(), reads: AtomicU64::default() })
    }
    fn shared(&self) -> &Shared {
        &self.shared[self.next.fetch_add(1, Ordering::Relaxed) % self.shared.len()]
    }
    pub async fn rows<T: FromRow>(&self, text: &Text, p: Params<'_>) -> Result<Vec<T>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.shared().rows(&self.target, text, p).await
    }
    pub async fn begin(&self) -> Result<Tx> {
        Tx::begin(&self.pool, &self.target, self.commits.clone()).await
    }
    pub fn stats(&self) -> Stats {
        let pool = self.pool.status();
        let shared = self.shared.iter().filter(|s| s.is_open()).count();
        Stats {
            commits: self.commits.load(Ordering::Relaxed),
            reads: self.reads.load(Ordering::Relaxed),
            syncs: 0,
            connections: (pool.size + shared) as u64,
            idle: pool.available as u64,
            waiting: pool.waiting as u64,
        }
    }
    pub fn close(&self) {
        self.pool.close();
        self.shared.iter().for_each(Shared::close);
    }
    #[cfg(any(test, feature = "testing"))]
    pub async fn prepares(&self, text: &Text) -> Result<()> {
        self.shared().client(&self.target).await?.prepare(&text.pg).await?;
        Ok(())
    }
}

/// Whether a transaction may let its locks go before the disk has it: what stands in for Postgres may not know how.
async fn can_flush(c: &ClientWrapper) -> bool {
    let may = c.query_typed("select has_function_privilege('pg_logical_emit_message(boolean, text, text)', 'execute')", &[]).await;
    may.is_ok_and(|rows| rows.first().is_some_and(|r| r.get(0)))
}
async fn rows<T: FromRow>(c: &ClientWrapper, prepare: bool, text: &Text, p: Params<'_>) -> Result<Vec<T>> {
    let _runs = text.runs();
    let rows = if prepare {
        let st = c.prepare_cached(&text.pg).await?;
        c.query(&st, &bind(p)).await?
    } else {
        c.query_typed(&text.pg, &bind_typed(p)).await?
    };
    rows.iter().map(|r| T::from_row(&Row::Pg(r))).collect()
}
async fn exec(c: &ClientWrapper, prepare: bool, text: &Text, p: Params<'_>) -> Result<u64> {
    let _runs = text.runs();
    if !prepare {
        return Ok(c.execute_typed(&text.pg, &bind_typed(p)).await?);
    }
    let st = c.prepare_cached(&text.pg).await?;
    Ok(c.execute(&st, &bind(p)).await?)
}
fn bind<'a>(p: Params<'a>) -> Vec<&'a (dyn ToSql + Sync)> {
    p.iter().map(|v| *v as &(dyn ToSql + Sync)).collect()
}
/// Without a prepared statement nobody tells us the types: the values know them.
fn bind_typed<'a>(p: Params<'a>) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
    p.iter().map(|v| (*v as &(dyn ToSql + Sync), v.pg_type())).collect()
}

//! Postgres: reads are pipelined on a few shared connections, a transaction has one of its own.

use super::{Error, FromRow, Params, Result, Row, Text};
use deadpool_postgres::{Client, Config, ManagerConfig, Object, Pool, PoolConfig, RecyclingMethod, Runtime};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_postgres::{NoTls, error::SqlState, types::ToSql};

impl From<tokio_postgres::Error> for Error {
    fn from(e: tokio_postgres::Error) -> Self {
        let Some(code) = e.code() else { return Self::Down(e.into()) };
        match *code {
            SqlState::UNIQUE_VIOLATION | SqlState::EXCLUSION_VIOLATION => Self::Conflict,
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Self::Retry,
            SqlState::LOCK_NOT_AVAILABLE => Self::Locked,
            SqlState::DISK_FULL => Self::Full,
            _ if code.code().starts_with("23") => Self::Constraint(e.to_string()),
            _ if code.code().starts_with("08") || code.code().starts_with("57") || code.code().starts_with("53") => Self::Down(e.into()),
            _ => Self::Broken(e.into()),
        }
    }
}
impl From<deadpool_postgres::PoolError> for Error {
    fn from(e: deadpool_postgres::PoolError) -> Self {
        Self::Down(e.into())
    }
}

pub struct Pg {
    pool: Pool,
    /// Reads of many requests are pipelined on these.
    shared: Vec<Client>,
    next: AtomicUsize,
}
pub struct Tx {
    conn: Option<Client>,
}

impl Pg {
    pub async fn connect(url: &str) -> Result<Self> {
        let mut cfg = Config::new();
        cfg.url = Some(url.into());
        cfg.pool = Some(PoolConfig::new(12));
        cfg.manager = Some(ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = cfg.create_pool(Some(Runtime::Tokio1), NoTls).map_err(|e| Error::Broken(e.into()))?;
        let mut shared = Vec::new();
        for _ in 0..4 {
            shared.push(pool.get().await?);
        }
        Ok(Self { pool, shared, next: AtomicUsize::new(0) })
    }
    fn shared(&self) -> &Client {
        &self.shared[self.next.fetch_add(1, Ordering::Relaxed) % self.shared.len()]
    }
    pub async fn rows<T: FromRow>(&self, text: &Text, p: Params<'_>) -> Result<Vec<T>> {
        rows(self.shared(), text, p).await
    }
    pub async fn begin(&self) -> Result<Tx> {
        let c = self.pool.get().await?;
        c.batch_execute("begin").await?;
        Ok(Tx { conn: Some(c) })
    }
}

impl Tx {
    fn conn(&self) -> Result<&Client> {
        self.conn.as_ref().ok_or_else(|| Error::Broken("the transaction has ended".into()))
    }
    pub async fn rows<T: FromRow>(&mut self, text: &Text, p: Params<'_>) -> Result<Vec<T>> {
        rows(self.conn()?, text, p).await
    }
    pub async fn exec(&mut self, text: &Text, p: Params<'_>) -> Result<u64> {
        let c = self.conn()?;
        let st = c.prepare_cached(&text.pg).await?;
        Ok(c.execute(&st, &bind(p)).await?)
    }
    pub async fn script(&mut self, sql: &str) -> Result<()> {
        Ok(self.conn()?.batch_execute(sql).await?)
    }
    pub async fn commit(mut self) -> Result<()> {
        self.conn()?.batch_execute("commit").await?;
        self.conn = None;
        Ok(())
    }
}
impl Drop for Tx {
    fn drop(&mut self) {
        // An open transaction must not go back to the pool.
        if let Some(c) = self.conn.take() {
            tokio::spawn(async move {
                if c.batch_execute("rollback").await.is_err() {
                    let _ = Object::take(c);
                }
            });
        }
    }
}

fn bind<'a>(p: Params<'a>) -> Vec<&'a (dyn ToSql + Sync)> {
    p.iter().map(|v| *v as &(dyn ToSql + Sync)).collect()
}
async fn rows<T: FromRow>(c: &Client, text: &Text, p: Params<'_>) -> Result<Vec<T>> {
    let st = c.prepare_cached(&text.pg).await?;
    c.query(&st, &bind(p)).await?.iter().map(|r| T::from_row(&Row::Pg(r))).collect()
}

//! An open transaction of either engine, before it knows of tenants, audits and jobs.

use super::{Db, Engine, Error, FromRow, Params, Result, Sql, Text, postgres, sqlite};
use crate::metrics::Histogram;
use std::time::Instant;

/// Dropped without [`RawTx::commit`] it leaves no trace.
///
/// After a failed statement it can only be dropped. Postgres would answer a commit with a silent rollback,
/// SQLite would commit the rest: on both, going on is an error here.
pub struct RawTx {
    open: Open,
    /// Set while a statement runs and left set by one that failed or was abandoned half-way.
    failed: bool,
    /// Where the time that the commit takes is counted.
    commit: Histogram,
}
enum Open {
    Lite(sqlite::Tx),
    Pg(Box<postgres::Tx>),
}

fn has_failed() -> Error {
    Error::Broken("a statement of this transaction failed before: it can only be dropped".into())
}

impl RawTx {
    pub(super) async fn begin(db: &Db) -> Result<Self> {
        let asked = Instant::now();
        let open = match &db.0 {
            Engine::Lite(db) => Open::Lite(db.clone().begin().await?),
            Engine::Pg(db) => Open::Pg(Box::new(db.begin().await?)),
        };
        db.1.acquire.record(asked.elapsed());
        Ok(Self { open, failed: false, commit: db.1.commit.clone() })
    }
    fn start(&mut self) -> Result<&mut Open> {
        if std::mem::replace(&mut self.failed, true) {
            return Err(has_failed());
        }
        Ok(&mut self.open)
    }
    pub(crate) async fn rows<T: FromRow>(&mut self, text: &Text, p: Params<'_>) -> Result<Vec<T>> {
        let rows = match self.start()? {
            Open::Lite(tx) => sqlite::rows(tx.conn(), text, p),
            Open::Pg(tx) => tx.rows(text, p).await,
        }?;
        self.failed = false;
        Ok(rows)
    }
    pub(crate) async fn run(&mut self, text: &Text, p: Params<'_>) -> Result<u64> {
        let changed = match self.start()? {
            Open::Lite(tx) => sqlite::exec(tx.conn(), text, p),
            Open::Pg(tx) => tx.exec(text, p).await,
        }?;
        self.failed = false;
        Ok(changed)
    }
    /// Several statements without parameters: migrations only.
    pub async fn script(&mut self, sql: &str) -> Result<()> {
        match self.start()? {
            Open::Lite(tx) => sqlite::script(tx.conn(), sql),
            Open::Pg(tx) => tx.script(sql).await,
        }?;
        self.failed = false;
        Ok(())
    }
    pub async fn all<T: FromRow>(&mut self, sql: Sql, p: Params<'_>) -> Result<Vec<T>> {
        self.rows(sql.0, p).await
    }
    pub async fn opt<T: FromRow>(&mut self, sql: Sql, p: Params<'_>) -> Result<Option<T>> {
        Ok(self.all(sql, p).await?.pop())
    }
    pub async fn one<T: FromRow>(&mut self, sql: Sql, p: Params<'_>) -> Result<T> {
        self.opt(sql, p).await?.ok_or(Error::NoRow)
    }
    pub async fn exec(&mut self, sql: Sql, p: Params<'_>) -> Result<u64> {
        self.run(sql.0, p).await
    }
    pub async fn commit(self) -> Result<()> {
        self.commit_after(&[]).await
    }
    /// Commits with some last statements; on Postgres they and the commit are one round trip.
    pub(crate) async fn commit_after(self, last: &[(Sql, Params<'_>)]) -> Result<()> {
        if self.failed {
            return Err(has_failed());
        }
        let asked = Instant::now();
        match self.open {
            Open::Lite(mut tx) => {
                for (sql, p) in last {
                    sqlite::exec(tx.conn(), sql.0, p)?;
                }
                tx.commit().await
            }
            Open::Pg(tx) => tx.commit(last).await,
        }?;
        self.commit.record(asked.elapsed());
        Ok(())
    }
    pub(super) fn is_postgres(&self) -> bool {
        matches!(self.open, Open::Pg(_))
    }
}

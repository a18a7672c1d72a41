//! One store, two engines, one SQL text.
//!
//! SQLite is called in line: a read from the page cache costs about as much as waking a thread. A
//! commit writes the WAL and lets the next writer in; one thread then syncs the WAL for everyone who is
//! waiting, so an answer is never sent before its data is on the disk. Postgres reads share a few
//! pipelined connections; a transaction takes one of its own.
//!
//! Statements are written with [`sql!`](crate::sql) (global tables) or [`org_sql!`](crate::org_sql)
//! (a tenant's tables: `$1` is always the org, bound by [`OrgTx`] and [`OrgRead`], never by the caller).

mod error;
pub mod migrate;
mod postgres;
mod row;
mod sqlite;
mod statement;
#[cfg(test)]
mod tests;
mod tx;

pub use error::{Error, OnConflict, Result};
#[doc(hidden)]
pub use row::db_types;
pub use row::{Column, FromRow, Param, Params, Row};
pub use statement::{OrgSql, Scope, Sql, Statement, Text, binds_the_org, build};
pub use tx::{Actor, OrgRead, OrgTx, Query, Tx};

use std::sync::Arc;

#[doc(hidden)]
pub use inventory;

/// How long a commit waits for the disk (SQLite; Postgres has `synchronous_commit`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// The answer waits for a shared fsync of the WAL: survives power loss.
    Disk,
    /// The answer waits for the kernel: survives a crash of the process, not of the machine (tests).
    Process,
}

/// The store. Reading is on it; writing needs [`Db::begin`].
#[derive(Clone)]
pub enum Db {
    Lite(Arc<sqlite::Lite>),
    Pg(Arc<postgres::Pg>),
}

/// An open transaction of either engine; dropped without [`RawTx::commit`] it leaves no trace.
pub enum RawTx {
    Lite(sqlite::Tx),
    Pg(postgres::Tx),
}

impl Db {
    /// Opens `sqlite:PATH` (also `sqlite:///PATH`) or `postgres://…`.
    pub async fn connect(url: &str, durability: Durability) -> Result<Self> {
        if url.starts_with("postgres") {
            return Ok(Self::Pg(Arc::new(postgres::Pg::connect(url).await?)));
        }
        Ok(Self::Lite(Arc::new(sqlite::Lite::open(&sqlite::path(url), durability)?)))
    }
    pub async fn all<T: FromRow>(&self, sql: Sql, p: Params<'_>) -> Result<Vec<T>> {
        self.rows(sql.0, p).await
    }
    pub async fn opt<T: FromRow>(&self, sql: Sql, p: Params<'_>) -> Result<Option<T>> {
        Ok(self.all(sql, p).await?.pop())
    }
    pub async fn one<T: FromRow>(&self, sql: Sql, p: Params<'_>) -> Result<T> {
        self.opt(sql, p).await?.ok_or(Error::NoRow)
    }
    pub(crate) async fn rows<T: FromRow>(&self, text: &Text, p: Params<'_>) -> Result<Vec<T>> {
        match self {
            Self::Lite(db) => db.read(|c| sqlite::rows(c, text, p)),
            Self::Pg(db) => db.rows(text, p).await,
        }
    }
    /// Do not wait on the network, hash or sleep while holding one.
    pub async fn begin(&self) -> Result<RawTx> {
        Ok(match self {
            Self::Lite(db) => RawTx::Lite(db.begin().await?),
            Self::Pg(db) => RawTx::Pg(db.begin().await?),
        })
    }
    /// One round trip that proves the store answers.
    pub async fn ping(&self) -> Result<()> {
        self.one::<(i64,)>(crate::sql!("select cast(1 as bigint)"), &[]).await.map(|_| ())
    }
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Pg(_))
    }
}

impl RawTx {
    pub(crate) async fn rows<T: FromRow>(&mut self, text: &Text, p: Params<'_>) -> Result<Vec<T>> {
        match self {
            Self::Lite(tx) => sqlite::rows(tx.conn(), text, p),
            Self::Pg(tx) => tx.rows(text, p).await,
        }
    }
    pub(crate) async fn run(&mut self, text: &Text, p: Params<'_>) -> Result<u64> {
        match self {
            Self::Lite(tx) => sqlite::exec(tx.conn(), text, p),
            Self::Pg(tx) => tx.exec(text, p).await,
        }
    }
    /// Several statements without parameters: migrations only.
    pub async fn script(&mut self, sql: &str) -> Result<()> {
        match self {
            Self::Lite(tx) => sqlite::script(tx.conn(), sql),
            Self::Pg(tx) => tx.script(sql).await,
        }
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
        match self {
            Self::Lite(tx) => tx.commit().await,
            Self::Pg(tx) => tx.commit().await,
        }
    }
}

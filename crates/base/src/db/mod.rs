//! One store, two engines, one SQL text.
//!
//! SQLite is called in line: a read from the page cache costs about as much as waking a thread. A
//! transaction ends by letting the next writer in; one thread then commits and syncs for everyone who is
//! waiting, so an answer is never sent before its data is on the disk. Inside a transaction, read through it:
//! [`Db`] does not see what its neighbours have not committed yet. Postgres reads share a few pipelined
//! connections; a transaction takes one of its own.
//!
//! Statements are written with [`sql!`](crate::sql) (global tables) or [`org_sql!`](crate::org_sql)
//! (a tenant's tables: `$1` is always the org, bound by [`OrgTx`] and [`OrgRead`], never by the caller).

mod cell;
mod error;
pub mod migrate;
mod postgres;
mod raw;
mod row;
pub mod schema;
mod sqlite;
mod statement;
#[cfg(test)]
mod tests;
mod took;
mod tx;
mod view;

pub use cell::Cell;
pub use error::{Error, OnConflict, Result};
pub use raw::RawTx;
#[doc(hidden)]
pub use row::db_types;
pub use row::{Column, FromRow, Param, Params, Row};
pub use statement::{OrgSql, Scope, Sql, Statement, Text, binds_the_org, build};
pub use took::by_room;
pub use tx::{Actor, OrgRead, OrgTx, Query, Tx};
pub use view::View;

pub(crate) use sqlite::beside;

use crate::{metrics::Histogram, time::Timestamp};
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

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

/// How Postgres shows the connections of a server.
pub const SERVERS: &str = "coulisses";

/// How a store is opened.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub durability: Durability,
    /// Postgres connections for transactions: as many can be open at once in this process.
    pub transactions: usize,
    /// Postgres connections that all reads share.
    pub readers: usize,
    /// What Postgres shows of them (`application_name`); a name in the URL comes behind it.
    pub name: &'static str,
}
impl Default for Options {
    fn default() -> Self {
        Self { durability: Durability::Disk, transactions: 12, readers: 4, name: SERVERS }
    }
}
impl From<Durability> for Options {
    fn from(durability: Durability) -> Self {
        Self { durability, ..Self::default() }
    }
}

/// What the store did and holds, for metrics and for tests that count instead of timing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub commits: u64,
    /// Statements that read outside a transaction.
    pub reads: u64,
    /// Syncs of the WAL that answered them (SQLite); fewer than commits when writers share.
    pub syncs: u64,
    pub connections: u64,
    pub idle: u64,
    /// Transactions that wait for a connection (Postgres).
    pub waiting: u64,
}

/// How long transactions wait and take; for metrics.
#[derive(Clone, Debug, Default)]
pub struct Timings {
    /// Until one may begin: the writer's turn on SQLite, a connection on Postgres.
    pub acquire: Histogram,
    /// From the last statement until what it wrote is safe.
    pub commit: Histogram,
}

/// Held by the one server of an embedded store; let go when dropped.
#[derive(Debug)]
pub struct ServeLock(#[expect(dead_code, reason = "the lock lives as long as the open file")] File);

/// The file behind an SQLite URL; none behind another one.
pub fn file_of(url: &str) -> Option<PathBuf> {
    url.starts_with("sqlite:").then(|| sqlite::path(url))
}
/// Keeps every server away from an SQLite file, there or not, for as long as the lock is held: each would cache what another one
/// changes.
pub fn lock_file(path: &Path) -> Result<ServeLock> {
    sqlite::lock_for_serving(path)
}

/// The store. Reading is on it; writing needs [`Db::begin`].
#[derive(Clone)]
pub struct Db(Engine, Timings);
#[derive(Clone)]
enum Engine {
    Lite(Arc<sqlite::Lite>),
    Pg(Arc<postgres::Pg>),
}

impl Db {
    /// Opens `sqlite:PATH` (also `sqlite:///PATH`) or `postgres://…`; proves that it answers.
    ///
    /// A Postgres URL may also say `prepare=off` (behind a PgBouncer that cannot keep prepared statements)
    /// and `sslrootcert=FILE`.
    pub async fn connect(url: &str, options: impl Into<Options>) -> Result<Self> {
        let options = options.into();
        if url.starts_with("postgres") {
            return Ok(Self(Engine::Pg(Arc::new(postgres::Pg::connect(url, options).await?)), Timings::default()));
        }
        Ok(Self(Engine::Lite(Arc::new(sqlite::Lite::open(&sqlite::path(url), options.durability)?)), Timings::default()))
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
        match &self.0 {
            Engine::Lite(db) => db.read(|c| sqlite::rows(c, text, p)),
            Engine::Pg(db) => db.rows(text, p).await,
        }
    }
    /// Do not wait on the network, hash or sleep while holding one.
    pub async fn begin(&self) -> Result<RawTx> {
        RawTx::begin(self).await
    }
    /// One round trip that proves the store answers.
    pub async fn ping(&self) -> Result<()> {
        self.one::<(i64,)>(crate::sql!("select cast(1 as bigint)"), &[]).await.map(|_| ())
    }
    /// What the server's clock says; an embedded store has none but ours.
    pub async fn clock(&self) -> Result<Option<Timestamp>> {
        if !self.is_postgres() {
            return Ok(None);
        }
        let text = Text::same("select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)".to_owned());
        Ok(self.rows::<(Timestamp,)>(&text, &[]).await?.pop().map(|(at,)| at))
    }
    pub fn is_postgres(&self) -> bool {
        matches!(self.0, Engine::Pg(_))
    }
    /// The database file of the embedded engine.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Engine::Lite(db) => Some(db.path()),
            Engine::Pg(_) => None,
        }
    }
    pub fn stats(&self) -> Stats {
        match &self.0 {
            Engine::Lite(db) => db.stats(),
            Engine::Pg(db) => db.stats(),
        }
    }
    pub fn timings(&self) -> &Timings {
        &self.1
    }
    /// How many transactions shared each commit (SQLite).
    pub fn batch_sizes(&self) -> Option<Histogram> {
        match &self.0 {
            Engine::Lite(db) => Some(db.batch_sizes()),
            Engine::Pg(_) => None,
        }
    }
    /// Lets what runs come to its end, then stops; SQLite folds its WAL into the database.
    pub async fn close(&self) -> Result<()> {
        match &self.0 {
            Engine::Lite(db) => db.close().await,
            Engine::Pg(db) => {
                db.close();
                Ok(())
            }
        }
    }
    /// Copies the embedded store, as it is committed now, whole and synced, to a file that does not exist yet;
    /// readers and writers go on. `None` where the engine has its own tools.
    pub async fn snapshot(&self, to: &Path) -> Result<Option<()>> {
        let Engine::Lite(db) = &self.0 else { return Ok(None) };
        let (db, to) = (db.clone(), to.to_owned());
        let copied = tokio::task::spawn_blocking(move || db.snapshot(&to)).await;
        copied.map_err(|e| Error::Broken(e.into()))?.map(Some)
    }
    /// How the engine would answer a statement, a line for each step, if its tables were large: Postgres scans and hashes a
    /// small one because it is small.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) async fn plan(&self, text: &Text) -> Result<Vec<String>> {
        if let Engine::Lite(db) = &self.0 {
            return db.read(|c| sqlite::plan(c, text));
        }
        let mut tx = self.begin().await?;
        tx.script("set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_material = off; \
             set local plan_cache_mode = force_generic_plan").await?;
        tx.script(&format!("prepare looked_at as {}", text.pg)).await?;
        let most = (1..=20).rev().find(|n| text.pg.contains(&format!("${n}"))).unwrap_or(0);
        let nulls = if most == 0 { String::new() } else { format!("({})", vec!["null"; most].join(", ")) };
        let lines: Vec<(String,)> = tx.rows(&Text::same(format!("explain (costs off) execute looked_at{nulls}")), &[]).await?;
        tx.script("deallocate looked_at").await?;
        Ok(lines.into_iter().map(|(line,)| line).collect())
    }
    /// Asks the engine whether it understands a statement.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) async fn prepares(&self, text: &Text) -> Result<()> {
        match &self.0 {
            Engine::Lite(db) => db.read(|c| Ok(c.prepare(&text.lite).map(|_| ())?)),
            Engine::Pg(db) => db.prepares(text).await,
        }
    }
}

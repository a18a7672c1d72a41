//! Versioned, reversible, one text per step for both engines.
//!
//! A step is `migrations/NNNN_name.{up,down}.sql`. What one engine alone understands stands between
//! `-- only sqlite` (or `postgres`) and `-- end`. Steps are applied one per transaction under a lock, so that
//! servers that start together take turns, and their text is remembered by its checksum: an applied step is
//! never edited, the next one mends it.

use super::{Db, Error as StoreError, RawTx, Text};
use crate::{sql, time::Timestamp};
use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

type Result<T> = std::result::Result<T, MigrateError>;

pub struct Step {
    pub version: i64,
    pub name: &'static str,
    pub up: &'static str,
    pub down: &'static str,
}
/// Every step there is, oldest first; the numbers rise.
pub struct History(pub &'static [Step]);

macro_rules! steps { ($($version:literal $name:literal),* $(,)?) => { &[$(Step {
    version: $version,
    name: $name,
    up: include_str!(concat!("../../../../migrations/", $name, ".up.sql")),
    down: include_str!(concat!("../../../../migrations/", $name, ".down.sql")),
}),*] } }
/// The history of this binary.
pub static HISTORY: History = History(
    steps![1 "0001_house", 2 "0002_projects", 3 "0003_planning", 4 "0004_sessions", 5 "0005_org_life", 6 "0006_audit_origins", 7 "0007_factors", 8 "0008_keys", 9 "0009_identities", 10 "0010_leaving", 11 "0011_accounts", 12 "0012_coach", 13 "0013_guesses", 14 "0014_ai_history", 15 "0015_ai_budgets", 16 "0016_ai_consent", 17 "0017_coach_advice", 18 "0018_impersonation", 19 "0019_ai_prompts", 20 "0020_coach_measured"],
);

#[derive(Debug)]
pub enum MigrateError {
    /// The database was migrated by a newer binary (exit code 3).
    Newer {
        db: i64,
        binary: i64,
    },
    /// An applied step is not the text that was applied.
    Changed {
        name: String,
    },
    /// Going down would drop rows.
    HoldsRows {
        table: String,
        rows: i64,
    },
    NoSuchVersion {
        asked: i64,
        newest: i64,
    },
    /// Somebody holds what the next step changes, for longer than we wait. Nothing was changed.
    Held,
    Store(StoreError),
}
impl fmt::Display for MigrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer { db, binary } => write!(
                f,
                "the database is at version {db}, this binary knows versions up to {binary}: start the newer binary, or go down with it first"
            ),
            Self::Changed { name } => {
                write!(f, "migration {name} was applied with another text than this binary has: restore its text and add a new migration")
            }
            Self::HoldsRows { table, rows } => {
                write!(f, "going down would drop the table {table} with {rows} rows: back it up and say --force if you mean it")
            }
            Self::NoSuchVersion { asked, newest } => write!(f, "there is no version {asked} to go to: choose one from 0 to {newest}"),
            Self::Held => f.write_str(
                "the next migration changes a table that somebody else keeps locked; nothing was changed. See who does \
                 (select pid, state, query from pg_stat_activity where state <> 'idle'), end that, and start again",
            ),
            Self::Store(e) => e.fmt(f),
        }
    }
}
impl std::error::Error for MigrateError {}
impl From<StoreError> for MigrateError {
    fn from(e: StoreError) -> Self {
        Self::Store(e)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepStatus {
    pub version: i64,
    pub name: &'static str,
    pub applied_at: Option<Timestamp>,
}

/// What the database remembers of a step.
struct Applied {
    version: i64,
    name: String,
    checksum: String,
    at: Timestamp,
}

/// Two seconds each on Postgres (`lock_timeout`), while which writers wait behind us, and a quarter of one in which they go on.
const TRIES: u32 = 60;

/// Others may be migrating, or reading what we want to change: their turn passes. (A closure's future would
/// not be known to be `Send`.)
macro_rules! patiently {
    ($most:expr, $work:expr) => {{
        let mut tries = 0;
        loop {
            match $work.await {
                Err(MigrateError::Store(StoreError::Retry | StoreError::Locked)) if tries < $most => tries += 1,
                Err(MigrateError::Store(StoreError::Locked)) => break Err(MigrateError::Held),
                done => break done,
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }};
}

impl History {
    pub fn newest(&self) -> i64 {
        self.0.last().map_or(0, |s| s.version)
    }
    /// Goes up to the newest version, or to `to`; tells which steps were applied by this call.
    pub async fn up(&self, db: &Db, now: Timestamp, to: Option<i64>) -> Result<Vec<i64>> {
        self.up_within(db, now, to, TRIES).await
    }
    pub(super) async fn up_within(&self, db: &Db, now: Timestamp, to: Option<i64>, tries: u32) -> Result<Vec<i64>> {
        let to = self.known(to.unwrap_or_else(|| self.newest()))?;
        let mut applied = Vec::new();
        while let Some(version) = patiently!(tries, self.step_up(db, now, to, applied.is_empty()))? {
            applied.push(version);
        }
        Ok(applied)
    }
    /// Goes down one step, or to `to`; refuses to drop a table that holds rows unless `force` is set.
    pub async fn down(&self, db: &Db, now: Timestamp, to: Option<i64>, force: bool) -> Result<Vec<i64>> {
        let to = match to {
            Some(to) => self.known(to)?,
            None => (self.status(db).await?.iter().filter(|s| s.applied_at.is_some()).count() as i64 - 1).max(0),
        };
        let mut undone = Vec::new();
        while let Some(version) = patiently!(TRIES, self.step_down(db, now, to, force, undone.is_empty()))? {
            undone.push(version);
        }
        Ok(undone)
    }
    pub async fn status(&self, db: &Db) -> Result<Vec<StepStatus>> {
        let applied = patiently!(TRIES, self.recorded(db))?;
        let at = |s: &Step| applied.get(s.version as usize - 1).map(|a| a.at);
        Ok(self.0.iter().map(|s| StepStatus { version: s.version, name: s.name, applied_at: at(s) }).collect())
    }
    /// Whether every step of this binary is applied; cheap enough for a probe. A newer database will do:
    /// the old replicas keep serving while the new ones roll in.
    pub async fn is_applied(&self, db: &Db) -> super::Result<bool> {
        Ok(self.at(db).await? >= self.newest())
    }
    /// The newest step that is applied, of whatever binary.
    pub async fn at(&self, db: &Db) -> super::Result<i64> {
        let newest = sql!("select coalesce(max(version), 0) from schema_migrations");
        Ok(db.one::<(i64,)>(newest, &[]).await?.0)
    }

    fn known(&self, to: i64) -> Result<i64> {
        if (0..=self.newest()).contains(&to) { Ok(to) } else { Err(MigrateError::NoSuchVersion { asked: to, newest: self.newest() }) }
    }
    async fn step_up(&self, db: &Db, now: Timestamp, to: i64, first: bool) -> Result<Option<i64>> {
        let mut tx = lock(db).await?;
        let at = self.applied(&mut tx).await?.len();
        let Some(step) = self.0.get(at).filter(|s| s.version <= to) else { return Ok(None) };
        if first && at > 0 {
            snapshot(db, &mut tx, now, step.version).await?;
        }
        tx.script(&dialect(step.up, tx.is_postgres())).await?;
        let remember = sql!("insert into schema_migrations (version, name, checksum, applied_at) values ($1, $2, $3, $4)");
        tx.exec(remember, &[&step.version, &step.name, &step.checksum(), &now]).await?;
        tx.commit().await?;
        tracing::info!(step = step.name, "migration applied");
        Ok(Some(step.version))
    }
    async fn step_down(&self, db: &Db, now: Timestamp, to: i64, force: bool, first: bool) -> Result<Option<i64>> {
        let mut tx = lock(db).await?;
        let at = self.applied(&mut tx).await?.len();
        let Some(step) = self.0[..at].last().filter(|s| s.version > to) else { return Ok(None) };
        if first {
            snapshot(db, &mut tx, now, step.version).await?;
        }
        let down = dialect(step.down, tx.is_postgres());
        for table in if force { Vec::new() } else { dropped_tables(&down) } {
            let rows = count(&mut tx, table).await?;
            if rows > 0 {
                return Err(MigrateError::HoldsRows { table: table.to_owned(), rows });
            }
        }
        tx.script(&down).await?;
        tx.exec(sql!("delete from schema_migrations where version = $1"), &[&step.version]).await?;
        tx.commit().await?;
        tracing::info!(step = step.name, "migration undone");
        Ok(Some(step.version))
    }
    async fn recorded(&self, db: &Db) -> Result<Vec<Applied>> {
        self.applied(&mut lock(db).await?).await
    }
    /// What was applied, proved to be the beginning of this history.
    async fn applied(&self, tx: &mut RawTx) -> Result<Vec<Applied>> {
        let rows = sql!("select version, name, checksum, applied_at from schema_migrations order by version");
        let rows: Vec<(i64, String, String, Timestamp)> = tx.all(rows, &[]).await?;
        let applied: Vec<_> = rows.into_iter().map(|(version, name, checksum, at)| Applied { version, name, checksum, at }).collect();
        let db = applied.last().map_or(0, |a| a.version);
        if db > self.newest() {
            return Err(MigrateError::Newer { db, binary: self.newest() });
        }
        let same = |(a, s): (&Applied, &Step)| a.version == s.version && a.checksum == s.checksum();
        match applied.iter().zip(self.0).find(|pair| !same(*pair)) {
            Some((a, _)) => Err(MigrateError::Changed { name: a.name.clone() }),
            None => Ok(applied),
        }
    }
}

impl Step {
    fn checksum(&self) -> String {
        crate::crypto::sha256_hex(self.up.as_bytes())
    }
}

/// A transaction that alone may change the schema. SQLite's single writer is lock enough; Postgres holds an
/// advisory lock until the transaction ends, and nothing of it outlives a crash.
async fn lock(db: &Db) -> Result<RawTx> {
    let mut tx = db.begin().await?;
    if tx.is_postgres() {
        // Waiting for our turn may take long; a lock on a busy table must not stop its writers for long.
        tx.script(
            "set local statement_timeout = '60s'; select pg_advisory_xact_lock(7203511); \
             set local statement_timeout = 0; set local lock_timeout = '2s'",
        )
        .await?;
    }
    tx.script(
        "create table if not exists schema_migrations \
         (version bigint not null primary key, name text not null, checksum text not null, applied_at bigint not null)",
    )
    .await?;
    Ok(tx)
}

/// What this engine reads of a step.
pub(crate) fn dialect(text: &str, postgres: bool) -> String {
    let (ours, mut reading, mut out) = (if postgres { "-- only postgres" } else { "-- only sqlite" }, true, String::new());
    for line in text.lines() {
        match line.trim_end() {
            "-- end" => reading = true,
            marker if marker.starts_with("-- only ") => reading = marker == ours,
            line if reading => out.extend([line, "\n"]),
            _ => {}
        }
    }
    out
}

/// The tables that a text drops, whatever else it does.
fn dropped_tables(down: &str) -> Vec<&str> {
    let mut words = down.split(|c: char| c.is_whitespace() || c == ';').filter(|w| !w.is_empty());
    let mut tables = Vec::new();
    while let Some(word) = words.next() {
        if word.eq_ignore_ascii_case("drop") && words.next().is_some_and(|w| w.eq_ignore_ascii_case("table")) {
            tables.extend(words.find(|w| !["if", "exists"].contains(&w.to_ascii_lowercase().as_str())));
        }
    }
    tables
}

async fn count(tx: &mut RawTx, table: &str) -> Result<i64> {
    let rows: Vec<(i64,)> = tx.rows(&Text::same(format!("select count(*) from {table}")), &[]).await?;
    Ok(rows.first().map_or(0, |r| r.0))
}

/// Copies an SQLite database that holds anything beside its file, and keeps the last three copies.
async fn snapshot(db: &Db, tx: &mut RawTx, now: Timestamp, version: i64) -> Result<()> {
    let Some(path) = db.path() else { return Ok(()) };
    let mut holds_rows = false;
    for table in super::schema::tables(tx).await?.iter().filter(|t| *t != "schema_migrations") {
        holds_rows = holds_rows || count(tx, table).await? > 0;
    }
    if !holds_rows {
        return Ok(());
    }
    let io = |e: std::io::Error| StoreError::Down(e.into());
    let name = |at: i64| path.with_file_name(format!("{}{version:04}-{at:017}", snapshot_prefix(path)));
    let to = (now.micros()..).map(name).find(|p| !p.exists()).unwrap_or_else(|| name(0));
    db.snapshot(&to).await?;
    tracing::info!(file = %to.display(), "the database was copied before migrating it");
    for old in snapshots(path).map_err(io)?.iter().rev().skip(SNAPSHOTS) {
        std::fs::remove_file(old).map_err(io)?;
    }
    Ok(())
}
const SNAPSHOTS: usize = 3;

fn snapshot_prefix(path: &Path) -> String {
    format!("{}.before-", path.file_name().unwrap_or_default().to_string_lossy())
}
/// The copies beside a database, oldest first: their names end in the instant they were made.
pub fn snapshots(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let (dir, prefix) = (path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new(".")), snapshot_prefix(path));
    let names = std::fs::read_dir(dir)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|n| n.starts_with(&prefix)).collect();
    names.sort_by(|a, b| a.rsplit('-').next().cmp(&b.rsplit('-').next()));
    Ok(names.into_iter().map(|n| dir.join(n)).collect())
}

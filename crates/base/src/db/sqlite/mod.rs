//! The embedded engine: one writer, a stack of readers, and one fsync for everybody who waits.

mod checkpoint;
mod sync;

use super::{Durability, Error, FromRow, Params, Result, Row, ServeLock, Stats, Text};
use crate::metrics::Histogram;
use checkpoint::Checkpointer;
use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, ffi, functions::FunctionFlags, params_from_iter};
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use sync::GroupCommit;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// How long a transaction waits for its turn to write before the request is told to come back.
const TURN: Duration = Duration::from_secs(5);
/// How long the writer waits for another *process* (a migration, a shell); it blocks its thread meanwhile.
const OTHERS: Duration = Duration::from_secs(2);
/// What the WAL file may keep on the disk once it starts again from its beginning.
const WAL_KEPT: i64 = 64 << 20;

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(f, words) = &e else { return Self::Broken(e.into()) };
        match (f.code, f.extended_code) {
            (_, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => Self::Conflict,
            (ErrorCode::ConstraintViolation, _) => Self::Constraint(words.clone().unwrap_or_default()),
            // A full disk also shows as a shared-memory index that cannot grow.
            (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => Self::Full,
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Self::Retry,
            (ErrorCode::SystemIoFailure | ErrorCode::CannotOpen, _) => Self::Down(e.into()),
            _ => Self::Broken(e.into()),
        }
    }
}

pub struct Lite {
    path: PathBuf,
    readers: Mutex<Vec<Connection>>,
    writer: Writer,
    group: GroupCommit,
    checkpointer: Checkpointer,
    commits: Arc<AtomicU64>,
    reads: AtomicU64,
}
type Writer = Arc<AsyncMutex<Connection>>;

/// A savepoint in the transaction that a group shares.
pub struct Tx {
    conn: OwnedMutexGuard<Connection>,
    db: Arc<Lite>,
    ended: bool,
}

/// The file behind `sqlite:x.db`, `sqlite:///./x.db` or a bare path.
pub fn path(url: &str) -> PathBuf {
    let rest = url.strip_prefix("sqlite:").unwrap_or(url);
    rest.strip_prefix("///").or_else(|| rest.strip_prefix("//")).unwrap_or(rest).into()
}

pub fn connect(path: &Path, writes: bool) -> Result<Connection> {
    let mode = if writes { OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
    let c = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    c.busy_timeout(OTHERS)?;
    c.set_prepared_statement_cache_capacity(256);
    c.pragma_update(None, "foreign_keys", true)?;
    c.pragma_update(None, "trusted_schema", false)?;
    c.pragma_update(None, "temp_store", "memory")?; // a sort must not fail because the disk is full
    c.pragma_update(None, "mmap_size", 256i64 << 20)?;
    speak_like_postgres(&c)?;
    Ok(c)
}
/// The three functions that the audit's statements need, under the names that Postgres has for them.
fn speak_like_postgres(c: &Connection) -> Result<()> {
    let pure = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    c.create_scalar_function("convert_to", 2, pure, |f| f.get::<String>(0).map(String::into_bytes))?;
    c.create_scalar_function("sha256", 1, pure, |f| f.get::<Vec<u8>>(0).map(|bytes| crate::crypto::sha256(&bytes).to_vec()))?;
    c.create_scalar_function("encode", 2, pure, |f| f.get::<Vec<u8>>(0).map(|bytes| crate::crypto::hex(&bytes)))?;
    Ok(())
}
fn connect_writer(path: &Path, durability: Durability) -> Result<Connection> {
    let c = connect(path, true)?;
    let journal: String = c.pragma_update_and_check(None, "journal_mode", "wal", |r| r.get(0))?;
    if journal != "wal" {
        return Err(Error::Refused(format!("SQLite cannot use its write-ahead log on {}: is it a network disk?", path.display())));
    }
    // `normal` writes frames without a sync of its own and syncs at checkpoints; the group sync does the rest.
    c.pragma_update(None, "synchronous", if durability == Durability::Disk { "normal" } else { "off" })?;
    c.pragma_update(None, "wal_autocheckpoint", 0)?; // the checkpointer does it, off the request path
    c.pragma_update(None, "journal_size_limit", WAL_KEPT)?;
    Ok(c)
}

impl Lite {
    pub fn open(path: &Path, durability: Durability) -> Result<Self> {
        must_be_a_file(path)?;
        let writer = connect_writer(path, durability)?;
        // The first read makes the WAL file, which must exist before it can be synced.
        writer.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))?;
        let (writer, commits): (Writer, _) = (Arc::new(AsyncMutex::new(writer)), Arc::default());
        let group = match durability {
            Durability::Disk => sync::disk(&beside(path, "-wal")).and_then(|disk| GroupCommit::start(writer.clone(), disk)),
            Durability::Process => GroupCommit::start(writer.clone(), || Ok(())),
        };
        let group = group.map_err(|e| Error::Down(e.into()))?;
        let checkpointer = Checkpointer::start(connect_writer(path, durability)?, &writer, &commits)?;
        Ok(Self { path: path.to_owned(), readers: Mutex::default(), writer, group, checkpointer, commits, reads: AtomicU64::default() })
    }
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// Readers in use never outnumber the calling threads, so the stack needs no other bound.
    pub fn read<T>(&self, f: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let idle = self.readers.lock().pop();
        let c = match idle {
            Some(c) => c,
            None => connect(&self.path, false)?,
        };
        let out = f(&c);
        // One that failed in a way we do not know is not trusted again.
        if !matches!(out, Err(Error::Broken(_) | Error::Down(_))) {
            self.readers.lock().push(c);
        }
        out
    }
    pub async fn begin(self: Arc<Self>) -> Result<Tx> {
        let turn = tokio::time::timeout(TURN, self.writer.clone().lock_owned());
        let conn = turn.await.map_err(|_| Error::Down("no turn to write came".into()))?;
        if conn.is_autocommit() {
            conn.prepare_cached("begin immediate")?.execute([])?;
        }
        let tx = Tx { conn, db: self, ended: false };
        tx.conn.prepare_cached("savepoint tx")?.execute([])?;
        Ok(tx)
    }
    /// A copy of what is committed, whole and synced; safe beside readers and a writer.
    pub fn snapshot(&self, to: &Path) -> Result<()> {
        let to_text = to.to_str().ok_or_else(|| Error::Refused("the path of the snapshot is not UTF-8".into()))?;
        self.read(|c| Ok(c.execute("vacuum into $1", [to_text]).map(|_| ())?))?;
        File::open(to).and_then(|f| f.sync_all()).map_err(|e| Error::Down(e.into()))
    }
    pub fn batch_sizes(&self) -> Histogram {
        self.group.sizes()
    }
    pub fn stats(&self) -> Stats {
        let idle = self.readers.lock().len() as u64;
        let count = |n: &AtomicU64| n.load(Ordering::Relaxed);
        let (commits, reads) = (count(&self.commits), count(&self.reads));
        Stats { commits, reads, syncs: self.group.count(), connections: idle + 1, idle, waiting: 0 }
    }
    /// Lets the last transaction through, folds the WAL into the database and ends the threads.
    pub async fn close(&self) -> Result<()> {
        drop(self.writer.lock().await);
        self.readers.lock().clear();
        let threads = [self.group.stop(), self.checkpointer.stop()];
        let ended = tokio::task::spawn_blocking(|| threads.into_iter().flatten().try_for_each(|t| t.join().map(drop)));
        match ended.await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Error::Broken("a thread of the store ended badly".into())),
        }
    }
}
impl Drop for Lite {
    fn drop(&mut self) {
        self.group.stop();
        self.checkpointer.stop();
    }
}

impl Tx {
    /// `&mut` keeps the future `Send` although a connection is not `Sync`.
    pub fn conn(&mut self) -> &mut Connection {
        &mut self.conn
    }
    pub async fn commit(mut self) -> Result<()> {
        let acknowledged = self.db.group.ticket()?;
        self.conn.prepare_cached("release tx")?.execute([])?;
        self.ended = true;
        self.db.commits.fetch_add(1, Ordering::Relaxed);
        drop(self); // the next one goes on
        acknowledged.await.map_err(|_| sync::closed())?
    }
    fn undo(&self) -> rusqlite::Result<()> {
        if self.conn.is_autocommit() {
            // SQLite itself undoes everything after some failures.
            self.db.group.undone();
            return Ok(());
        }
        self.conn.execute_batch(if self.db.group.is_empty() { "rollback" } else { "rollback to tx; release tx" })
    }
}
impl Drop for Tx {
    fn drop(&mut self) {
        if !self.ended
            && let Err(e) = self.undo()
        {
            tracing::error!(error = %e, "a rollback failed");
        }
    }
}

pub fn rows<T: FromRow>(c: &Connection, text: &Text, p: Params) -> Result<Vec<T>> {
    let _runs = text.runs();
    let mut st = c.prepare_cached(&text.lite)?;
    let mut rows = st.query(params_from_iter(p.iter().map(|v| *v as &dyn ToSql)))?;
    let mut out = Vec::new();
    while let Some(r) = rows.next()? {
        out.push(T::from_row(&Row::Lite(r))?);
    }
    Ok(out)
}
/// `explain query plan`, whose last column says it in words.
#[cfg(any(test, feature = "testing"))]
pub fn plan(c: &Connection, text: &Text) -> Result<Vec<String>> {
    let mut st = c.prepare(&format!("explain query plan {}", text.lite))?;
    let (mut rows, mut out) = (st.raw_query(), Vec::new());
    while let Some(r) = rows.next()? {
        out.push(r.get(3)?);
    }
    Ok(out)
}
pub fn exec(c: &Connection, text: &Text, p: Params) -> Result<u64> {
    let _runs = text.runs();
    Ok(c.prepare_cached(&text.lite)?.execute(params_from_iter(p.iter().map(|v| *v as &dyn ToSql)))? as u64)
}
pub fn script(c: &Connection, sql: &str) -> Result<()> {
    Ok(c.execute_batch(sql)?)
}

fn must_be_a_file(path: &Path) -> Result<()> {
    let none = path.as_os_str().is_empty() || path.as_os_str() == ":memory:";
    if none { Err(Error::Refused("SQLite needs a file: write DATABASE_URL as sqlite:PATH".into())) } else { Ok(()) }
}

/// One server for each file: the lock is a file beside it.
pub fn lock_for_serving(path: &Path) -> Result<ServeLock> {
    must_be_a_file(path)?;
    let broken = |e: std::io::Error| Error::Down(e.into());
    let file = File::options().create(true).truncate(false).write(true).open(beside(path, ".lock")).map_err(broken)?;
    match file.try_lock() {
        Ok(()) => Ok(ServeLock(file)),
        Err(TryLockError::Error(e)) => Err(broken(e)),
        Err(TryLockError::WouldBlock) => Err(Error::Refused(format!(
            "another server already serves {}: stop it first, or use Postgres for several servers",
            path.display()
        ))),
    }
}

/// `x.db-wal`, `x.db.lock`: a file that belongs to the database file.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut p = path.as_os_str().to_owned();
    p.push(suffix);
    p.into()
}

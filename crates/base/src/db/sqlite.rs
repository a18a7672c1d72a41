//! The embedded engine: one writer, a stack of readers, and one fsync for everybody who waits.

use super::{Durability, Error, FromRow, Params, Result, Row, Text};
use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, ffi, params_from_iter};
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, watch};

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(f, words) = &e else { return Self::Broken(e.into()) };
        match (f.code, f.extended_code) {
            (_, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => Self::Conflict,
            (ErrorCode::ConstraintViolation, _) => Self::Constraint(words.clone().unwrap_or_default()),
            (ErrorCode::DiskFull, _) => Self::Full,
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Self::Retry,
            _ => Self::Broken(e.into()),
        }
    }
}

pub struct Lite {
    path: PathBuf,
    readers: Mutex<Vec<Connection>>,
    writer: Arc<AsyncMutex<Connection>>,
    sync: Option<Arc<GroupSync>>,
}
pub struct Tx {
    conn: OwnedMutexGuard<Connection>,
    sync: Option<Arc<GroupSync>>,
    open: bool,
}

/// The file behind `sqlite:x.db`, `sqlite:///./x.db` or a bare path.
pub fn path(url: &str) -> PathBuf {
    let rest = url.strip_prefix("sqlite:").unwrap_or(url);
    rest.strip_prefix("///").or_else(|| rest.strip_prefix("//")).unwrap_or(rest).into()
}

fn connect(path: &Path, writes: bool) -> Result<Connection> {
    let mode = if writes { OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
    let c = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    c.busy_timeout(Duration::from_secs(5))?;
    c.set_prepared_statement_cache_capacity(256);
    if writes {
        c.pragma_update(None, "journal_mode", "wal")?;
        c.pragma_update(None, "synchronous", "normal")?;
        c.pragma_update(None, "wal_autocheckpoint", 0)?; // the checkpointer below does it off the request path
    }
    c.pragma_update(None, "foreign_keys", true)?;
    c.pragma_update(None, "mmap_size", 256i64 << 20)?;
    Ok(c)
}

impl Lite {
    pub fn open(path: &Path, durability: Durability) -> Result<Self> {
        let writer = connect(path, true)?;
        // The WAL file must exist before it can be synced: write one real page.
        let stamp: i64 = writer.query_row("pragma user_version", [], |r| r.get(0))?;
        writer.pragma_update(None, "user_version", stamp.wrapping_add(1))?;
        checkpointer(connect(path, true)?);
        let sync = match durability {
            Durability::Disk => Some(Arc::new(GroupSync::start(&wal(path))?)),
            Durability::Process => None,
        };
        Ok(Self { path: path.to_owned(), readers: Mutex::default(), writer: Arc::new(AsyncMutex::new(writer)), sync })
    }
    /// Readers in use never outnumber the calling threads, so the stack needs no other bound.
    pub fn read<T>(&self, f: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self.readers.lock().pop();
        let c = match idle {
            Some(c) => c,
            None => connect(&self.path, false)?,
        };
        let out = f(&c);
        self.readers.lock().push(c);
        out
    }
    pub async fn begin(&self) -> Result<Tx> {
        let conn = self.writer.clone().lock_owned().await;
        conn.prepare_cached("begin immediate")?.execute([])?;
        Ok(Tx { conn, sync: self.sync.clone(), open: true })
    }
}

impl Tx {
    /// `&mut` keeps the future `Send` although a connection is not `Sync`.
    pub fn conn(&mut self) -> &mut Connection {
        &mut self.conn
    }
    pub async fn commit(mut self) -> Result<()> {
        self.conn.prepare_cached("commit")?.execute([])?;
        self.open = false;
        let ticket = self.sync.take().map(|s| (s.ticket(), s));
        drop(self); // the next writer goes on while the disk catches up
        if let Some((n, sync)) = ticket {
            sync.wait(n).await;
        }
        Ok(())
    }
}
impl Drop for Tx {
    fn drop(&mut self) {
        if self.open {
            let _ = self.conn.execute_batch("rollback");
        }
    }
}

pub fn rows<T: FromRow>(c: &Connection, text: &Text, p: Params) -> Result<Vec<T>> {
    let mut st = c.prepare_cached(&text.lite)?;
    let mut rows = st.query(params_from_iter(p.iter().map(|v| *v as &dyn ToSql)))?;
    let mut out = Vec::new();
    while let Some(r) = rows.next()? {
        out.push(T::from_row(&Row::Lite(r))?);
    }
    Ok(out)
}
pub fn exec(c: &Connection, text: &Text, p: Params) -> Result<u64> {
    Ok(c.prepare_cached(&text.lite)?.execute(params_from_iter(p.iter().map(|v| *v as &dyn ToSql)))? as u64)
}
pub fn script(c: &Connection, sql: &str) -> Result<()> {
    Ok(c.execute_batch(sql)?)
}

fn wal(path: &Path) -> PathBuf {
    let mut p = path.as_os_str().to_owned();
    p.push("-wal");
    p.into()
}
fn checkpointer(c: Connection) {
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_millis(250));
            let pages: i64 = c.query_row("pragma wal_checkpoint(passive)", [], |r| r.get(1)).unwrap_or(0);
            if pages > 16_384 {
                let _ = c.query_row("pragma wal_checkpoint(restart)", [], |_| Ok(()));
            }
        }
    });
}

/// One fsync for every commit that is waiting.
struct GroupSync {
    asked: watch::Sender<u64>,
    safe: watch::Receiver<u64>,
}
impl GroupSync {
    fn start(wal: &Path) -> Result<Self> {
        let broken = |e: std::io::Error| Error::Broken(e.into());
        let file = File::options().write(true).open(wal).map_err(broken)?;
        let rt = tokio::runtime::Builder::new_current_thread().build().map_err(broken)?;
        let (asked, mut ask) = watch::channel(0);
        let (done, safe) = watch::channel(0);
        thread::spawn(move || {
            while rt.block_on(ask.changed()).is_ok() {
                let upto = *ask.borrow_and_update();
                if let Err(e) = file.sync_data() {
                    tracing::error!(error = %e, "the disk refused an fsync: stopping, because its pages may be lost and no retry is safe");
                    std::process::abort();
                }
                done.send_replace(upto);
            }
        });
        Ok(Self { asked, safe })
    }
    fn ticket(&self) -> u64 {
        let mut n = 0;
        self.asked.send_modify(|v| {
            *v += 1;
            n = *v;
        });
        n
    }
    async fn wait(&self, n: u64) {
        let _ = self.safe.clone().wait_for(|v| *v >= n).await;
    }
}

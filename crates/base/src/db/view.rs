//! A whole store at one instant, read beside its writers: for copies of it, and for proofs that a copy is one.

use super::{Db, Engine, Error, FromRow, Params, RawTx, Result, Text, sqlite};
use rusqlite::Connection;
use std::path::Path;

/// It holds up nobody; while it lives, the engine keeps what it may still be asked for.
pub struct View(Open);
enum Open {
    Lite(Box<Connection>),
    Pg(RawTx),
}

impl View {
    pub async fn of(db: &Db) -> Result<Self> {
        match &db.0 {
            Engine::Lite(lite) => Self::of_file(lite.path()),
            Engine::Pg(_) => {
                let mut tx = db.begin().await?;
                tx.script(
                    "set transaction isolation level repeatable read, read only; set local idle_in_transaction_session_timeout = '5min'",
                )
                .await?;
                Ok(Self(Open::Pg(tx)))
            }
        }
    }
    /// An SQLite file, whether somebody serves it or not.
    pub fn of_file(path: &Path) -> Result<Self> {
        let c = sqlite::connect(path, false)?;
        sqlite::script(&c, "begin")?;
        Ok(Self(Open::Lite(Box::new(c))))
    }
    pub(crate) async fn rows<T: FromRow>(&mut self, text: &Text, p: Params<'_>) -> Result<Vec<T>> {
        match &mut self.0 {
            Open::Lite(c) => sqlite::rows(c, text, p),
            Open::Pg(tx) => tx.rows(text, p).await,
        }
    }
    /// What the engine itself finds wrong with the file; Postgres looks after its own.
    pub fn integrity(&mut self) -> Result<()> {
        let Open::Lite(c) = &mut self.0 else { return Ok(()) };
        match c.query_row("pragma integrity_check(1)", [], |r| r.get::<_, String>(0))?.as_str() {
            "ok" => Ok(()),
            fault => Err(Error::Refused(format!("SQLite finds the file damaged: {fault}"))),
        }
    }
}

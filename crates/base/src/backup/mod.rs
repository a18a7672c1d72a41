//! Backups: taken beside the writers, proved before they are trusted, brought back to either engine.
//!
//! A backup is one file. Its beginning is the store: on SQLite a database as `vacuum into` writes it (any SQLite opens it), on
//! Postgres the rows as lines of JSON, compressed ([`rows`]). Behind it stands the [`Manifest`], and at the very end a line with the
//! digest of every byte before it ([`file`]). While it is written it is called `….part`, which is never taken for a backup.
//!
//! ```text
//! take     SQLite ──vacuum into──▶ file          Postgres ──rows──▶ file
//! restore  file ──▶ an SQLite file, laid open and proved ──rename──▶ SQLite
//!                                                 └──rows──▶ Postgres
//! transfer either ──rows──▶ the other
//! ```

mod copy;
mod file;
pub mod folder;
mod restore;
mod rows;
#[cfg(test)]
mod tests;

pub use copy::{Copied, connect_alone, is_empty, transfer};
pub use file::{Part, looks_whole};
pub use restore::{Opened, lay_open, put};
pub use rows::Sum;

use crate::{
    db::{self, Db, Text, View, migrate::MigrateError},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, io, path::Path};

/// Why there is no backup, or none that is trusted.
#[derive(Debug)]
pub enum Fault {
    /// The backup is of a schema that this binary does not know yet.
    Newer(String),
    /// It cannot be done like this; the words say what to do.
    Refused(String),
    /// The audit of the backup does not prove itself.
    Audit(Vec<String>),
    Failed(String),
}
type Result<T> = std::result::Result<T, Fault>;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer(words) | Self::Refused(words) | Self::Failed(words) => f.write_str(words),
            Self::Audit(faults) => write!(
                f,
                "the audit of this backup does not prove itself ({} faults, the first: {}); --force restores it all the same",
                faults.len(),
                faults.first().map_or("", String::as_str)
            ),
        }
    }
}
impl std::error::Error for Fault {}
impl From<db::Error> for Fault {
    fn from(e: db::Error) -> Self {
        Self::Failed(e.to_string())
    }
}
impl From<MigrateError> for Fault {
    fn from(e: MigrateError) -> Self {
        if matches!(e, MigrateError::Newer { .. }) { Self::Newer(e.to_string()) } else { Self::Failed(e.to_string()) }
    }
}
/// What went wrong with a file, named.
fn of_file(path: &Path) -> impl Fn(io::Error) -> Fault {
    move |e| Fault::Failed(format!("{}: {e}", path.display()))
}

/// How the store lies in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    Sqlite,
    Rows,
}

/// What a backup says of itself, and is held to.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub form: Form,
    /// The version that took it.
    pub app: String,
    pub created_at: Timestamp,
    /// The last migration that was applied.
    pub schema: i64,
    /// Tells which `SECRET_KEY` opens what is sealed in it, without telling the key.
    pub key_fingerprint: Option<String>,
    #[serde(flatten)]
    pub content: Content,
}
/// Everything in a store, in figures: two stores with the same are the same.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub tables: BTreeMap<String, Sum>,
    /// How far the chain of each org had come, and its hash there.
    pub audit_heads: BTreeMap<String, (i64, String)>,
}
impl Content {
    pub fn rows(&self) -> u64 {
        self.tables.values().map(|sum| sum.rows).sum()
    }
    /// The first table that is not the same in the other one.
    fn differs(&self, other: &Self) -> Option<String> {
        let differing = |(name, sum): (&String, &Sum)| match other.tables.get(name) {
            Some(same) if same == sum => None,
            Some(here) => Some(format!("{name} has {} rows and should have {}, with the same content", here.rows, sum.rows)),
            None => Some(format!("{name} is missing")),
        };
        let table = self.tables.iter().find_map(differing);
        table.or_else(|| (self != other).then(|| "the audit chains end elsewhere, or there are other tables".to_owned()))
    }
}

/// Writes a whole backup to a file that does not exist yet; readers and writers go on.
pub async fn take(db: &Db, path: &Path, now: Timestamp) -> Result<Manifest> {
    let part = Part::begin(path)?;
    let manifest = match db.snapshot(part.path()).await? {
        Some(()) => {
            let mut view = View::of_file(part.path())?;
            view.integrity()?;
            let tables = rows::write(&mut view, &mut io::sink()).await?;
            describe(&mut view, Form::Sqlite, now, tables).await?
        }
        None => {
            let mut view = View::of(db).await?;
            let tables = part.compressed(async |out| rows::write(&mut view, out).await).await?;
            describe(&mut view, Form::Rows, now, tables).await?
        }
    };
    part.seal(&manifest)?;
    part.finish(false)?;
    Ok(manifest)
}

async fn describe(view: &mut View, form: Form, now: Timestamp, tables: BTreeMap<String, Sum>) -> Result<Manifest> {
    let key = Text::same("select value from instance where name = 'secret_fingerprint'".to_owned());
    Ok(Manifest {
        form,
        app: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: now,
        schema: schema_of(view).await?,
        key_fingerprint: view.rows::<(String,)>(&key, &[]).await?.pop().map(|(value,)| value),
        content: Content { tables, audit_heads: audit_heads(view).await? },
    })
}
/// What a store holds, read whole.
async fn content(view: &mut View) -> Result<Content> {
    Ok(Content { tables: rows::write(view, &mut io::sink()).await?, audit_heads: audit_heads(view).await? })
}
async fn schema_of(view: &mut View) -> Result<i64> {
    let newest = Text::same("select coalesce(max(version), 0) from schema_migrations".to_owned());
    Ok(view.rows::<(i64,)>(&newest, &[]).await?.pop().map_or(0, |(version,)| version))
}
async fn audit_heads(view: &mut View) -> Result<BTreeMap<String, (i64, String)>> {
    let heads = Text::same("select org_id, seq, hash from audit_heads".to_owned());
    let heads: Vec<(String, i64, String)> = view.rows(&heads, &[]).await?;
    Ok(heads.into_iter().map(|(org, seq, hash)| (org, (seq, hash))).collect())
}

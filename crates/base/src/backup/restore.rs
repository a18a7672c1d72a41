//! From the file back to a store: laid open beside the target, proved there, and only then put in its place.

use super::{Content, Fault, Form, Manifest, Part, Result, copy::Filling, file::Sealed, of_file, rows};
use crate::{
    audit,
    db::{
        Db, Durability, View, beside,
        migrate::{HISTORY, snapshots},
    },
    time::Timestamp,
};
use flate2::bufread::GzDecoder;
use std::{
    fs,
    io::{self, BufReader},
    path::{Path, PathBuf},
};

/// A backup as an SQLite file of its own, which is everything that the manifest says.
pub struct Opened {
    pub part: Part,
    pub manifest: Manifest,
    pub audit: audit::Report,
}

/// A backup whose every byte is as it was written, and which this binary knows.
fn open(backup: &Path) -> Result<Sealed> {
    let sealed = Sealed::open(backup)?;
    let (theirs, ours) = (sealed.manifest.schema, HISTORY.newest());
    if theirs <= ours {
        return Ok(sealed);
    }
    Err(Fault::Newer(format!(
        "the backup is of version {theirs}, this binary knows versions up to {ours}: restore it with the newer binary"
    )))
}

/// Writes `to.part` and brings it to the version of this binary. The audit may be broken only with `force`.
pub async fn lay_open(backup: &Path, to: &Path, now: Timestamp, force: bool) -> Result<Opened> {
    let sealed = open(backup)?;
    let part = Part::beside(to)?;
    if sealed.manifest.form == Form::Sqlite {
        part.fill(&mut sealed.content().map_err(of_file(backup))?)?;
    }
    let db = Db::connect(&format!("sqlite:{}", part.path().display()), Durability::Process).await?;
    if sealed.manifest.form == Form::Rows {
        HISTORY.up(&db, now, Some(sealed.manifest.schema)).await?;
        fill(&db, sealed.content().map_err(of_file(backup))?).await?;
    }
    let proved = prove(&db, &sealed.manifest.content, now).await;
    db.close().await?;
    drop(db); // with it goes the log beside the file
    let audit = proved?;
    if !audit.faults.is_empty() && !force {
        return Err(Fault::Audit(audit.faults));
    }
    Ok(Opened { part, manifest: sealed.manifest, audit })
}
async fn fill(db: &Db, compressed: impl io::Read) -> Result<()> {
    let mut lines = rows::Lines::of(BufReader::new(GzDecoder::new(BufReader::with_capacity(1 << 16, compressed))));
    let mut filling = Filling::of(db).await?;
    while let Some(heading) = lines.heading()? {
        filling.table(&heading)?;
        loop {
            let rows = lines.rows()?;
            if rows.is_empty() {
                break;
            }
            filling.add(&rows).await?;
        }
    }
    filling.end().await
}
/// The engine finds it sound, its history is ours, its rows are those of the manifest; and what its audit proves.
async fn prove(db: &Db, expected: &Content, now: Timestamp) -> Result<audit::Report> {
    HISTORY.status(db).await?;
    let mut view = View::of(db).await?;
    view.integrity()?;
    if let Some(difference) = expected.differs(&super::content(&mut view).await?) {
        return Err(Fault::Refused(format!("the backup is not what its manifest says: {difference}")));
    }
    drop(view);
    let migrated = HISTORY.up(db, now, None).await;
    // A migration copies what it changes; here that is the backup, which exists already.
    for copy in db.path().map(snapshots).transpose().map_err(|e| Fault::Failed(e.to_string()))?.unwrap_or_default() {
        fs::remove_file(&copy).map_err(of_file(&copy))?;
    }
    migrated?;
    audit::verify(db).await.map_err(|e| Fault::Failed(e.to_string()))
}

/// Gives the file the name of the database. The old one stays beside it under another name, which is returned. Its log goes with it:
/// SQLite would lay it over the new one.
pub fn put(part: Part, target: &Path, now: Timestamp) -> Result<Option<PathBuf>> {
    let aside = beside(target, &format!(".replaced-{}", super::folder::stamp(now)));
    let mut kept = None;
    for suffix in ["", "-wal"] {
        let (old, new) = (beside(target, suffix), beside(&aside, suffix));
        match fs::rename(&old, &new) {
            Ok(()) => kept = Some(aside.clone()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(of_file(&old)(e)),
        }
    }
    let _ = fs::remove_file(beside(target, "-shm")); // an index of the log, made anew when it is needed
    part.finish(true)?;
    Ok(kept)
}

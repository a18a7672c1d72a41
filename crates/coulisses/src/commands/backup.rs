//! `backup`, `restore` and `transfer`: the store as a whole, to a file, back from it, and from one engine to the other.

use super::{End, Outcome, say};
use crate::{
    secret::{self, Fit},
    setup::{Trouble, connect},
};
use base::{
    Settings,
    backup::{self, Content, Manifest, Opened, Part},
    crypto::token,
    db::{Db, Durability, View, file_of, lock_file, migrate::HISTORY},
    settings::{DatabaseUrl, Value as _},
    time::{Clock, Timestamp},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn failed(words: String) -> End {
    Trouble::Failed(words).into()
}
fn url(option: &str, text: Option<String>) -> Result<Option<DatabaseUrl>, End> {
    text.map(|text| DatabaseUrl::read(&text).map_err(|fits| End::Usage(format!("--{option} {fits}")))).transpose()
}
/// A store that is asked for is there: opening an SQLite file would make it.
fn there(url: &str) -> Result<(), End> {
    match file_of(url) {
        Some(path) if !path.exists() => {
            Err(failed(format!("there is no database {}: is DATABASE_URL (or DATA_DIR) right?", path.display())))
        }
        _ => Ok(()),
    }
}
fn counted(content: &Content) -> String {
    format!("{} rows in {} tables, {} audit chains", content.rows(), content.tables.len(), content.audit_heads.len())
}
fn described(manifest: &Manifest) -> String {
    format!("{}, version {}, begun {}", counted(&manifest.content), manifest.schema, manifest.created_at)
}

pub async fn take(settings: Settings, file: &str) -> Outcome {
    there(settings.database_url().expose())?;
    let db = connect(&settings).await?;
    let manifest = backup::take(&db, Path::new(file), Clock::real().now()).await?;
    db.close().await?;
    say(&format!("backed up: {file}: {}", described(&manifest)));
    say(
        "the keys are not in it: without SECRET_KEY (or DATA_DIR/secret.key) addresses and tokens in it cannot be read; keep a copy of that key elsewhere",
    );
    Ok(())
}

pub async fn restore(settings: Settings, file: &str, into: Option<String>, verify: bool, force: bool) -> Outcome {
    let (file, now) = (Path::new(file), Clock::real().now());
    let into = match url("into", into)? {
        Some(url) => url,
        None => DatabaseUrl::read(settings.database_url().expose()).map_err(End::Usage)?,
    };
    if verify {
        let opened = lay_open(file, &scratch(&settings), now, force).await?;
        say(&format!("verified: {}: nothing was changed", file.display()));
        return key(&settings, &opened.manifest);
    }
    let manifest = match file_of(into.expose()) {
        Some(path) => to_sqlite(file, &path, now, force).await?,
        None => to_postgres(&settings, file, &into, now, force).await?,
    };
    say(&format!("restored: {}: {}", into.show(), described(&manifest)));
    key(&settings, &manifest)
}
async fn lay_open(file: &Path, at: &Path, now: Timestamp, force: bool) -> Result<Opened, End> {
    let opened = backup::lay_open(file, at, now, force).await?;
    opened.audit.faults.iter().for_each(|fault| say(fault));
    say(&format!("whole: {}; {} audit rows proved", described(&opened.manifest), opened.audit.rows));
    Ok(opened)
}
/// Where a backup is laid open that is not to become an SQLite database.
fn scratch(settings: &Settings) -> PathBuf {
    super::for_a_while(settings).join(format!("coulisses-{}.db", token().split_at(12).0))
}

async fn to_sqlite(file: &Path, target: &Path, now: Timestamp, force: bool) -> Result<Manifest, End> {
    let _no_server = for_us_alone(target)?;
    if !force {
        free(target).await?;
    }
    let opened = lay_open(file, target, now, force).await?;
    put(opened.part, target, now)?;
    Ok(opened.manifest)
}
fn put(part: Part, target: &Path, now: Timestamp) -> Outcome {
    if let Some(kept) = backup::put(part, target, now)? {
        say(&format!("the database that was there is kept as {}", kept.display()));
    }
    Ok(())
}
fn for_us_alone(path: &Path) -> Result<base::db::ServeLock, End> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|e| failed(format!("{}: {e}", folder.display())))?;
    Ok(lock_file(path)?)
}
/// Nobody's rows are written over: a file that cannot be read may hold some too.
async fn free(target: &Path) -> Outcome {
    if !target.exists() {
        return Ok(());
    }
    let empty = async {
        let db = Db::connect(&format!("sqlite:{}", target.display()), Durability::Disk).await?;
        let empty = backup::is_empty(&db).await;
        db.close().await?;
        empty
    };
    if empty.await.unwrap_or(false) { Ok(()) } else { Err(holds(&target.display().to_string())) }
}
fn holds(what: &str) -> End {
    failed(format!("{what} already holds a database: name another with --into, or say --force to replace it"))
}

async fn to_postgres(settings: &Settings, file: &Path, into: &DatabaseUrl, now: Timestamp, force: bool) -> Result<Manifest, End> {
    let target = backup::connect_alone(into.expose()).await?;
    let empty = backup::is_empty(&target).await?;
    if !empty && !force {
        return Err(holds(&into.show()));
    }
    let opened = lay_open(file, &scratch(settings), now, force).await?;
    if !empty {
        HISTORY.down(&target, now, Some(0), true).await?;
    }
    let source = Db::connect(&format!("sqlite:{}", opened.part.path().display()), Durability::Process).await?;
    backup::transfer(&mut View::of(&source).await?, &target, now).await?;
    source.close().await?;
    Ok(opened.manifest)
}

/// A backup without its key is half a backup: whether the right one is at hand.
fn key(settings: &Settings, manifest: &Manifest) -> Outcome {
    match secret::fit(settings, manifest.key_fingerprint.as_deref())? {
        Fit::New => {}
        Fit::Missing => say("the key is not in a backup: set SECRET_KEY (or put back DATA_DIR/secret.key) before the server starts"),
        Fit::Same => say("the key here is the one it was written with"),
        Fit::Other => say(
            "the key here is another one: the server will not start before SECRET_KEY (or DATA_DIR/secret.key) is the one it was written with",
        ),
    }
    Ok(())
}

pub async fn transfer(settings: Settings, from: Option<String>, to: Option<String>) -> Outcome {
    let now = Clock::real().now();
    let from = url("from", from)?.map_or_else(|| settings.database_url().expose().to_owned(), |url| url.expose().to_owned());
    // What stands on a command line, `ps` shows and systemd keeps in its journal.
    let to =
        if to.as_deref() == Some("-") { Some(std::io::read_to_string(std::io::stdin()).map_err(|e| failed(e.to_string()))?) } else { to };
    let Some(to) = url("to", to.map(|url| url.trim().to_owned()))? else {
        return Err(End::Usage("transfer needs --to with the other database".to_owned()));
    };
    there(&from)?;
    let _no_server = file_of(&from).map(|path| for_us_alone(&path)).transpose()?;
    let source = backup::connect_alone(&from).await?;
    let mut view = View::of(&source).await?;
    let copied = match file_of(to.expose()) {
        Some(path) => {
            let _no_server = for_us_alone(&path)?;
            free(&path).await?;
            let part = Part::beside(&path)?;
            let target = Db::connect(&format!("sqlite:{}", part.path().display()), Durability::Process).await?;
            let copied = backup::transfer(&mut view, &target, now).await?;
            target.close().await?;
            drop(target);
            put(part, &path, now)?;
            copied
        }
        None => {
            let target = backup::connect_alone(to.expose()).await?;
            if !backup::is_empty(&target).await? {
                return Err(failed(format!("{} already holds a database: make an empty one", to.show())));
            }
            backup::transfer(&mut view, &target, now).await?
        }
    };
    for (table, sum) in &copied.content.tables {
        say(&format!("{table}: {} rows, {}", sum.rows, &sum.sha256[..16]));
    }
    say(&format!("transferred: {}: {}, the same on both sides", to.show(), counted(&copied.content)));
    say("set DATABASE_URL to it and keep SECRET_KEY (or the content of DATA_DIR/secret.key) as it is");
    Ok(())
}

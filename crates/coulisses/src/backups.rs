//! Backups that are taken by themselves: into `BACKUP_DIR`, by one replica for all of them.

use base::{
    App,
    backup::{self, folder},
    metrics::Kind,
    retention::{claim, hold},
    time::Timestamp,
};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// Held while one is taken, not until the next: whether it is time is for the folder to say, which may be another one tomorrow.
const LEASE: &str = "backup-at-work";
/// How long one may take before another replica tries; also how late one may be before it is missed.
const LONGEST: Duration = Duration::from_secs(3_600);
const AGAIN_AFTER: Duration = Duration::from_secs(600);
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// When the newest whole backup of the folder was begun, in microseconds; 0 while there is none.
#[derive(Clone, Default)]
struct Newest(Arc<AtomicI64>);
fn newest(app: &App) -> Arc<Newest> {
    app.rooms.get(Newest::default)
}

/// Whether a backup should be there by now and is not.
pub fn missed(app: &App) -> bool {
    let newest = Timestamp::from_micros(newest(app).0.load(Ordering::Relaxed));
    app.settings.backup_dir.is_some() && app.now() > newest.plus(app.settings.backup_every + LONGEST)
}

/// For ever, until it is dropped; at once over where nobody asked for backups.
pub async fn run(app: App) {
    let Some(dir) = app.settings.backup_dir.clone() else { return };
    let newest = newest(&app);
    let read = newest.0.clone();
    let help = "When the newest whole backup in BACKUP_DIR was begun.";
    app.metrics.read("app_backup_last_success_timestamp_seconds", help, Kind::Gauge, &[], move || {
        Some(Timestamp::from_micros(read.load(Ordering::Relaxed)).seconds()).filter(|at| *at > 0).map(|at| at as f64)
    });
    loop {
        if let Err(error) = look(&app, &dir, &newest).await {
            tracing::error!(%error, "a backup could not be taken; it is tried again in ten minutes");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn look(app: &App, dir: &Path, newest: &Newest) -> Result<(), String> {
    let every = app.settings.backup_every;
    if !due(app, dir, newest)? || !claim(app, LEASE, every.min(LONGEST)).await.map_err(|e| e.to_string())? {
        return Ok(());
    }
    // Another replica may have ended one between our look and our turn.
    let now = app.now();
    if !due(app, dir, newest)? {
        return hold(app, LEASE, now).await.map_err(|e| e.to_string());
    }
    // On a thread of its own: it reads all there is, and nobody should wait for that.
    let (taking, runtime) = ((app.clone(), dir.to_owned()), tokio::runtime::Handle::current());
    let taken = tokio::task::spawn_blocking(move || runtime.block_on(take(&taking.0, &taking.1, now)));
    let taken = taken.await.unwrap_or_else(|e| Err(e.to_string()));
    let next = if taken.is_ok() { app.now() } else { app.now().plus(AGAIN_AFTER.min(every)) };
    hold(app, LEASE, next).await.map_err(|e| e.to_string())?;
    taken.map(|()| newest.0.store(now.micros(), Ordering::Relaxed))
}

/// Whether this folder should have a new one by now.
fn due(app: &App, dir: &Path, newest: &Newest) -> Result<bool, String> {
    let last = folder::newest(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    newest.0.store(last.map_or(0, Timestamp::micros), Ordering::Relaxed);
    Ok(last.is_none_or(|last| app.now().since(last) >= app.settings.backup_every))
}

async fn take(app: &App, dir: &Path, now: Timestamp) -> Result<(), String> {
    let io = |e: std::io::Error| format!("{}: {e}", dir.display());
    std::fs::create_dir_all(dir).map_err(io)?;
    let file = dir.join(folder::name(now));
    let manifest = backup::take(&app.db, &file, now).await.map_err(|e| e.to_string())?;
    tracing::info!(file = %file.display(), rows = manifest.content.rows(), "backed up");
    let gone = folder::tidy(dir, app.settings.backup_keep).map_err(io)?;
    if gone > 0 {
        tracing::info!(gone, "old backups went");
    }
    Ok(())
}

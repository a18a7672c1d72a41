//! What lies on this machine: the folder, its disk, the backups, the address.

use super::Finding;
use base::{
    Settings,
    backup::folder,
    db::file_of,
    disk::{Room, probe},
    time::{Clock, Timestamp},
};
use std::{
    fs, io,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

/// As many syncs are timed as say something about the usual one.
const SYNCS: usize = 15;
/// Slower than this, a lone writer is told apart from a quick one.
const SLOW: Duration = Duration::from_millis(10);

/// A backup may be late by as long as one may take.
const LATE: Duration = Duration::from_secs(3_600);

pub fn look(settings: &Settings) -> Vec<Finding> {
    let mut all = vec![data(&settings.data_dir)];
    // An embedded database may lie elsewhere; then its disk is the one that counts.
    let database = file_of(settings.database_url().expose());
    let lies = database.as_deref().map_or(settings.data_dir.as_path(), folder_of);
    if lies.is_dir() {
        all.extend(Room::at(lies).map(|room| has_room(lies, room)));
        if database.is_some() {
            all.push(sync_time(syncs(lies)));
        }
    }
    all.extend(backups(settings, database.as_deref(), Clock::real().now()));
    all.extend(address(settings));
    all
}

fn data(path: &Path) -> Finding {
    let shown = path.display();
    let bad = |says: String, advice| Finding::bad("DATA_DIR", says, advice);
    match fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            Finding::look("DATA_DIR", format!("{shown} is not there yet"), "the first start makes it")
        }
        Err(e) => bad(format!("{shown}: {e}"), "give the user who runs the server a way to it"),
        Ok(meta) if !meta.is_dir() => bad(format!("{shown} is not a folder"), "name another"),
        Ok(_) => match probe(path).and_then(|file| file.sync_all()) {
            Ok(()) => Finding::good("DATA_DIR", format!("{shown} is there and can be written")),
            Err(e) => bad(format!("{shown} cannot be written ({e})"), "give it to the user who runs the server"),
        },
    }
}
fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn has_room(folder: &Path, room: Room) -> Finding {
    let says = format!("{} MB are free at {}, of {} MB", room.free >> 20, folder.display(), room.size >> 20);
    match room {
        _ if room.is_full() => Finding::bad("disk", says, "nothing can be written: free some, the server goes on by itself"),
        _ if room.is_low() => Finding::look("disk", says, "make room before it is full; then every write is refused"),
        _ => Finding::good("disk", says),
    }
}

/// How long the disk takes to make a page safe, time after time.
fn syncs(folder: &Path) -> io::Result<Vec<Duration>> {
    let mut file = probe(folder)?;
    let time = |_| {
        file.write_all(&[0; 4096])?;
        let asked = Instant::now();
        file.sync_data()?;
        Ok(asked.elapsed())
    };
    (0..SYNCS).map(time).collect()
}
fn sync_time(measured: io::Result<Vec<Duration>>) -> Finding {
    let mut took = match measured {
        Ok(took) => took,
        Err(e) => {
            return Finding::bad(
                "disk sync",
                format!("the disk refuses to make a page safe ({e})"),
                "use another disk: what is acknowledged must last",
            );
        }
    };
    took.sort_unstable();
    let usual = took.get(took.len() / 2).copied().unwrap_or_default();
    let says = format!("{:.2} ms until a page is safe (the median of {})", usual.as_secs_f64() * 1e3, took.len());
    if usual > SLOW {
        return Finding::look(
            "disk sync",
            says,
            "a lone write takes at least that long; writers who come together share it, a faster disk helps",
        );
    }
    Finding::good("disk sync", says)
}

/// Those that the server takes by itself; a development machine may go without.
fn backups(settings: &Settings, database: Option<&Path>, now: Timestamp) -> Option<Finding> {
    let Some(dir) = &settings.backup_dir else {
        let none = || Finding::look("BACKUP_DIR", "no backup is taken by itself", "name a folder on another disk, or see to it otherwise");
        return (!settings.development()).then(none);
    };
    let shown = dir.display();
    let unfit = |e: io::Error| Finding::bad("BACKUP_DIR", format!("{shown}: {e}"), "give it to the user who runs the server");
    let newest = match folder::newest(dir) {
        Ok(newest) => newest,
        Err(e) => return Some(unfit(e)),
    };
    // One that is not there yet is made in the next one above it.
    let place = dir.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    if let Err(e) = probe(place) {
        return Some(unfit(e));
    }
    let (room, needed) = (Room::at(place).map_or(u64::MAX, |room| room.free), database.and_then(|file| fs::metadata(file).ok()));
    if let Some(needed) = needed.map(|file| file.len()).filter(|needed| *needed > room) {
        let says = format!("{} MB are free at {shown}, and the database has {} MB", room >> 20, needed >> 20);
        return Some(Finding::bad("BACKUP_DIR", says, "make room, or name a folder on another disk: the next backup does not fit"));
    }
    Some(match newest {
        Some(at) => backed_up(now.since(at), settings.backup_every),
        None => Finding::look("BACKUP_DIR", format!("no backup lies in {shown} yet"), "the server takes one within a minute of its start"),
    })
}
fn backed_up(ago: Duration, every: Duration) -> Finding {
    let says = format!("the newest backup is {} hours old", ago.as_secs() / 3_600);
    if ago > every + LATE {
        return Finding::bad("BACKUP_DIR", says, "is the server running, and is there room? Its log says why it could not take one");
    }
    Finding::good("BACKUP_DIR", says)
}
/// What others meet: only worth a word when they can.
fn address(settings: &Settings) -> Option<Finding> {
    if settings.bind.ip().is_loopback() {
        return None;
    }
    Some(match &settings.public_url {
        None => Finding::look(
            "PUBLIC_URL",
            "is not given",
            format!("links will lead to {}; give the address that people use", settings.public_url()),
        ),
        Some(url) if url.starts_with("http:") => {
            Finding::look("PUBLIC_URL", "is plain http", "passwords travel readable: put TLS in front")
        }
        Some(_) => Finding::good("PUBLIC_URL", "is https"),
    })
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    #[test]
    fn a_disk_is_judged_by_its_room_and_its_usual_sync() {
        let room = |free: u64| has_room(Path::new("/data"), Room { free: free << 20, size: 10_000 << 20 }).state;
        assert_eq!((room(5_000), room(300), room(0)), (State::Good, State::Look, State::Bad));
        let took = |ms: [u64; 3]| sync_time(Ok(ms.map(Duration::from_millis).to_vec()));
        assert_eq!((took([1, 2, 900]).state, took([11, 12, 1]).state), (State::Good, State::Look));
        assert!(took([1, 2, 900]).says.starts_with("2.00 ms"), "one that was unlucky does not count");
        assert_eq!(sync_time(Err(io::ErrorKind::Unsupported.into())).state, State::Bad);
    }
    #[test]
    fn a_backup_may_be_an_hour_late() {
        let hours = |n: u64| Duration::from_secs(n * 3_600);
        assert_eq!((backed_up(hours(25), hours(24)).state, backed_up(hours(26), hours(24)).state), (State::Good, State::Bad));
    }
    #[test]
    fn a_look_leaves_nothing_behind() {
        let folder = std::env::temp_dir().join(format!("doctor-{}", base::crypto::token()));
        fs::create_dir(&folder).unwrap();
        assert_eq!((data(&folder).state, sync_time(syncs(&folder)).of), (State::Good, "disk sync"));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir(&folder).unwrap();
        assert_eq!(data(&folder).state, State::Look);
    }
}

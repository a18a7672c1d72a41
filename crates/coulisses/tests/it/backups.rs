//! Backup, restore and transfer as an operator does them: with the binary, beside a server that is being written to.

use crate::{
    disk::Disk,
    process::{Server, coulisses, run, scratch},
};
use base::{
    db::{Db, Durability},
    testing::db::Fresh,
};
use serde_json::{Value, json};
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// A folder of one test, with what a server needs in it.
pub struct House {
    pub dir: PathBuf,
    url: Option<String>,
}
impl House {
    fn new() -> Self {
        Self::with(None)
    }
    fn on(url: &str) -> Self {
        Self::with(Some(url.to_owned()))
    }
    fn with(url: Option<String>) -> Self {
        let dir = scratch();
        fs::create_dir_all(&dir).unwrap();
        Self { dir, url }
    }
    fn file(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }
    pub fn env(&self) -> Vec<(&str, &str)> {
        let url = self.url.as_deref().map(|url| ("DATABASE_URL", url));
        [("DATA_DIR", self.dir.to_str().unwrap()), ("SECRET_KEY", "one key for every house here")].into_iter().chain(url).collect()
    }
    pub fn serve(&self) -> Server {
        Server::start(&self.env())
    }
    #[track_caller]
    pub fn does(&self, args: &[&str]) -> String {
        let (code, said, errors) = run(args, &self.env());
        assert_eq!(code, 0, "{args:?}: {said}{errors}");
        said
    }
    #[track_caller]
    fn refuses(&self, args: &[&str], code: i32, words: &str) {
        let (ended, said, errors) = run(args, &self.env());
        assert!(ended == code && errors.contains(words) && errors.lines().count() == 1, "{args:?} ended with {ended}: {said}{errors}");
    }
    pub fn names(&self) -> Vec<String> {
        names(&self.dir)
    }
}
impl Drop for House {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
/// The same test on both engines; a database of Postgres goes with its test.
pub fn on_both(test: impl Fn(House)) {
    test(House::new());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Some(store) = runtime.block_on(Fresh::empty_postgres()) {
        runtime.block_on(store.db.close()).unwrap();
        test(House::on(&store.url));
    }
}
fn write(server: &Server, token: &str, name: String) -> Option<String> {
    let (status, project) = server.call("POST", "/api/v1/projects", token, &json!({"name": name})).ok()?;
    (status == 201).then(|| project["id"].as_str().unwrap().to_owned())
}
#[track_caller]
fn has_all(server: &Server, ids: &[String]) {
    let token = server.sign_in(|_| ());
    for id in ids {
        assert_eq!(server.call("GET", &format!("/api/v1/projects/{id}"), &token, &Value::Null).unwrap().0, 200, "{id} is missing");
    }
}

#[test]
fn what_was_acknowledged_before_a_backup_began_is_in_it() {
    on_both(|house| {
        let server = house.serve();
        let token = server.owner();
        let (over, backup) = (AtomicBool::new(false), house.file("busy.backup"));
        let acknowledged = parking_lot::Mutex::new(Vec::new());
        let before = std::thread::scope(|scope| {
            for writer in 0..32 {
                let (server, token, over, acknowledged) = (&server, &token, &over, &acknowledged);
                scope.spawn(move || {
                    for n in (0..).take_while(|_| !over.load(Ordering::Relaxed)) {
                        let id = write(server, token, format!("{writer}-{n}")).expect("writers go on during a backup");
                        acknowledged.lock().push(id);
                    }
                });
            }
            while acknowledged.lock().len() < 200 {
                std::thread::sleep(Duration::from_millis(5));
            }
            let before = acknowledged.lock().clone();
            let said = house.does(&["backup", &backup]);
            over.store(true, Ordering::Relaxed);
            assert!(said.contains("the keys are not in it"), "{said}");
            before
        });
        drop(server);
        assert!(acknowledged.lock().len() > before.len(), "writers wrote during the backup");
        let elsewhere = House::new();
        let said = elsewhere.does(&["restore", &backup]);
        assert!(said.contains("the key here is the one it was written with"), "{said}");
        has_all(&elsewhere.serve(), &before);
        elsewhere.does(&["audit", "verify"]);
    });
}

#[test]
fn a_restore_does_not_take_what_is_there() {
    on_both(|house| {
        let server = house.serve();
        let token = server.owner();
        let kept = write(&server, &token, "kept".to_owned()).unwrap();
        let backup = house.file("one.backup");
        house.does(&["backup", &backup]);
        house.refuses(&["backup", &backup], 1, "never written over");
        let later = write(&server, &token, "later".to_owned()).unwrap();
        house.refuses(&["restore", &backup, "--force"], 1, "stop it first");
        drop(server);
        house.refuses(&["restore", &backup], 1, "already holds a database");
        assert!(house.does(&["restore", &backup, "--verify"]).contains("nothing was changed"));
        let bytes = fs::read(&backup).unwrap();
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 4;
        fs::write(house.file("flipped"), flipped).unwrap();
        for args in [&["--verify"][..], &["--force"]] {
            house.refuses(&[&["restore", &house.file("flipped")], args].concat(), 1, "at least one byte has changed");
        }
        let server = house.serve();
        has_all(&server, &[kept.clone(), later.clone()]);
        drop(server);
        house.does(&["restore", &backup, "--force"]);
        let server = house.serve();
        has_all(&server, &[kept]);
        let token = server.sign_in(|_| ());
        assert_eq!(server.call("GET", &format!("/api/v1/projects/{later}"), &token, &Value::Null).unwrap().0, 404, "it is as it was then");
        let aside = house.names().into_iter().filter(|name| name.starts_with("coulisses.db.replaced-") && !name.ends_with("-wal")).count();
        assert_eq!(aside, usize::from(house.url.is_none()), "the file that was there is kept");
    });
}

#[test]
fn a_backup_without_its_key_says_so() {
    let house = House::new();
    drop(house.serve());
    house.does(&["backup", &house.file("one.backup")]);
    let elsewhere = House::new();
    for (key, words) in [(None, "set SECRET_KEY"), (Some("another key altogether"), "the key here is another one")] {
        let env = [("DATA_DIR", elsewhere.dir.to_str().unwrap())].into_iter().chain(key.map(|key| ("SECRET_KEY", key)));
        let (code, said, _) = run(&["restore", &house.file("one.backup"), "--verify"], &env.collect::<Vec<_>>());
        assert!(code == 0 && said.contains(words), "{said}");
    }
    assert!(elsewhere.names().is_empty(), "--verify leaves nothing: {:?}", elsewhere.names());
}

#[test]
fn a_lost_audit_is_exit_4_and_a_newer_version_exit_3() {
    let house = House::new();
    let server = house.serve();
    server.owner();
    drop(server);
    for (sql, code, words) in [
        ("update audit_heads set seq = seq + 1", 4, "does not prove itself"),
        ("insert into schema_migrations (version, name, checksum, applied_at) values (9999, 'later', 'x', 1)", 3, "newer binary"),
    ] {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let db = Db::connect(&format!("sqlite:{}", house.file("coulisses.db")), Durability::Process).await.unwrap();
            let mut tx = db.begin().await.unwrap();
            tx.script(sql).await.unwrap();
            tx.commit().await.unwrap();
            db.close().await.unwrap();
        });
        let file = house.file(&format!("{code}.backup"));
        house.does(&["backup", &file]);
        house.refuses(&["restore", &file, "--verify"], code, words);
    }
}

#[test]
fn a_backup_that_was_killed_never_looks_whole() {
    on_both(|house| {
        let server = house.serve();
        let token = server.owner();
        (0..300).for_each(|n| assert!(write(&server, &token, format!("{n} {}", "x".repeat(80))).is_some()));
        let (mut halves, mut wholes) = (0, 0);
        for round in 0..40 {
            let file = house.file(&format!("{round}.backup"));
            let mut child = coulisses(&["backup", &file], &house.env()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(4 * round));
            child.kill().unwrap();
            child.wait().unwrap();
            if Path::new(&file).exists() {
                house.does(&["restore", &file, "--verify"]);
                wholes += 1;
            } else if Path::new(&format!("{file}.part")).exists() {
                // Killed between its last byte and its name it is whole, and proves it.
                let (code, _, errors) = run(&["restore", &format!("{file}.part"), "--verify"], &house.env());
                assert!(code == 0 || errors.contains("this is no backup of Coulisses"), "{errors}");
                halves += code;
            }
        }
        assert!(halves > 0, "none of them was caught at work ({wholes} whole)");
        house.does(&["backup", &house.file("last.backup")]);
    });
}

#[test]
fn a_full_disk_leaves_no_debris() {
    let Some(disk) = Disk::new("size=128k") else { return };
    on_both(|house| {
        let server = house.serve();
        let token = server.owner();
        // What does not compress.
        let noise = |n: usize| format!("{n} {}", base::crypto::token());
        (0..1_500).for_each(|n| assert!(write(&server, &token, noise(n)).is_some()));
        let file = disk.0.join("big.backup");
        let (code, _, errors) = run(&["backup", file.to_str().unwrap()], &house.env());
        assert!(code == 1 && (errors.contains("the disk is full") || errors.contains("No space left")), "{errors}");
        assert!(names(&disk.0).is_empty(), "{:?}", names(&disk.0));
        assert!(write(&server, &token, "after".to_owned()).is_some());
    });
}

/// A command that is told on its standard input what should stand on no command line.
fn piped(house: &House, args: &[&str], told: &str) -> String {
    let mut command = coulisses(args, &house.env());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(told.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{args:?}");
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn a_transfer_to_postgres_and_back_loses_nothing() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(store) = runtime.block_on(Fresh::empty_postgres()) else { return };
    runtime.block_on(store.db.close()).unwrap();
    let (house, other) = (House::new(), House::on(&store.url));
    let server = house.serve();
    let token = server.owner();
    let ids: Vec<_> =
        ["Nuit des Lucioles", "☃ \"dehors\""].iter().map(|name| write(&server, &token, (*name).to_owned()).unwrap()).collect();
    house.refuses(&["transfer", "--to", &store.url], 1, "stop it first");
    drop(server);
    house.refuses(&["transfer"], 2, "--to");
    house.refuses(&["transfer", "--to", "mysql://x"], 2, "--to must be sqlite:PATH or postgres://");
    let nowhere = format!("sqlite:{}", house.file("nowhere.db"));
    house.refuses(&["transfer", "--from", &nowhere, "--to", &store.url], 1, "there is no database");
    let said = piped(&house, &["transfer", "--to", "-"], &format!("{}\n", store.url));
    assert!(said.contains("projects: 2 rows") && said.contains("the same on both sides"), "{said}");
    house.refuses(&["transfer", "--to", &store.url], 1, "already holds a database");
    let server = other.serve();
    has_all(&server, &ids);
    other.refuses(&["transfer", "--to", &nowhere], 1, "stop it first");
    let more = write(&server, &server.sign_in(|_| ()), "on Postgres".to_owned()).unwrap();
    drop(server);
    other.does(&["audit", "verify"]);
    let back = House::new();
    other.does(&["transfer", "--to", &format!("sqlite:{}", back.file("coulisses.db"))]);
    has_all(&back.serve(), &[ids, vec![more]].concat());
    back.does(&["audit", "verify"]);
}

#[test]
fn a_backup_of_one_engine_is_restored_into_the_other() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(store) = runtime.block_on(Fresh::empty_postgres()) else { return };
    runtime.block_on(store.db.close()).unwrap();
    let (lite, postgres, back) = (House::new(), House::on(&store.url), House::new());
    let server = lite.serve();
    let ids = [write(&server, &server.owner(), "Lucioles".to_owned()).unwrap()];
    lite.does(&["backup", &lite.file("one.backup")]);
    postgres.does(&["restore", &lite.file("one.backup")]);
    let server = postgres.serve();
    has_all(&server, &ids);
    postgres.does(&["backup", &postgres.file("two.backup")]);
    back.does(&["restore", &postgres.file("two.backup"), "--into", &format!("sqlite:{}", back.file("coulisses.db"))]);
    has_all(&back.serve(), &ids);
}

#[test]
fn the_server_takes_backups_by_itself() {
    on_both(|house| {
        let folder = house.dir.join("backups");
        let mut env = house.env();
        env.extend([("BACKUP_DIR", folder.to_str().unwrap()), ("BACKUP_KEEP", "2")]);
        drop(Server::start(&house.env()));
        fs::create_dir(&folder).unwrap();
        for day in 1..4 {
            house.does(&["backup", folder.join(format!("coulisses-2020010{day}T000000Z.backup")).to_str().unwrap()]);
        }
        fs::write(folder.join("mine.txt"), "mine").unwrap();
        let server = Server::start(&env);
        let until = |what: &str, holds: &dyn Fn() -> bool| {
            let found = (0..600).any(|_| {
                holds() || {
                    std::thread::sleep(Duration::from_millis(50));
                    false
                }
            });
            assert!(found, "{what}: {:?}", names(&folder));
        };
        until("one was taken and old ones went", &|| names(&folder).len() == 3);
        let names = names(&folder);
        assert_eq!((names[0].as_str(), names[2].as_str()), ("coulisses-20200103T000000Z.backup", "mine.txt"), "{names:?}");
        house.does(&["restore", folder.join(&names[1]).to_str().unwrap(), "--verify"]);
        let metric = || server.text("/metrics").lines().any(|l| l.starts_with("app_backup_last_success_timestamp_seconds 1"));
        until("/metrics tells of it", &metric);
        assert!(!server.text("/readyz").contains("\"backup\""));
    });
}

#[test]
fn a_new_or_emptied_folder_gets_its_backup_at_once() {
    on_both(|house| {
        for folder in ["one", "other", "one"].map(|name| house.dir.join(name)) {
            let env = [house.env(), vec![("BACKUP_DIR", folder.to_str().unwrap())]].concat();
            let server = Server::start(&env);
            let whole = || folder.is_dir() && names(&folder).iter().any(|name| name.ends_with(".backup"));
            assert!(comes(&whole), "{} has none", folder.display());
            assert!(comes(&|| !server.text("/readyz").contains("\"backup\"")));
            drop(server);
            fs::remove_dir_all(&folder).unwrap();
        }
    });
}
fn comes(what: &dyn Fn() -> bool) -> bool {
    (0..400).any(|_| {
        what() || {
            std::thread::sleep(Duration::from_millis(50));
            false
        }
    })
}

#[test]
fn a_server_with_a_name_of_the_operators_is_seen_all_the_same() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(store) = runtime.block_on(Fresh::empty_postgres()) else { return };
    runtime.block_on(store.db.close()).unwrap();
    let house = House::on(&format!("{}?application_name=crew", store.url));
    let server = house.serve();
    let id = write(&server, &server.owner(), "kept".to_owned()).unwrap();
    let backup = house.file("one.backup");
    house.does(&["backup", &backup]);
    house.refuses(&["restore", &backup, "--force"], 1, "stop it first");
    house.refuses(&["restore", &backup, "--force", "--into", &store.url], 1, "stop it first");
    has_all(&server, &[id]);
    drop(server);
    house.does(&["restore", &backup, "--force"]);
}

/// What the guide says of going back: the copy takes the place of the database and of its log.
#[test]
fn the_copy_from_before_an_upgrade_is_a_database() {
    let house = House::new();
    let mut server = house.serve();
    let id = write(&server, &server.owner(), "after".to_owned()).unwrap();
    assert_eq!(server.ends(), Some(0));
    house.does(&["migrate", "down"]);
    let copy = house.names().into_iter().find(|name| name.starts_with("coulisses.db.before-")).expect("a copy");
    fs::create_dir(house.file("aside")).unwrap();
    for name in house.names().iter().filter(|name| *name == "coulisses.db" || name.starts_with("coulisses.db-")) {
        fs::rename(house.file(name), house.dir.join("aside").join(name)).unwrap();
    }
    fs::rename(house.file(&copy), house.file("coulisses.db")).unwrap();
    assert!(!house.does(&["migrate", "status"]).contains("not applied"), "it is as it was before the step");
    has_all(&house.serve(), &[id]);
}

/// As in our image, which holds one file.
#[test]
fn without_a_temporary_folder_the_one_of_the_data_serves() {
    let house = House::new();
    drop(house.serve());
    let backup = house.file("one.backup");
    house.does(&["backup", &backup]);
    let env = [house.env(), vec![("TMPDIR", "/proc/none")]].concat();
    let lay = house.names();
    for command in [&["restore", &backup, "--verify"][..], &["openapi"]] {
        let (code, _, errors) = run(command, &env);
        assert_eq!(code, 0, "{command:?}: {errors}");
    }
    assert_eq!(house.names(), lay, "and nothing stays in it");
}

#[test]
fn a_server_whose_backups_fail_says_so() {
    let house = House::new();
    fs::write(house.file("no-folder"), "a file").unwrap();
    let folder = house.file("no-folder");
    let env = [house.env(), vec![("BACKUP_DIR", folder.as_str())]].concat();
    let server = Server::start(&env);
    assert!(server.text("/readyz").contains("\"degraded\":[\"backup\""));
    assert!((0..200).any(|_| server.2.lock().contains("a backup could not be taken") || {
        std::thread::sleep(Duration::from_millis(50));
        false
    }));
}

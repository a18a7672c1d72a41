//! Backups of both engines: whole, proved, and refused when anything about them is not so.

use super::*;
use crate::{
    both_engines,
    db::{Durability, migrate::HISTORY},
    testing::db::{Fresh, MIGRATED, select, unlock_audit},
};
use std::{fs, path::PathBuf};

/// A folder of one test.
struct Folder(PathBuf);
impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("coulisses-backup-{}", crate::crypto::token().split_at(12).0));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}
impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn run(db: &Db, script: &str) {
    let mut tx = db.begin().await.unwrap();
    tx.script(script).await.unwrap();
    tx.commit().await.unwrap();
}
/// Every kind of value, several pages of rows, keys of several columns, and tables that point at others.
async fn fill(db: &Db) {
    let mut script = String::from(
        "insert into orgs (org_id, name, time_zone, created_at, updated_at) values ('o', '', 'Europe/Paris', -9223372036854775807, 9223372036854775807);
         insert into instance (name, value) values ('strange', 'é ☃ 🎭 \"quoted\" ''once'' back\\slash\ttab
new line');",
    );
    for n in 0..700 {
        let on = n % 2 == 0;
        script += &format!(
            "insert into people (org_id, id, first_name, last_name, name_key, search_key, active, created_at, updated_at)
               values ('o', '{n:04}', 'Léa', '{n}', 'k', 's', {on}, {n}, {n});
             insert into person_skills (org_id, person_id, skill_key, skill, level) values ('o', '{n:04}', 'son', 'Son', {});\n",
            n % 5 + 1
        );
    }
    run(db, &script).await;
}
async fn contents(db: &Db) -> Content {
    content(&mut View::of(db).await.unwrap()).await.unwrap()
}
/// Lays a backup open, and gives what it came to.
async fn opened(backup: &Path, to: &Path) -> Result<(Content, i64)> {
    let opened = lay_open(backup, to, MIGRATED, false).await?;
    let db = Db::connect(&format!("sqlite:{}", opened.part.path().display()), Durability::Process).await?;
    let found = (contents(&db).await, schema_of(&mut View::of(&db).await?).await?);
    db.close().await?;
    Ok(found)
}

both_engines! {
    async fn a_backup_holds_everything_and_leaves_nothing_beside_it(db: Db) {
        let folder = Folder::new();
        fill(&db).await;
        let manifest = take(&db, &folder.file("one"), MIGRATED).await.unwrap();
        assert_eq!((manifest.schema, manifest.content.tables["people"].rows, manifest.content.tables["person_skills"].rows), (HISTORY.newest(), 700, 700));
        assert_eq!(manifest.content, contents(&db).await);
        assert_eq!(manifest.form == Form::Rows, db.is_postgres());
        assert_eq!(folder.names(), ["one"]);
        let (came_back, schema) = opened(&folder.file("one"), &folder.file("two")).await.unwrap();
        assert_eq!((came_back, schema), (manifest.content, HISTORY.newest()));
        assert_eq!(folder.names(), ["one"], "what was laid open is gone when nobody puts it in place");
    }

    async fn what_is_there_is_never_written_over(db: Db) {
        let folder = Folder::new();
        fs::write(folder.file("mine"), "mine").unwrap();
        let refused = take(&db, &folder.file("mine"), MIGRATED).await.unwrap_err();
        assert!(matches!(&refused, Fault::Refused(words) if words.contains("never written over")), "{refused}");
        assert_eq!((fs::read_to_string(folder.file("mine")).unwrap().as_str(), folder.names().len()), ("mine", 1));
        let at_work = Part::begin(&folder.file("one")).unwrap();
        let refused = take(&db, &folder.file("one"), MIGRATED).await.unwrap_err();
        assert!(refused.to_string().contains("another process"), "{refused}");
        drop(at_work);
        fs::write(folder.file("one.part"), "left by a process that was killed").unwrap();
        take(&db, &folder.file("one"), MIGRATED).await.unwrap();
        opened(&folder.file("one"), &folder.file("two")).await.unwrap();
    }

    async fn one_byte_that_changed_is_refused_wherever_it_stands(db: Db) {
        let folder = Folder::new();
        fill(&db).await;
        let (whole, bad) = (folder.file("whole"), folder.file("bad"));
        take(&db, &whole, MIGRATED).await.unwrap();
        let bytes = fs::read(&whole).unwrap();
        let end = bytes.len();
        let places = [0, 18, 100, end / 3, end / 2, end - 1_000].into_iter().chain(end - 160..end).chain((0..end).step_by(end / 50));
        for place in places {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            fs::write(&bad, changed).unwrap();
            let refused = opened(&bad, &folder.file("two")).await.expect_err(&format!("byte {place} of {end}"));
            assert!(matches!(refused, Fault::Refused(_)), "byte {place} of {end}: {refused}");
        }
        for cut in [0, 1, 95, end / 2, end - 1] {
            fs::write(&bad, &bytes[..cut]).unwrap();
            assert!(matches!(opened(&bad, &folder.file("two")).await, Err(Fault::Refused(_))), "{cut} bytes of {end}");
            assert!(!looks_whole(&bad), "{cut} bytes of {end}");
        }
        assert!(looks_whole(&whole));
        assert_eq!(folder.names(), ["bad", "whole"]);
    }

    async fn what_is_not_what_its_manifest_says_is_refused(db: Db) {
        let folder = Folder::new();
        fill(&db).await;
        let mut manifest = take(&db, &folder.file("one"), MIGRATED).await.unwrap();
        for (table, sum) in [("people", Sum { rows: 700, sha256: "0".repeat(64) }), ("orgs", Sum { rows: 2, sha256: "0".repeat(64) })] {
            let kept = manifest.content.tables.insert(table.to_owned(), sum).unwrap();
            let other = Part::begin(&folder.file("other")).unwrap();
            other.fill(&mut file::Sealed::open(&folder.file("one")).unwrap().content().unwrap()).unwrap();
            other.seal(&manifest).unwrap();
            other.finish(false).unwrap();
            let refused = opened(&folder.file("other"), &folder.file("two")).await.unwrap_err();
            assert!(matches!(&refused, Fault::Refused(words) if words.contains(&format!("{table} has"))), "{refused}");
            fs::remove_file(folder.file("other")).unwrap();
            manifest.content.tables.insert(table.to_owned(), kept);
        }
    }

    async fn a_newer_schema_and_a_changed_history_are_refused(db: Db) {
        let folder = Folder::new();
        run(&db, "insert into schema_migrations (version, name, checksum, applied_at) values (9999, 'later', 'x', 1)").await;
        take(&db, &folder.file("newer"), MIGRATED).await.unwrap();
        let refused = opened(&folder.file("newer"), &folder.file("two")).await.unwrap_err();
        assert!(matches!(&refused, Fault::Newer(words) if words.contains("9999")), "{refused}");
    }

    async fn an_older_schema_is_brought_up_to_date_before_it_is_put_in_place(db: Db) {
        let folder = Folder::new();
        HISTORY.down(&db, MIGRATED, Some(9), true).await.unwrap();
        fill(&db).await;
        let manifest = take(&db, &folder.file("old"), MIGRATED).await.unwrap();
        assert_eq!(manifest.schema, 9);
        let (came_back, schema) = opened(&folder.file("old"), &folder.file("two")).await.unwrap();
        assert_eq!(schema, HISTORY.newest());
        assert_eq!((came_back.tables["people"].clone(), came_back.tables.len() > manifest.content.tables.len()), (manifest.content.tables["people"].clone(), true));
        assert!(folder.names().iter().all(|name| !name.contains("before")), "{:?}", folder.names());
    }

    async fn an_audit_that_was_tampered_with_is_refused_unless_forced(db: Db) {
        let folder = Folder::new();
        unlock_audit(&db).await;
        let row = |seq: i64| format!("insert into audit (org_id, seq, at, action, hash) values ('00000000-0000-0000-0000-000000000000', {seq}, 1, 'forged', 'h')");
        run(&db, &format!("{}; insert into audit_heads (org_id, seq, hash) values ('00000000-0000-0000-0000-000000000000', 1, 'h')", row(1))).await;
        take(&db, &folder.file("forged"), MIGRATED).await.unwrap();
        let refused = opened(&folder.file("forged"), &folder.file("two")).await.unwrap_err();
        assert!(matches!(&refused, Fault::Audit(faults) if faults.len() == 1), "{refused}");
        assert_eq!(lay_open(&folder.file("forged"), &folder.file("two"), MIGRATED, true).await.unwrap().audit.faults.len(), 1);
    }

    async fn two_stores_with_as_many_rows_are_not_the_same_store(db: Db) {
        fill(&db).await;
        let before = contents(&db).await;
        run(&db, "update people set active = not active where id = '0300'").await;
        let after = contents(&db).await;
        assert_eq!(after.rows(), before.rows());
        assert!(before.differs(&after).unwrap().starts_with("people has 700 rows"));
        run(&db, "update people set active = not active where id = '0300'").await;
        assert_eq!(before.differs(&contents(&db).await), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_is_the_same_after_a_transfer_there_and_back() {
    let (Some(postgres), lite, back) = (Fresh::postgres().await, Fresh::sqlite().await, Fresh::sqlite().await) else { return };
    fill(&lite.db).await;
    assert!(is_empty(&postgres.db).await.unwrap() && !is_empty(&lite.db).await.unwrap());
    let there = transfer(&mut View::of(&lite.db).await.unwrap(), &postgres.db, MIGRATED).await.unwrap();
    transfer(&mut View::of(&postgres.db).await.unwrap(), &back.db, MIGRATED).await.unwrap();
    assert_eq!(there.content, contents(&lite.db).await);
    assert_eq!(contents(&back.db).await, contents(&lite.db).await);
    let on = "select count(*) || ' of ' || (select count(*) from people) from people where active".to_owned();
    assert_eq!(select(&postgres.db, on.clone()).await, ["350 of 700"], "a boolean is one");
    assert_eq!(select(&back.db, on).await, ["350 of 700"]);
    let again = transfer(&mut View::of(&lite.db).await.unwrap(), &postgres.db, MIGRATED).await;
    assert!(again.is_err(), "a store that holds these rows takes no second copy");
    assert_eq!(contents(&postgres.db).await, there.content, "and keeps what it had");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_connected_to_postgres_is_seen() {
    let Some(store) = Fresh::postgres().await else { return };
    let refused = connect_alone(&store.url).await.err().unwrap();
    assert!(matches!(&refused, Fault::Refused(words) if words.contains("stop it first")), "{refused}");
    store.db.close().await.unwrap();
    for _ in 0..100 {
        if connect_alone(&store.url).await.is_ok() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the server is gone and is still seen");
}

/// Whoever looks at a backup of SQLite finds a database in it.
#[tokio::test]
async fn a_backup_of_sqlite_is_a_database_that_any_sqlite_opens() {
    let (folder, store) = (Folder::new(), Fresh::sqlite().await);
    fill(&store.db).await;
    take(&store.db, &folder.file("one.db"), MIGRATED).await.unwrap();
    let file = rusqlite::Connection::open(folder.file("one.db")).unwrap();
    let count = |sql: &str| file.query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap();
    assert_eq!(count("select count(*) from people"), 700);
    assert_eq!(file.query_row("pragma integrity_check", [], |r| r.get::<_, String>(0)).unwrap(), "ok");
    drop(file);
    assert_eq!(folder.names(), ["one.db"]);
    opened(&folder.file("one.db"), &folder.file("two")).await.unwrap();
}

/// Litestream keeps a read transaction open, leaves two tables in the file, and folds the log in when it wants to.
#[tokio::test]
async fn a_store_that_litestream_watches_is_written_backed_up_and_moved_like_any_other() {
    let (folder, store, other) = (Folder::new(), Fresh::empty_sqlite().await, Fresh::sqlite().await);
    HISTORY.up(&store.db, MIGRATED, None).await.unwrap();
    let watcher = rusqlite::Connection::open(store.db.path().unwrap()).unwrap();
    watcher
        .execute_batch(
            "create table _litestream_seq (id integer primary key, seq integer); create table _litestream_lock (id integer); begin",
        )
        .unwrap();
    let seen = || watcher.query_row("select count(*) from people", [], |r| r.get::<_, i64>(0)).unwrap();
    assert_eq!(seen(), 0);
    fill(&store.db).await;
    take(&store.db, &folder.file("one.db"), MIGRATED).await.unwrap();
    assert_eq!(seen(), 0, "its view stands while others write");
    watcher.execute_batch("rollback; pragma wal_checkpoint(truncate); insert into _litestream_seq values (1, 1); begin").unwrap();
    run(&store.db, "insert into orgs (org_id, name, time_zone, created_at, updated_at) values ('p', '', 'Europe/Paris', 1, 1)").await;
    assert_eq!(opened(&folder.file("one.db"), &folder.file("two")).await.unwrap().0.tables["people"].rows, 700);
    let moved = transfer(&mut View::of(&store.db).await.unwrap(), &other.db, MIGRATED).await.unwrap();
    assert_eq!((moved.content.tables["orgs"].rows, moved.content.tables.contains_key("_litestream_seq")), (2, false));
}

#[test]
fn only_the_newest_whole_ones_of_ours_stay() {
    let folder = Folder::new();
    let day = |n: i64| Timestamp::from_micros(MIGRATED.micros() + n * 86_400_000_000);
    let whole = format!("coulisses-backup 1 {:012} {}\n", 0, "0".repeat(64));
    for n in 0..5 {
        fs::write(folder.file(&folder::name(day(n))), &whole).unwrap();
    }
    fs::write(folder.file(&folder::name(day(9))), "cut short").unwrap();
    fs::write(folder.file(&format!("{}.part", folder::name(day(3)))), "half").unwrap();
    for other in ["mine.backup", "coulisses-mine.backup.part", "notes.txt"] {
        fs::write(folder.file(other), &whole).unwrap();
    }
    let at_work = Part::begin(&folder.file(&folder::name(day(7)))).unwrap();
    assert_eq!(folder::newest(&folder.0).unwrap(), Some(day(4)), "one that was cut short does not count");
    assert_eq!(folder::tidy(&folder.0, 2).unwrap(), 4);
    assert_eq!(folder::whole(&folder.0).unwrap().iter().map(|(at, _)| *at).collect::<Vec<_>>(), [day(3), day(4)]);
    let names = folder.names();
    assert!(["mine.backup", "coulisses-mine.backup.part", "notes.txt"].iter().all(|mine| names.iter().any(|n| n == mine)), "{names:?}");
    assert!(names.contains(&format!("{}.part", folder::name(day(7)))) && names.contains(&folder::name(day(9))), "{names:?}");
    drop(at_work);
    assert_eq!(folder::newest(&folder.file("nowhere")).unwrap(), None);
}

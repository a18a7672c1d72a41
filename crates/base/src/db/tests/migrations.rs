//! Migrations: one history, applied once whoever comes, reversible, refused when the texts do not agree.

use super::{
    super::{
        Durability,
        migrate::{HISTORY, History, MigrateError, Step, snapshots},
        schema,
    },
    Db, Fresh, NOW, accounts, add_one,
};
use crate::{
    both_engines,
    db::{Text, View},
};
use std::collections::BTreeMap;

async fn run(db: &Db, sql: &str) {
    let mut tx = db.begin().await.unwrap();
    tx.run(&Text::same(sql.into()), &[]).await.unwrap();
    tx.commit().await.unwrap();
}

/// The history with one step more.
fn and(up: &'static str, down: &'static str) -> History {
    let more = Step { version: HISTORY.newest() + 1, name: "more", up, down };
    let all: Vec<Step> = HISTORY.0.iter().map(copy).chain([more]).collect();
    History(Box::leak(all.into_boxed_slice()))
}
/// A report that somebody left open on Postgres, a migration that must wait for it, and people who go on working.
#[tokio::test]
async fn a_long_read_keeps_a_migration_waiting_and_no_writer() {
    let Some(store) = Fresh::postgres().await else { return };
    let db = &store.db;
    let history = and("alter table accounts add column more text;", "alter table accounts drop column more;");
    let mut report = View::of(db).await.unwrap();
    report.rows::<(i64,)>(&Text::same("select count(*) from accounts".into()), &[]).await.unwrap();
    let refused = history.up_within(db, NOW, None, 0).await.unwrap_err();
    assert!(matches!(refused, MigrateError::Held) && refused.to_string().contains("pg_stat_activity"), "{refused}");
    let migrating = async { history.up(db, NOW, None).await.unwrap() };
    let working = async {
        let waits = Text::same("select count(*) from pg_locks where not granted and relation = cast('accounts' as regclass)".into());
        for name in ["one", "two"] {
            while db.rows::<(i64,)>(&waits, &[]).await.unwrap()[0].0 == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            add_one(db, name).await.unwrap();
        }
        drop(report);
    };
    let (applied, ()) = tokio::join!(migrating, working);
    assert_eq!((applied, accounts(db).await), (vec![HISTORY.newest() + 1], 2));
}
/// Decision 0015: whoever has much of a table builds its new index by hand before, and the step finds it there.
#[test]
fn a_new_index_may_be_there_already() {
    let insists = |up: &str| {
        let words: Vec<_> = up.split_whitespace().map(str::to_lowercase).collect();
        words.windows(3).any(|w| ["create", "unique"].contains(&&*w[0]) && w[1] == "index" && w[2] != "if")
    };
    assert!(
        insists("create index a on b (c);")
            && insists("CREATE UNIQUE INDEX a on b (c)")
            && !insists("create index if not exists a on b (c)")
    );
    let insisting: Vec<_> = HISTORY.0.iter().filter(|step| step.version > 19 && insists(step.up)).map(|step| step.name).collect();
    assert!(insisting.is_empty(), "write `create index if not exists`: {insisting:?}");
}

both_engines! {
    async fn up_down_up_leaves_the_same_schema(db: Db) {
        let before = schema::schema_dump(&db).await.unwrap();
        for part in ["create table projects", "projects_newest", "audit_update", "double_booking", "schema_migrations"] {
            assert!(before.to_lowercase().contains(part), "{part} is missing in:\n{before}");
        }
        let steps: Vec<_> = (1..=HISTORY.newest()).collect();
        assert_eq!(HISTORY.down(&db, NOW, Some(0), false).await.unwrap(), steps.iter().rev().copied().collect::<Vec<_>>());
        assert!(!schema::schema_dump(&db).await.unwrap().contains("projects"));
        assert_eq!(HISTORY.up(&db, NOW, None).await.unwrap(), steps);
        assert_eq!(schema::schema_dump(&db).await.unwrap(), before);
        assert_eq!(HISTORY.up(&db, NOW, None).await.unwrap(), Vec::<i64>::new(), "nothing is left to do");
    }

    async fn down_is_one_step_unless_told(db: Db) {
        let newest = HISTORY.newest();
        assert_eq!(HISTORY.down(&db, NOW, None, false).await.unwrap(), [newest]);
        let applied: Vec<_> = HISTORY.status(&db).await.unwrap().iter().map(|s| s.applied_at.is_some()).collect();
        assert_eq!(applied.iter().filter(|a| **a).count() as i64, newest - 1);
        assert_eq!(applied.last(), Some(&false));
        assert!(!HISTORY.is_applied(&db).await.unwrap());
        assert_eq!(HISTORY.up(&db, NOW, None).await.unwrap(), [newest]);
        assert!(HISTORY.is_applied(&db).await.unwrap());
        let unknown = HISTORY.up(&db, NOW, Some(newest + 1)).await.unwrap_err();
        assert!(matches!(unknown, MigrateError::NoSuchVersion { .. }), "{unknown}");
    }

    async fn down_keeps_rows_unless_forced(db: Db) {
        add_one(&db, "a").await.unwrap();
        let refused = HISTORY.down(&db, NOW, Some(0), false).await.unwrap_err();
        assert!(matches!(&refused, MigrateError::HoldsRows { table, rows: 1 } if table == "accounts"), "{refused}");
        assert_eq!(accounts(&db).await, 1);
        HISTORY.down(&db, NOW, Some(0), true).await.unwrap();
        HISTORY.up(&db, NOW, None).await.unwrap();
        assert_eq!(accounts(&db).await, 0);
    }

    async fn a_newer_database_is_refused(db: Db) {
        run(&db, "insert into schema_migrations (version, name, checksum, applied_at) values (9999, 'later', 'x', 1)").await;
        for refused in [HISTORY.up(&db, NOW, None).await.unwrap_err(), HISTORY.down(&db, NOW, None, false).await.unwrap_err()] {
            assert!(matches!(refused, MigrateError::Newer { db: 9999, .. }), "{refused}");
        }
        assert!(HISTORY.is_applied(&db).await.unwrap(), "an old replica keeps serving meanwhile");
    }

    async fn a_changed_text_is_refused(db: Db) {
        run(&db, "update schema_migrations set checksum = 'other' where version = 1").await;
        let refused = HISTORY.up(&db, NOW, None).await.unwrap_err();
        assert!(matches!(&refused, MigrateError::Changed { name } if name == "0001_house"), "{refused}");
    }

    async fn a_step_that_fails_leaves_nothing_half_done(db: Db) {
        let newest = HISTORY.newest();
        let bad = Step { version: newest + 1, name: "bad", up: "create table half (id text); insert into nowhere values (1);", down: "drop table half;" };
        let with_bad: Vec<Step> = HISTORY.0.iter().map(copy).chain([bad]).collect();
        let history = History(Box::leak(with_bad.into_boxed_slice()));
        assert!(matches!(history.up(&db, NOW, None).await, Err(MigrateError::Store(_))));
        assert!(!schema::schema_dump(&db).await.unwrap().contains("half"));
        assert!(HISTORY.is_applied(&db).await.unwrap());
        assert_eq!(HISTORY.up(&db, NOW, None).await.unwrap(), Vec::<i64>::new());
    }
}
fn copy(s: &Step) -> Step {
    Step { version: s.version, name: s.name, up: s.up, down: s.down }
}

/// Five servers that start at once, each with its own connections, on a database of this state.
async fn five_at_once(store: &Fresh) -> Vec<i64> {
    let mut servers = Vec::new();
    for _ in 0..5 {
        servers.push(Db::connect(&store.url, Durability::Disk).await.unwrap());
    }
    let migrating: Vec<_> = servers.into_iter().map(|db| tokio::spawn(async move { HISTORY.up(&db, NOW, None).await })).collect();
    let mut applied = Vec::new();
    for server in migrating {
        applied.extend(server.await.unwrap().expect("none of them fails"));
    }
    applied.sort_unstable();
    applied
}
async fn five_apply_each_step_once(store: Fresh) {
    let steps: Vec<_> = (1..=HISTORY.newest()).collect();
    assert_eq!(five_at_once(&store).await, steps);
    assert_eq!(five_at_once(&store).await, Vec::<i64>::new());
    add_one(&store.db, "a").await.unwrap();
    HISTORY.down(&store.db, NOW, None, false).await.unwrap();
    assert_eq!(five_at_once(&store).await, [HISTORY.newest()], "an old database with data");
    assert_eq!(accounts(&store.db).await, 1);
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_apply_each_step_once_sqlite() {
    five_apply_each_step_once(Fresh::empty_sqlite().await).await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_apply_each_step_once_postgres() {
    if let Some(store) = Fresh::empty_postgres().await {
        five_apply_each_step_once(store).await;
    }
}

#[tokio::test]
async fn an_sqlite_database_with_rows_is_copied_before_it_is_migrated() {
    let store = Fresh::empty_sqlite().await;
    let path = store.db.path().unwrap();
    HISTORY.up(&store.db, NOW, None).await.unwrap();
    HISTORY.down(&store.db, NOW, None, false).await.unwrap();
    assert_eq!(snapshots(path).unwrap().len(), 0, "there was nothing to lose");
    for n in 0..3 {
        add_one(&store.db, &format!("{n}")).await.unwrap();
        let later = NOW.plus(std::time::Duration::from_secs(n));
        HISTORY.up(&store.db, later, None).await.unwrap();
        HISTORY.down(&store.db, later, None, false).await.unwrap();
        let (made, kept) = (2 * (n as usize + 1), snapshots(path).unwrap().len());
        assert_eq!(kept, made.min(3), "one before going up, one before going down");
    }
    let copies = snapshots(path).unwrap();
    let newest = Db::connect(&format!("sqlite:{}", copies[2].display()), Durability::Process).await.unwrap();
    assert_eq!(accounts(&newest).await, 3);
    assert!(HISTORY.is_applied(&newest).await.unwrap(), "as it was before the last step down");
}

#[tokio::test]
async fn both_engines_have_the_same_tables() {
    let Some(postgres) = Fresh::postgres().await else { return };
    let sqlite = Fresh::sqlite().await;
    let (ours, theirs) = (schema::columns(&sqlite.db).await.unwrap(), schema::columns(&postgres.db).await.unwrap());
    assert!(ours.len() > 50);
    assert_eq!(ours, theirs);
    let (ours, theirs) = (schema::uniques(&sqlite.db).await.unwrap(), schema::uniques(&postgres.db).await.unwrap());
    assert!(ours.len() > 8);
    assert_eq!(ours, theirs);
}

#[test]
fn the_history_is_what_lies_in_the_folder() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let files = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap());
    let files: BTreeMap<_, _> = files.map(|f| (f.file_name().into_string().unwrap(), std::fs::read_to_string(f.path()).unwrap())).collect();
    let listed: BTreeMap<_, _> = HISTORY
        .0
        .iter()
        .flat_map(|s| [(format!("{}.up.sql", s.name), s.up.to_owned()), (format!("{}.down.sql", s.name), s.down.to_owned())])
        .collect();
    assert_eq!(files, listed);
    for (at, step) in HISTORY.0.iter().enumerate() {
        assert_eq!(step.version, at as i64 + 1);
        assert!(step.name.starts_with(&format!("{:04}_", step.version)), "{}", step.name);
    }
}
#[test]
fn every_section_of_one_engine_begins_and_ends() {
    for (name, text) in HISTORY.0.iter().flat_map(|s| [(s.name, s.up), (s.name, s.down)]) {
        let mut open = false;
        for line in text.lines().filter(|l| l.trim_start().starts_with("-- only") || l.trim() == "-- end") {
            let begins = matches!(line, "-- only sqlite" | "-- only postgres");
            assert!(begins || line == "-- end", "{name}: {line:?}");
            assert_ne!(open, begins, "{name}: {line:?} stands where it cannot");
            open = begins;
        }
        assert!(!open, "{name}: a section does not end");
    }
}

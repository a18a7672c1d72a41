//! What only the embedded engine promises: shared syncs, a bounded WAL, one server, room on the disk.

use super::{
    super::{Durability, Text, lock_file},
    Db, Error, Fresh, NOW, accounts, add, add_one,
};
use crate::db::migrate::HISTORY;
use std::{fs::metadata, io::Write, path::PathBuf};

/// As durable as the real thing.
async fn durable() -> Fresh {
    let fresh = Fresh::empty_sqlite().await;
    HISTORY.up(&fresh.db, NOW, None).await.unwrap();
    fresh
}
fn wal(db: &Db) -> PathBuf {
    let mut path = db.path().unwrap().as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

#[tokio::test]
async fn a_lone_commit_is_synced_before_it_is_acknowledged() {
    let store = durable().await;
    for n in 0..5 {
        let before = store.db.stats();
        add_one(&store.db, &format!("a{n}")).await.unwrap();
        let after = store.db.stats();
        assert_eq!(after.commits - before.commits, 1);
        assert_eq!(after.syncs - before.syncs, 1, "nobody to share with: one sync, and it was over before the answer");
    }
}

/// On a memory disk a sync is over before a second writer can come: there is nothing to share.
fn a_sync_costs_nothing(db: &Db) -> bool {
    let mut file = std::fs::File::create(db.path().unwrap().with_extension("probe")).unwrap();
    let start = std::time::Instant::now();
    for _ in 0..20 {
        file.write_all(&[0; 4096]).unwrap();
        file.sync_data().unwrap();
    }
    start.elapsed() < std::time::Duration::from_millis(1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_share_syncs() {
    let store = durable().await;
    if a_sync_costs_nothing(&store.db) {
        return;
    }
    let before = store.db.stats();
    let writers: Vec<_> = (0..64)
        .map(|w| {
            let db = store.db.clone();
            tokio::spawn(async move {
                for n in 0..20 {
                    add_one(&db, &format!("{w}-{n}")).await.unwrap();
                }
            })
        })
        .collect();
    for w in writers {
        w.await.unwrap();
    }
    let after = store.db.stats();
    let (commits, syncs) = (after.commits - before.commits, after.syncs - before.syncs);
    assert_eq!(commits, 64 * 20);
    assert!(syncs > 0 && syncs <= commits / 8, "{commits} commits took {syncs} syncs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_takes_no_neighbour_along() {
    let store = durable().await;
    let writers: Vec<_> = (0..64)
        .map(|w| {
            let db = store.db.clone();
            tokio::spawn(async move {
                for n in 0..10 {
                    match (w + n) % 4 {
                        0 => assert!(matches!(add_one(&db, "taken").await, Ok(()) | Err(Error::Conflict))),
                        1 => drop(add(&mut db.begin().await.unwrap(), &format!("{w}-{n}"), "dropped").await.unwrap()),
                        _ => add_one(&db, &format!("{w}-{n}")).await.unwrap(),
                    }
                }
            })
        })
        .collect();
    for w in writers {
        w.await.unwrap();
    }
    assert_eq!(accounts(&store.db).await, 64 * 10 / 2 + 1);
}

#[tokio::test]
async fn closing_folds_the_wal_in_and_no_later_commit_is_believed() {
    let store = durable().await;
    add_one(&store.db, "a").await.unwrap();
    assert!(metadata(wal(&store.db)).unwrap().len() > 0);
    store.db.close().await.unwrap();
    assert_eq!(metadata(wal(&store.db)).map_or(0, |m| m.len()), 0);
    assert!(matches!(add_one(&store.db, "b").await, Err(Error::Down(_))), "nobody would sync it");
    let again = Db::connect(&store.url, Durability::Disk).await.unwrap();
    assert!(accounts(&again).await >= 1);
}

#[tokio::test]
async fn the_wal_stays_bounded_under_steady_writing() {
    let store = durable().await;
    let mut longest = 0;
    for n in 0..40 {
        let mut tx = store.db.begin().await.unwrap();
        // 4 MiB each: 160 MiB in all.
        tx.script(&format!("insert into jobs (id, kind, payload, run_at, created_at) values ('{n}', 'k', hex(zeroblob(2097152)), 1, 1)"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        longest = longest.max(metadata(wal(&store.db)).unwrap().len());
        tokio::time::sleep(std::time::Duration::from_millis(40)).await;
    }
    assert!(longest < 64 << 20, "the WAL grew to {longest} bytes");
}

#[tokio::test]
async fn a_full_disk_is_told_apart_and_writing_goes_on_when_there_is_room() {
    let store = durable().await;
    let limit = async |pages: i64| {
        let mut tx = store.db.begin().await.unwrap();
        tx.script(&format!("pragma max_page_count = {pages}")).await.unwrap();
    };
    limit(1).await; // as few as there are
    let mut full = None;
    for n in 0..2_000 {
        if let Err(e) = add_one(&store.db, &format!("{n}-{}", "x".repeat(500))).await {
            full = Some(e);
            break;
        }
    }
    assert!(matches!(full, Some(Error::Full)), "{full:?}");
    let before = accounts(&store.db).await;
    limit(1_000_000).await;
    add_one(&store.db, "later").await.unwrap();
    assert_eq!(accounts(&store.db).await, before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fills_the_disk_keeps_what_was_acknowledged_and_nothing_else() {
    let store = durable().await;
    let mut tx = store.db.begin().await.unwrap();
    let used = tx.rows::<(i64,)>(&Text::same("pragma page_count".into()), &[]).await.unwrap()[0].0;
    tx.script(&format!("pragma max_page_count = {}", used + 200)).await.unwrap();
    drop(tx);
    let writers: Vec<_> = (0..32)
        .map(|w| {
            let db = store.db.clone();
            tokio::spawn(async move {
                let mut written = 0;
                while add_one(&db, &format!("{w}-{written}-{}", "x".repeat(500))).await.is_ok() {
                    written += 1;
                }
                written
            })
        })
        .collect();
    let mut acknowledged = 0;
    for w in writers {
        acknowledged += w.await.unwrap();
    }
    assert!(acknowledged > 32, "there was room at first: {acknowledged}");
    assert_eq!(accounts(&store.db).await, acknowledged);
}

#[tokio::test]
async fn one_server_at_a_time() {
    let store = durable().await;
    let other = Db::connect(&store.url, Durability::Process).await.unwrap();
    let file = store.db.path().unwrap();
    let serving = lock_file(file).unwrap();
    let refused = lock_file(file).unwrap_err();
    assert!(matches!(&refused, Error::Refused(words) if words.contains("another server")), "{refused}");
    add_one(&other, "a").await.expect("only serving is refused, not migrating or reading");
    drop(serving);
    lock_file(file).expect("free again");
}

#[tokio::test]
async fn what_is_no_file_is_refused_with_advice() {
    for url in ["sqlite::memory:", "sqlite:"] {
        let refused = Db::connect(url, Durability::Process).await.err().unwrap();
        assert!(matches!(&refused, Error::Refused(words) if words.contains("DATABASE_URL")), "{url}: {refused}");
    }
    assert!(matches!(Db::connect("sqlite:/no/such/directory/x.db", Durability::Process).await, Err(Error::Down(_))));
}

#[test]
fn a_path_may_be_written_in_each_known_way() {
    use crate::db::sqlite::path;
    assert_eq!(path("sqlite:x.db"), PathBuf::from("x.db"));
    assert_eq!(path("sqlite:///./x.db"), PathBuf::from("./x.db"));
    assert_eq!(path("sqlite:////srv/x.db"), PathBuf::from("/srv/x.db"));
    assert_eq!(path("sqlite:/srv/x.db"), PathBuf::from("/srv/x.db"));
}

//! What only Postgres can show: dying connections, deadlocks, poolers, TLS settings.

use super::{
    super::{Durability, Options, Text},
    Db, Error, Fresh, RawTx, accounts, add, add_one,
};
use std::time::Duration;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Runs a test on a migrated database of its own, opened once more with these options.
async fn on(options: Options, parameters: &str, test: impl AsyncFnOnce(Db)) {
    let Some(store) = Fresh::postgres().await else { return };
    let joint = if store.url.contains('?') { '&' } else { '?' };
    let db = Db::connect(&format!("{}{joint}{parameters}", store.url), options).await.unwrap();
    test(db).await;
}
fn one_connection() -> Options {
    Options { transactions: 1, ..Options::default() }
}
async fn ask(tx: &mut RawTx, sql: &str) -> Vec<(String,)> {
    tx.rows(&Text::same(sql.to_owned()), &[]).await.unwrap()
}
/// Ends every other session on this database, as an operator or a failover would.
async fn kill_the_others(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    let kill = "select cast(pg_terminate_backend(pid) as text) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    assert!(!ask(&mut tx, kill).await.is_empty());
}

#[tokio::test]
async fn reads_go_on_after_their_connections_were_killed() {
    on(Options::default(), "", async |db| {
        let killer = db.clone();
        for _ in 0..3 {
            for _ in 0..8 {
                assert_eq!(accounts(&db).await, 0);
            }
            kill_the_others(&killer).await;
            for _ in 0..8 {
                assert_eq!(accounts(&db).await, 0);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_read_that_met_a_dying_connection_is_sent_again() {
    on(Options::default(), "", async |db| {
        let slow = Text::same("select 7 from pg_sleep(0.5)".into());
        let kill = async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            kill_the_others(&db).await;
        };
        let (read, ()) = tokio::join!(db.rows::<(i32,)>(&slow, &[]), kill);
        assert_eq!(read.unwrap(), [(7,)]);
    })
    .await;
}

#[tokio::test]
async fn connections_that_died_unnoticed_in_the_pool_are_passed_over() {
    let Some(Fresh { db, url, .. }) = &Fresh::postgres().await else { return };
    let pooled = [db.begin().await.unwrap(), db.begin().await.unwrap(), db.begin().await.unwrap()];
    for tx in pooled {
        tx.commit().await.unwrap();
    }
    // This thread is the runtime: while it waits here, nobody reads the news.
    std::thread::scope(|s| s.spawn(|| kill_from_elsewhere(url)).join().unwrap());
    let begun = tokio::join!(add_one(db, "a"), add_one(db, "b"), add_one(db, "c"));
    assert!(matches!(begun, (Ok(()), Ok(()), Ok(()))), "{begun:?}");
}
#[tokio::main(flavor = "current_thread")]
async fn kill_from_elsewhere(url: &str) {
    kill_the_others(&Db::connect(url, Durability::Disk).await.unwrap()).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
}

/// A host that hands on what it is sent, until it falls silent: its connections stay, and nobody says a word.
async fn host_before(server: String) -> (std::net::SocketAddr, watch::Sender<bool>) {
    let (silence, silent) = watch::channel(false);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (server, mut silent) = (server.clone(), silent.clone());
            tokio::spawn(async move {
                let mut server = TcpStream::connect(server).await.unwrap();
                let falls_silent = async { drop(silent.wait_for(|silent| *silent).await) };
                tokio::select! {
                    biased;
                    () = falls_silent => {}
                    _ = tokio::io::copy_bidirectional(&mut client, &mut server) => return,
                }
                std::future::pending::<()>().await;
            });
        }
    });
    (address, silence)
}
#[tokio::test]
async fn a_host_that_falls_silent_keeps_nobody_from_the_other_one() {
    let Some(store) = Fresh::postgres().await else { return };
    let (before, after) = store.url.split_once('@').unwrap();
    let (host, name) = after.split_once('/').unwrap();
    let (first, silence) = host_before(host.to_owned()).await;
    let joint = if name.contains('?') { '&' } else { '?' };
    let url = format!("{before}@{first},{host}/{name}{joint}target_session_attrs=read-write");
    let db = Db::connect(&url, Durability::Disk).await.unwrap();
    add_one(&db, "before").await.unwrap();
    silence.send_replace(true);
    let mut tries = 0..20;
    while add_one(&db, &format!("{tries:?}")).await.is_err() {
        tries.next().expect("some of twenty writes finds the host that answers");
    }
    for n in 0..5 {
        add_one(&db, &format!("after {n}")).await.unwrap();
    }
    let db = Db::connect(&url, Durability::Disk).await.unwrap();
    add_one(&db, "a new process").await.unwrap();
    let nobody = Db::connect(&format!("{before}@{first},{first}/{name}"), Durability::Disk).await;
    assert!(matches!(nobody.err(), Some(Error::Down(_))), "when nobody speaks we do not wait for ever");
}

#[tokio::test]
async fn a_killed_transaction_is_down_and_the_next_one_works() {
    on(Options::default(), "", async |db| {
        let mut tx = db.begin().await.unwrap();
        add(&mut tx, "a", "a").await.unwrap();
        kill_the_others(&db).await;
        assert!(matches!(add(&mut tx, "b", "b").await, Err(Error::Down(_))));
        assert!(tx.commit().await.is_err());

        let mut tx = db.begin().await.unwrap();
        add(&mut tx, "c", "c").await.unwrap();
        kill_the_others(&db).await;
        assert!(matches!(tx.commit().await, Err(Error::Down(_))));
        for n in 0..12 {
            add_one(&db, &format!("{n}")).await.unwrap();
        }
        assert_eq!(accounts(&db).await, 12);
    })
    .await;
}

#[tokio::test]
async fn an_abandoned_transaction_gives_its_connection_back_clean() {
    on(one_connection(), "", async |db| {
        let mut tx = db.begin().await.unwrap();
        let pid = ask(&mut tx, "select cast(pg_backend_pid() as text)").await;
        add(&mut tx, "a", "a").await.unwrap();
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        assert_eq!(ask(&mut tx, "select cast(pg_backend_pid() as text)").await, pid, "the same connection");
        add(&mut tx, "a", "a").await.expect("nothing was left of it");
        drop(tx);
        assert_eq!(accounts(&db).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_statement_abandoned_half_way_spoils_its_transaction() {
    on(one_connection(), "", async |db| {
        let mut tx = db.begin().await.unwrap();
        add(&mut tx, "a", "a").await.unwrap();
        let sleep = Text::same("select 1 from pg_sleep(1)".into());
        assert!(tokio::time::timeout(Duration::from_millis(50), tx.run(&sleep, &[])).await.is_err());
        assert!(tx.commit().await.is_err(), "what became of the statement is not known");
        assert_eq!(accounts(&db).await, 0);
    })
    .await;
}

#[tokio::test]
async fn of_two_that_wait_for_each_other_one_is_told_to_retry() {
    on(Options::default(), "", async |db| {
        add_one(&db, "a").await.unwrap();
        add_one(&db, "b").await.unwrap();
        let touch = |id: &str| Text::same(format!("update accounts set epoch = epoch + 1 where id = '{id}'"));
        let (mut one, mut two) = (db.begin().await.unwrap(), db.begin().await.unwrap());
        one.run(&touch("a"), &[]).await.unwrap();
        two.run(&touch("b"), &[]).await.unwrap();
        let (b, a) = (touch("b"), touch("a"));
        // Whoever loses is dropped at once, so that the other one gets on.
        let go = async |mut tx: RawTx, text: &Text| match tx.run(text, &[]).await {
            Ok(_) => tx.commit().await,
            Err(e) => Err(e),
        };
        let (first, second) = tokio::join!(go(one, &b), go(two, &a));
        let lost: Vec<_> = [first, second].into_iter().filter_map(Result::err).collect();
        assert!(matches!(lost[..], [Error::Retry]), "{lost:?}");
    })
    .await;
}

#[tokio::test]
async fn each_refusal_of_the_server_has_its_meaning() {
    on(Options::default(), "", async |db| {
        type Meant = fn(&Error) -> bool;
        let cases: [(&str, Meant); 7] = [
            ("40001", |e| matches!(e, Error::Retry)),
            ("55P03", |e| matches!(e, Error::Locked)),
            ("53100", |e| matches!(e, Error::Full)),
            ("53300", |e| matches!(e, Error::Down(_))),
            ("57014", |e| matches!(e, Error::Down(_))),
            ("23P01", |e| matches!(e, Error::Conflict)),
            ("42601", |e| matches!(e, Error::Broken(_))),
        ];
        for (code, is_meant) in cases {
            let mut tx = db.begin().await.unwrap();
            let e = tx.script(&format!("do $$ begin raise exception 'told' using errcode = '{code}'; end $$")).await.unwrap_err();
            assert!(is_meant(&e), "{code}: {e:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_nul_character_is_the_senders_mistake_not_ours() {
    on(Options::default(), "", async |db| {
        let mut tx = db.begin().await.unwrap();
        let refused = add(&mut tx, "a\0b", "a").await.unwrap_err();
        assert!(matches!(refused, Error::Unstorable), "{refused:?}");
        assert_eq!(crate::Error::from(refused).kind().status(), 400);
    })
    .await;
}

#[tokio::test]
async fn without_prepared_statements_everything_works_and_none_is_left_behind() {
    on(one_connection(), "prepare=off", async |db| {
        add_one(&db, "a").await.unwrap();
        assert!(matches!(add_one(&db, "a").await, Err(Error::Conflict)));
        let mut tx = db.begin().await.unwrap();
        let (name, wide, flag) = (None::<String>, 7i64, true);
        let change = Text::same("update accounts set display_name = $1, epoch = $2 where id = $3 and $4".into());
        assert_eq!(tx.run(&change, &[&name, &wide, &"a", &flag]).await.unwrap(), 1);
        assert_eq!(ask(&mut tx, "select name from pg_prepared_statements").await, []);
        tx.commit().await.unwrap();
        assert_eq!(accounts(&db).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_transaction_bounds_its_statements_by_itself() {
    on(Options::default(), "", async |db| {
        let mut tx = db.begin().await.unwrap();
        assert_eq!(ask(&mut tx, "show statement_timeout").await, [("5s".to_owned(),)]);
    })
    .await;
}

#[tokio::test]
async fn whoever_finds_no_free_connection_is_told_so_soon() {
    on(one_connection(), "", async |db| {
        let _held = db.begin().await.unwrap();
        let waited = tokio::time::timeout(Duration::from_secs(10), db.begin()).await.expect("bounded");
        assert!(matches!(waited, Err(Error::Down(_))));
        assert_eq!(accounts(&db).await, 0, "reads do not need it");
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_clear_error() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://someone:hush@{closed}/x");
    let down = Db::connect(&url, Durability::Disk).await.err().unwrap();
    assert!(matches!(down, Error::Down(_)) && down.to_string().contains("refused"), "{down}");
    assert!(!format!("{down} {down:?}").contains("hush"));
}

#[tokio::test]
async fn a_server_that_says_nothing_does_not_hang_us() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://{}/x?connect_timeout=1", silent.local_addr().unwrap());
    let waited = tokio::time::timeout(Duration::from_secs(30), Db::connect(&url, Durability::Disk)).await.expect("bounded");
    assert!(matches!(waited, Err(Error::Down(_))));
}

#[tokio::test]
async fn a_url_that_makes_no_sense_is_refused_without_its_password() {
    for url in [
        "postgres://u:hush@localhost/x?prepare=perhaps",
        "postgres://u:hush@localhost/x?colour=blue",
        "postgres://u:hush@localhost:port/x",
        "postgres://u:hush@localhost/x?sslrootcert=/no/such/file",
    ] {
        let refused = Db::connect(url, Durability::Disk).await.err().unwrap();
        assert!(matches!(refused, Error::Refused(_)), "{url}: {refused:?}");
        assert!(!format!("{refused} {refused:?}").contains("hush"), "{refused:?}");
    }
}

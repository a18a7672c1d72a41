//! The life cycle against its drawing.

use super::model::{Hand, Refusal, Status, Step, may_withdraw};
use base::{
    both_engines,
    db::{Db, Durability, Error, migrate::HISTORY},
    sql,
    testing::db::{Fresh, MIGRATED, select},
    time::Timestamp,
};
use proptest::prelude::*;
use std::time::Duration;

const NOBODY: Hand = Hand { person: false, manager: false };
const PERSON: Hand = Hand { person: true, manager: false };
const MANAGER: Hand = Hand { person: false, manager: true };

/// The drawing of the module page, and nothing else.
const ALLOWED: [(&str, &str, bool, bool); 7] = [
    // from, to, the person may, a manager may
    ("INVITED", "ACCEPTED", true, true),
    ("INVITED", "DECLINED", true, true),
    ("INVITED", "CANCELLED", false, true),
    ("ACCEPTED", "CANCELLED", false, true),
    ("ACCEPTED", "DECLINED", true, false),
    ("DECLINED", "INVITED", false, true),
    ("CANCELLED", "INVITED", false, true),
];

#[test]
fn the_table_is_the_drawing() {
    for from in Status::ALL {
        for to in Status::ALL {
            let drawn = ALLOWED.iter().find(|a| a.0 == from.name() && a.1 == to.name());
            let may = |hand| from.may_become(*to, hand).is_ok();
            let expected = drawn.map_or((from == to, from == to), |a| (a.2, a.3));
            assert_eq!((may(PERSON), may(MANAGER)), expected, "{from} to {to}");
            assert!(!may(NOBODY), "{from} to {to} by somebody else");
            if drawn.is_none() && from != to {
                let refusal = from.may_become(*to, Hand { person: true, manager: true }).unwrap_err();
                assert_eq!(refusal, Refusal::NoSuchStep);
                let error = refusal.error(*from, *to);
                assert_eq!(
                    (error.code(), error.extra()["from"].as_str(), error.extra()["to"].as_str()),
                    ("transition_not_allowed", Some(from.name()), Some(to.name()))
                );
            }
        }
    }
}

#[test]
fn a_withdrawal_has_a_reason_and_comes_in_time() {
    let (now, hours) = (Timestamp::from_micros(0), Duration::from_secs(48 * 3_600));
    let withdraw = |start: Timestamp, reason| may_withdraw(now, start, hours, reason).map_err(|e| e.code());
    assert_eq!(withdraw(now.plus(hours), Some("ill")), Ok(()));
    assert_eq!(withdraw(now.plus(hours - Duration::from_secs(1)), Some("ill")), Err("withdrawal_too_late"));
    assert_eq!(withdraw(now.plus(hours), Some(" ")), Err("validation_failed"));
    assert_eq!(withdraw(now.plus(hours), None), Err("validation_failed"));
}

fn status() -> impl Strategy<Value = Status> {
    (0..Status::ALL.len()).prop_map(|i| Status::ALL[i])
}
proptest! {
    /// However many steps are tried, in whatever order: an assignment is only where the drawing leads.
    #[test]
    fn no_walk_leaves_the_drawing(steps in proptest::collection::vec((status(), any::<bool>(), any::<bool>()), 0..40)) {
        let mut at = Status::Invited;
        for (to, person, manager) in steps {
            match at.may_become(to, Hand { person, manager }) {
                Ok(Step::Nothing) => prop_assert_eq!(at, to),
                Ok(_) => {
                    prop_assert!(ALLOWED.iter().any(|a| a.0 == at.name() && a.1 == to.name() && ((a.2 && person) || (a.3 && manager))));
                    at = to;
                }
                Err(_) => {}
            }
        }
    }
}

/// Writes rows past every check of ours: what is left is the wall in the database.
async fn book(db: &Db, id: &str, status: &str, span: (i64, i64), override_reason: Option<&str>) -> base::db::Result<()> {
    let mut tx = db.begin().await?;
    let person = sql!(all_orgs: "a test of the wall", "insert into people (org_id, id, first_name, last_name, name_key, search_key, created_at, updated_at)
        values ('o', 'lea', '', '', '', '', 1, 1) on conflict (org_id, id) do nothing");
    tx.exec(person, &[]).await?;
    let mission = sql!(all_orgs: "a test of the wall", "insert into missions (org_id, id, title, start_at, end_at, time_zone, created_at, updated_at)
        values ('o', $1, '', $2, $3, 'UTC', 1, 1)");
    tx.exec(mission, &[&id, &span.0, &span.1]).await?;
    let insert = sql!(all_orgs: "a test of the wall", "insert into assignments (org_id, id, mission_id, person_id, role_key, role, status, start_at, end_at,
        invited_at, override_reason, created_at, updated_at) values ('o', $1, $1, 'lea', '', '', $2, $3, $4, 1, $5, 1, 1)");
    tx.exec(insert, &[&id, &status, &span.0, &span.1, &override_reason]).await?;
    tx.commit().await
}
async fn change(db: &Db, statement: base::db::Sql, id: &str) -> base::db::Result<()> {
    let mut tx = db.begin().await?;
    tx.exec(statement, &[&id]).await?;
    tx.commit().await
}
fn refused(outcome: base::db::Result<()>) -> bool {
    matches!(outcome, Err(Error::Conflict | Error::Constraint(_)))
}
/// Everything that would book somebody twice is refused, whatever wrote it.
async fn nobody_gets_past(db: &Db) {
    book(db, "a", "ACCEPTED", (100, 200), None).await.unwrap();
    book(db, "touching", "ACCEPTED", (200, 300), None).await.unwrap();
    book(db, "asked", "INVITED", (150, 250), None).await.unwrap();
    assert!(refused(book(db, "b", "ACCEPTED", (199, 250), None).await));
    assert!(refused(book(db, "c", "ACCEPTED", (0, 1_000), None).await), "around it");
    assert!(refused(book(db, "d", "ACCEPTED", (120, 130), None).await), "within it");
    book(db, "on purpose", "ACCEPTED", (150, 160), Some("why")).await.unwrap();
    let accept = sql!(all_orgs: "a test of the wall", "update assignments set status = 'ACCEPTED' where id = $1");
    assert!(refused(change(db, accept, "asked").await), "by an update");
    let shift = sql!(all_orgs: "a test of the wall", "update assignments set end_at = 201 where id = $1");
    assert!(refused(change(db, shift, "a").await), "by a move");
    let forget = sql!(all_orgs: "a test of the wall", "update assignments set override_reason = null where id = $1");
    assert!(refused(change(db, forget, "on purpose").await), "by taking the reason away");
    two_at_once(db).await;
}
/// Two transactions that do not see each other's row yet: the second waits for the first, and is refused.
async fn two_at_once(db: &Db) {
    let mission = sql!(all_orgs: "a test of the wall", "insert into missions (org_id, id, title, start_at, end_at, time_zone, created_at, updated_at)
        values ('o', $1, '', 1000, 2000, 'UTC', 1, 1)");
    let yes = sql!(all_orgs: "a test of the wall", "insert into assignments (org_id, id, mission_id, person_id, role_key, role, status, start_at, end_at,
        invited_at, created_at, updated_at) values ('o', $1, $1, 'lea', '', '', 'ACCEPTED', 1000, 2000, 1, 1, 1)");
    for id in ["first", "second"] {
        change(db, mission, id).await.unwrap();
    }
    let mut first = db.begin().await.unwrap();
    first.exec(yes, &[&"first"]).await.unwrap();
    let other = db.clone();
    let second = tokio::spawn(async move { change(&other, yes, "second").await });
    // Long enough that it stands before the wall and not on its way there.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!second.is_finished(), "it waits for whoever came first");
    first.commit().await.unwrap();
    assert!(refused(second.await.unwrap()));
    let there = sql!(all_orgs: "a test of the wall", "select count(*) from assignments where start_at = 1000 and status = 'ACCEPTED'");
    assert_eq!(db.one::<(i64,)>(there, &[]).await.unwrap().0, 1);
}
both_engines! {
    async fn the_database_itself_refuses_to_book_twice(db: Db) {
        nobody_gets_past(&db).await;
    }
}
/// Where `btree_gist` may not be created a trigger is the wall. The sessions of this database act as a role that every Postgres
/// has, and that may make tables here but no extension.
#[test]
fn without_the_extension_the_wall_is_a_trigger() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let Some(fresh) = Fresh::empty_postgres().await else { return };
        let name = fresh.url.split('?').next().and_then(|url| url.rsplit('/').next()).unwrap();
        let mut tx = fresh.db.begin().await.unwrap();
        tx.script(&format!("grant create, usage on schema public to pg_monitor; alter database {name} set role = 'pg_monitor'"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let db = Db::connect(&fresh.url, Durability::Disk).await.unwrap();
        HISTORY.up(&db, MIGRATED, None).await.unwrap();
        let count = |what: &str| select(&db, format!("select cast(count(*) as text) from {what}"));
        assert_eq!(count("pg_extension where extname = 'btree_gist'").await, ["0"]);
        assert_eq!(count("pg_constraint where conname = 'double_booking'").await, ["0"]);
        assert_eq!(count("pg_trigger where tgname = 'double_booking'").await, ["1"]);
        nobody_gets_past(&db).await;
        HISTORY.down(&db, MIGRATED, Some(0), true).await.unwrap();
        assert_eq!(count("pg_proc where proname = 'double_booking'").await, ["0"], "the way down takes the trigger's function along");
    });
}

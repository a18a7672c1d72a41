//! The store's own tests: what both engines promise alike; what only one can show stands beside.

mod migrations;
mod postgres;
mod sqlite;

use super::{Db, Error, RawTx, Result, Text};
use crate::{both_engines, id, sql, testing, testing::db::Fresh, time::Timestamp};

const NOW: Timestamp = testing::db::MIGRATED;

/// An account with this id; its e-mail is unique.
async fn add(tx: &mut RawTx, id: &str, email: &str) -> Result<u64> {
    let insert = sql!("insert into accounts (id, email_index, email_sealed, created_at, updated_at) values ($1, $2, 'sealed', $3, $3)");
    tx.exec(insert, &[&id, &email, &NOW]).await
}
async fn add_one(db: &Db, id: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    add(&mut tx, id, id).await?;
    tx.commit().await
}
async fn accounts(db: &Db) -> i64 {
    db.one::<(i64,)>(sql!("select count(*) from accounts"), &[]).await.expect("the store answers").0
}

both_engines! {
    async fn every_statement_of_the_crate_prepares(db: Db) {
        assert_eq!(testing::db::prepare_all(&db).await, Vec::<String>::new());
    }

    async fn a_statement_that_does_not_prepare_is_named(db: Db) {
        assert!(db.prepares(&Text::same("select no_such_column from accounts".into())).await.is_err());
    }

    async fn a_second_row_with_the_same_key_is_a_conflict(db: Db) {
        add_one(&db, "a").await.unwrap();
        assert!(matches!(add_one(&db, "a").await, Err(Error::Conflict)));
        let mut tx = db.begin().await.unwrap();
        assert!(matches!(add(&mut tx, "b", "a").await, Err(Error::Conflict)), "the e-mail is unique too");
    }

    async fn checks_references_and_missing_values_are_constraints(db: Db) {
        for (insert, what) in [
            ("insert into accounts (id, email_index, email_sealed, status, created_at, updated_at) values ('x', 'x', 'x', 'odd', 1, 1)", "check"),
            ("insert into sessions (id, account_id, client, created_at, expires_at) values ('s', 'nobody', 'web', 1, 2)", "reference"),
            ("insert into accounts (id, email_index, created_at, updated_at) values ('x', 'x', 1, 1)", "not null"),
        ] {
            let mut tx = db.begin().await.unwrap();
            let refused = tx.run(&Text::same(insert.into()), &[]).await;
            assert!(matches!(refused, Err(Error::Constraint(_))), "{what}: {refused:?}");
        }
    }

    async fn what_the_log_says_of_a_constraint_holds_no_values(db: Db) {
        let mut tx = db.begin().await.unwrap();
        let insert = "insert into accounts (id, email_index, email_sealed, status, created_at, updated_at) values ('x', 'x', 'canary', 'canary', 1, 1)";
        let refused = tx.run(&Text::same(insert.into()), &[]).await.unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("canary"), "{refused:?}");
    }

    async fn only_one_of_two_changes_of_a_version_wins(db: Db) {
        add_one(&db, "a").await.unwrap();
        let rename = async |version: i64| {
            let mut tx = db.begin().await.unwrap();
            let change = sql!("update accounts set display_name = 'x', version = version + 1 where id = $1 and version = $2 returning version");
            let changed = tx.opt::<(i64,)>(change, &[&"a", &version]).await.unwrap();
            tx.commit().await.unwrap();
            changed
        };
        assert_eq!(rename(1).await, Some((2,)));
        assert_eq!(rename(1).await, None);
        assert_eq!(rename(2).await, Some((3,)));
    }

    async fn a_dropped_transaction_leaves_no_trace(db: Db) {
        for id in ["a", "b", "c"] {
            let mut tx = db.begin().await.unwrap();
            add(&mut tx, id, id).await.unwrap();
        }
        assert_eq!(accounts(&db).await, 0);
        add_one(&db, "a").await.unwrap();
        assert_eq!(accounts(&db).await, 1);
    }

    async fn a_transaction_sees_its_own_rows_and_nobody_else_does(db: Db) {
        let mut tx = db.begin().await.unwrap();
        add(&mut tx, "a", "a").await.unwrap();
        assert_eq!(tx.one::<(i64,)>(sql!("select count(*) from accounts"), &[]).await.unwrap().0, 1);
        assert_eq!(accounts(&db).await, 0);
        tx.commit().await.unwrap();
        assert_eq!(accounts(&db).await, 1);
    }

    async fn after_a_failed_statement_nothing_can_be_done_but_drop(db: Db) {
        add_one(&db, "a").await.unwrap();
        let mut tx = db.begin().await.unwrap();
        add(&mut tx, "b", "b").await.unwrap();
        assert!(matches!(add(&mut tx, "a", "a").await, Err(Error::Conflict)));
        assert!(add(&mut tx, "c", "c").await.is_err());
        assert!(tx.commit().await.is_err());
        assert_eq!(accounts(&db).await, 1, "neither b nor c came in");
    }

    async fn reading_no_row_where_one_must_be_is_its_own_error(db: Db) {
        let none = db.one::<(String,)>(sql!("select id from accounts where id = $1"), &[&"nobody"]).await;
        assert!(matches!(none, Err(Error::NoRow)));
    }

    async fn values_come_back_as_they_went_in(db: Db) {
        for (n, name) in [Some("Été d’Aurélie ✨".to_owned()), Some(String::new()), Some("'; drop table accounts; --".into()), None].into_iter().enumerate() {
            let id = id::v4().to_string();
            let mut tx = db.begin().await.unwrap();
            add(&mut tx, &id, &id).await.unwrap();
            let wide = i64::MAX - n as i64;
            tx.exec(sql!("update accounts set display_name = $2, epoch = $3 where id = $1"), &[&id, &name, &wide]).await.unwrap();
            tx.commit().await.unwrap();
            let back = sql!("select display_name, epoch, created_at, display_name is null from accounts where id = $1");
            let row: (Option<String>, i64, Timestamp, bool) = db.one(back, &[&id]).await.unwrap();
            assert_eq!(row, (name.clone(), wide, NOW, name.is_none()));
        }
    }

    async fn parameters_count_by_their_number_not_by_their_place(db: Db) {
        let row: (String, String, String) = db.one(sql!("select cast($2 as text), cast($1 as text), cast($2 as text)"), &[&"one", &"two"]).await.unwrap();
        assert_eq!(row, ("two".into(), "one".into(), "two".into()));
    }

    async fn transactions_can_be_spawned(db: Db) {
        let tasks: Vec<_> = (0..16).map(|n| {
            let db = db.clone();
            tokio::spawn(async move { add_one(&db, &format!("a{n}")).await })
        }).collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(accounts(&db).await, 16);
        assert_eq!(db.stats().commits, 16);
    }

    async fn the_audit_only_grows(db: Db) {
        let add = |at: Timestamp, seq: i64| {
            let db = db.clone();
            async move {
                let mut tx = db.begin().await.unwrap();
                let insert = sql!(all_orgs: "a test of the triggers", "insert into audit (org_id, seq, at, action, hash) values ('o', $1, $2, 'a', 'h')");
                tx.exec(insert, &[&seq, &at]).await.unwrap();
                tx.commit().await.unwrap();
            }
        };
        let today = crate::time::Clock::real().now();
        add(today, 1).await;
        add(today.minus(std::time::Duration::from_secs(401 * 86_400)), 2).await;
        let change = |sql: &'static str| {
            let db = db.clone();
            async move {
                let mut tx = db.begin().await.unwrap();
                tx.run(&Text::same(sql.into()), &[]).await?;
                tx.commit().await
            }
        };
        assert!(matches!(change("update audit set action = 'b' where seq = 2").await, Err(Error::Constraint(_))));
        assert!(matches!(change("delete from audit where seq = 1").await, Err(Error::Constraint(_))));
        change("delete from audit where seq = 2").await.expect("what is old enough may go");
        testing::db::unlock_audit(&db).await;
        change("update audit set action = 'b'").await.expect("the forger of a test may");
    }
}

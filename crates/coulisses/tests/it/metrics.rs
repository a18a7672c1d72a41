//! What `/metrics` and `/readyz` tell an operator: of the store, the outbox, sign-ins, the audit and what the house leans on.

use crate::stage::{PASSWORD, Stage};
use base::{
    audit, both_engines,
    db::migrate::HISTORY,
    jobs::{Job, Worker},
    testing::{
        db::{Fresh, unlock_audit},
        redis,
    },
};
use coulisses::retention::sweep;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

/// The samples, by the name and labels they have in the text.
async fn scraped(stage: &Stage) -> BTreeMap<String, f64> {
    let text = stage.anyone().get("/metrics").await.is(200);
    let lines = text.as_str().unwrap().lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit_once(' ')).map(|(series, value)| (series.to_owned(), value.parse().unwrap())).collect()
}

both_engines! {
    async fn what_the_store_does_is_told(db: Db) {
        let stage = Stage::new(db.clone()).await;
        stage.org("Lanternes").await.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201);
        let told = scraped(&stage).await;
        for series in ["app_commits_total", "app_db_reads_total", "app_db_acquire_seconds_count", "app_commit_seconds_count", "app_db_pool_connections{state=\"idle\"}"] {
            assert!(told[series] > 0.0, "{series}");
        }
        for room in ["planning/projects", "identity/orgs", "base/audit"] {
            assert!(told[&format!("app_db_query_seconds_count{{query=\"{room}\"}}")] > 0.0, "{room}");
        }
        assert!(!told.keys().any(|series| series.contains("query=\"/")), "every statement is written in a room");
        assert_eq!(told["app_db_pool_waiting"], 0.0);
        assert_eq!(told["app_dependency_up{dependency=\"database\"}"], 1.0);
        assert_eq!(told["app_migration_version"], HISTORY.newest() as f64);
        if db.is_postgres() {
            assert!(!told.contains_key("app_commit_batch_size_count") && !told.contains_key("app_storage_free_bytes"), "not ours to tell");
        } else {
            assert!(told["app_commit_batch_size_count"] > 0.0 && told["app_commit_batch_size_count"] <= told["app_commits_total"]);
            assert!(told["app_commit_batch_size_sum"] >= told["app_commit_batch_size_count"]);
            assert!(told["app_storage_free_bytes"] > 0.0 && told["app_storage_size_bytes"] >= told["app_storage_free_bytes"]);
        }
    }

    async fn which_version_it_is_only_who_watches_learns(db: Db) {
        let stage = Stage::with(db, &[("METRICS_TOKEN", "a token of the test")]).await;
        for path in ["/livez", "/healthz", "/health"] {
            let ask = async |token: &str| stage.anyone().says("authorization", format!("Bearer {token}")).get(path).await.is(200);
            assert_eq!(ask("a token of the test").await, json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}));
            for answer in [ask("another").await, stage.anyone().get(path).await.is(200)] {
                assert_eq!(answer, json!({"status": "ok"}));
            }
        }
    }

    async fn sign_ins_are_counted_by_how_they_ended(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        stage.anyone().post("/api/v1/auth/login", json!({"email": lea.email, "password": "wrong"})).await.fails(401, "invalid_credentials");
        stage.anyone().post("/api/v1/auth/login", json!({"email": lea.email, "password": PASSWORD})).await.is(200);
        let told = scraped(&stage).await;
        let events = |event: &str, outcome: &str| told.get(&format!("app_auth_events_total{{event=\"{event}\",outcome=\"{outcome}\"}}")).copied();
        assert_eq!((events("login", "failed"), events("login", "succeeded"), events("account", "created")), (Some(1.0), Some(2.0), Some(1.0)));
        stage.org("Lanternes").await.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201);
        let told = scraped(&stage).await;
        assert!(!told.keys().any(|series| series.starts_with("app_auth_events_total{event=\"project\"") || series.contains("event=\"org\"")), "an organisation's business is no sign-in");
        stage.outbox().await;
    }

    async fn a_transaction_that_is_dropped_counts_nobody(db: Db) {
        let stage = Stage::new(db).await;
        let mut tx = stage.app.begin(Default::default()).await.unwrap();
        tx.audit(audit::Entry { action: "login.failed", ..Default::default() }).await.unwrap();
        drop(tx);
        assert!(!scraped(&stage).await.keys().any(|series| series.starts_with("app_auth_events_total")));
    }

    async fn what_was_given_up_is_counted_and_lies_there(db: Db) {
        let stage = Stage::new(db).await;
        let worker = Worker::new(stage.app.clone());
        let mut tx = stage.app.begin(Default::default()).await.unwrap();
        tx.job(&Job::new("nobody's", json!({})).unwrap()).await.unwrap();
        tx.commit().await.unwrap();
        let told = scraped(&stage).await;
        assert_eq!((told["app_outbox_pending"], told["app_outbox_dead"], told["app_outbox_dead_total"]), (1.0, 0.0, 0.0));
        for _ in 0..10 {
            worker.run_due().await.unwrap();
            stage.app.clock.advance(Duration::from_secs(36_001));
        }
        let told = scraped(&stage).await;
        assert_eq!((told["app_outbox_pending"], told["app_outbox_dead"], told["app_outbox_dead_total"]), (0.0, 1.0, 1.0));
        let mut tx = stage.app.begin(Default::default()).await.unwrap();
        base::jobs::replay_dead(&mut tx, None).await.unwrap();
        tx.commit().await.unwrap();
        stage.app.clock.advance(Duration::from_secs(700));
        let told = scraped(&stage).await;
        assert_eq!((told["app_outbox_dead"], told["app_outbox_dead_total"]), (0.0, 1.0), "it waits again; that it died stays true");
        assert!(told["app_outbox_oldest_age_seconds"] >= 700.0);
    }

    async fn a_mail_that_does_not_go_out_grows_older_with_every_try(db: Db) {
        let stage = Stage::new(db).await;
        let worker = Worker::new(stage.app.clone()).with("mail", |_, _| async { Err(base::Error::internal("the mail server is away")) });
        let mut tx = stage.app.begin(Default::default()).await.unwrap();
        tx.job(&Job::new("mail", json!({})).unwrap()).await.unwrap();
        let mut later = Job::new("mail", json!({})).unwrap();
        later.not_before = Some(stage.app.now().plus(Duration::from_secs(86_400)));
        tx.job(&later).await.unwrap();
        tx.commit().await.unwrap();
        for minutes in 1..=20_u32 {
            worker.run_due().await.unwrap();
            stage.app.clock.advance(Duration::from_secs(60));
            let age = scraped(&stage).await["app_outbox_oldest_age_seconds"];
            assert!(age >= f64::from(60 * minutes) && age < f64::from(60 * minutes + 60), "{age} s after {minutes} minutes");
        }
    }

    async fn the_audit_is_proved_once_a_day_and_a_broken_chain_is_told(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        owner.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201);
        assert!(!scraped(&stage).await.contains_key("app_audit_verify_ok"), "nobody has proved it yet");
        sweep(&stage.app).await;
        assert_eq!(scraped(&stage).await["app_audit_verify_ok"], 1.0);
        unlock_audit(&db).await;
        let mut tx = db.begin().await.unwrap();
        tx.script(&format!("update audit set action = 'x' where org_id = '{}' and seq = 1", owner.org)).await.unwrap();
        tx.commit().await.unwrap();
        stage.app.clock.advance(Duration::from_secs(3_600));
        sweep(&stage.app).await;
        assert_eq!(scraped(&stage).await["app_audit_verify_ok"], 1.0, "not before a day is over");
        stage.app.clock.advance(Duration::from_secs(86_400));
        sweep(&stage.app).await;
        let told = scraped(&stage).await;
        assert_eq!(told["app_audit_verify_ok"], 0.0);
        assert_eq!(told["app_audit_verified_timestamp_seconds"], (stage.app.now().micros() / 1_000_000) as f64);
    }

    async fn a_proof_beside_writers_finds_no_fault(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let writing = { let owner = owner.clone(); tokio::spawn(async move {
            for n in 0..40 { owner.post("/api/v1/projects", json!({"name": format!("P{n}")})).await.is(201); }
        }) };
        while !writing.is_finished() {
            assert_eq!(audit::verify(&db).await.unwrap().faults, Vec::<String>::new());
            tokio::task::yield_now().await;
        }
        writing.await.unwrap();
    }

    async fn a_row_behind_the_head_is_found(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        unlock_audit(&db).await;
        let mut tx = db.begin().await.unwrap();
        let (copy, org) = ("org_id, 9, at, actor, action, subject, details, request_id, hash", &owner.org);
        tx.script(&format!("insert into audit (org_id, seq, at, actor, action, subject, details, request_id, hash) select {copy} from audit where org_id = '{org}' and seq = 1")).await.unwrap();
        tx.commit().await.unwrap();
        let faults = audit::verify(&db).await.unwrap().faults;
        assert!(faults.contains(&format!("org {org} seq 1: the chain ends at 9 instead")), "{faults:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_circuit_is_told() {
    let (Some(mut redis), store) = (redis::Server::start(), Fresh::sqlite().await) else { return };
    let stage = Stage::with(store.db.clone(), &[("REDIS_URL", &redis.url())]).await;
    let until = async |open: f64| {
        for _ in 0..1_000 {
            if scraped(&stage).await["app_circuit_state{dependency=\"redis\"}"] == open {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("app_circuit_state does not come to {open}");
    };
    until(0.0).await;
    redis.stop();
    until(1.0).await;
    redis.restart();
    until(0.0).await;
}

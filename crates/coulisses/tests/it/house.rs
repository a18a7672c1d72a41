//! What the house promises about itself: the store, the audit, the key, modules that are off.

use crate::stage::Stage;
use base::{
    Error, Settings, audit, both_engines,
    crypto::{Hasher, Secret},
    jobs::{Job, Worker},
    settings::Source,
    testing::db::{all_orgs_reasons, prepare_all, tenant_lint, unlock_audit},
    time::Clock,
};
use coulisses::setup::{Trouble, assemble};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

both_engines! {
    async fn every_statement_prepares(db: Db) {
        assert_eq!(prepare_all(&db).await, Vec::<String>::new());
    }

    async fn an_edit_a_gap_and_a_lost_tail_of_the_audit_are_found(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        for name in ["A", "B", "C"] {
            owner.post("/api/v1/projects", json!({"name": name})).await.is(201);
        }
        let whole = audit::verify(&db).await.unwrap();
        assert_eq!((whole.faults.len(), whole.orgs), (0, 2));
        let org = &owner.org;
        let tamper = async |sql: String| {
            let mut tx = db.begin().await.unwrap();
            tx.script(&sql).await.map(|()| tx)
        };
        assert!(tamper(format!("update audit set action = 'x' where org_id = '{org}' and seq = 2")).await.is_err(), "a trigger refuses it");
        unlock_audit(&db).await;
        tamper(format!("update audit set action = 'x' where org_id = '{org}' and seq = 2")).await.unwrap().commit().await.unwrap();
        let found = audit::verify(&db).await.unwrap().faults;
        assert!(found[0].starts_with(&format!("org {org} seq 2: ")), "{found:?}");
        tamper(format!("delete from audit where org_id = '{org}' and seq = 2")).await.unwrap().commit().await.unwrap();
        assert!(audit::verify(&db).await.unwrap().faults[0].starts_with(&format!("org {org} seq 3: ")));
        tamper(format!("delete from audit where org_id = '{org}' and seq >= 2")).await.unwrap().commit().await.unwrap();
        assert_eq!(audit::verify(&db).await.unwrap().faults, [format!("org {org} seq 4: the chain ends at 1 instead")]);
    }

    async fn parallel_writers_leave_one_chain_without_gaps(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let writers: Vec<_> = (0..24).map(|n| { let o = owner.clone(); tokio::spawn(async move { o.post("/api/v1/projects", json!({"name": format!("P{n}")})).await.is(201) }) }).collect();
        for writer in writers {
            writer.await.unwrap();
        }
        let report = audit::verify(&db).await.unwrap();
        assert_eq!(report.faults, Vec::<String>::new());
        let rows = base::sql!(all_orgs: "a test counts", "select count(*) from audit where action = 'project.created'");
        assert_eq!(db.one::<(i64,)>(rows, &[]).await.unwrap().0, 24);
    }

    async fn data_of_another_master_key_is_left_alone(db: Db) {
        Stage::new(db.clone()).await;
        let settings = Settings::load(&Source::default()).unwrap();
        let other = assemble(settings, db, Clock::real(), &Secret::new("another key altogether"), Hasher::for_tests()).await;
        let Err(trouble) = other else { panic!("opened with another key") };
        assert_eq!(trouble.exit_code(), 78);
        assert!(matches!(trouble, Trouble::Setting(f) if f.0.starts_with("SECRET_KEY: ")));
    }

    async fn after_a_change_of_master_key_everybody_still_comes_in(db: Db) {
        let before = Stage::keyed(db.clone(), &[], "the first key of all").await;
        let mut lea = before.person().await;
        let after = Stage::keyed(db, &[], "2:a second key,1:the first key of all").await;
        let mut same = after.anyone();
        same.email = lea.email.clone();
        same.sign_in().await;
        assert_eq!(same.get("/api/v1/me").await.is(200)["email"], lea.email);
        let taken = json!({"email": lea.email, "password": crate::stage::PASSWORD});
        after.anyone().post("/api/v1/auth/register", taken).await.fails(409, "email_taken");
        lea.sign_in().await;
    }

    async fn a_job_that_fails_comes_back_and_ends_among_the_dead(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let tries = Arc::new(AtomicUsize::new(0));
        let counted = tries.clone();
        let worker = Worker::new(stage.app.clone()).with("flaky", move |_, payload| {
            let n = counted.fetch_add(1, Ordering::Relaxed) + 1;
            async move { if payload["works_at"] == n { Ok(()) } else { Err(Error::internal("not yet")) } }
        });
        let push = async |works_at: usize| {
            let mut tx = stage.app.begin(Default::default()).await.unwrap();
            tx.job(&Job::new("flaky", json!({"works_at": works_at})).unwrap()).await.unwrap();
            tx.commit().await.unwrap();
        };
        push(2).await;
        assert_eq!(worker.run_due().await.unwrap(), 0);
        assert_eq!(worker.run_due().await.unwrap(), 0, "not before its time");
        stage.app.clock.advance(Duration::from_secs(6));
        assert_eq!(worker.run_due().await.unwrap(), 1);
        push(0).await;
        for _ in 0..10 {
            worker.run_due().await.unwrap();
            stage.app.clock.advance(Duration::from_secs(36_001));
        }
        assert_eq!(tries.load(Ordering::Relaxed), 2 + 8, "eight tries, then no more");
        assert_eq!(base::jobs::backlog(&stage.app).await.unwrap().2, 1);
        let mut tx = stage.app.begin(Default::default()).await.unwrap();
        assert_eq!(base::jobs::replay_dead(&mut tx, None).await.unwrap(), 1);
    }

    async fn a_dropped_transaction_leaves_no_job_and_no_audit(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let mut tx = stage.app.begin(Default::default()).await.unwrap();
        tx.job(&Job::new("mail", json!({})).unwrap()).await.unwrap();
        tx.audit(audit::Entry { action: "x", ..Default::default() }).await.unwrap();
        drop(tx);
        assert_eq!(base::jobs::backlog(&stage.app).await.unwrap().0, 0);
        assert_eq!(audit::verify(&db).await.unwrap().rows, 0);
    }

    async fn a_module_that_is_off_says_so(db: Db) {
        let stage = Stage::with(db, &[("PLANNING", "off")]).await;
        let owner = stage.org("Lanternes").await;
        let problem = owner.get("/api/v1/projects").await.fails(404, "module_off");
        assert!(problem["detail"].as_str().unwrap().contains("PLANNING"));
        assert!(stage.document["paths"].get("/api/v1/projects").is_none());
    }

    async fn the_seeds_clients_can_verify_with_the_secret(db: Db) {
        let stage = Stage::with(db, &[("JWT_ALG", "HS256"), ("SECRET_KEY", "0123456789abcdef0123456789abcdef")]).await;
        stage.person().await.get("/api/v1/me").await.is(200);
    }
}

#[test]
fn no_statement_without_the_tenant() {
    assert_eq!(tenant_lint(), Vec::<String>::new());
    assert!(all_orgs_reasons().iter().all(|reason| reason.len() > 10), "crossing tenants has a reason");
}

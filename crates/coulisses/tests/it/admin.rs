//! The instance in its administrators' hands, and what they must not be able to do.

use crate::stage::{PASSWORD, Person, Stage};
use base::{
    Error, both_engines,
    jobs::{Job, Worker},
    say,
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

fn account(who: &Person) -> String {
    format!("/api/v1/admin/accounts/{}", who.account)
}
fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|a| a["id"].as_str().unwrap()).collect()
}

both_engines! {
    async fn accounts_are_found_by_address_name_standing_and_page(db: Db) {
        let stage = Stage::new(db).await;
        let admin = stage.admin().await;
        let (lea, hugo) = (stage.person().await, stage.person().await);
        lea.patch("/api/v1/me", json!({"display_name": "Léa Martin"})).await.is(200);
        let find = async |query: &str| admin.get(&format!("/api/v1/admin/accounts?{query}")).await.is(200);
        assert_eq!(ids(&find(&format!("email={}", lea.email.to_uppercase().replace('@', "%40"))).await), [lea.account.as_str()]);
        assert_eq!(find("email=nobody%40lanternes.example").await, json!([]));
        assert_eq!(find("email=lanternes").await, json!([]), "a part of an address finds nothing");
        assert_eq!(ids(&find("name=l%C3%A9a").await), [lea.account.as_str()]);
        assert_eq!(find("name=%25").await, json!([]), "no wildcard");
        assert_eq!(ids(&find("platform_role=admin").await), [admin.account.as_str()]);
        assert_eq!(find("status=disabled").await, json!([]));
        let first = admin.get("/api/v1/admin/accounts?limit=2").await;
        let next = first.header("link").split(['<', '>']).nth(1).unwrap().to_owned();
        assert_eq!(ids(&first.is(200)), [hugo.account.as_str(), &lea.account]);
        assert_eq!(ids(&admin.get(&next).await.is(200)), [admin.account.as_str()]);
        for query in ["status=odd", "colour=red", "limit=0"] {
            admin.get(&format!("/api/v1/admin/accounts?{query}")).await.fails(422, "validation_failed");
        }
        let one = admin.get(&account(&lea)).await.is(200);
        assert_eq!((one["email"].as_str(), one["is_active"].as_bool(), &one["orgs"]), (Some(lea.email.as_str()), Some(true), &json!([])));
        assert!(one["last_seen_at"].is_string() && !one.to_string().contains("password"), "{one}");
        admin.get("/api/v1/admin/accounts/00000000-0000-0000-0000-000000000000").await.fails(404, "not_found");
    }

    async fn what_the_outbox_gave_up_is_listed_and_goes_out_after_all(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let admin = stage.admin().await;
        let (away, sent) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
        let (is_away, counted) = (away.clone(), sent.clone());
        let worker = Worker::new(stage.app.clone()).with("mail", move |_, _| {
            let gone = is_away.load(Relaxed);
            counted.fetch_add(usize::from(!gone), Relaxed);
            async move { if gone { Err(Error::unavailable("mail_away", Duration::from_secs(1), say!("Away.", "Absent."))) } else { Ok(()) } }
        });
        let mut tx = stage.app.begin(Default::default()).await.unwrap();
        for _ in 0..3 {
            tx.job(&Job::new("mail", json!({"to": "canary@lanternes.example"})).unwrap()).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(admin.get("/api/v1/admin/jobs").await.is(200), json!([]), "they wait");
        for _ in 0..10 {
            worker.run_due().await.unwrap();
            stage.app.clock.advance(Duration::from_secs(36_001));
        }
        let mut admin = admin;
        admin.sign_in().await;
        let first = admin.get("/api/v1/admin/jobs?limit=2").await;
        let next = first.header("link").split(['<', '>']).nth(1).unwrap().to_owned();
        let first = first.is(200);
        assert_eq!((first.as_array().unwrap().len(), admin.get(&next).await.is(200).as_array().unwrap().len()), (2, 1));
        let one = &first[0];
        assert_eq!((&one["kind"], &one["attempts"], &one["last_error"]), (&json!("mail"), &json!(8), &json!("mail_away")));
        assert!(one["due_at"].as_str() < one["dead_at"].as_str() && !first.to_string().contains("canary"), "{first}");
        let replay = async |body: Value| admin.post("/api/v1/admin/jobs:replay", body).await;
        replay(json!({"id": "00000000-0000-7000-8000-000000000000"})).await.fails(404, "not_found");
        replay(json!({"id": "x"})).await.fails(422, "validation_failed");
        replay(json!({"ids": []})).await.fails(422, "validation_failed");
        away.store(false, Relaxed);
        assert_eq!(replay(json!({"id": one["id"]})).await.is(200), json!({"replayed": 1}));
        assert_eq!((worker.run_due().await.unwrap(), sent.load(Relaxed)), (1, 1));
        replay(json!({"id": one["id"]})).await.fails(404, "not_found");
        assert_eq!(replay(json!({})).await.is(200), json!({"replayed": 2}));
        assert_eq!((worker.run_due().await.unwrap(), sent.load(Relaxed)), (2, 3));
        assert_eq!(admin.get("/api/v1/admin/jobs").await.is(200), json!([]));
        let told = admin.get("/api/v1/admin/audit?action=jobs.replayed").await.is(200);
        let details: Vec<_> = told.as_array().unwrap().iter().map(|line| &line["details"]["jobs"]).collect();
        assert_eq!(details, [&json!(2), &json!(1)], "{told}");
        let lea = stage.person().await;
        for call in [lea.get("/api/v1/admin/jobs").await, lea.post("/api/v1/admin/jobs:replay", json!({})).await] {
            call.fails(403, "insufficient_scope");
        }
    }

    async fn a_disabled_account_is_out_at_once_and_begins_anew(db: Db) {
        let stage = Stage::new(db).await;
        let (admin, mut lea) = (stage.admin().await, stage.org("Lanternes").await);
        admin.patch(&account(&lea), json!({"is_active": false})).await.is(200);
        lea.get("/api/v1/me").await.fails(401, "invalid_token");
        lea.post("/api/v1/auth/login", json!({"email": lea.email, "password": PASSWORD})).await.fails(401, "invalid_credentials");
        assert_eq!(admin.patch(&account(&lea), json!({"is_active": true})).await.is(200)["is_active"], true);
        lea.get("/api/v1/me").await.fails(401, "invalid_token");
        lea.sign_in().await;
        assert_eq!(admin.get(&format!("{}/sessions", account(&lea))).await.is(200).as_array().unwrap().len(), 1);
        admin.delete(&format!("{}/sessions", account(&lea))).await.is(204);
        lea.get("/api/v1/me").await.fails(401, "invalid_token");
        for body in [json!({"password": "x"}), json!({"email": "x@y.example"}), json!({"platform_role": "owner"})] {
            admin.patch(&account(&lea), body).await.fails(422, "validation_failed");
        }
        stage.outbox().await;
    }

    async fn a_reset_that_an_administrator_starts_goes_to_the_mailbox_alone(db: Db) {
        let stage = Stage::new(db).await;
        let (admin, lea) = (stage.admin().await, stage.person().await);
        let reset = format!("{}:reset", account(&lea));
        lea.post(&reset, json!({})).await.fails(403, "insufficient_scope");
        let answer = admin.post(&reset, json!({})).await.is(202);
        assert_eq!(answer, json!({"status": "accepted"}), "no token for whoever started it, not even in development");
        let log = admin.get(&format!("/api/v1/admin/audit?subject={}", lea.account)).await.is(200);
        assert_eq!((&log[0]["action"], &log[0]["actor"]), (&json!("password.reset_started"), &json!(admin.account)), "{log}");
        lea.get("/api/v1/me").await.is(200);
        let token = stage.mailed(&lea.email, "reset").await;
        assert!(stage.app.mailer.sent().iter().all(|mail| mail.to == lea.email || !mail.text.contains(&token)));
        let chosen = json!({"token": token, "new_password": "deux-Lanternes-rouges-1988"});
        lea.post("/api/v1/auth/reset/confirm", chosen).await.is(200);
        lea.get("/api/v1/me").await.fails(401, "invalid_token");
        admin.post(&reset, json!({})).await.is(202);
        admin.post(&reset, json!({})).await.is(202);
        admin.post(&reset, json!({})).await.fails(429, "rate_limited");
        let hugo = stage.person().await;
        admin.patch(&account(&hugo), json!({"is_active": false})).await.is(200);
        admin.post(&format!("{}:reset", account(&hugo)), json!({})).await.fails(409, "account_closed");
        admin.post("/api/v1/admin/accounts/00000000-0000-0000-0000-000000000000:reset", json!({})).await.fails(404, "not_found");
        stage.outbox().await;
    }

    async fn the_last_platform_administrator_stays(db: Db) {
        let stage = Stage::new(db).await;
        let (one, mut other) = (stage.admin().await, stage.person().await);
        for body in [json!({"platform_role": null}), json!({"is_active": false})] {
            one.patch(&account(&one), body).await.fails(409, "last_platform_admin");
        }
        one.patch(&account(&other), json!({"platform_role": "admin"})).await.is(200);
        other.sign_in().await;
        one.patch(&account(&other), json!({"is_active": false})).await.is(200);
        one.patch(&account(&one), json!({"platform_role": null})).await.fails(409, "last_platform_admin");
        one.patch(&account(&other), json!({"is_active": true})).await.is(200);
        one.patch(&account(&one), json!({"platform_role": null})).await.is(200);
        one.get("/api/v1/admin/stats").await.fails(403, "insufficient_scope");
    }

    async fn two_administrators_cannot_remove_each_other_at_once(db: Db) {
        let stage = Stage::new(db).await;
        let (mut one, mut other) = (stage.admin().await, stage.admin().await);
        for _ in 0..6 {
            one.sign_in().await;
            other.sign_in().await;
            let remove = |by: &Person, who: &Person| {
                let (by, at) = (by.clone(), account(who));
                tokio::spawn(async move { by.patch(&at, json!({"platform_role": null})).await.status.as_u16() })
            };
            let (first, second) = (remove(&one, &other), remove(&other, &one));
            let answers = [first.await.unwrap(), second.await.unwrap()];
            assert_eq!(answers.iter().filter(|s| **s == 200).count(), 1, "{answers:?}");
            let (left, gone) = if answers[0] == 200 { (&one, &other) } else { (&other, &one) };
            left.patch(&account(gone), json!({"platform_role": "admin"})).await.is(200);
        }
    }

    async fn a_suspended_organisation_waits(db: Db) {
        let stage = Stage::new(db).await;
        let (admin, owner) = (stage.admin().await, stage.org("Lanternes").await);
        let listed = admin.get("/api/v1/admin/orgs").await.is(200);
        assert_eq!((listed[0]["name"].as_str(), listed[0]["members"].as_i64()), (Some("Lanternes"), Some(1)));
        let at = format!("/api/v1/admin/orgs/{}", owner.org);
        admin.post(&format!("{at}:suspend"), json!({})).await.is(204);
        owner.get("/api/v1/projects").await.fails(403, "org_suspended");
        owner.get("/api/v1/me").await.is(200);
        admin.post(&format!("{at}:resume"), json!({})).await.is(204);
        owner.get("/api/v1/projects").await.is(200);
        admin.post("/api/v1/admin/orgs/00000000-0000-0000-0000-000000000000:suspend", json!({})).await.fails(404, "not_found");
        admin.get("/api/v1/projects").await.fails(403, "no_org");
        stage.outbox().await;
    }

    async fn the_instance_says_what_it_runs_with_but_no_secret(db: Db) {
        let stage = Stage::with(db, &[("SECRET_KEY", "c4n4ry-c4n4ry-c4n4ry"), ("METRICS_TOKEN", "c4n4ry-token")]).await;
        let (admin, _) = (stage.admin().await, stage.org("Lanternes").await);
        let instance = admin.get("/api/v1/admin/instance").await.is(200);
        assert!(!instance.to_string().contains("c4n4ry"), "{instance}");
        assert!(instance["migrations"].as_array().unwrap().iter().all(|m| m["applied_at"].is_string()));
        assert!(instance["settings"].as_array().unwrap().iter().any(|s| s["name"] == "SECRET_KEY" && s["value"] == "•••"), "{instance}");
        let stats = admin.get("/api/v1/admin/stats").await.is(200);
        assert_eq!((&stats["accounts"], &stats["orgs"], &stats["platform_admins"], &stats["jobs_dead"]), (&json!(2), &json!(1), &json!(1), &json!(0)));
    }
}

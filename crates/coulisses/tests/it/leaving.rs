//! The way out, and what goes by its age.

use crate::{
    planned::Plan,
    stage::{PASSWORD, Stage},
};
use base::{audit, both_engines, sql, time::Timestamp};
use coulisses::retention::sweep;
use serde_json::json;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
const RESTORE: &str = "/api/v1/me:restore";

both_engines! {
    async fn everything_of_an_account_is_handed_out(db: Db) {
        let stage = Stage::with(db, &[("ACCESS_TOKEN_MINUTES", "60")]).await;
        let (lea, other) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let reply = lea.get("/api/v1/me/export").await;
        assert!(reply.header("content-disposition").starts_with("attachment"));
        let export = reply.is(200);
        assert_eq!((&export["account"]["email"], &export["organisations"][0]["name"]), (&json!(lea.email), &json!("Lanternes")));
        assert!(!export["sessions"].as_array().unwrap().is_empty() && !export["activity"].as_array().unwrap().is_empty());
        assert!(!export.to_string().contains(&other.account) && !export.to_string().contains("argon2"));
        assert_eq!(lea.get("/api/v1/me/activity?limit=1").await.is(200)[0]["action"], "account.exported");
        stage.app.clock.advance(Duration::from_secs(901));
        lea.get("/api/v1/me/export").await.fails(403, "step_up_required");
        lea.delete("/api/v1/me").await.fails(403, "step_up_required");
    }

    async fn the_export_holds_what_every_room_knows_of_the_account_and_of_nobody_else(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let (lea, eve) = (owner.brings("tech").await, owner.brings("tech").await);
        let gala = owner.post("/api/v1/projects", json!({"name": "Gala d’hiver"})).await.is(201);
        let plan = Plan { db: &db, org: &owner.org };
        for (who, name, title) in [(&lea, "Léa", "Montage du pont"), (&eve, "Canary", "Canary démontage")] {
            let person = json!({"name": name, "email": who.email, "account_id": who.account});
            let id = owner.post("/api/v1/users", person).await.is(201)["id"].as_str().unwrap().to_owned();
            let mission = plan.mission(gala["id"].as_str(), title, "2026-09-10T07:00:00Z", "2026-09-10T15:00:00Z").await;
            plan.assignment(&mission, &id, "ACCEPTED", Some(("hour", 2_250))).await;
            let span = json!({"user_id": id, "start_at": "2026-09-12T07:00:00Z", "end_at": "2026-09-12T15:00:00Z", "note": format!("note {name}")});
            owner.post("/api/v1/availability", span).await.is(201);
            who.post("/api/v1/coach/advice", json!({"goal": format!("Tenir dix séries, dit {name}")})).await.is(200);
        }
        let export = lea.get("/api/v1/me/export").await.is(200);
        let here = &export["rooms"]["planning"];
        assert_eq!((here.as_array().unwrap().len(), &here[0]["org_id"]), (1, &json!(owner.org)), "{export}");
        let work = &here[0]["assignments"][0];
        assert_eq!((&work["mission_title"], &work["project_title"], &work["rate_cents"]), (&json!("Montage du pont"), &json!("Gala d’hiver"), &json!(2_250)));
        assert_eq!((here[0]["assignments"].as_array().unwrap().len(), &here[0]["availability"][0]["note"]), (1, &json!("note Léa")));
        assert_eq!(here[0]["person"]["account_id"], json!(lea.account));
        let answers = export["rooms"]["coach"]["answers"].as_array().unwrap();
        assert!(answers.len() == 1 && answers[0]["content"]["advice"].is_array(), "{export}");
        assert_eq!(export["identities"], json!([]));
        let text = export.to_string();
        assert!(!text.contains("Canary") && !text.contains(&eve.account) && !text.contains("note Canary"), "{export}");
        stage.outbox().await;
    }

    async fn what_is_over_goes_and_what_is_young_stays(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let lea = stage.person().await;
        let Stage { app, .. } = &stage;
        let make = async |at: Timestamp, name: &str| {
            let at = at.micros();
            let rows = format!(
                "insert into guesses (place, failures, last_at) values ('{name}', 3, {at});
                 insert into one_time_tokens (hash, kind, payload_sealed, expires_at, created_at) values ('{name}', 'reset', '', {at}, {at});
                 insert into oauth_tickets (hash, kind, provider, payload_sealed, expires_at) values ('{name}', 'flow', 'google', '', {at});
                 insert into challenges (hash, account_id, payload, expires_at) values ('{name}', '{0}', '', {at});
                 insert into coach_answers (id, account_id, content_sealed, created_at, expires_at) values ('{name}', '{0}', '', 0, {at} + 86400000000)",
                lea.account);
            let mut tx = db.begin().await.unwrap();
            tx.script(&rows).await.unwrap();
            tx.commit().await.unwrap();
        };
        let hour = Duration::from_secs(3_600);
        make(app.now().minus(DAY + hour), "old").await;
        make(app.now().minus(DAY - hour), "young").await;
        sweep(app).await;
        for left in [
            sql!("select place from guesses"),
            sql!("select hash from one_time_tokens"),
            sql!("select hash from oauth_tickets"),
            sql!("select hash from challenges"),
            sql!("select id from coach_answers"),
        ] {
            assert_eq!(db.all::<(String,)>(left, &[]).await.unwrap(), [("young".to_owned(),)]);
        }
    }

    async fn whoever_leaves_is_out_at_once_and_may_come_back(db: Db) {
        let stage = Stage::new(db).await;
        let mut lea = stage.person().await;
        let left = lea.delete("/api/v1/me").await.is(202);
        lea.get("/api/v1/me").await.fails(401, "invalid_token");
        let login = json!({"email": lea.email, "password": PASSWORD});
        stage.anyone().post("/api/v1/auth/login", login).await.fails(401, "invalid_credentials");
        stage.outbox().await;
        assert!(stage.app.mailer.sent().iter().any(|m| m.to == lea.email && m.text.contains("/restore#token=")));
        stage.anyone().post(RESTORE, json!({"token": "guess"})).await.fails(400, "invalid_token");
        stage.app.clock.advance(DAY * 13);
        sweep(&stage.app).await;
        stage.anyone().post(RESTORE, json!({"token": left["restore_token"]})).await.is(204);
        stage.anyone().post(RESTORE, json!({"token": left["restore_token"]})).await.fails(400, "invalid_token");
        stage.app.clock.advance(DAY * 2);
        sweep(&stage.app).await;
        lea.sign_in().await;
        assert_eq!(lea.get("/api/v1/me").await.is(200)["email"], lea.email.as_str());
    }

    async fn nothing_personal_is_left_of_whoever_is_gone(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let (owner, mut admin) = (stage.org("Lanternes").await, stage.admin().await);
        let lea = owner.brings("tech").await;
        lea.patch("/api/v1/me", json!({"display_name": "Canary Léa"})).await.is(200);
        let left = lea.delete("/api/v1/me").await.is(202);
        stage.outbox().await;
        stage.app.clock.advance(DAY * 15);
        sweep(&stage.app).await;
        stage.anyone().post(RESTORE, json!({"token": left["restore_token"]})).await.fails(400, "invalid_token");
        type Left = (String, String, Option<String>, Option<String>, i64, i64);
        let query = sql!(all_orgs: "a test looks at what is left",
            "select a.status, a.email_sealed, a.display_name, a.password_phc, (select count(*) from sessions s where s.account_id = a.id),
               (select count(*) from memberships m where m.account_id = a.id) from accounts a where a.id = $1");
        let (status, _, name, phc, sessions, memberships): Left = db.one(query, &[&lea.account]).await.unwrap();
        assert_eq!((status.as_str(), name, phc, sessions, memberships), ("disabled", None, None, 0, 0));
        admin.sign_in().await;
        let seen = admin.get(&format!("/api/v1/admin/accounts/{}", lea.account)).await.is(200);
        assert!(seen["email"].as_str().unwrap().ends_with("@deleted.invalid"), "{seen}");
        let again = json!({"email": lea.email, "password": PASSWORD});
        stage.anyone().post("/api/v1/auth/register", again).await.is(201);
        assert_eq!(audit::verify(&db).await.unwrap().faults, Vec::<String>::new());
        let log = admin.get(&format!("/api/v1/admin/audit?subject={}", lea.account)).await.is(200);
        assert_eq!(log[0]["action"], "account.purged");
    }

    async fn no_organisation_and_no_platform_is_left_alone(db: Db) {
        let stage = Stage::new(db).await;
        let (owner, admin) = (stage.org("Lanternes").await, stage.admin().await);
        let problem = owner.delete("/api/v1/me").await.fails(409, "sole_owner");
        assert_eq!(problem["orgs"], json!([owner.org]));
        admin.delete(&format!("/api/v1/admin/accounts/{}", owner.account)).await.fails(409, "sole_owner");
        admin.delete("/api/v1/me").await.fails(409, "last_platform_admin");
        let other = owner.brings("owner").await;
        owner.delete("/api/v1/me").await.is(202);
        other.delete("/api/v1/me").await.fails(409, "sole_owner");
        other.delete(&format!("/api/v1/orgs/members/{}", other.account)).await.fails(409, "last_owner");
        let hugo = stage.person().await;
        admin.delete(&format!("/api/v1/admin/accounts/{}", hugo.account)).await.is(202);
        hugo.get("/api/v1/me").await.fails(401, "invalid_token");
        stage.outbox().await;
    }

    async fn a_deleted_organisation_is_emptied_and_its_log_stays(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let (owner, other) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        for who in [&owner, &other] {
            who.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201);
        }
        owner.delete(&format!("/api/v1/orgs/{}", owner.org)).await.is(204);
        let projects = sql!(all_orgs: "a test counts", "select count(*) from projects");
        sweep(&stage.app).await;
        assert_eq!(db.one::<(i64,)>(projects, &[]).await.unwrap().0, 2);
        stage.app.clock.advance(DAY * 15);
        sweep(&stage.app).await;
        assert_eq!(db.one::<(i64,)>(projects, &[]).await.unwrap().0, 1);
        let lines = sql!(all_orgs: "a test counts", "select count(*) from audit where org_id = $1");
        assert!(db.one::<(i64,)>(lines, &[&owner.org]).await.unwrap().0 >= 3);
        stage.outbox().await;
    }

    async fn old_rows_go_and_the_log_is_still_proven(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let lea = stage.person().await;
        lea.says("idempotency-key", "k").post("/api/v1/orgs", json!({"name": "Lanternes"})).await.is(201);
        let count = async |table: &str| {
            let all: (i64, i64, i64) = db.one(sql!("select (select count(*) from sessions), (select count(*) from idempotency_keys), (select count(*) from audit_origins where not faded)"), &[]).await.unwrap();
            match table { "sessions" => all.0, "keys" => all.1, _ => all.2 }
        };
        sweep(&stage.app).await;
        assert_eq!((count("sessions").await, count("keys").await), (1, 1));
        let before = count("whole addresses").await;
        assert!(before > 0);
        stage.app.clock.advance(DAY * 2);
        sweep(&stage.app).await;
        assert_eq!((count("sessions").await, count("keys").await, count("whole addresses").await), (1, 0, before));
        stage.app.clock.advance(DAY * 89);
        sweep(&stage.app).await;
        assert_eq!((count("sessions").await, count("whole addresses").await), (0, 0));
        let mut admin = stage.admin().await;
        admin.sign_in().await;
        let log = admin.get(&format!("/api/v1/admin/audit?actor={}", lea.account)).await.is(200);
        assert!(log.as_array().unwrap().iter().all(|l| l["address"] == "127.0.0.0/24"), "{log}");
        assert_eq!(audit::verify(&db).await.unwrap().faults, Vec::<String>::new());
    }

    async fn one_replica_at_a_time_removes_old_rows(db: Db) {
        let stage = Stage::new(db).await;
        let claim = async || base::retention::claim(&stage.app, "x", Duration::from_secs(60)).await.unwrap();
        assert!(claim().await && !claim().await);
        stage.app.clock.advance(Duration::from_secs(61));
        assert!(claim().await && !claim().await);
    }
}

/// The triggers ask the engine's own clock, so the log of this test is written long ago.
#[test]
fn the_oldest_lines_go_and_what_is_left_is_still_proven() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let sqlite = base::testing::db::Fresh::sqlite().await;
        trimmed(sqlite.db.clone()).await;
        if let Some(postgres) = base::testing::db::Fresh::postgres().await {
            trimmed(postgres.db.clone()).await;
        }
    });
}
async fn trimmed(db: base::db::Db) {
    let stage = Stage::at(db.clone(), Timestamp::from_micros(1_672_531_200_000_000)).await;
    let lea = stage.org("Lanternes").await;
    stage.app.clock.advance(DAY * 300);
    let mut late = lea.clone();
    late.sign_in().await;
    late.switch(&lea.org).await;
    late.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201);
    stage.app.clock.advance(DAY * 200);
    let rows = async || audit::verify(&db).await.unwrap();
    let before = rows().await;
    sweep(&stage.app).await;
    let after = rows().await;
    assert!(after.rows > 0 && after.rows < before.rows, "{before:?} {after:?}");
    assert_eq!(after.faults, Vec::<String>::new());
    let lost = sql!(all_orgs: "a test plays the forger", "update audit_heads set kept_after = kept_after + 1");
    let mut tx = db.begin().await.unwrap();
    tx.exec(lost, &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!rows().await.faults.is_empty(), "a line that was lost is missed");
}

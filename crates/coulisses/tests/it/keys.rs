//! API keys and service accounts: programs in an organisation.

use crate::stage::{Person, Stage};
use base::{both_engines, sql};
use serde_json::{Value, json};
use std::time::Duration;

const KEYS: &str = "/api/v1/keys";
const SERVICES: &str = "/api/v1/service-accounts";
const DAY: Duration = Duration::from_secs(86_400);

/// A program that holds this key.
fn program(stage: &Stage, made: &Value) -> Person {
    let mut program = stage.anyone();
    program.token = made["key"].as_str().map(str::to_owned);
    program
}
async fn make(owner: &Person, body: Value) -> Value {
    owner.post(KEYS, body).await.is(201)
}
fn reads() -> Value {
    json!({"name": "Ticketing", "scopes": ["projects:read"]})
}

both_engines! {
    async fn a_program_comes_in_with_a_key(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        owner.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201);
        let made = make(&owner, reads()).await;
        let key = program(&stage, &made);
        assert_eq!(key.get("/api/v1/projects").await.is(200)[0]["name"], "Gala");
        let refused = key.post("/api/v1/projects", json!({"name": "Other"})).await;
        assert_eq!(refused.header("www-authenticate"), r#"Bearer realm="coulisses", error="insufficient_scope", scope="projects:write""#);
        refused.fails(403, "insufficient_scope");
        key.get("/api/v1/me").await.fails(403, "insufficient_scope");
        let listed = owner.get(KEYS).await.is(200);
        assert!(listed[0]["id"] == made["id"] && listed[0].get("key").is_none() && listed[0]["last_used_at"].is_string(), "{listed}");
        let rows: Vec<(String,)> = db.all(sql!(all_orgs: "the test looks at what is stored", "select digest from api_keys"), &[]).await.unwrap();
        assert!(!rows[0].0.contains(made["key"].as_str().unwrap()));
        let actions: Vec<(String,)> = db.all(sql!(all_orgs: "the test looks at every org's audit", "select action from audit"), &[]).await.unwrap();
        assert!(actions.contains(&("key.created".to_owned(),)));
    }

    async fn a_revoked_or_expired_key_opens_nothing(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (one, two) = (make(&owner, reads()).await, make(&owner, json!({"name": "x", "scopes": ["projects:read"], "expires_in_days": 1})).await);
        let (first, second) = (program(&stage, &one), program(&stage, &two));
        first.get("/api/v1/projects").await.is(200);
        owner.delete(&format!("{KEYS}/{}", one["id"].as_str().unwrap())).await.is(204);
        owner.delete(&format!("{KEYS}/{}", one["id"].as_str().unwrap())).await.fails(404, "not_found");
        let refused = first.get("/api/v1/projects").await;
        assert_eq!(refused.header("www-authenticate"), r#"Bearer realm="coulisses", error="invalid_token""#);
        refused.fails(401, "invalid_token");
        second.get("/api/v1/projects").await.is(200);
        stage.app.clock.advance(DAY);
        second.get("/api/v1/projects").await.fails(401, "token_expired");
    }

    async fn a_key_holds_what_its_maker_holds_now(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (admin, manager) = (owner.brings("admin").await, owner.brings("manager").await);
        stage.outbox().await;
        manager.post(KEYS, reads()).await.fails(403, "role_too_low");
        let problem = admin.post(KEYS, json!({"name": "x", "scopes": ["projects:write", "user:write", "nonsense"], "expires_in_days": 366})).await.fails(422, "validation_failed");
        assert_eq!(problem["errors"].as_array().unwrap().len(), 3, "{problem}");
        let made = make(&admin, json!({"name": "x", "scopes": ["projects:write", "projects:read", "user:read"]})).await;
        let key = program(&stage, &made);
        key.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201);
        let at = format!("/api/v1/orgs/members/{}", admin.account);
        owner.patch(&at, json!({"role": "tech"})).await.is(200);
        key.post("/api/v1/projects", json!({"name": "Other"})).await.fails(403, "role_too_low");
        key.get("/api/v1/projects").await.is(200);
        owner.delete(&at).await.is(204);
        key.get("/api/v1/projects").await.fails(401, "invalid_token");
        key.get("/api/v1/me").await.fails(401, "invalid_token");
        let invited = owner.post("/api/v1/orgs/members:invite", json!({"email": admin.email, "role": "admin"})).await.is(201);
        admin.post("/api/v1/orgs/members:join", json!({"token": invited["token"]})).await.is(200);
        key.get("/api/v1/projects").await.fails(401, "invalid_token");
        stage.outbox().await;
    }

    async fn a_service_account_outlives_who_made_it(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let admin = owner.brings("admin").await;
        stage.outbox().await;
        admin.post(SERVICES, json!({"name": "Ticketing", "role": "admin"})).await.fails(403, "role_too_high");
        let service = admin.post(SERVICES, json!({"name": "Ticketing", "role": "manager"})).await.is(201);
        owner.post(SERVICES, json!({"name": "Backup", "role": "owner"})).await.fails(422, "validation_failed");
        let strong = owner.post(SERVICES, json!({"name": "Backup", "role": "admin"})).await.is(201);
        let at = format!("/api/v1/orgs/members/{}", strong["id"].as_str().unwrap());
        owner.patch(&at, json!({"role": "owner"})).await.fails(409, "owner_is_a_person");
        let with = |service: &Value| json!({"name": "x", "scopes": ["projects:write"], "service_account_id": service["id"]});
        admin.post(KEYS, with(&strong)).await.fails(403, "role_too_high");
        admin.post(KEYS, json!({"name": "x", "scopes": ["projects:read"], "service_account_id": owner.account})).await.fails(404, "not_found");
        let key = program(&stage, &make(&admin, with(&service)).await);
        owner.delete(&format!("/api/v1/orgs/members/{}", admin.account)).await.is(204);
        key.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201);
        assert_eq!(owner.get(SERVICES).await.is(200).as_array().unwrap().len(), 2);
        owner.delete(&format!("{SERVICES}/{}", service["id"].as_str().unwrap())).await.is(204);
        key.post("/api/v1/projects", json!({"name": "Other"})).await.fails(401, "invalid_token");
        assert_eq!(owner.get(SERVICES).await.is(200).as_array().unwrap().len(), 1);
        let elsewhere = stage.org("Rive Sud").await;
        elsewhere.post(KEYS, with(&strong)).await.fails(404, "not_found");
        elsewhere.delete(&format!("{SERVICES}/{}", strong["id"].as_str().unwrap())).await.fails(404, "not_found");
    }

    async fn what_is_for_people_no_key_does(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let made = make(&owner, json!({"name": "x", "scopes": ["user:read", "members:read", "org:read"]})).await;
        let key = program(&stage, &made);
        assert_eq!(key.get("/api/v1/auth/me").await.is(200)["scope"], "user:read org:read members:read");
        key.post("/api/v1/auth/switch-org", json!({"org_id": owner.org})).await.fails(403, "not_with_a_key");
        key.post("/api/v1/auth/logout?all=true", json!({})).await.fails(403, "not_with_a_key");
        key.post("/api/v1/auth/step-up", json!({"password": "x"})).await.fails(403, "insufficient_scope");
        // Whatever the row says, a key makes no keys.
        let mut tx = db.begin().await.unwrap();
        tx.exec(sql!(all_orgs: "the test forges a row", "update api_keys set scopes = 'keys:write user:write admin:write'"), &[]).await.unwrap();
        tx.commit().await.unwrap();
        stage.app.rights.forget_all();
        key.post(KEYS, reads()).await.fails(403, "not_with_a_key");
        key.post("/api/v1/auth/mfa/totp", json!({})).await.fails(403, "not_with_a_key");
        stage.outbox().await;
    }

    async fn making_keys_needs_somebody_fresh(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        stage.app.clock.advance(Duration::from_secs(901 - 30));
        make(&owner, reads()).await;
        stage.app.clock.advance(Duration::from_secs(60));
        owner.post(KEYS, reads()).await.fails(401, "token_expired");
        let mut late = stage.anyone();
        late.email = owner.email.clone();
        late.sign_in().await;
        late.switch(&owner.org).await;
        make(&late, reads()).await;
    }

    async fn a_repeated_request_does_not_find_the_key_in_the_store(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let made = owner.says("idempotency-key", "once").post(KEYS, reads()).await.is(201);
        let kept: Vec<(String,)> = db.all(sql!("select body from idempotency_keys"), &[]).await.unwrap();
        assert!(!format!("{kept:?}").contains(made["key"].as_str().unwrap()), "{kept:?}");
    }

    async fn each_key_has_a_limit_of_its_own(db: Db) {
        let stage = Stage::with(db, &[("API_LIMIT", "4/60s")]).await;
        let owner = stage.org("Lanternes").await;
        let key = program(&stage, &make(&owner, reads()).await);
        for _ in 0..4 {
            key.get("/api/v1/projects").await.is(200);
        }
        key.get("/api/v1/projects").await.fails(429, "rate_limited");
        owner.get("/api/v1/projects").await.is(200);
    }
}

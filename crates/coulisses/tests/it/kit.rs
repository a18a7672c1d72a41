//! Wrong inputs of every kind: each is a problem with a code, none is a 500.

use crate::stage::Stage;
use axum::http::Method;
use base::{both_engines, testing::db::Fresh};
use proptest::prelude::*;
use serde_json::json;

both_engines! {
    async fn what_cannot_be_read_is_said_clearly(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let post = async |body: &str| owner.call(Method::POST, "/api/v1/projects", Some(body.to_owned())).await;
        post("{").await.fails(400, "malformed_json");
        post("").await.fails(400, "malformed_json");
        post(&"[".repeat(50)).await.fails(400, "json_too_deep");
        post(r#"{"name":"a","name":"b"}"#).await.fails(400, "duplicate_key");
        post(r#"{"name":7}"#).await.fails(422, "validation_failed");
        post(r#"["Gala"]"#).await.fails(422, "validation_failed");
        owner.call(Method::PATCH, "/api/v1/me", Some(" []".to_owned())).await.fails(422, "validation_failed");
        post(r#"{"name":"x","hue":1.5}"#).await.fails(422, "validation_failed");
        post(r#"{"name":"x","starts_on":"tomorrow"}"#).await.fails(422, "validation_failed");
        post(&format!(r#"{{"name":"{}"}}"#, "x".repeat(2 << 20))).await.fails(413, "body_too_large");
        owner.says("content-type", "text/plain").post("/api/v1/projects", json!({"name": "x"})).await.fails(415, "unsupported_media_type");
        owner.says("accept", "text/html").get("/api/v1/projects").await.fails(406, "not_acceptable");
        owner.get("/api/v1/projects/42").await.fails(404, "not_found");
        owner.get("/api/v1/projects/00000000-0000-0000-0000-000000000000").await.fails(404, "not_found");
        owner.get("/api/v1/projects/%00").await.fails(404, "not_found");
        owner.get("/nowhere").await.fails(404, "not_found");
        let wrong = owner.call(Method::DELETE, "/api/v1/projects", None).await;
        assert!(wrong.header("allow").contains("GET") && wrong.header("allow").contains("POST"));
        wrong.fails(405, "method_not_allowed");
        owner.call(Method::TRACE, "/api/v1/projects", None).await.fails(405, "method_not_allowed");
        owner.post("/api/v1/projects/1/~archive", json!({})).await.fails(404, "not_found");
    }

    async fn problems_speak_the_clients_language(db: Db) {
        let stage = Stage::new(db).await;
        let french = stage.anyone().says("accept-language", "fr-FR,fr;q=0.9,en;q=0.5");
        assert_eq!(french.get("/api/v1/me").await.fails(401, "unauthenticated")["detail"], "Connectez-vous d’abord.");
        assert_eq!(stage.anyone().get("/api/v1/me").await.fails(401, "unauthenticated")["detail"], "Sign in first.");
    }

    async fn every_answer_has_its_id_and_its_guards(db: Db) {
        let stage = Stage::new(db).await;
        for path in ["/livez", "/readyz", "/healthz", "/health", "/openapi.json", "/nowhere", "/api/v1/me"] {
            let reply = stage.anyone().says("x-request-id", "abc-1").get(path).await;
            assert_eq!(reply.header("x-request-id"), "abc-1", "{path}");
            assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
            assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        }
        let ready = stage.anyone().get("/readyz").await.is(200);
        // How much room this machine has is no concern of the test.
        assert!(ready["status"] == json!({"db": "ok", "ok": true}) && [json!([]), json!(["disk"])].contains(&ready["degraded"]), "{ready}");
    }

    async fn metrics_know_routes_not_paths(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        for n in 0..50 {
            owner.get(&format!("/random/{n}")).await.fails(404, "not_found");
            owner.get(&format!("/api/v1/projects/{n}")).await.fails(404, "not_found");
        }
        let text = stage.anyone().get("/metrics").await.is(200);
        let text = text.as_str().unwrap();
        assert!(text.contains(r#"path="/api/v1/projects/{id}""#) && text.contains(r#"path="unmatched""#), "{text}");
        assert!(!text.contains("random"), "{text}");
    }

    async fn too_many_requests_are_told_when_to_come_back(db: Db) {
        let stage = Stage::with(db, &[("API_LIMIT", "3/60s")]).await;
        let lea = stage.person().await;
        for left in [2, 1, 0] {
            let reply = lea.get("/api/v1/me").await;
            assert_eq!(reply.header("ratelimit-policy"), r#""api";q=3;w=60"#);
            assert!(reply.header("ratelimit").starts_with(&format!("\"api\";r={left};t=")), "{reply:?}");
            reply.is(200);
        }
        let reply = lea.get("/api/v1/me").await;
        assert!(reply.header("ratelimit").starts_with(r#""api";r=0;t="#));
        assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
        reply.fails(429, "rate_limited");
    }
}

/// Whatever a client sends as a project, the answer is 201 or a problem it caused.
#[test]
fn no_body_is_a_server_error() {
    let value = prop_oneof![
        Just(json!(null)),
        any::<i64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
        "\\PC{0,12}".prop_map(|s| json!(s)),
        Just(json!("\u{0}")),
        Just(json!([1, {"a": []}])),
        Just(json!(true)),
    ];
    let names = prop_oneof!["name|status|client|venue|hue|starts_on|ends_on|budget_cents|currency|time_zone", "[a-z]{1,6}"];
    let bodies = proptest::collection::btree_map(names, value, 0..6);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_store, owner) = runtime.block_on(async {
        let store = Fresh::sqlite().await;
        let stage = Stage::new(store.db.clone()).await;
        (store, stage.org("Lanternes").await)
    });
    proptest!(ProptestConfig::with_cases(300), |(mut body in bodies)| {
        body.entry("name".to_owned()).or_insert(json!("Gala"));
        let reply = runtime.block_on(owner.post("/api/v1/projects", json!(body)));
        prop_assert!([201, 400, 409, 422].contains(&reply.status.as_u16()), "{} {:?} to {:?}", reply.status, reply.body, body);
    });
}

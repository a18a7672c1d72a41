//! The check of the model provider: each way it may stand has its word and a sentence, and no secret is in any of them.

use crate::{
    doctor::serving,
    stage::{Person, Stage},
};
use base::{both_engines, db::Db};
use serde_json::{Value, json};
use simulator::Simulator;

const CHECK: &str = "/api/v1/admin/ai:check";

/// What an administrator is told by a server with these settings.
async fn checked(db: &Db, admin: &Person, settings: &[(&str, &str)]) -> Value {
    let stage = Stage::with(db.clone(), settings).await;
    Person::of(&stage, admin).post(CHECK, json!({})).await.is(200)
}
#[track_caller]
fn says(told: &Value, state: &str, words: &str) {
    let fits = told["state"] == state && told["detail"].as_str().unwrap().contains(words);
    assert!(fits && !told.to_string().contains("canary"), "{state}, {words}: {told}");
}

both_engines! {
    async fn a_provider_is_ready_or_lacks_a_model_and_is_told_so_in_both_languages(db: Db) {
        let (simulator, stage) = (Simulator::start(0).await.unwrap(), Stage::new(db.clone()).await);
        let (admin, url) = (stage.admin().await, simulator.url());
        let set = [("AI_BASE_URL", url.as_str()), ("MISTRAL_API_KEY", "sk-canary"), ("AI_MODEL", "sim-ok")];
        let ready = checked(&db, &admin, &set).await;
        says(&ready, "ready", "There is nothing to do.");
        assert_eq!((&ready["url"], &ready["model"]), (&json!(url), &json!("sim-ok")));
        assert_eq!(ready["models"], json!(simulator::Scenario::ALL.len()));
        let french = checked(&db, &admin.says("accept-language", "fr"), &set).await;
        says(&french, "ready", "Vous n’avez rien à faire.");

        let lacking = checked(&db, &admin, &[&set[..], &[("AI_MODELS", "sim-hang,none-such")]].concat()).await;
        says(&lacking, "lacks_model", "does not list none-such. Set AI_MODEL");
        assert_eq!((&lacking["model"], &lacking["models"]), (&json!("none-such"), &Value::Null));
        assert_eq!(simulator.counts().started, 0, "a list costs nothing");
    }

    async fn a_provider_that_refuses_or_fails_says_what_to_mend(db: Db) {
        let (simulator, stage) = (Simulator::start(0).await.unwrap(), Stage::new(db.clone()).await);
        let (admin, url) = (stage.admin().await, simulator.url());
        for (key, state, words) in [
            ("sim-401a", "key_refused", "Make a new one there, set MISTRAL_API_KEY"),
            ("sim-403", "key_refused", "refuses the key"),
            ("sim-404", "unlisted", "answers 404 instead of a list of models"),
            ("sim-429_rate", "unlisted", "the error 429. Try again"),
            ("sim-html_502", "unlisted", "the error 502. Try again"),
        ] {
            let told = checked(&db, &admin, &[("AI_BASE_URL", &url), ("MISTRAL_API_KEY", key)]).await;
            says(&told, state, words);
            assert!(!told.to_string().contains(key) && told["model"] == "mistral-small-latest", "{told}");
        }
        let wants_a_key = serving(|line| line.is_empty().then(|| "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n".to_owned()), "");
        let told = checked(&db, &admin, &[("AI_BASE_URL", &format!("http://127.0.0.1:{wants_a_key}/v1"))]).await;
        says(&told, "key_refused", "wants a key, and none is set");
    }

    async fn what_the_plan_allows_is_told_and_a_plan_without_quota_is_found(db: Db) {
        let (simulator, stage) = (Simulator::start(0).await.unwrap(), Stage::new(db.clone()).await);
        let (admin, url) = (stage.admin().await, simulator.url());
        let key = ("MISTRAL_API_KEY", "sim-429_zero_plan");
        let none = checked(&db, &admin, &[("AI_BASE_URL", &url), key]).await;
        says(&none, "no_quota", "allows no request at all");
        assert_eq!(none["per_minute"], json!({"requests": 0}));
        // Also where the list itself is given.
        let listing = |headers: &'static str| {
            serving(move |line| line.is_empty().then(|| format!("HTTP/1.1 200 OK\r\n{headers}content-length: 40\r\n\r\n{{\"data\":[{{\"id\":\"mistral-small-latest\"}}]}}")), "")
        };
        for (headers, state, words, told) in [
            ("x-ratelimit-limit-req-minute: 0\r\n", "no_quota", "allows no request", json!({"requests": 0})),
            (
                "x-ratelimit-limit-req-minute: 60\r\nx-ratelimit-remaining-req-minute: 59\r\nx-ratelimit-limit-tokens-minute: 500000\r\n",
                "ready",
                "It allows 60 requests a minute, 59 of them are left.",
                json!({"requests": 60, "requests_left": 59, "tokens": 500_000}),
            ),
            ("x-ratelimit-limit-requests: 5\r\nx-ratelimit-limit-tokens: many\r\n", "ready", "It allows 5 requests a minute.", json!({"requests": 5})),
            ("", "ready", "There is nothing to do.", Value::Null),
        ] {
            let url = format!("http://127.0.0.1:{}/v1", listing(headers));
            let answer = checked(&db, &admin, &[("AI_BASE_URL", &url)]).await;
            says(&answer, state, words);
            assert_eq!(answer["per_minute"], told, "{headers}");
        }
    }

    async fn a_provider_that_is_away_or_none_at_all_says_what_to_set(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let admin = stage.admin().await;
        let closed = [("AI_BASE_URL", "http://lea:canary@127.0.0.1:1/v1/"), ("MISTRAL_API_KEY", "sk-canary")];
        let away = checked(&db, &admin, &closed).await;
        says(&away, "away", "does not answer. Check AI_BASE_URL");
        assert_eq!(away["url"], "http://lea:•••@127.0.0.1:1/v1");
        let page = serving(|line| line.is_empty().then(|| "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello".to_owned()), "");
        let other = checked(&db, &admin, &[("AI_BASE_URL", &format!("http://127.0.0.1:{page}"))]).await;
        says(&other, "away", "is no model provider. Check AI_BASE_URL");

        let none = admin.post(CHECK, json!({})).await.is(200);
        says(&none, "not_configured", "Set MISTRAL_API_KEY, or AI_BASE_URL");
        assert_eq!(none.as_object().unwrap().len(), 2, "only what is known is told: {none}");
        // It changes nothing, so nothing of it is in the log.
        let log = admin.get("/api/v1/admin/audit?action=ai.").await.is(200);
        assert_eq!(log, json!([]));
    }

    async fn only_platform_administrators_check_the_provider(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        stage.anyone().post(CHECK, json!({})).await.fails(401, "unauthenticated");
        owner.post(CHECK, json!({})).await.fails(403, "insufficient_scope");
        let admin = stage.admin().await;
        admin.get(CHECK).await.fails(405, "method_not_allowed");
        admin.call(axum::http::Method::POST, CHECK, None).await.is(200);
    }
}

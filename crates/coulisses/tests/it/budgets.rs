//! Budgets hold to the last call: many at once, whoever leaves, a server that dies.

use crate::{
    coach::{coached, session},
    process::{Server, scratch},
    stage::{PASSWORD, Person, Stage},
};
use axum::http::Method;
use base::{
    both_engines,
    db::Db as Store,
    sql,
    testing::{db::Fresh, redis::until},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use simulator::{Scenario, Simulator};
use std::{sync::Arc, time::Duration};

const LIMITS: &str = "/api/v1/admin/ai/limits";
const MODELS: &str = "sim-hang,sim-slow_first_byte,sim-slow_chunks,sim-500,sim-json_ok,sim-401a";
/// A thousand millionths of a euro for each token that comes back, nothing for those that go out.
const PRICES: &str = "sim-ok=0/1000,sim-hang=0/1000,sim-slow_first_byte=0/1000,sim-slow_chunks=0/1000,sim-500=0/1000,sim-json_ok=0/1000";

fn settings(url: &str) -> Vec<(&'static str, String)> {
    let fixed = [
        ("AI_PROFILE", "mistral"),
        ("MISTRAL_API_KEY", "k"),
        ("AI_MODEL", "sim-ok"),
        ("AI_MODELS", MODELS),
        ("AI_PRICES", PRICES),
        ("AI_LIMIT", "off"),
        ("COACH_LIMIT", "off"),
        ("AI_TIMEOUT_SECONDS", "5"),
    ];
    fixed.into_iter().map(|(n, v)| (n, v.to_owned())).chain([("AI_BASE_URL", url.to_owned())]).collect()
}
async fn staged(db: Store, simulator: &Simulator) -> Stage {
    let all = settings(&simulator.url());
    Stage::with(db, &all.iter().map(|(n, v)| (*n, v.as_str())).collect::<Vec<_>>()).await
}
fn ask(scenario: &str, max_tokens: i64) -> Value {
    json!({"prompt": "Bonjour", "model": format!("sim-{scenario}"), "max_tokens": max_tokens})
}
/// What is held back anywhere.
async fn reserved(db: &Store) -> (i64, i64) {
    let held = sql!(
        "select cast(coalesce(sum(reserved_tokens), 0) as bigint), cast(coalesce(sum(reserved_micro_eur), 0) as bigint) from ai_quotas"
    );
    let (tokens, cost): (i64, i64) = db.one(held, &[]).await.unwrap();
    let (rows,): (i64,) = db.one(sql!("select count(*) from ai_reservations"), &[]).await.unwrap();
    (tokens + cost, rows)
}
async fn usage(person: &Person) -> Value {
    person.get("/api/v1/ai/usage").await.is(200)
}
/// How many tokens the simulator says it answers with.
async fn usual(person: &Person) -> i64 {
    person.post("/api/v1/ai/completions", ask("ok", 50)).await.is(200)["usage"]["completion_tokens"].as_i64().unwrap()
}

both_engines! {
    async fn sixty_four_at_once_on_a_budget_worth_ten(db: Db) {
        let simulator = Simulator::start(0).await.unwrap();
        let stage = staged(db.clone(), &simulator).await;
        let (admin, owner) = (stage.admin().await, stage.org("Lanternes").await);
        let tokens = usual(&admin).await;
        admin.put(LIMITS, json!({"limits": [{"scope": "user", "id": owner.account, "cost_month_micro_eur": 10 * tokens * 1_000}]})).await.is(200);
        let asked = simulator.counts().started;
        let calls: Vec<_> = (0..64).map(|_| {
            let lea = owner.clone();
            tokio::spawn(async move { lea.post("/api/v1/ai/completions", ask("slow_first_byte", tokens)).await })
        }).collect();
        let (mut good, mut refused) = (0, 0);
        for call in calls {
            let answer = call.await.unwrap();
            if answer.status == 200 {
                good += 1;
            } else {
                assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
                answer.fails(429, "budget_exceeded");
                refused += 1;
            }
        }
        assert_eq!((good, refused, simulator.counts().started - asked), (10, 54, 10));
        let used = usage(&owner).await;
        assert_eq!((&used["requests"], &used["cost_micro_eur"]), (&json!(10), &json!(10 * tokens * 1_000)));
        assert_eq!((&used["limits"][0]["cost_micro_eur"], &used["limits"][0]["scope"]), (&json!(0), &json!("user")), "{used}");
        assert_eq!(reserved(&db).await, (0, 0));
        admin.post("/api/v1/ai/completions", ask("ok", tokens)).await.is(200);
        // The coach has no budget left either, and needs none.
        let session = json!({"session": {"series": [{"shot_count": 5, "distance": 25, "points": 41}]}});
        let analysis = owner.post("/coach/analyze-session", session.clone()).await.is(200);
        assert_eq!((&analysis["source"], &analysis["ai"]["reason"]), (&json!("rules"), &json!("budget_exceeded")));
        let mut wants = session;
        wants["engine"] = json!("ai");
        owner.post("/api/v1/coach/advice", wants).await.fails(429, "budget_exceeded");
        // What a model writes in vain is paid for: prose is no advice.
        let prose = admin.post("/coach/analyze-session", json!({"session": {"series": [{"shot_count": 5, "distance": 25, "points": 41}]}})).await.is(200);
        assert_eq!((&prose["source"], &prose["ai"]["degraded_reason"]), (&json!("rules"), &json!("unreadable")));
        let last = admin.get("/api/v1/ai/interactions?limit=1").await.is(200)[0].clone();
        assert!(last["kind"] == "coach" && last["cost_micro_eur"].as_i64().unwrap() > 0, "{last}");
        assert_eq!(usage(&admin).await["requests"], 3);
        // A month later it begins anew.
        stage.app.clock.shift(Duration::from_secs(32 * 86_400));
        let mut lea = owner.clone();
        lea.sign_in().await;
        lea.post("/api/v1/ai/completions", ask("ok", tokens)).await.is(200);
    }

    async fn whatever_ends_a_call_its_reservation_goes(db: Db) {
        let simulator = Simulator::start(0).await.unwrap();
        let stage = staged(db.clone(), &simulator).await;
        let (admin, lea) = (stage.admin().await, stage.person().await);
        admin.put(LIMITS, json!({"limits": [{"scope": "instance", "tokens_day": 1_000_000}, {"scope": "user", "requests_day": 50, "cost_month_micro_eur": 900_000_000}]})).await.is(200);
        for (scenario, status) in [("ok", 200), ("500", 502), ("401a", 502), ("hang", 504)] {
            lea.post("/api/v1/ai/completions", ask(scenario, 20)).await.is(status);
        }
        let stream = json!({"messages": [{"role": "user", "content": "Bonjour"}], "model": "sim-slow_chunks", "stream": true});
        let response = lea.open(&Method::POST, "/api/v1/ai/chat/completions", Some(stream.to_string())).await;
        assert!(reserved(&db).await.0 > 0, "it runs");
        let mut body = response.into_body();
        body.frame().await.unwrap().unwrap();
        drop(body);
        let before = simulator.counts().started;
        let asking = lea.clone();
        let left = tokio::spawn(async move { asking.post("/api/v1/ai/completions", ask("hang", 20)).await });
        until("the provider is asked", || simulator.counts().started == before + 1).await;
        left.abort();
        let session = json!({"session": {"series": [{"shot_count": 5, "distance": 25, "points": 41}]}});
        lea.post("/coach/analyze-session", session).await.is(200);
        for _ in 0..50 {
            usage(&lea).await;
            if reserved(&db).await == (0, 0) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(reserved(&db).await, (0, 0));
    }

    async fn whatever_a_provider_does_the_coach_answers_and_nothing_stays_held(db: Db) {
        const REASONS: [&str; 9] = ["upstream_auth", "upstream_rejected", "upstream_rate_limited", "upstream_timeout", "upstream_unavailable",
            "ai_plan_without_quota", "unreadable", "ungrounded", "unsafe_answer"];
        let (simulator, stage) = (Simulator::start(0).await.unwrap(), Stage::new(db.clone()).await);
        let (admin, lea) = (stage.admin().await, stage.person().await);
        admin.put(LIMITS, json!({"limits": [{"scope": "instance", "tokens_day": 10_000_000}]})).await.is(200);
        for scenario in Scenario::ALL {
            let (name, asked) = (scenario.name(), simulator.counts().started);
            let lea = coached(&db, &simulator, name, &lea).await;
            let answer = lea.post("/coach/analyze-session", json!({"session": session()})).await.is(200);
            match (answer["source"].as_str(), answer["ai"]["degraded_reason"].as_str()) {
                (Some("rules"), Some(reason)) => assert!(REASONS.contains(&reason), "{name}: {reason}"),
                (Some("ai" | "hybrid"), None) => {}
                other => panic!("{name}: {other:?}"),
            }
            assert!(!answer["advice"].as_array().unwrap().is_empty() && !answer.to_string().contains("evil.example"), "{name}: {answer}");
            assert!(simulator.counts().started > asked, "{name}: it was asked");
            assert_eq!(reserved(&db).await, (0, 0), "{name}");
        }
        until("nobody is asked any more", || {
            let counts = simulator.counts();
            counts.started == counts.finished + counts.cancelled
        })
        .await;
    }

    async fn what_a_call_gives_back_is_there_for_the_next_one(db: Db) {
        let simulator = Simulator::start(0).await.unwrap();
        let stage = staged(db, &simulator).await;
        let (admin, lea, eve) = (stage.admin().await, stage.person().await, stage.person().await);
        let usage = lea.post("/api/v1/ai/completions", ask("ok", 500)).await.is(200)["usage"].clone();
        let used = usage["prompt_tokens"].as_i64().unwrap() + usage["completion_tokens"].as_i64().unwrap();
        // Room for one call at its most beside what another used, not for two at their most.
        admin.put(LIMITS, json!({"limits": [{"scope": "user", "id": eve.account, "tokens_day": used + 550}]})).await.is(200);
        for _ in 0..2 {
            eve.post("/api/v1/ai/completions", ask("ok", 500)).await.is(200);
        }
    }

    async fn requests_and_tokens_of_a_day_are_limited_too(db: Db) {
        let simulator = Simulator::start(0).await.unwrap();
        let stage = staged(db, &simulator).await;
        let (admin, lea, eve) = (stage.admin().await, stage.person().await, stage.person().await);
        lea.post("/api/v1/ai/completions", ask("ok", 50)).await.is(200);
        // What was used before there was a limit counts; whoever forgets their history does not begin anew.
        lea.delete("/api/v1/ai/interactions").await.is(204);
        admin.put(LIMITS, json!({"limits": [{"scope": "user", "requests_day": 2}, {"scope": "user", "id": eve.account, "tokens_day": 40}]})).await.is(200);
        lea.post("/api/v1/ai/completions", ask("ok", 50)).await.is(200);
        lea.post("/api/v1/ai/completions", ask("ok", 50)).await.fails(429, "budget_exceeded");
        eve.post("/api/v1/ai/completions", ask("ok", 50)).await.fails(429, "budget_exceeded");
        eve.post("/api/v1/ai/completions", ask("ok", 10)).await.is(200);
        let mistakes = simulator.counts().started;
        eve.post("/api/v1/ai/completions", json!({"prompt": "a", "model": "gpt-9"})).await.fails(422, "validation_failed");
        assert_eq!(simulator.counts().started, mistakes);
        assert_eq!(usage(&eve).await["requests"], 1);
    }

    async fn room_is_said_for_a_caller_only_where_a_limit_holds_and_the_larger_figure_counts(db: Db) {
        let simulator = Simulator::start(0).await.unwrap();
        let mut all = settings(&simulator.url());
        all.retain(|(name, _)| *name != "AI_PROFILE");
        let stage = Stage::with(db, &all.iter().map(|(n, v)| (*n, v.as_str())).chain([("AI_PROFILE", "openai")]).collect::<Vec<_>>()).await;
        let (admin, lea) = (stage.admin().await, stage.person().await);
        let chat = |more: Value| {
            let mut body = json!({"messages": [{"role": "user", "content": "Bonjour"}]});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        lea.post("/api/v1/ai/chat/completions", chat(json!({}))).await.is(200);
        assert_eq!(simulator.counts().last["max_tokens"], Value::Null);
        admin.put(LIMITS, json!({"limits": [{"scope": "user", "tokens_day": 5_000}]})).await.is(200);
        lea.post("/api/v1/ai/chat/completions", chat(json!({}))).await.is(200);
        assert_eq!(simulator.counts().last["max_tokens"], 2_048);
        let asked = simulator.counts().started;
        for beyond in [json!({"max_tokens": 1, "max_completion_tokens": 100_000}), json!({"max_tokens": 100, "n": 100}), json!({"max_tokens": 9, "tools": ["x".repeat(20_000)]})] {
            lea.post("/api/v1/ai/chat/completions", chat(beyond)).await.fails(429, "budget_exceeded");
        }
        assert_eq!(simulator.counts().started, asked);
    }

    async fn a_limit_may_name_models_and_a_pace(db: Db) {
        let simulator = Simulator::start(0).await.unwrap();
        let stage = staged(db, &simulator).await;
        let (admin, owner, eve) = (stage.admin().await, stage.org("Lanternes").await, stage.person().await);
        let said = json!({"limits": [{"scope": "org", "models": ["sim-json_ok", "sim-hang"]}, {"scope": "user", "requests_minute": 2}]});
        let set = owner.put(LIMITS, said).await.is(200);
        assert_eq!((&set["limits"][0]["models"], &owner.get(LIMITS).await.is(200)), (&json!(["sim-json_ok", "sim-hang"]), &set));
        // `sim-ok` is what the coach asks: it works by rules.
        owner.post("/api/v1/ai/completions", ask("ok", 9)).await.fails(403, "model_not_allowed");
        let session = json!({"session": {"series": [{"shot_count": 5, "distance": 25, "points": 41}]}});
        assert_eq!(owner.post("/coach/analyze-session", session).await.is(200)["ai"]["reason"], "model_not_allowed");
        for status in [200, 200, 429] {
            owner.post("/api/v1/ai/completions", ask("json_ok", 9)).await.is(status);
        }
        let tech = owner.brings("tech").await;
        tech.post("/api/v1/ai/completions", ask("json_ok", 9)).await.is(200);
        eve.post("/api/v1/ai/completions", ask("ok", 9)).await.is(200);
        admin.put(LIMITS, json!({"limits": [{"scope": "instance", "models": ["sim-json_ok"]}]})).await.is(200);
        eve.post("/api/v1/ai/completions", ask("ok", 9)).await.fails(403, "model_not_allowed");
    }

    async fn who_may_set_what(db: Db) {
        let simulator = Simulator::start(0).await.unwrap();
        let stage = staged(db, &simulator).await;
        let (admin, owner, alone) = (stage.admin().await, stage.org("Lanternes").await, stage.person().await);
        let tech = owner.brings("tech").await;
        for nobody in [&alone, &tech] {
            nobody.get(LIMITS).await.fails(403, "role_too_low");
            nobody.put(LIMITS, json!({"limits": []})).await.fails(403, "role_too_low");
            nobody.get("/api/v1/ai/usage?scope=org").await.fails(403, "role_too_low");
        }
        admin.put(LIMITS, json!({"limits": [{"scope": "org", "id": owner.org, "requests_day": 3}]})).await.is(200);
        let wrong = json!({"limits": [{"scope": "instance", "requests_day": 9}, {"scope": "user", "requests_day": -1}]});
        let faults = owner.put(LIMITS, wrong).await.fails(422, "validation_failed");
        assert_eq!((&faults["errors"][0]["field"], &faults["errors"][1]["field"]), (&json!("limits[0].scope"), &json!("limits[1].requests_day")));
        assert_eq!(owner.get(LIMITS).await.is(200), json!({"limits": []}), "the operator's are the operator's");
        // An organisation's own limit cannot lift the operator's, only stand beside it.
        owner.put(LIMITS, json!({"limits": [{"scope": "org", "requests_day": 100}, {"scope": "user", "id": tech.account, "requests_day": 1}]})).await.is(200);
        tech.post("/api/v1/ai/completions", ask("ok", 9)).await.is(200);
        tech.post("/api/v1/ai/completions", ask("ok", 9)).await.fails(429, "budget_exceeded");
        for status in [200, 200, 429] {
            owner.post("/api/v1/ai/completions", ask("ok", 9)).await.is(status);
        }
        alone.post("/api/v1/ai/completions", ask("ok", 9)).await.is(200);
        assert_eq!(owner.get("/api/v1/ai/usage?scope=org&period=day").await.is(200)["requests"], 3);
        assert_eq!(admin.get("/api/v1/ai/usage?scope=instance").await.is(200)["requests"], 4);
        owner.get("/api/v1/ai/usage?scope=instance").await.fails(403, "role_too_low");
        owner.get("/api/v1/ai/usage?period=year").await.fails(422, "validation_failed");
    }
}

/// Ten calls are at the provider when the server is killed; the next one holds back nothing, and the budget still stands.
fn killed(url: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let simulator = runtime.block_on(Simulator::start(0)).unwrap();
    let dir = scratch();
    let mut env = settings(&simulator.url());
    env.extend([("DATABASE_URL", url.to_owned()), ("DATA_DIR", dir.display().to_string()), ("TEST_CLOCK", "on".to_owned())]);
    env.push(("SECRET_KEY", "a secret of the killed server".to_owned()));
    env.push(("AI_TIMEOUT_SECONDS", "60".to_owned()));
    let env: Vec<_> = env.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let server = Arc::new(Server::start(&env));
    let token = server.owner();
    let limits = json!({"limits": [{"scope": "org", "cost_month_micro_eur": 200_000}]});
    assert_eq!(server.call("PUT", LIMITS, &token, &limits).unwrap().0, 200);
    let callers: Vec<_> = (0..64)
        .map(|_| {
            let (server, token) = (server.clone(), token.clone());
            std::thread::spawn(move || server.call("POST", "/api/v1/ai/completions", &token, &ask("hang", 20)).map(|(status, _)| status))
        })
        .collect();
    runtime.block_on(until("ten are asked", || simulator.counts().started >= 10));
    while callers.iter().filter(|caller| caller.is_finished()).count() < 54 {
        std::thread::sleep(Duration::from_millis(50));
    }
    server.kill();
    let refused =
        callers.into_iter().filter(|_| true).map(|caller| caller.join().unwrap()).filter(|status| matches!(status, Ok(429))).count();
    assert_eq!((refused, simulator.counts().started), (54, 10));
    drop(server);
    let server = Server::start(&env);
    let login = json!({"email": "lea@lanternes.example", "password": PASSWORD});
    // On SQLite nobody else can be at work, so it is known at once; elsewhere when no call of a dead server can be any more.
    let at = if url.starts_with("sqlite") { "x" } else { "x\r\nx-test-clock: +20m" };
    let (_, login) = server.call("POST", "/api/v1/auth/login", at, &login).unwrap();
    let token = login["access_token"].as_str().unwrap();
    assert_eq!(
        server.call("POST", "/api/v1/ai/completions", token, &ask("ok", 20)).unwrap().0,
        429,
        "what nobody knows of counts as spent"
    );
    let mut used = Value::Null;
    for _ in 0..200 {
        used = server.call("GET", "/api/v1/ai/usage", token, &Value::Null).unwrap().1;
        if used["limits"][0]["reserved_micro_eur"] == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!((&used["limits"][0]["reserved_micro_eur"], &used["limits"][0]["cost_micro_eur"]), (&json!(0), &json!(0)), "{used}");
    assert_eq!(simulator.counts().started, 10);
    let _ = std::fs::remove_dir_all(dir);
}
#[test]
fn a_killed_server_leaves_nothing_reserved() {
    let file = scratch();
    std::fs::create_dir_all(&file).unwrap();
    killed(&format!("sqlite:{}/killed.db", file.display()));
    let _ = std::fs::remove_dir_all(file);
}
#[test]
fn a_killed_server_leaves_nothing_reserved_on_postgres() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Some(store) = runtime.block_on(Fresh::empty_postgres()) {
        killed(&store.url);
    }
}

//! Completions against the simulator: every way a provider fails, streams byte for byte, and whoever leaves.

use crate::stage::{Person, Stage};
use axum::http::Method;
use base::{both_engines, testing::redis::until};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use simulator::{Scenario, Simulator};
use std::time::Duration;

const KEY: &str = "sk-canary-9f1c";

pub async fn staged(db: base::db::Db) -> (Simulator, Stage) {
    let simulator = Simulator::start(0).await.unwrap();
    let stage = asking(db, &simulator, &[]).await;
    (simulator, stage)
}
/// A server that asks this simulator, with more settings.
pub async fn asking(db: base::db::Db, simulator: &Simulator, more: &[(&str, &str)]) -> Stage {
    let models = Scenario::ALL.iter().map(|s| format!("sim-{}", s.name())).collect::<Vec<_>>().join(",");
    let url = simulator.url();
    let settings = [
        ("AI_BASE_URL", url.as_str()),
        ("AI_PROFILE", "mistral"),
        ("MISTRAL_API_KEY", KEY),
        ("AI_MODEL", "sim-ok"),
        ("AI_MODELS", &models),
        ("AI_TIMEOUT_SECONDS", "2"),
        ("AI_LIMIT", "off"),
    ];
    Stage::with(db, &[&settings, more].concat()).await
}
pub fn prompt(scenario: &str) -> Value {
    json!({"prompt": "Question canari-4711", "model": format!("sim-{scenario}")})
}
pub fn chat(scenario: &str) -> Value {
    json!({"messages": [{"role": "user", "content": "Question canari-4711"}], "model": format!("sim-{scenario}"), "stream": true})
}
async fn whole(response: axum::response::Response) -> Vec<u8> {
    response.into_body().collect().await.unwrap().to_bytes().to_vec()
}
async fn streamed(person: &Person, scenario: &str) -> Vec<u8> {
    let response = person.open(&Method::POST, "/api/v1/ai/chat/completions", Some(chat(scenario).to_string())).await;
    assert_eq!(response.status(), 200, "{scenario}");
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    assert_eq!(
        (response.headers()["cache-control"].as_bytes(), response.headers()["x-accel-buffering"].as_bytes()),
        (&b"no-store"[..], &b"no"[..])
    );
    whole(response).await
}

both_engines! {
    async fn every_failure_has_its_code_and_nothing_leaks(db: Db) {
        let (_simulator, stage) = staged(db).await;
        let lea = stage.person().await;
        let ends = [
            ("401a", 502, "upstream_auth"),
            ("401b", 502, "upstream_auth"),
            ("403", 502, "upstream_auth"),
            ("404", 502, "upstream_rejected"),
            ("400_model", 502, "upstream_rejected"),
            ("422_obj", 502, "upstream_rejected"),
            ("422_str", 502, "upstream_rejected"),
            ("422_array", 502, "upstream_rejected"),
            ("429_rate", 429, "upstream_rate_limited"),
            ("429_capacity", 429, "upstream_rate_limited"),
            ("429_zero_plan", 503, "ai_plan_without_quota"),
            ("500", 502, "upstream_unavailable"),
            ("503", 502, "upstream_unavailable"),
            ("html_502", 502, "upstream_unavailable"),
            ("cut_mid_chunk", 502, "upstream_unavailable"),
            ("hang", 504, "upstream_timeout"),
        ];
        for (scenario, status, code) in ends {
            let failed = lea.post("/api/v1/ai/completions", prompt(scenario)).await;
            let text = format!("{:?}{:?}", failed.headers, failed.body);
            assert!(
                !["canari-4711", KEY, "Invalid model", "Extra inputs", "tier", "<h1>", "127.0.0.1"].iter().any(|w| text.contains(w)),
                "{text}"
            );
            failed.fails(status, code);
        }
        for scenario in ["ok", "ok_list_content", "thinking", "slow_first_byte"] {
            let done = lea.post("/api/v1/ai/completions", prompt(scenario)).await.is(200);
            assert_eq!(done["completion"], "Réponse simulée : visez, respirez, lâchez.", "{scenario}");
            assert_eq!((done["source"].as_str(), done["model"].as_str()), (Some("ai"), Some("simulator")));
            assert!(done["usage"]["total_tokens"].as_u64().unwrap() > 0);
        }
        assert_eq!(lea.post("/api/v1/ai/completions", prompt("empty")).await.is(200)["completion"], "");
        let rendered = stage.app.metrics.render();
        for (model, refused) in [("sim-ok", 0), ("sim-403", 1)] {
            let line = format!("ai_requests_total{{provider=\"mistral\",model=\"{model}\",source=\"ai\",code=\"upstream_auth\"}} {refused}\n");
            assert!(rendered.contains(&line), "{line} is watched from the beginning: {rendered}");
        }
        assert!(rendered.contains(r#"ai_requests_total{provider="mistral",model="sim-hang",source="ai",code="upstream_timeout"} 1"#), "{rendered}");
        assert!(rendered.contains("ai_inflight 0"));
    }

    async fn a_first_503_is_tried_again_and_a_refusal_is_not(db: Db) {
        let (simulator, stage) = staged(db).await;
        let lea = stage.person().await;
        lea.post("/api/v1/ai/completions", prompt("503_once")).await.is(200);
        assert_eq!(simulator.counts().started, 2);
        lea.post("/api/v1/ai/completions", prompt("422_obj")).await.fails(502, "upstream_rejected");
        assert_eq!(simulator.counts().started, 3);
        lea.post("/api/v1/ai/completions", prompt("429_rate")).await.fails(429, "upstream_rate_limited");
        assert_eq!(simulator.counts().started, 5, "its Retry-After of a second fits into the patience, once");
    }

    async fn a_model_that_fails_rests_and_callers_mistakes_do_not_count(db: Db) {
        let (simulator, stage) = staged(db).await;
        let (lea, hugo) = (stage.person().await, stage.person().await);
        for _ in 0..8 {
            hugo.post("/api/v1/ai/completions", prompt("422_obj")).await.fails(502, "upstream_rejected");
            hugo.post("/api/v1/ai/completions", prompt("401a")).await.fails(502, "upstream_auth");
        }
        for _ in 0..3 {
            hugo.post("/api/v1/ai/completions", prompt("500")).await.fails(502, "upstream_unavailable");
        }
        let before = simulator.counts().started;
        let resting = lea.post("/api/v1/ai/completions", prompt("500")).await;
        assert!(resting.header("retry-after").parse::<u64>().unwrap() >= 1);
        resting.fails(503, "circuit_open");
        assert_eq!(simulator.counts().started, before, "nobody asks while it rests");
        let seen = stage.anyone().get("/metrics").await.is(200).as_str().unwrap_or_default().to_owned();
        for (model, state) in [("sim-500", 1), ("sim-422_obj", 0), ("sim-ok", 0)] {
            assert!(seen.contains(&format!("ai_breaker_state{{model=\"{model}\"}} {state}\n")), "{model}: {seen}");
        }
        lea.post("/api/v1/ai/completions", prompt("ok")).await.is(200);
        let models = lea.get("/api/v1/ai/models").await.is(200);
        let state = |id: &str| models["data"].as_array().unwrap().iter().find(|m| m["id"] == id).unwrap()["state"].clone();
        assert_eq!(
            (state("sim-500"), state("sim-422_obj"), models["data"][0]["id"].as_str()),
            (json!("resting"), json!("ready"), Some("sim-ok"))
        );
        stage.app.clock.shift(Duration::from_secs(16));
        lea.post("/api/v1/ai/completions", prompt("500")).await.fails(502, "upstream_unavailable");
        assert!(simulator.counts().started > before, "one probe after the rest");
    }

    async fn a_stream_passes_byte_for_byte(db: Db) {
        let (simulator, stage) = staged(db).await;
        let lea = stage.person().await;
        let client = reqwest::Client::builder().build().unwrap();
        for scenario in ["ok", "split_utf8", "crlf", "comments", "burst", "slow_chunks", "huge_event"] {
            let passed = streamed(&lea, scenario).await;
            let asked = simulator.counts().last;
            assert!(asked["stream"] == true && asked["stream_options"].is_null(), "{asked}");
            let direct = client.post(format!("{}/chat/completions", simulator.url())).bearer_auth(KEY).body(asked.to_string());
            let direct = direct.send().await.unwrap().bytes().await.unwrap();
            assert!(passed == direct, "{scenario}: {} bytes of {}", passed.len(), direct.len());
        }
    }

    async fn a_stream_that_breaks_off_says_so_and_never_claims_to_be_done(db: Db) {
        let (_simulator, stage) = staged(db).await;
        let lea = stage.person().await;
        for scenario in ["cut_mid_chunk", "cut_before_done", "done_missing"] {
            let text = String::from_utf8(streamed(&lea, scenario).await).unwrap();
            let error = text.rsplit("data: ").next().unwrap();
            let error: Value = serde_json::from_str(error.trim()).unwrap_or_else(|_| panic!("{scenario}: {text}"));
            assert_eq!(error["error"]["code"], "upstream_disconnected");
            assert!(error["error"]["request_id"].is_string() && !text.contains("[DONE]"), "{text}");
        }
        let refused = lea.post("/api/v1/ai/chat/completions", chat("422_obj")).await;
        refused.fails(502, "upstream_rejected");
    }

    async fn whoever_leaves_ends_it_at_the_provider(db: Db) {
        let (simulator, stage) = staged(db).await;
        let lea = stage.person().await;
        let ask = |body: Value| {
            let lea = lea.clone();
            tokio::spawn(async move { lea.open(&Method::POST, "/api/v1/ai/chat/completions", Some(body.to_string())).await })
        };
        // Before the first byte, streaming or not.
        let mut silent = chat("hang");
        for (n, stream) in [true, false].into_iter().enumerate() {
            silent["stream"] = json!(stream);
            let asking = ask(silent.clone());
            until("the provider is asked", || simulator.counts().started == n + 1).await;
            asking.abort();
            until("the provider is left", || simulator.counts().cancelled == n + 1).await;
        }
        // In the middle of a stream.
        let response = ask(chat("slow_chunks")).await.unwrap();
        let mut body = response.into_body();
        body.frame().await.unwrap().unwrap();
        drop(body);
        until("the provider is left", || simulator.counts().cancelled == 3).await;
        assert!(stage.app.metrics.render().contains("ai_inflight 0"));
    }

    async fn no_more_than_its_seats_are_asked_at_once(db: Db) {
        let simulator = Simulator::start(0).await.unwrap();
        // The wait for a seat is part of the patience, and a busy machine is slow.
        let stage = asking(db, &simulator, &[("AI_TIMEOUT_SECONDS", "60")]).await;
        let lea = stage.person().await;
        let asked: Vec<_> = (0..80)
            .map(|_| {
                let lea = lea.clone();
                tokio::spawn(async move { lea.post("/api/v1/ai/completions", prompt("slow_first_byte")).await })
            })
            .collect();
        for answer in asked {
            answer.await.unwrap().is(200);
        }
        assert_eq!((simulator.counts().peak_concurrency, simulator.counts().finished), (32, 80));
    }

    async fn only_fields_that_the_provider_knows_go_out(db: Db) {
        let (simulator, stage) = staged(db).await;
        let lea = stage.person().await;
        let sdk = json!({"model": "sim-ok", "messages": [{"role": "user", "content": [{"type": "text", "text": "Bonjour"}]}],
            "max_completion_tokens": 9, "seed": 3, "user": "u1", "store": false, "logprobs": false, "stream_options": {"include_usage": true}});
        let answer = lea.post("/api/v1/ai/chat/completions", sdk).await.is(200);
        assert_eq!(answer["choices"][0]["message"]["role"], "assistant");
        let sent = simulator.counts().last;
        assert_eq!((sent["max_tokens"].as_u64(), sent["random_seed"].as_u64(), sent["user"].is_null()), (Some(9), Some(3), true));
        assert!(!sent.to_string().contains(&lea.email) && !sent.to_string().contains(&lea.account), "nothing says who asks");
    }

    async fn of_a_long_conversation_the_newest_turns_go_out(db: Db) {
        let (simulator, stage) = staged(db).await;
        let lea = stage.person().await;
        let said = |role: &str, n: usize| json!({"role": role, "content": format!("{n} {}", "mot ".repeat(100))});
        let turns = (0..15).flat_map(|n| [said("user", n), said("assistant", n)]);
        let messages: Vec<Value> = [said("system", 99)].into_iter().chain(turns).chain([said("user", 15)]).collect();
        lea.post("/api/v1/ai/chat/completions", json!({"messages": messages})).await.is(200);
        let sent = simulator.counts().last["messages"].clone();
        let (first, last) = (sent[1]["content"].as_str().unwrap(), sent[19]["content"].as_str().unwrap());
        assert_eq!((sent.as_array().unwrap().len(), &sent[0]), (20, &messages[0]));
        assert!(first.starts_with("6 ") && sent[1]["role"] == "user" && last.starts_with("15 "), "{sent}");
        assert!(sent.to_string().chars().count() > 4_000, "more than a prompt may have");
    }

    async fn a_mistake_costs_neither_a_turn_nor_a_call(db: Db) {
        let simulator = Simulator::start(0).await.unwrap();
        let url = simulator.url();
        let stage =
            Stage::with(db, &[("AI_BASE_URL", &url), ("AI_MODEL", "sim-ok"), ("MISTRAL_API_KEY", KEY), ("AI_LIMIT", "1/60s")]).await;
        let lea = stage.person().await;
        let one = |body: Value| {
            let lea = lea.clone();
            async move { lea.post("/ai/completions", body).await }
        };
        let many = |body: Value| {
            let lea = lea.clone();
            async move { lea.post("/api/v1/ai/chat/completions", body).await }
        };
        one(json!({})).await.fails(422, "validation_failed");
        one(json!({"prompt": "  "})).await.fails(422, "validation_failed");
        one(json!({"prompt": "é".repeat(4_001)})).await.fails(400, "prompt_too_long");
        one(json!({"prompt": "a", "model": "gpt-9"})).await.fails(422, "validation_failed");
        one(json!({"prompt": "a", "max_tokens": 0})).await.fails(422, "validation_failed");
        one(json!({"prompt": "a", "temperature": 1})).await.fails(422, "validation_failed");
        many(json!({"messages": []})).await.fails(422, "validation_failed");
        let wrong = many(json!({"messages": [{"role": "user", "content": "a"}, {"role": "pirate", "content": "b"}]}))
            .await
            .fails(422, "validation_failed");
        assert_eq!(wrong["errors"][0]["field"], "messages[1].role");
        many(json!({"messages": [{"role": "user", "content": 5}]})).await.fails(422, "validation_failed");
        for (field, wrong) in [("max_tokens", json!(0)), ("max_completion_tokens", json!(1e3)), ("n", json!("2")), ("n", json!(129))] {
            let refused = many(json!({"messages": [{"role": "user", "content": "a"}], field: wrong})).await.fails(422, "validation_failed");
            assert_eq!(refused["errors"][0]["field"], field);
        }
        let talk = json!({"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "é".repeat(4_001)}]});
        assert_eq!(many(talk).await.fails(400, "prompt_too_long")["errors"][0]["field"], "messages[1].content");
        stage.anyone().post("/ai/completions", json!({"prompt": "a"})).await.fails(401, "unauthenticated");
        assert_eq!(simulator.counts().started, 0);
        one(json!({"prompt": "é".repeat(4_000)})).await.is(200);
        one(json!({"prompt": "a"})).await.fails(429, "rate_limited");
    }

    async fn without_a_provider_completions_say_how_to_set_one_up(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        for stream in [true, false] {
            let answer = lea.post("/api/v1/ai/completions", json!({"prompt": "a", "stream": stream})).await.fails(503, "ai_not_configured");
            let lines: Vec<_> = answer["suggestions"].as_array().unwrap().iter().map(|l| l.as_str().unwrap().split('=').next().unwrap()).collect();
            assert_eq!(lines, ["MISTRAL_API_KEY", "AI_BASE_URL", "AI_MODEL"]);
        }
        let model = lea.get("/api/v1/ai/models").await.is(200)["data"][0].clone();
        let price = json!({"input_eur_per_mtok": 0.12, "output_eur_per_mtok": 0.5, "cached_eur_per_mtok": 0.012});
        assert_eq!((&model["state"], &model["price"]), (&json!("not_configured"), &price));
    }
}

//! What was asked of models is remembered however it ended, read by its owner alone, and forgotten in time.

use crate::{
    completions::{asking, chat, prompt, staged},
    stage::{Person, Stage},
};
use axum::http::Method;
use base::{
    both_engines,
    db::Db as Store,
    sql,
    testing::redis::{Server, until},
};
use coach::history::{Ledger, model::Entry};
use coulisses::retention::sweep;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use simulator::Simulator;
use std::time::Duration;

const LIST: &str = "/api/v1/ai/interactions";
const DAY: Duration = Duration::from_secs(86_400);

/// What a person sees of their newest call.
async fn newest(person: &Person) -> Value {
    person.get(&format!("{LIST}?limit=1")).await.is(200)[0].clone()
}
async fn script(db: &Store, script: &str) {
    let mut tx = db.begin().await.unwrap();
    tx.script(script).await.unwrap();
    tx.commit().await.unwrap();
}
fn summary(call: &Value) -> (&str, Option<&str>, bool) {
    (call["status"].as_str().unwrap(), call["error_code"].as_str(), call["completed_at"].is_string())
}

both_engines! {
    async fn every_call_is_a_row_however_it_ended(db: Db) {
        let (_simulator, stage) = staged(db.clone()).await;
        let (lea, eve) = (stage.person().await, stage.person().await);
        let answer = lea.post("/api/v1/ai/completions", prompt("ok")).await;
        let id = answer.header("x-interaction-id").to_owned();
        answer.is(200);
        let whole = lea.get(&format!("{LIST}/{id}")).await.is(200);
        assert_eq!((summary(&whole), &whole["upstream_request_id"]), (("ok", None, true), &json!("sim-0001")));
        assert_eq!((&whole["kind"], &whole["model"], &whole["model_used"]), (&json!("chat"), &json!("sim-ok"), &json!("simulator")));
        assert!(whole["prompt_tokens"].as_i64().unwrap() > 0 && whole["completion_tokens"].as_i64().unwrap() > 0 && whole["usage_estimated"] == false);
        assert_eq!(whole["messages"], json!([{"role": "user", "content": "Question canari-4711"},
            {"role": "assistant", "content": "Réponse simulée : visez, respirez, lâchez."}]));
        for (scenario, status, code) in [("500", 502, "upstream_unavailable"), ("401a", 502, "upstream_auth"), ("hang", 504, "upstream_timeout")] {
            lea.post("/api/v1/ai/completions", prompt(scenario)).await.fails(status, code);
            assert_eq!(summary(&newest(&lea).await), ("error", Some(code), true), "{scenario}");
        }
        for (scenario, status, code) in [("ok", "ok", None), ("cut_before_done", "error", Some("upstream_disconnected"))] {
            let body = lea.open(&Method::POST, "/api/v1/ai/chat/completions", Some(chat(scenario).to_string())).await.into_body();
            body.collect().await.unwrap();
            let call = newest(&lea).await;
            assert_eq!((summary(&call), &call["streamed"], &call["cached_tokens"]), ((status, code, true), &json!(true), &json!(0)), "{scenario}");
            let said = lea.get(&format!("{LIST}/{}", call["id"].as_str().unwrap())).await.is(200)["messages"][1]["content"].clone();
            assert_eq!(said, "Réponse simulée : visez, respirez, lâchez.", "{scenario}");
        }
        // In the store the words are sealed; the published server's six columns are a view.
        let rows: Vec<(String, String, String)> = db.all(sql!("select role, content, user_id from ai_interaction_seed order by created_at"), &[]).await.unwrap();
        assert!(rows.iter().any(|(role, ..)| role == "user") && rows.iter().all(|(_, content, who)| !content.contains("canari") && *who == lea.account));
        assert_eq!(eve.get(LIST).await.is(200), json!([]));
        eve.get(&format!("{LIST}/{id}")).await.fails(404, "not_found");
        eve.delete(&format!("{LIST}/{id}")).await.fails(404, "not_found");
    }

    async fn whoever_leaves_or_cancels_has_a_row_too(db: Db) {
        let (simulator, stage) = staged(db).await;
        let (lea, eve) = (stage.person().await, stage.person().await);
        let response = lea.open(&Method::POST, "/api/v1/ai/chat/completions", Some(chat("slow_chunks").to_string())).await;
        let mut body = response.into_body();
        body.frame().await.unwrap().unwrap();
        assert_eq!(newest(&lea).await["status"], "running");
        drop(body);
        until("the provider is left", || simulator.counts().cancelled == 1).await;
        let left = newest(&lea).await;
        assert_eq!(summary(&left), ("cancelled", Some("client_closed"), true));
        assert!(left["usage_estimated"] == true && left["prompt_tokens"].as_i64().unwrap() > 0);
        // Ended by its owner, streaming or not; by nobody else.
        for stream in [true, false] {
            let asking = lea.clone();
            let mut silent = chat("hang");
            silent["stream"] = json!(stream);
            let asked = tokio::spawn(async move { asking.open(&Method::POST, "/api/v1/ai/chat/completions", Some(silent.to_string())).await });
            let before = simulator.counts().cancelled;
            until("the provider is asked", || simulator.counts().started == before + 1).await;
            let id = newest(&lea).await["id"].as_str().unwrap().to_owned();
            eve.post(&format!("{LIST}/{id}:cancel"), json!({})).await.fails(404, "not_found");
            lea.post(&format!("{LIST}/{id}:cancel"), json!({})).await.is(204);
            until("the provider is left", || simulator.counts().cancelled == before + 1).await;
            if !stream {
                assert_eq!(asked.await.unwrap().status(), 409);
            }
            assert_eq!(summary(&newest(&lea).await), ("cancelled", Some("cancelled"), true));
            lea.post(&format!("{LIST}/{id}:cancel"), json!({})).await.fails(409, "not_running");
        }
        let metrics = stage.app.metrics.render();
        for (side, calls) in [("client", 1), ("owner", 2)] {
            assert!(metrics.contains(&format!("ai_cancelled_total{{side=\"{side}\"}} {calls}\n")), "{side}: {metrics}");
        }
    }

    async fn the_coach_is_in_the_history_with_its_answer(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let analysis = lea.post("/coach/analyze-session", json!({"session": {"series": [{"shot_count": 5, "distance": 25, "points": 41}]}})).await.is(200);
        let id = analysis["interaction_id"].as_str().unwrap();
        let whole = lea.get(&format!("{LIST}/{id}")).await.is(200);
        assert_eq!((&whole["kind"], &whole["source"], &whole["status"]), (&json!("coach"), &json!("rules"), &json!("ok")));
        assert_eq!(whole["answer"]["facts"], analysis["facts"]);
        lea.delete(&format!("{LIST}/{id}")).await.is(204);
        lea.get(&format!("{LIST}/{id}")).await.fails(404, "not_found");
        lea.get(&format!("/api/v1/coach/advice/{id}")).await.fails(404, "not_found");
    }

    async fn pages_and_forgetting(db: Db) {
        let (_simulator, stage) = staged(db.clone()).await;
        let lea = stage.person().await;
        for _ in 0..5 {
            lea.post("/api/v1/ai/completions", prompt("ok")).await.is(200);
        }
        let (mut seen, mut next) = (vec![], Some(format!("{LIST}?limit=2")));
        while let Some(path) = next {
            let page = lea.get(&path).await;
            next = page.headers.get("link").map(|l| l.to_str().unwrap().split(['<', '>']).nth(1).unwrap().to_owned());
            seen.extend(page.is(200).as_array().unwrap().iter().map(|c| c["id"].clone()));
        }
        assert_eq!(seen.len(), 5);
        assert_eq!(lea.get("/api/v1/me/ai/interactions").await.is(200).as_array().unwrap().len(), 5);
        lea.get(&format!("{LIST}?cursor=x")).await.fails(400, "bad_cursor");
        let export = lea.get("/api/v1/me/export").await.is(200)["rooms"]["coach"]["interactions"].clone();
        assert_eq!((export.as_array().unwrap().len(), &export[0]["messages"][0]["content"]), (5, &json!("Question canari-4711")));
        let left = async || db.one::<(i64,)>(sql!("select count(*) from ai_messages"), &[]).await.unwrap().0;
        assert_eq!(left().await, 10);
        lea.delete(&format!("{LIST}/{}", seen[0].as_str().unwrap())).await.is(204);
        assert_eq!(left().await, 8, "what was said in one is gone at once");
        lea.delete("/api/v1/me/ai/interactions").await.is(204);
        assert_eq!(lea.get(LIST).await.is(200), json!([]));
        assert_eq!(left().await, 0, "and in all");
    }

    async fn words_go_after_thirty_days_rows_after_thirteen_months_both_with_their_account(db: Db) {
        let (_simulator, stage) = staged(db.clone()).await;
        let mut lea = stage.person().await;
        let counts = async || {
            let (rows,): (i64,) = db.one(sql!("select count(*) from ai_interactions"), &[]).await.unwrap();
            let (words,): (i64,) = db.one(sql!("select count(*) from ai_messages"), &[]).await.unwrap();
            (rows, words)
        };
        lea.post("/api/v1/ai/completions", prompt("ok")).await.is(200);
        newest(&lea).await;
        for (days, left) in [(29, (1, 2)), (31, (1, 0)), (395, (1, 0)), (397, (0, 0))] {
            stage.app.clock.shift(DAY * days);
            sweep(&stage.app).await;
            assert_eq!(counts().await, left, "after {days} days");
        }
        lea.sign_in().await;
        lea.post("/api/v1/ai/completions", prompt("ok")).await.is(200);
        newest(&lea).await;
        lea.delete("/api/v1/me").await.is(202);
        stage.outbox().await;
        stage.app.clock.shift(DAY * 412);
        sweep(&stage.app).await;
        assert_eq!(counts().await, (0, 0), "with the account");
    }

    async fn nothing_is_kept_where_the_operator_wants_nothing_kept(db: Db) {
        let simulator = Simulator::start(0).await.unwrap();
        let url = simulator.url();
        let settings = [("AI_BASE_URL", url.as_str()), ("MISTRAL_API_KEY", "k"), ("AI_MODEL", "sim-ok"), ("AI_PROFILE", "mistral"), ("AI_CONTENT_DAYS", "0")];
        let lea = Stage::with(db.clone(), &settings).await.person().await;
        lea.post("/api/v1/ai/completions", json!({"prompt": "Bonjour"})).await.is(200);
        let id = newest(&lea).await["id"].as_str().unwrap().to_owned();
        assert_eq!(lea.get(&format!("{LIST}/{id}")).await.is(200)["messages"], json!([]));
        // Nor what the coach answered: it has no address then, and nobody can follow it.
        let session = json!({"session": {"series": [{"shot_count": 5, "distance": 25, "points": 41, "group_size_cm": 9.0}]}});
        let answer = lea.post("/api/v1/coach/advice", session.clone()).await;
        assert!(!answer.headers.contains_key("location") && answer.is(200)[0]["advice"].is_string());
        let id = lea.post("/coach/analyze-session", session).await.is(200)["id"].as_str().unwrap().to_owned();
        lea.get(&format!("/api/v1/coach/advice/{id}")).await.fails(404, "not_found");
        lea.get(&format!("/api/v1/coach/advice/{id}/feedback")).await.fails(404, "not_found");
        assert_eq!(newest(&lea).await["kind"], "coach", "that it answered is remembered");
        for table in [sql!("select count(*) from coach_answers"), sql!("select count(*) from coach_advice"), sql!("select count(*) from ai_messages")] {
            assert_eq!(db.one::<(i64,)>(table, &[]).await.unwrap().0, 0);
        }
    }

    async fn the_coachs_answers_go_with_what_was_said(db: Db) {
        let stage = Stage::with(db.clone(), &[("AI_CONTENT_DAYS", "3")]).await;
        let lea = stage.person().await;
        let answer = lea.post("/api/v1/coach/advice", json!({"session": {"series": [{"shot_count": 5, "distance": 25, "points": 41}]}})).await;
        let at = answer.header("location").to_owned();
        answer.is(200);
        for (days, left) in [(2, 1), (4, 0)] {
            stage.app.clock.shift(DAY * days);
            sweep(&stage.app).await;
            assert_eq!(db.one::<(i64,)>(sql!("select count(*) from coach_answers"), &[]).await.unwrap().0, left);
        }
        let mut lea = lea;
        lea.sign_in().await;
        lea.get(&at).await.fails(404, "not_found");
    }

    async fn a_store_that_cannot_be_written_to_costs_rows_and_no_answer(db: Db) {
        let (_simulator, stage) = staged(db.clone()).await;
        let lea = stage.person().await;
        script(&db, "drop view ai_interaction_seed; alter table ai_interactions rename to gone").await;
        lea.post("/api/v1/ai/completions", prompt("ok")).await.is(200);
        lea.post("/api/v1/coach/advice", json!({"goal": "Tenir dix séries"})).await.is(200);
        let lost = || {
            let text = stage.app.metrics.render();
            text.lines().find_map(|l| l.strip_prefix("ai_history_dropped_total ")?.parse::<u64>().ok()).unwrap_or_default()
        };
        until("what was not remembered is counted", || lost() >= 2).await;
        script(&db, "alter table gone rename to ai_interactions").await;
        lea.post("/api/v1/ai/completions", prompt("ok")).await.is(200);
        until("nothing waits", || stage.app.metrics.render().contains("ai_history_queue_depth 0")).await;
        assert_eq!(newest(&lea).await["status"], "ok");
        assert_eq!(lost(), 2, "calls are counted, not their beginnings and ends");
    }

    async fn what_waits_for_a_store_that_is_away_stays_small(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let lea = stage.person().await;
        let (account, ledger) = (lea.account.parse().unwrap(), Ledger::of(&stage.app));
        let metric = |name: &str| {
            let text = stage.app.metrics.render();
            text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' ')?.parse::<f64>().ok()).unwrap_or_default()
        };
        let call = |said: usize| {
            let mut entry = Entry::new(base::id::v4(), account, None, "chat", "sim-ok", stage.app.now());
            ["user", "assistant"].iter().for_each(|role| entry.says(role, &"é".repeat(said)));
            (entry.status, entry.completed_at) = ("ok", Some(stage.app.now()));
            entry
        };
        script(&db, "drop view ai_interaction_seed; alter table ai_interactions rename to gone").await;
        // Few that said much, then many that said little: bounded in bytes, and in number.
        let mut noted = 0.0;
        for (calls, said) in [(300, 16_000), (600, 10)] {
            for _ in 0..calls {
                ledger.note(&stage.app, call(said));
                noted += 1.0;
                let (waiting, bytes) = (metric("ai_history_queue_depth"), metric("ai_history_queue_bytes"));
                assert!(waiting <= 256.0 && bytes <= 4_194_304.0, "{waiting} calls, {bytes} bytes");
            }
            let dropped = metric("ai_history_dropped_total");
            assert!(dropped > noted / 2.0, "{dropped}");
            let mut begun = call(said);
            (begun.status, begun.completed_at) = ("running", None);
            ledger.note(&stage.app, begun);
            assert_eq!(metric("ai_history_dropped_total"), dropped, "a call that goes on is not lost yet");
            until("what waited was given up", || metric("ai_history_queue_bytes") == 0.0).await;
            assert_eq!(metric("ai_history_dropped_total"), noted, "each is counted once");
        }
        script(&db, "alter table gone rename to ai_interactions").await;
        ledger.note(&stage.app, call(10));
        ledger.flush().await;
        assert_eq!(newest(&lea).await["status"], "ok");
        assert_eq!(metric("ai_history_dropped_total"), noted);
    }

    async fn a_call_is_ended_from_another_replica(db: Db) {
        let Some(redis) = Server::start() else { return };
        let (simulator, url) = (Simulator::start(0).await.unwrap(), redis.url());
        let settings = [("REDIS_URL", url.as_str()), ("AI_TIMEOUT_SECONDS", "20")];
        let (here, there) = (asking(db.clone(), &simulator, &settings).await, asking(db, &simulator, &settings).await);
        until("both hear each other", || here.app.bus.up() && there.app.bus.up()).await;
        let (lea, eve) = (here.person().await, here.person().await);
        let (afar, stranger) = (Person::of(&there, &lea), Person::of(&there, &eve));
        for stream in [true, false] {
            let (asking, before) = (lea.clone(), simulator.counts().cancelled);
            let mut silent = chat("hang");
            silent["stream"] = json!(stream);
            let asked = tokio::spawn(async move { asking.open(&Method::POST, "/api/v1/ai/chat/completions", Some(silent.to_string())).await });
            until("the provider is asked", || simulator.counts().started == before + 1).await;
            let id = newest(&lea).await["id"].as_str().unwrap().to_owned();
            stranger.post(&format!("{LIST}/{id}:cancel"), json!({})).await.fails(404, "not_found");
            afar.post(&format!("{LIST}/{id}:cancel"), json!({})).await.is(204);
            until("the provider is left", || simulator.counts().cancelled == before + 1).await;
            if !stream {
                assert_eq!(asked.await.unwrap().status(), 409);
            }
            assert_eq!(summary(&newest(&lea).await), ("cancelled", Some("cancelled"), true));
            afar.post(&format!("{LIST}/{id}:cancel"), json!({})).await.fails(409, "not_running");
        }
        here.outbox().await;
    }

    async fn what_a_dead_server_left_running_is_closed(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let lea = stage.person().await;
        let now = stage.app.now().micros();
        script(&db, &format!("insert into ai_interactions (id, account_id, kind, model, source, status, streamed, prompt_tokens, completion_tokens, usage_estimated, cost_micro_eur, created_at)
            values ('{}', '{}', 'chat', 'm', 'ai', 'running', false, 0, 0, false, 0, {now})", base::id::v4(), lea.account)).await;
        coach::sweep(&stage.app, false).await.unwrap();
        assert_eq!(newest(&lea).await["status"], "running", "another server may be at work on it");
        coach::sweep(&stage.app, true).await.unwrap();
        assert_eq!(summary(&newest(&lea).await), ("error", Some("abandoned"), true));
    }
}

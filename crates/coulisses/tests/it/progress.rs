//! Several sessions over time, and what became of advice.

use crate::stage::{Person, Stage};
use base::{both_engines, sql};
use serde_json::{Value, json};
use std::time::Duration;

fn session(mean: f64, day: u32) -> Value {
    let series = json!({"shot_count": 5, "distance": 25, "points": mean * 5.0, "group_size_cm": 9.0, "hand_method": "two"});
    json!({"date": format!("2026-07-{day:02}T10:00:00.000"), "series": [series, series, series]})
}
/// An answer of the coach to a session, by its id.
async fn advised(person: &Person, mean: f64) -> String {
    let answer = person.post("/api/v1/coach/advice", json!({"session": session(mean, 1), "locale": "en"})).await;
    let id = answer.header("location").rsplit('/').next().unwrap().to_owned();
    answer.is(200);
    id
}

both_engines! {
    async fn progress_is_what_chance_does_not_explain(db: Db) {
        let stage = Stage::with(db, &[("COACH_LIMIT", "off")]).await;
        let lea = stage.person().await;
        let ask = |means: &[f64]| {
            let sessions: Vec<_> = means.iter().enumerate().map(|(n, mean)| session(*mean, n as u32 + 1)).rev().collect();
            let lea = lea.clone();
            async move { lea.post("/api/v1/coach/analyze-progress", json!({"sessions": sessions, "locale": "fr"})).await }
        };
        for (means, verdict, title) in [
            (vec![8.0, 8.2, 8.3, 8.5, 8.8, 9.0], "rising", "Ça progresse\u{a0}: montez d’un cran"),
            (vec![9.0, 8.8, 8.7, 8.5, 8.3], "falling", "Les résultats baissent"),
            (vec![8.6, 8.4, 8.7, 8.5, 8.6], "no_evidence", "Un palier"),
            (vec![8.0, 9.0], "insufficient_data", "Trop peu de séances pour conclure"),
        ] {
            let answer = ask(&means).await.is(200);
            let trend = answer["facts"].as_array().unwrap().iter().find(|f| f["metric"] == "progress").unwrap();
            assert_eq!((trend["verdict"].as_str(), answer["advice"][0]["title"].as_str()), (Some(verdict), Some(title)), "{answer:#}");
            assert_eq!((answer["model"].as_str(), answer["source"].as_str()), (Some("rules/progress@1"), Some("rules")));
        }
        ask(&[8.0]).await.fails(422, "validation_failed");
        let wrong = json!({"sessions": [session(8.0, 1), {"series": [{"shot_count": 0, "distance": 25, "points": 1}]}]});
        lea.post("/api/v1/coach/analyze-progress", wrong).await.fails(422, "validation_failed");
    }

    async fn followed_advice_is_measured_by_the_next_session(db: Db) {
        let stage = Stage::with(db.clone(), &[("COACH_LIMIT", "off")]).await;
        let (lea, eve) = (stage.person().await, stage.person().await);
        let id = advised(&lea, 8.0).await;
        let path = format!("/api/v1/coach/advice/{id}/feedback");
        let before = lea.get(&path).await.is(200);
        let item = before.as_array().unwrap().iter().find(|i| i["metric"] == "group_size").unwrap_or_else(|| panic!("{before:#}")).clone();
        assert_eq!((&item["status"], &item["baseline"], &item["effect"]), (&json!("open"), &json!(9.0), &json!(null)));
        eve.get(&path).await.fails(404, "not_found");
        eve.post(&path, json!({"status": "followed"})).await.fails(404, "not_found");
        lea.post(&path, json!({"status": "perhaps"})).await.fails(422, "validation_failed");
        lea.post(&path, json!({"status": "followed", "item": "a99"})).await.fails(404, "not_found");
        lea.post(&path, json!({"status": "skipped"})).await.is(200);
        lea.post(&path, json!({"status": "followed", "useful": true, "item": item["item"]})).await.is(200);
        // Eve's session measures nothing of Léa's; the same one again neither, nor an older one.
        advised(&eve, 9.0).await;
        let mut again = session(8.0, 1);
        again["synthese"] = json!("Relue");
        for n in 0..3 {
            again["series"][n]["group_size_cm"] = json!(8.0);
        }
        let mut older = again.clone();
        older["date"] = json!("2026-06-30T10:00:00.000");
        // More shots make a larger group of the same skill; one hand is another skill; another distance is another figure.
        let (mut ten, mut one) = (session(8.0, 2), session(8.0, 2));
        for n in 0..3 {
            ten["series"][n]["shot_count"] = json!(10);
            ten["series"][n]["group_size_cm"] = json!(11.2);
            one["series"][n]["hand_method"] = json!("one");
        }
        for session in [&again, &older, &ten, &one] {
            lea.post("/api/v1/coach/advice", json!({"session": session})).await.is(200);
        }
        let mut far = session(8.0, 2);
        far["series"][0]["distance"] = json!(50);
        far["series"][1]["distance"] = json!(50);
        far["series"][2]["distance"] = json!(50);
        lea.post("/api/v1/coach/advice", json!({"session": far})).await.is(200);
        let now = lea.get(&path).await.is(200);
        assert!(now.as_array().unwrap().iter().all(|i| i["measured"].is_null() && i["effect"].is_null()), "{now:#}");
        let mut tighter = session(8.0, 3);
        for n in 0..3 {
            tighter["series"][n]["group_size_cm"] = json!(7.5);
        }
        lea.post("/api/v1/coach/advice", json!({"session": tighter})).await.is(200);
        let after = lea.get(&path).await.is(200);
        let item = after.as_array().unwrap().iter().find(|i| i["item"] == item["item"]).unwrap();
        assert_eq!((&item["status"], &item["measured"], &item["effect"], &item["useful"]), (&json!("followed"), &json!(7.5), &json!(-1.5), &json!(true)));
        assert!(after.as_array().unwrap().iter().filter(|i| i["status"] == "skipped").all(|i| i["measured"].is_null()), "only what was followed");
        assert!(lea.get("/api/v1/me/export").await.is(200)["rooms"]["coach"]["followed"].as_array().unwrap().len() >= 2);
        lea.delete("/api/v1/me").await.is(202);
        stage.outbox().await;
        stage.app.clock.shift(Duration::from_secs(15 * 86_400));
        coulisses::retention::sweep(&stage.app).await;
        let left: Vec<(String,)> = db.all(sql!("select distinct account_id from coach_advice"), &[]).await.unwrap();
        assert_eq!(left, [(eve.account.clone(),)], "gone with the account");
    }
}

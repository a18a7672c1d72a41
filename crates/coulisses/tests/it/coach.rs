//! The coach: what the published app sends and reads, advice with its figures, limits.

use crate::stage::Stage;
use base::both_engines;
use serde_json::{Value, json};

fn session() -> Value {
    // As the app sends it: a date without a zone, zero for a group that was not measured.
    json!({"weapon": "CZ Shadow 2", "caliber": "9mm", "date": "2026-07-04T10:12:00.000", "synthese": "Fatigue sur la fin", "series": [
        {"shot_count": 5, "distance": 25, "points": 45, "group_size_cm": 8.5, "comment": "stable"},
        {"shot_count": 5, "distance": 25.0, "points": 41, "group_size_cm": 0, "comment": ""}]})
}

both_engines! {
    async fn the_published_app_reads_an_analysis(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        for (variant, expected) in [("coach_neutre", "Refaites"), ("coach_cool", "Refais")] {
            let ask = json!({"session": session(), "prompt_variant": variant});
            let answer = lea.post("/coach/analyze-session", ask).await.is(200);
            let text = answer["analysis"].as_str().unwrap();
            assert!(text.contains(expected) && text.contains("8,6 points par coup"), "{text}");
            assert_eq!((answer["source"].as_str(), answer["ai"]["used"].as_bool()), (Some("rules"), Some(false)));
            assert!(answer["model"].is_string() && answer["generated_at"].is_string());
        }
        let empty = lea.post("/coach/analyze-session", json!({"session": {"series": []}, "prompt_variant": "coach_cool"})).await.is(200);
        assert!(empty["analysis"].as_str().unwrap().contains("au moins une série"));
    }

    async fn advice_is_a_bare_list_and_its_record_stays(db: Db) {
        let stage = Stage::new(db).await;
        let (lea, eve) = (stage.person().await, stage.person().await);
        let answer = lea.post("/api/v1/coach/advice", json!({"session": session(), "locale": "en", "max_items": 2})).await;
        let record = answer.header("location").to_owned();
        let list = answer.is(200);
        assert_eq!(list.as_array().unwrap().len(), 2);
        assert!(list[0]["advice"].is_string() && list[0]["score"].as_f64().unwrap() > 0.2 && list[0]["evidence"][0].is_string());
        let whole = lea.get(&record).await.is(200);
        assert_eq!(whole["advice"], list);
        assert!(whole["facts"].as_array().unwrap().iter().any(|f| f["metric"] == "points_per_shot" && f["value"] == 8.6));
        eve.get(&record).await.fails(404, "not_found");
        let rows: Vec<(String,)> = stage.app.db.all(base::sql!("select content_sealed from coach_answers"), &[]).await.unwrap();
        assert!(rows.len() == 1 && !rows[0].0.contains("points_per_shot"), "what is kept is sealed");
    }

    async fn a_mistake_costs_no_turn(db: Db) {
        let stage = Stage::with(db, &[("COACH_LIMIT", "2/300s")]).await;
        let lea = stage.person().await;
        let ask = |body: Value| { let lea = lea.clone(); async move { lea.post("/api/v1/coach/advice", body).await } };
        ask(json!({"session": session(), "persona": "coach_x"})).await.fails(422, "unknown_persona");
        ask(json!({"session": session(), "max_items": 0})).await.fails(422, "validation_failed");
        ask(json!({})).await.fails(422, "validation_failed");
        ask(json!({"session": {"series": [{"shot_count": 0, "distance": 1, "points": 1}]}})).await.fails(422, "validation_failed");
        ask(json!({"session": session()})).await.is(200);
        ask(json!({"goal": "Tenir dix séries"})).await.is(200);
        let refused = ask(json!({"session": session()})).await;
        assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
        refused.fails(429, "rate_limited");
    }
}

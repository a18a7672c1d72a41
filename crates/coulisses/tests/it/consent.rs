//! Consent to models: assumed until one says otherwise, or asked for; and organisations that want none.

use crate::stage::{Person, Stage};
use base::{both_engines, db::Db as Store, sql};
use serde_json::{Value, json};
use simulator::Simulator;

const CONSENT: &str = "/api/v1/me/ai-consent";

async fn staged(db: Store, simulator: &Simulator, consent: &str) -> Stage {
    let url = simulator.url();
    let settings = [
        ("AI_BASE_URL", url.as_str()),
        ("AI_PROFILE", "mistral"),
        ("MISTRAL_API_KEY", "k"),
        ("AI_MODEL", "sim-json_ok"),
        ("COACH_LIMIT", "off"),
        ("AI_CONSENT", consent),
    ];
    Stage::with(db, &settings).await
}
fn session() -> Value {
    json!({"session": {"series": [{"shot_count": 5, "distance": 25, "points": 45, "group_size_cm": 8.5, "comment": "le vent tourne"},
        {"shot_count": 5, "distance": 25, "points": 41, "group_size_cm": 12.0}]}})
}
async fn analysis(person: &Person) -> Value {
    person.post("/coach/analyze-session", session()).await.is(200)
}
async fn answers(db: &Store) -> i64 {
    db.one::<(i64,)>(sql!("select count(*) from coach_answers"), &[]).await.unwrap().0
}
fn by(answer: &Value) -> (&str, Option<&str>) {
    (answer["source"].as_str().unwrap(), answer["ai"]["reason"].as_str())
}

both_engines! {
    async fn where_it_is_required_nothing_goes_out_before_it(db: Db) {
        let simulator = Simulator::start(0).await.unwrap();
        let stage = staged(db.clone(), &simulator, "required").await;
        let lea = stage.person().await;
        let before = lea.get(CONSENT).await.is(200);
        assert_eq!((&before["ai_processing"], &before["store_content"], &before["send_notes"], &before["required"]), (&json!(false), &json!(false), &json!(false), &json!(true)));
        assert_eq!(by(&analysis(&lea).await), ("rules", Some("consent_required")));
        lea.post("/api/v1/ai/completions", json!({"prompt": "Bonjour"})).await.fails(403, "consent_required");
        let mut wants = session();
        wants["engine"] = json!("ai");
        lea.post("/api/v1/coach/advice", wants).await.fails(403, "consent_required");
        assert_eq!((simulator.counts().started, answers(&db).await), (0, 0), "nothing went out, nothing was kept");
        lea.put(CONSENT, json!({"ai_processing": true, "x": 1})).await.fails(422, "validation_failed");
        lea.put(CONSENT, json!({"ai_processing": true})).await.is(200);
        assert_eq!(by(&analysis(&lea).await), ("ai", None));
        assert!(!simulator.counts().last.to_string().contains("vent"), "notes need their own yes");
        assert_eq!(answers(&db).await, 0);
        let agreed = lea.put(CONSENT, json!({"ai_processing": true, "store_content": true, "send_notes": true})).await.is(200);
        assert!(agreed["changed_at"].is_string() && agreed["text_version"].is_string());
        analysis(&lea).await;
        assert!(simulator.counts().last.to_string().contains("vent") && answers(&db).await == 1);
        lea.put(CONSENT, json!({})).await.is(200);
        assert_eq!(by(&analysis(&lea).await), ("rules", Some("consent_required")), "taken back");
        let log = lea.get("/api/v1/me/activity").await.is(200);
        assert!(log.to_string().contains("ai.consent_changed"), "{log}");
    }

    async fn where_it_is_assumed_whoever_says_no_is_heard(db: Db) {
        let simulator = Simulator::start(0).await.unwrap();
        let stage = staged(db, &simulator, "assumed").await;
        let (lea, eve) = (stage.person().await, stage.person().await);
        assert_eq!(by(&analysis(&lea).await), ("ai", None));
        lea.put(CONSENT, json!({"store_content": true})).await.is(200);
        assert_eq!(by(&analysis(&lea).await), ("rules", Some("consent_required")));
        assert_eq!(by(&analysis(&eve).await), ("ai", None), "only for oneself");
        stage.anyone().get(CONSENT).await.fails(401, "unauthenticated");
    }

    async fn an_organisation_may_want_no_model(db: Db) {
        let simulator = Simulator::start(0).await.unwrap();
        let stage = staged(db, &simulator, "assumed").await;
        let owner = stage.org("Lanternes").await;
        let (tech, other) = (owner.brings("tech").await, stage.org("Rive Sud").await);
        assert_eq!(owner.get("/api/v1/orgs/ai").await.is(200), json!({"enabled": true}));
        tech.put("/api/v1/orgs/ai", json!({"enabled": false})).await.fails(403, "role_too_low");
        owner.put("/api/v1/orgs/ai", json!({"enabled": false})).await.is(200);
        tech.post("/api/v1/ai/completions", json!({"prompt": "Bonjour"})).await.fails(403, "ai_disabled_by_org");
        assert_eq!(by(&analysis(&tech).await), ("rules", Some("ai_disabled_by_org")));
        assert_eq!(simulator.counts().started, 0);
        assert_eq!(by(&analysis(&other).await), ("ai", None));
        owner.put("/api/v1/orgs/ai", json!({"enabled": true})).await.is(200);
        assert_eq!(by(&analysis(&tech).await), ("ai", None));
    }
}

//! Labour rules, by people.

use crate::stage::Stage;
use base::both_engines;
use serde_json::{Value, json};

const RULES: &str = "/api/v1/orgs/labour-rules";

fn rule<'a>(list: &'a Value, name: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|r| r["rule"] == name).unwrap()
}

both_engines! {
    async fn a_manager_sets_the_rules_and_everybody_reads_them(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (manager, tech, others) = (owner.brings("manager").await, owner.brings("tech").await, stage.org("Rive Sud").await);
        let usual = tech.get(RULES).await;
        assert_eq!(usual.header("etag"), "\"v0\"");
        let usual = usual.is(200);
        assert_eq!(usual.as_array().unwrap().len(), 10);
        let rest = rule(&usual, "rest_daily_min");
        assert_eq!((&rest["limit"], &rest["unit"], &rest["severity"], &rest["indicative"]), (&json!(11), &json!("hours"), &json!("warn"), &json!(true)));
        tech.put(RULES, json!([])).await.fails(403, "role_too_low");
        let strict = json!([{"rule": "rest_daily_min", "limit": 630, "unit": "minutes", "severity": "block"}, {"rule": "call_min", "severity": "off"}]);
        let set = manager.put(RULES, strict.clone()).await;
        assert_eq!(set.header("etag"), "\"v1\"");
        let set = set.is(200);
        assert_eq!(tech.get(RULES).await.is(200), set);
        assert_eq!(rule(&set, "rest_daily_min")["limit"], 630);
        assert_eq!((&rule(&set, "call_min")["limit"], &rule(&set, "call_min")["severity"]), (&json!(210), &json!("off")));
        assert_eq!(others.get(RULES).await.is(200), usual, "another organisation plans by its own");
        // What was read can be sent back; nobody overwrites what they have not seen.
        assert_eq!(manager.says("if-match", "\"v1\"").put(RULES, set.clone()).await.is(200), set);
        manager.says("if-match", "\"v1\"").put(RULES, strict).await.fails(412, "version_mismatch");
        assert_eq!(manager.put(RULES, json!([])).await.is(200), usual);
        stage.outbox().await;
    }

    async fn what_does_not_fit_is_said_at_once(db: Db) {
        let owner = Stage::new(db).await.org("Lanternes").await;
        let wrong = json!([{"rule": "hours_day_max", "limit": -1, "severity": "warn"}, {"rule": "hours_day_max", "unit": "days", "severity": "warn"}]);
        let problem = owner.put(RULES, wrong).await.fails(422, "validation_failed");
        let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["[0].limit", "[1].rule", "[1].unit"]);
        for wrong in [json!([{"rule": "sleep_min", "severity": "warn"}]), json!([{"rule": "call_min", "severity": "shout"}]), json!([{"rule": "call_min"}]), json!({})] {
            owner.put(RULES, wrong).await.fails(422, "validation_failed");
        }
    }
}

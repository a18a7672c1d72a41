//! Who reads which part of the audit log, and what they find in it.

use crate::stage::{Person, Stage};
use base::both_engines;
use serde_json::{Value, json};

fn actions(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect()
}
async fn found(who: &Person, at: &str) -> Value {
    who.get(at).await.is(200)
}

both_engines! {
    async fn an_organisations_log_is_its_administrators(db: Db) {
        let stage = Stage::new(db).await;
        let (owner, theirs) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let (admin, manager) = (owner.brings("admin").await, owner.brings("manager").await);
        let project = owner.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201);
        manager.get("/api/v1/audit").await.fails(403, "role_too_low");
        let all = found(&admin, "/api/v1/audit").await;
        assert_eq!(actions(&all), ["project.created", "member.joined", "member.invited", "member.joined", "member.invited", "org.created"]);
        assert_eq!((&all[0]["actor"], &all[0]["subject"], &all[0]["seq"]), (&json!(owner.account), &project["id"], &json!(6)));
        assert!(all.as_array().unwrap().iter().all(|l| l["address"].is_null() && l["device"].is_null()), "where members come from is not their organisation's");
        assert_eq!(actions(&found(&theirs, "/api/v1/audit").await), ["org.created"]);
        let filtered = async |query: &str| actions(&found(&admin, &format!("/api/v1/audit?{query}")).await).len();
        assert_eq!(filtered("action=member.").await, 4);
        assert_eq!(filtered("action=member.%25").await, 0);
        assert_eq!(filtered(&format!("actor={}", owner.account)).await, 4);
        assert_eq!(filtered(&format!("subject={}", project["id"].as_str().unwrap())).await, 1);
        assert_eq!(filtered("outcome=failed").await, 0);
        assert_eq!(filtered("outcome=succeeded").await, 6);
        assert_eq!(filtered("from=2026-01-01&to=2999-12-31").await, 6);
        assert_eq!(filtered("to=2026-01-01").await, 0);
        for query in ["from=tomorrow", "outcome=odd", "from=2026-02-01&to=2026-01-01", "actor=me", "colour=red"] {
            admin.get(&format!("/api/v1/audit?{query}")).await.fails(422, "validation_failed");
        }
        let (mut at, mut walked) = ("/api/v1/audit?limit=4".to_owned(), vec![]);
        loop {
            let page = admin.get(&at).await;
            let next = page.headers.get("link").map(|l| l.to_str().unwrap().split(['<', '>']).nth(1).unwrap().to_owned());
            walked.extend(page.is(200).as_array().unwrap().iter().map(|l| l["seq"].as_i64().unwrap()));
            match next { Some(next) => at = next, None => break }
        }
        assert_eq!(walked, [6, 5, 4, 3, 2, 1]);
        stage.outbox().await;
    }

    async fn a_change_says_what_it_changed_and_not_what_people_wrote(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let project = owner.post("/api/v1/projects", json!({"name": "Gala", "client": "Mairie"})).await.is(201);
        let person = owner.post("/api/v1/users", json!({"name": "Awa Diallo"})).await.is(201);
        let mission = json!({"project_id": project["id"], "title": "Concert", "start_at": "2031-03-05T14:00Z", "end_at": "2031-03-05T20:00Z",
            "break_minutes": 30, "roles": [{"role": "son"}]});
        let mission = owner.post("/api/v1/missions", mission).await.is(201);
        let at = |noun: &str, of: &Value| format!("/api/v1/{noun}/{}", of["id"].as_str().unwrap());
        owner.patch(&at("projects", &project), json!({"name": "Grand gala", "budget_cents": 90_000})).await.is(200);
        owner.patch(&at("users", &person), json!({"phone": "+33 6 12 34 56 78", "active": false})).await.is(200);
        owner.patch(&at("users", &person), json!({"active": true})).await.is(200);
        owner.patch(&at("missions", &mission), json!({"note": "Entrée par la cour", "break_minutes": 45})).await.is(200);
        let call = owner.post("/api/v1/assignments", json!({"mission_id": mission["id"], "user_id": person["id"], "role": "son"})).await.is(201);
        let noted = async |subject: &Value| found(&owner, &format!("/api/v1/audit?subject={}", subject["id"].as_str().unwrap())).await[0]["details"].clone();
        let changed = |fields: Value, before: Value, after: Value| json!({"changed": fields, "before": before, "after": after});
        assert_eq!(noted(&project).await, changed(json!(["budget_cents", "name"]), json!({"budget_cents": null}), json!({"budget_cents": 90_000})));
        assert_eq!(noted(&mission).await, changed(json!(["break_minutes", "note"]), json!({"break_minutes": 30}), json!({"break_minutes": 45})));
        let hers = found(&owner, &format!("/api/v1/audit?action=person.changed&subject={}", person["id"].as_str().unwrap())).await;
        assert_eq!(hers[1]["details"], changed(json!(["active", "phone"]), json!({"active": true}), json!({"active": false})));
        let asked = json!({"before": null, "after": "INVITED", "user_id": person["id"], "mission_id": mission["id"]});
        assert_eq!(noted(&call).await, asked);
        let all = found(&owner, "/api/v1/audit").await.to_string();
        for text in ["Gala", "gala", "Awa", "12 34", "cour", "Mairie"] { assert!(!all.contains(text), "{text}"); }
        stage.outbox().await;
    }

    async fn everybody_reads_what_they_did_themselves(db: Db) {
        let stage = Stage::new(db).await;
        let (lea, other) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let browser = lea.says("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0");
        browser.patch("/api/v1/me", json!({"display_name": "Léa"})).await.is(200);
        let own = found(&lea, "/api/v1/me/activity").await;
        assert_eq!(actions(&own), ["profile.changed", "org.created", "login.succeeded", "account.created"]);
        assert_eq!((own[0]["address"].as_str(), own[0]["device"].as_str()), (Some("127.0.0.1"), Some("Firefox, Linux")));
        assert_eq!((&own[0]["org_id"], &own[1]["org_id"]), (&Value::Null, &json!(lea.org)));
        assert!(!own.to_string().contains(&other.account));
        let page = lea.get("/api/v1/me/activity?limit=3").await;
        let next = page.header("link").split(['<', '>']).nth(1).unwrap().to_owned();
        page.is(200);
        assert_eq!(actions(&found(&lea, &next).await), ["account.created"]);
        stage.outbox().await;
    }

    async fn the_instances_log_shows_sign_ins_and_no_organisations_business(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let (admin, owner) = (stage.admin().await, stage.org("Lanternes").await);
        owner.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201);
        stage.anyone().post("/api/v1/auth/login", json!({"email": owner.email, "password": "wrong"})).await.fails(401, "invalid_credentials");
        let failed = found(&admin, "/api/v1/admin/audit?outcome=failed").await;
        assert_eq!(actions(&failed), ["login.failed"]);
        assert_eq!((failed[0]["address"].as_str(), &failed[0]["actor"]), (Some("127.0.0.1"), &Value::Null));
        let all = found(&admin, "/api/v1/admin/audit").await;
        assert!(!actions(&all).iter().any(|a| a.starts_with("project.") || a.starts_with("member.")), "{all}");
        assert!(!all.to_string().contains(&owner.email));
        let stored: Vec<(String,)> = db.all(base::sql!("select ip_sealed from audit_origins"), &[]).await.unwrap();
        assert!(!stored.is_empty() && stored.iter().all(|(ip,)| !ip.contains("127.0.0")));
    }
}

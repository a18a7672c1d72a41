//! Templates, by people.

use crate::stage::Stage;
use base::both_engines;
use serde_json::{Value, json};

const TEMPLATES: &str = "/api/v1/templates";

fn day() -> Value {
    json!({"name": "Jour de représentation", "missions": [
        {"title": "Montage", "start": "09:00", "end": "13:00", "roles": [{"role": "plateau", "quota": 4}, {"role": "lumière", "quota": 2}]},
        {"title": "Démontage", "start": "22:15", "end": "02:00", "role": "plateau"}]})
}

both_engines! {
    async fn a_template_is_kept_and_makes_missions(db: Db) {
        let stage = Stage::new(db).await;
        let (owner, others) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let (manager, tech) = (owner.brings("manager").await, owner.brings("tech").await);
        let made = manager.post(TEMPLATES, day()).await;
        let (at, etag) = (made.header("location").to_owned(), made.header("etag").to_owned());
        let made = made.is(201);
        assert_eq!((&tech.get(&at).await.is(200), etag.as_str()), (&made, "\"v1\""));
        assert_eq!(tech.get(TEMPLATES).await.is(200), json!([made]));
        tech.post(TEMPLATES, day()).await.fails(403, "role_too_low");
        manager.post(TEMPLATES, json!({"name": "JOUR de  representation", "missions": day()["missions"]})).await.fails(409, "template_name_taken");
        others.get(&at).await.fails(404, "not_found");

        let project = manager.post("/api/v1/projects", json!({"name": "Tournée", "status": "ACTIVE", "time_zone": "Europe/Paris"})).await.is(201)["id"].clone();
        let generate = format!("{at}:generate");
        let asked = json!({"project_id": project, "from": "2030-10-26", "rule": "FREQ=DAILY;COUNT=2"});
        let done = manager.post(&generate, asked.clone()).await.is(200);
        assert_eq!((&done["status"], &done["created"], done["ids"].as_array().unwrap().len()), (&json!("ok"), &json!(4), 4));
        let missions = tech.get(&format!("/api/v1/missions?project={}", project.as_str().unwrap())).await.is(200);
        let spans: Vec<_> = missions.as_array().unwrap().iter().map(|m| format!("{} {} {}", m["title"].as_str().unwrap(), m["start_at"].as_str().unwrap(), m["end_at"].as_str().unwrap())).collect();
        // The clocks go back on Sunday the 27th, an hour into the first get-out.
        assert_eq!(spans, [
            "Montage 2030-10-26T07:00:00Z 2030-10-26T11:00:00Z",
            "Démontage 2030-10-26T20:15:00Z 2030-10-27T00:00:00Z",
            "Montage 2030-10-27T08:00:00Z 2030-10-27T12:00:00Z",
            "Démontage 2030-10-27T21:15:00Z 2030-10-28T01:00:00Z",
        ]);
        assert_eq!(missions[0]["roles"][1], json!({"role": "lumière", "quota": 2, "accepted": 0, "invited": 0}));
        tech.post(&generate, asked.clone()).await.fails(403, "role_too_low");
        others.post(&generate, asked).await.fails(404, "not_found");
        // All or nothing: one hour of one day does not exist.
        let night = manager.post(TEMPLATES, json!({"name": "Nuit", "missions": [{"start": "02:30", "end": "08:00"}]})).await.header("location").to_owned();
        let problem = manager.post(&format!("{night}:generate"), json!({"project_id": project, "from": "2030-03-30", "rule": "FREQ=DAILY;COUNT=3"})).await.fails(422, "nonexistent_local_time");
        assert_eq!(problem["errors"][0]["field"], "2030-03-31.missions[0].start_at");
        manager.post(&format!("{night}:generate"), json!({"project_id": project, "from": "2030-03-30", "rule": "FREQ=YEARLY"})).await.fails(422, "validation_failed");
        assert_eq!(tech.get(&format!("/api/v1/missions?project={}", project.as_str().unwrap())).await.is(200), missions);
        // Changed, and gone; its missions stay.
        assert_eq!(manager.patch(&at, json!({"name": "Jour"})).await.is(200)["missions"], made["missions"]);
        manager.says("if-match", "\"v1\"").put(&at, day()).await.fails(412, "version_mismatch");
        manager.put(&at, json!({"name": "Jour", "missions": []})).await.fails(422, "validation_failed");
        manager.delete(&at).await.is(204);
        manager.get(&at).await.fails(404, "not_found");
        assert_eq!(tech.get("/api/v1/missions").await.is(200).as_array().unwrap().len(), 4);
        stage.outbox().await;
    }
}

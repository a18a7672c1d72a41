//! Missions, by people.

use crate::{people::id, stage::Stage};
use base::both_engines;
use serde_json::{Value, json};

pub const MISSIONS: &str = "/api/v1/missions";

fn titles(list: Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|m| m["title"].as_str().unwrap().to_owned()).collect()
}
/// A mission on this day of September 2030, from nine to six in Paris.
pub fn day(n: u32, title: &str) -> Value {
    json!({"title": title, "start_at": format!("2030-09-{n:02}T09:00"), "end_at": format!("2030-09-{n:02}T18:00"), "time_zone": "Europe/Paris"})
}

both_engines! {
    async fn a_mission_that_is_called_off_stays_and_everybody_is_told(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let lea = owner.brings("tech").await;
        let hers = crate::people::planned(&owner, &lea, "Léa").await;
        let at = owner.post(MISSIONS, day(10, "Gala")).await.header("location").to_owned();
        let gala = owner.get(&at).await.is(200)["id"].clone();
        let booked = json!({"mission_id": gala, "user_id": hers, "status": "ACCEPTED"});
        let a = id(&owner.post("/api/v1/assignments", booked.clone()).await.is(201));
        lea.post(&format!("{at}:cancel"), json!({})).await.fails(403, "role_too_low");
        let off = owner.post(&format!("{at}:cancel"), json!({})).await.is(200);
        assert_eq!(off["status"], "CANCELLED");
        assert_eq!(owner.post(&format!("{at}:cancel"), json!({})).await.is(200)["version"], off["version"], "once is enough");
        assert_eq!(owner.get(&format!("/api/v1/assignments/{a}")).await.is(200)["status"], "CANCELLED");
        owner.post("/api/v1/assignments", booked).await.fails(409, "mission_cancelled");
        stage.outbox().await;
        assert!(stage.app.mailer.sent().iter().any(|m| m.to == lea.email && m.attachments.iter().any(|f| f.content.contains("METHOD:CANCEL"))));

        let told = lea.get("/api/v1/notifications?unread=true").await.is(200);
        assert_eq!((told.as_array().unwrap().len(), &told[0]["kind"], &told[0]["payload"]["assignment_id"]), (1, &json!("assignment.cancelled"), &json!(a)));
        let read = format!("/api/v1/notifications/{}:read", told[0]["id"].as_str().unwrap());
        owner.post(&read, json!({})).await.fails(404, "not_planned");
        assert!(lea.post(&read, json!({})).await.is(200)["read_at"].is_string());
        assert_eq!(lea.get("/api/v1/notifications?unread=true").await.is(200), json!([]));
        assert_eq!(owner.get("/api/v1/notifications").await.is(200), json!([]), "hers are not the owner's");
    }

    async fn a_manager_keeps_missions(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let tech = owner.brings("tech").await;
        let project = id(&owner.post("/api/v1/projects", json!({"name": "Gala", "time_zone": "Europe/Paris"})).await.is(201));
        let body = json!({"project_id": project, "title": "Montage", "start_at": "2030-09-10T09:00", "end_at": "2030-09-10T18:00+02:00",
            "roles": [{"role": "lumière", "quota": 2}, {"role": "son"}], "break_minutes": 60});
        let made = owner.post(MISSIONS, body).await;
        let at = made.header("location").to_owned();
        let made = made.is(201);
        assert_eq!((&made["start_at"], &made["end_at"], &made["time_zone"]), (&json!("2030-09-10T07:00:00Z"), &json!("2030-09-10T16:00:00Z"), &json!("Europe/Paris")));
        assert_eq!((&made["status"], &made["role"], &made["filled"]), (&json!("PUBLISHED"), &json!("lumière"), &json!(false)));
        assert_eq!(made["roles"][1], json!({"role": "son", "quota": 1, "accepted": 0, "invited": 0}));
        assert_eq!(tech.get(&at).await.is(200), made);
        let changed = owner.says("if-match", "\"v1\"").patch(&at, json!({"location": "Bobino", "roles": [{"role": "Son", "quota": 3}]})).await.is(200);
        assert_eq!((&changed["location"], &changed["roles"][0]["quota"], &changed["start_at"]), (&json!("Bobino"), &json!(3), &made["start_at"]));
        owner.says("if-match", "\"v1\"").patch(&at, json!({"title": "x"})).await.fails(412, "version_mismatch");
        let replaced = owner.put(&at, json!({"start_at": "2030-09-11T09:00", "end_at": "2030-09-11T10:00", "role": "tech", "time_zone": "Asia/Tokyo"})).await.is(200);
        assert_eq!((&replaced["project_id"], &replaced["title"], &replaced["start_at"]), (&Value::Null, &json!("tech"), &json!("2030-09-11T00:00:00Z")));
        tech.patch(&at, json!({"title": "x"})).await.fails(403, "role_too_low");
        owner.delete(&at).await.is(204);
        owner.get(&at).await.fails(404, "not_found");
        stage.outbox().await;
    }

    async fn what_is_no_mission_is_said(db: Db) {
        let stage = Stage::new(db).await;
        let (owner, theirs) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let foreign = id(&theirs.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201));
        let post = async |body: Value| owner.post(MISSIONS, body).await;
        post(json!({"start_at": "2030-09-10T18:00Z", "end_at": "2030-09-10T09:00Z"})).await.fails(422, "interval_invalid");
        post(json!({"start_at": "2030-09-10T09:00Z", "end_at": "2030-09-18T09:00Z"})).await.fails(422, "interval_too_long");
        post(json!({"start_at": "2030-03-31T02:30", "end_at": "2030-03-31T09:00", "time_zone": "Europe/Paris"})).await.fails(422, "nonexistent_local_time");
        post(json!({"start_at": "foo", "end_at": "2030-09-18T09:00Z"})).await.fails(422, "validation_failed");
        post(json!({"start_at": "2030-09-10T09:00Z", "end_at": "2030-09-10T10:00Z", "project_id": foreign})).await.fails(404, "not_found");
        post(json!({"start_at": "2030-09-10T09:00Z", "end_at": "2030-09-10T10:00Z", "colour": "red"})).await.fails(422, "validation_failed");
    }

    async fn drafts_are_for_managers_until_they_are_published(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let tech = owner.brings("tech").await;
        let mut draft = day(10, "Secret");
        draft["draft"] = true.into();
        let at = owner.post(MISSIONS, draft).await.header("location").to_owned();
        tech.get(&at).await.fails(404, "not_found");
        assert_eq!((titles(tech.get(MISSIONS).await.is(200)), titles(owner.get(MISSIONS).await.is(200))), (vec![], vec!["Secret".to_owned()]));
        assert_eq!(owner.post(&format!("{at}:publish"), json!({})).await.is(200)["status"], "PUBLISHED");
        assert_eq!(owner.post(&format!("{at}:publish"), json!({})).await.is(200)["version"], 2, "once is enough");
        assert_eq!(titles(tech.get(MISSIONS).await.is(200)), ["Secret"]);
        stage.outbox().await;
    }

    async fn missions_are_found_by_span_role_project_and_what_they_lack(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let project = id(&owner.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201));
        for (n, title, role) in [(12, "C", "son"), (10, "A", "Lumière"), (11, "B", "son")] {
            let mut body = day(n, title);
            body["role"] = role.into();
            if n > 10 { body["project_id"] = project.clone().into(); }
            owner.post(MISSIONS, body).await.is(201);
        }
        let found = async |query: &str| titles(owner.get(&format!("{MISSIONS}?{query}")).await.is(200));
        assert_eq!(found("").await, ["A", "B", "C"]);
        assert_eq!(found(&format!("project={project}")).await, ["B", "C"]);
        assert_eq!(found("role=LUMIERE").await, ["A"]);
        assert_eq!(found("from=2030-09-10T16:00:00Z&to=2030-09-12T07:00:00Z").await, ["B"], "touching is not within");
        assert_eq!(found("from=2030-09-11&to=2030-09-11").await, ["B"], "a day is in it as a whole");
        assert_eq!(found("unfilled=true").await, ["A", "B", "C"]);
        let first = owner.get(&format!("{MISSIONS}?limit=2")).await;
        let next = first.header("link").split(['<', '>']).nth(1).unwrap().to_owned();
        assert_eq!((titles(first.is(200)), titles(owner.get(&next).await.is(200))), (vec!["A".into(), "B".into()], vec!["C".to_owned()]));
        owner.get(&format!("{MISSIONS}?from=soon")).await.fails(422, "validation_failed");
    }

    async fn the_list_lies_ready_until_something_changes(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let at = owner.post(MISSIONS, day(10, "A")).await.header("location").to_owned();
        assert_eq!(owner.get(MISSIONS).await.header("x-cache"), "MISS");
        assert_eq!(owner.get(MISSIONS).await.header("x-cache"), "HIT");
        owner.patch(&at, json!({"title": "B"})).await.is(200);
        let fresh = owner.get(MISSIONS).await;
        assert_eq!((fresh.header("x-cache"), titles(fresh.body.clone())), ("MISS", vec!["B".to_owned()]));
    }

    async fn a_copy_keeps_the_hour_on_the_wall(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let body = json!({"title": "Nuit", "start_at": "2030-10-26T22:00", "end_at": "2030-10-27T06:00", "time_zone": "Europe/Paris", "roles": [{"role": "son", "quota": 2}]});
        let at = owner.post(MISSIONS, body).await.header("location").to_owned();
        let copy = owner.post(&format!("{at}:duplicate"), json!({"shift_days": 1})).await.is(201);
        assert_eq!((&copy["start_at"], &copy["end_at"], &copy["roles"][0]["quota"]), (&json!("2030-10-27T21:00:00Z"), &json!("2030-10-28T05:00:00Z"), &json!(2)));
        let same = owner.post(&format!("{at}:duplicate"), json!({})).await.is(201);
        assert_eq!(same["start_at"], "2030-10-26T20:00:00Z");
        owner.post(&format!("{at}:duplicate"), json!({"shift_days": 99999})).await.fails(422, "validation_failed");
        assert_eq!(titles(owner.get(MISSIONS).await.is(200)).len(), 3);
    }

    async fn a_thousand_at_once_or_none(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let project = id(&owner.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201));
        let bulk = format!("/api/v1/projects/{project}/missions:bulk_create");
        let mut all: Vec<Value> = (0..1_000).map(|n| json!({"start_at": format!("2030-01-01T{:02}:00Z", n % 20), "end_at": "2030-01-01T21:00Z", "role": "tech"})).collect();
        all[417]["end_at"] = "2029-01-01T00:00Z".into();
        let refused = owner.post(&bulk, json!(all)).await.fails(422, "validation_failed");
        assert_eq!(refused["errors"], json!([{"field": "[417].end_at", "code": "interval_invalid", "detail": "This is not after the start."}]));
        all[417]["end_at"] = "tomorrow".into();
        assert_eq!(owner.post(&bulk, json!(all)).await.fails(422, "validation_failed")["errors"][0]["field"], "[417].end_at");
        assert_eq!(owner.get(MISSIONS).await.is(200), json!([]), "nothing was written");
        all[417]["end_at"] = "2030-01-01T22:00Z".into();
        let made = owner.post(&bulk, json!(all)).await.is(200);
        assert_eq!((&made["status"], &made["created"]), (&json!("ok"), &json!(1_000)));
        let last = made["ids"][999].as_str().unwrap();
        assert_eq!(owner.get(&format!("{MISSIONS}/{last}")).await.is(200)["start_at"], "2030-01-01T19:00:00Z", "in the order given");
        all.push(all[0].clone());
        owner.post(&bulk, json!(all)).await.fails(422, "validation_failed");
        owner.post(&bulk, json!([])).await.fails(422, "validation_failed");
    }
}

//! The published Crew front end: cookies only, the calls that it makes in the order in which it makes them, and what it reads.

use crate::{
    assignments::{ask, mission},
    missions::day,
    people::{USERS, id, planned},
    sessions::cookie,
    stage::{PASSWORD, Person, Stage},
};
use base::both_engines;
use serde_json::{Value, json};
use std::time::Duration;

/// A browser on the front end's own page: it never sends an Authorization header.
async fn browser(stage: &Stage, email: &str) -> (Person, String) {
    let page = stage.anyone().says("origin", "http://127.0.0.1:8000").says("sec-fetch-site", "same-origin").says("x-csrf", "");
    let signed = page.post("/api/v1/auth/login", json!({"email": email, "password": PASSWORD})).await;
    let jar = format!("{}; {}", cookie(&signed, "access_token").unwrap(), cookie(&signed, "refresh_token").unwrap());
    signed.is(200);
    (page.says("cookie", jar.clone()), jar)
}
/// What the front end reads of an object.
fn has(object: &Value, fields: &[&str]) {
    fields.iter().for_each(|field| assert!(!object[*field].is_null(), "{field} of {object}"));
}

both_engines! {
    async fn the_published_front_end_works_with_cookies_alone(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let me = planned(&owner, &owner, "Léa").await;
        let hugo = id(&owner.post(USERS, json!({"name": "Hugo"})).await.is(201));
        let project = id(&owner.post("/api/v1/projects", json!({"name": "Ondes Claires", "status": "ACTIVE"})).await.is(201));
        let mut gala = day(10, "Gala");
        gala["project_id"] = project.clone().into();
        let (gala, other) = (mission(&owner, gala).await, mission(&owner, day(10, "Dépannage")).await);
        ask(&owner, &gala, &me).await;
        ask(&owner, &other, &me).await;

        let (page, jar) = browser(&stage, &owner.email).await;
        assert!(page.token.is_none());
        let calendar = async || {
            let asked = json!({"from": "2030-09-01T00:00:00.000Z", "to": "2030-09-30T23:59:59.999Z", "tz": "Europe/Paris", "status": [], "userId": null, "orgId": null, "projectId": null});
            page.post("/api/v1/calendar", asked).await.is(200)
        };
        let shown = calendar().await;
        let call = shown.as_array().unwrap().iter().find(|c| c["title"] == "Gala").unwrap().clone();
        has(&call, &["id", "title", "start", "end", "status", "userId", "orgId", "projectId"]);

        let mine = page.get("/api/v1/assignments?me=1").await.is(200);
        let mine = mine.as_array().unwrap().iter().find(|a| a["mission_title"] == "Gala").unwrap().clone();
        has(&mine, &["id", "mission_title", "project_title", "status"]);
        assert_eq!((&mine["id"], &mine["project_title"]), (&call["id"], &json!("Ondes Claires")));

        let at = |verb: &str| format!("/api/v1/assignments/{}/{verb}", call["id"].as_str().unwrap());
        page.post(&at("move"), json!({"id": call["id"], "start": "2030-09-10T08:00:00.000Z", "end": "2030-09-10T17:00:00.000Z"})).await.is(200);
        page.post(&at("resize"), json!({"id": call["id"], "start": "2030-09-10T08:00:00.000Z", "end": "2030-09-10T15:00:00.000Z"})).await.is(200);
        let moved = calendar().await;
        let moved = moved.as_array().unwrap().iter().find(|c| c["id"] == call["id"]).unwrap().clone();
        assert_eq!((&moved["start"], &moved["end"]), (&json!("2030-09-10T08:00:00Z"), &json!("2030-09-10T15:00:00Z")));

        let span = "from=2030-09-01T00:00:00.000Z&to=2030-09-30T00:00:00.000Z";
        let conflicts = page.get(&format!("/api/v1/conflicts?{span}")).await.is(200);
        let found = &conflicts[0];
        has(found, &["conflict_id", "user_id", "user_name", "mission_ids", "reason"]);
        has(&found["window"], &["start", "end"]);
        let detail = page.get(&format!("/api/v1/conflicts/{}", found["conflict_id"].as_str().unwrap())).await.is(200);
        assert_eq!(detail["conflict"]["conflict_id"], found["conflict_id"]);
        let instead = detail["suggestions"].as_array().unwrap().iter().find(|s| s["user_id"] == json!(hugo)).unwrap();
        has(instead, &["user_id", "user_name"]);
        let swap = json!({"conflict_id": found["conflict_id"], "replace_assignment_mission_id": other, "replacement_user_id": hugo});
        assert_eq!(page.post("/api/v1/conflicts/resolve", swap).await.is(200)["resolved"], true);
        assert_eq!(page.get(&format!("/api/v1/conflicts?{span}")).await.is(200), json!([]));

        let profile = page.get("/api/v1/users/me/profile").await.is(200);
        has(&profile, &["skills", "tags", "employment_type", "rate_profile"]);
        let written = json!({"skills": ["son"], "tags": ["permanent"], "employment_type": "CDI", "rate_profile": {"jour": 250}, "bio": "Bonjour"});
        assert_eq!(page.put("/api/v1/users/me/profile", written).await.is(200)["rate_profile"], json!({"jour": 250.0}));

        // Another site's page has the cookies sent along, and changes nothing with them.
        stage.anyone().says("cookie", jar).says("sec-fetch-site", "cross-site").post(&at("move"), json!({})).await.fails(403, "cross_site");
        // After a quarter of an hour it is told 401, asks for new cookies once, and tries again.
        stage.app.clock.advance(Duration::from_secs(16 * 60));
        assert_eq!(page.get("/api/v1/assignments?me=1").await.status.as_u16(), 401);
        let renewed = page.post("/api/v1/auth/refresh", json!({})).await;
        let jar = cookie(&renewed, "access_token").unwrap();
        renewed.is(200);
        stage.anyone().says("cookie", jar).get("/api/v1/assignments?me=1").await.is(200);
        stage.outbox().await;
    }
}

//! When people can come, and who decides.

use crate::{
    assignments::{ASSIGNMENTS, ask, mission},
    missions::day,
    people::{USERS, id, planned},
    stage::Stage,
};
use base::both_engines;
use serde_json::{Value, json};

const AVAILABILITIES: &str = "/api/v1/availabilities";

fn span(start: &str, end: &str) -> Value {
    json!({"start_at": format!("2030-09-10T{start}Z"), "end_at": format!("2030-09-10T{end}Z")})
}
fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

both_engines! {
    async fn what_comes_again_overlaps_on_every_day_on_which_it_comes(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let lea = id(&owner.post("/api/v1/users", json!({"name": "Léa"})).await.is(201));
        let ask = async |start: &str, end: &str, rule: Option<&str>| {
            let body = json!({"user_id": lea, "kind": "unavailable", "start_at": start, "end_at": end, "recurrence": rule});
            let made = id(&owner.post("/api/v1/availabilities", body).await.is(201));
            owner.post(&format!("/api/v1/availabilities/{made}:approve"), json!({})).await
        };
        // Mondays from 2 September 2030 on.
        ask("2030-09-02T09:00", "2030-09-02T12:00", Some("FREQ=WEEKLY;BYDAY=MO")).await.is(200);
        ask("2030-10-07T10:00", "2030-10-07T18:00", None).await.fails(409, "availability_overlap");
        ask("2030-10-08T10:00", "2030-10-08T18:00", None).await.is(200);
        ask("2030-09-03T08:00", "2030-09-03T11:00", Some("FREQ=WEEKLY;BYDAY=MO,TU")).await.fails(409, "availability_overlap");
        ask("2030-09-02T12:00", "2030-09-02T13:00", Some("FREQ=WEEKLY;BYDAY=MO")).await.is(200);
    }

    async fn a_tech_asks_and_a_manager_decides(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (lea, hugo) = (owner.brings("tech").await, owner.brings("tech").await);
        lea.post(AVAILABILITIES, span("08:00", "12:00")).await.fails(404, "not_planned");
        let (hers, his) = (planned(&owner, &lea, "Léa").await, planned(&owner, &hugo, "Hugo").await);
        let asked = lea.post("/api/v1/availability", with(span("08:00", "12:00"), json!({"note": "canary"}))).await.is(201);
        assert_eq!((&asked["status"], &asked["kind"], &asked["user_id"], &asked["note"]), (&json!("PENDING"), &json!("available"), &json!(hers), &json!("canary")));
        lea.post(AVAILABILITIES, span("08:00", "12:00")).await.fails(409, "availability_exists");
        lea.post(AVAILABILITIES, with(span("08:00", "12:00"), json!({"user_id": his}))).await.fails(403, "not_yours");
        lea.post(AVAILABILITIES, span("12:00", "08:00")).await.fails(422, "interval_invalid");
        let at = format!("{AVAILABILITIES}/{}", id(&asked));
        assert_eq!(hugo.get(AVAILABILITIES).await.is(200), json!([]), "one's own only");
        hugo.delete(&at).await.fails(404, "not_found");
        lea.post(&format!("{at}:approve"), json!({})).await.fails(403, "role_too_low");
        assert_eq!(lea.patch(&at, json!({"note": null, "end_at": "2030-09-10T13:00Z"})).await.is(200)["note"], Value::Null);
        assert_eq!(owner.post(&format!("{at}:approve"), json!({})).await.is(200)["status"], "APPROVED");
        assert_eq!(owner.post(&format!("{at}:approve"), json!({})).await.is(200)["version"], 3, "twice changes nothing");
        lea.patch(&at, json!({"note": "x"})).await.fails(409, "already_decided");
        let other = id(&lea.post(AVAILABILITIES, span("12:30", "15:00")).await.is(201));
        owner.post(&format!("/api/v1/availability/{other}:approve"), json!({})).await.fails(409, "availability_overlap");
        let touching = id(&lea.post(AVAILABILITIES, span("13:00", "15:00")).await.is(201));
        owner.post(&format!("{AVAILABILITIES}/{touching}:approve"), json!({})).await.is(200);
        assert_eq!(owner.post(&format!("{at}:reject"), json!({})).await.is(200)["status"], "REJECTED");
        lea.post(&format!("{at}:reopen"), json!({})).await.fails(403, "role_too_low");
        let waits = owner.post(&format!("{at}:reopen"), json!({})).await.is(200);
        assert_eq!((&waits["status"], &waits["decided_at"]), (&json!("PENDING"), &Value::Null), "a decision is taken back whole");
        let approved = owner.get(&format!("{AVAILABILITIES}?user_id={hers}&status=APPROVED&from=2030-09-10T12:00:00Z")).await.is(200);
        assert_eq!(approved.as_array().unwrap().iter().map(id).collect::<Vec<_>>(), [touching]);
        lea.delete(&at).await.is(204);
        stage.outbox().await;
    }

    async fn a_manager_does_not_decide_about_themselves(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let manager = owner.brings("manager").await;
        planned(&owner, &manager, "Max").await;
        let own = id(&manager.post(AVAILABILITIES, span("08:00", "12:00")).await.is(201));
        manager.post(&format!("{AVAILABILITIES}/{own}:approve"), json!({})).await.fails(403, "own_request");
        owner.post(&format!("{AVAILABILITIES}/{own}:approve"), json!({})).await.is(200);
        stage.outbox().await;
    }

    async fn whoever_is_away_is_not_booked_but_on_purpose(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let lea = id(&owner.post(USERS, json!({"name": "Léa"})).await.is(201));
        let away = with(span("15:59", "20:00"), json!({"user_id": lea, "kind": "unavailable"}));
        let away = id(&owner.post(AVAILABILITIES, away).await.is(201));
        let a = ask(&owner, &mission(&owner, day(10, "Gala")).await, &lea).await;
        let accept = async |more: Value| owner.post(&format!("{ASSIGNMENTS}/{a}:status"), with(json!({"status": "ACCEPTED"}), more)).await;
        owner.post(&format!("{AVAILABILITIES}/{away}:approve"), json!({})).await.is(200);
        let refused = accept(json!({})).await.fails(400, "person_unavailable");
        assert_eq!(refused["unavailable"][0]["start_at"], "2030-09-10T15:59:00Z");
        assert_eq!(accept(json!({"override": true, "reason": "elle revient plus tôt"})).await.is(200)["override"], true);
        let b = ask(&owner, &mission(&owner, day(11, "B")).await, &lea).await;
        let pending = json!({"start_at": "2030-09-11T08:00Z", "end_at": "2030-09-11T09:00Z", "user_id": lea, "kind": "unavailable"});
        owner.post(AVAILABILITIES, pending).await.is(201);
        owner.post(&format!("{ASSIGNMENTS}/{b}:status"), json!({"status": "ACCEPTED"})).await.is(200);
    }

    async fn an_absence_counts_from_its_beginning_and_an_offer_is_none(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (lea, hugo) = (id(&owner.post(USERS, json!({"name": "Léa"})).await.is(201)), id(&owner.post(USERS, json!({"name": "Hugo"})).await.is(201)));
        let approved = async |who: &str, kind: &str, start: &str, end: &str| {
            let span = json!({"user_id": who, "kind": kind, "start_at": start, "end_at": end});
            let span = id(&owner.post(AVAILABILITIES, span).await.is(201));
            owner.post(&format!("{AVAILABILITIES}/{span}:approve"), json!({})).await.is(200);
        };
        approved(&lea, "unavailable", "2030-03-01T00:00Z", "2030-09-10T12:00Z").await; // half a year, and into the day
        approved(&hugo, "available", "2030-09-10T00:00Z", "2030-09-11T00:00Z").await;
        let mut body = day(10, "Gala");
        body["roles"] = json!([{"role": "son", "quota": 2}]);
        let gala = mission(&owner, body).await;
        let (hers, his) = (ask(&owner, &gala, &lea).await, ask(&owner, &gala, &hugo).await);
        let accept = async |a: &str| owner.post(&format!("{ASSIGNMENTS}/{a}:status"), json!({"status": "ACCEPTED"})).await;
        accept(&hers).await.fails(400, "person_unavailable");
        accept(&his).await.is(200);
    }
}

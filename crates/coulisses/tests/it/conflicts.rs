//! Conflicts, suggestions and blocked rules, by people.

use crate::{
    assignments::{ASSIGNMENTS, ask, mission},
    people::{USERS, id, planned},
    stage::{Person, Stage},
};
use base::both_engines;
use serde_json::{Value, json};

const CONFLICTS: &str = "/api/v1/conflicts";
/// September 2030 in Paris; the 2nd is a Monday.
const MONTH: &str = "/api/v1/conflicts?from=2030-09-01&to=2030-09-30";

async fn ghost(manager: &Person, name: &str, skills: Value) -> String {
    id(&manager.post(USERS, json!({"name": name, "skills": skills})).await.is(201))
}
fn call(title: &str, start: &str, end: &str) -> Value {
    json!({"title": title, "start_at": format!("2030-09-{start}"), "end_at": format!("2030-09-{end}"), "time_zone": "Europe/Paris", "break_minutes": 30})
}
async fn book(manager: &Person, mission: &str, person: &str) -> String {
    id(&manager.post(ASSIGNMENTS, json!({"mission_id": mission, "user_id": person, "status": "ACCEPTED"})).await.is(201))
}
fn kinds(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|c| c["kind"].as_str().unwrap()).collect()
}

both_engines! {
    async fn a_suggestion_says_what_the_call_would_cost(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let gala = mission(&owner, call("Gala", "02T09:00", "02T17:30")).await;
        let (awa, bo) = (ghost(&owner, "Awa", json!([])).await, ghost(&owner, "Bo", json!([])).await);
        let rate = json!({"unit": "hour", "cents": 2_550, "valid_from": "2030-01-01"});
        owner.post(&format!("/api/v1/rates/user/{awa}"), rate).await.is(201);
        let all = owner.get(&format!("/api/v1/missions/{gala}/suggestions")).await.is(200);
        let of = |person: &str| all.as_array().unwrap().iter().find(|s| s["user_id"] == *person).unwrap().clone();
        // Eight hours and a half, less half an hour of break.
        assert_eq!((&of(&awa)["cost_cents"], &of(&awa)["currency"]), (&json!(20_400), &json!("EUR")));
        assert_eq!(of(&bo)["cost_cents"], Value::Null);
    }

    async fn a_double_booking_on_purpose_is_seen_everywhere(db: Db) {
        let stage = Stage::new(db).await;
        let (owner, others) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let (lea, hugo) = (owner.brings("tech").await, owner.brings("tech").await);
        let (hers, his) = (planned(&owner, &lea, "Léa").await, planned(&owner, &hugo, "Hugo").await);
        let (a, b) = (mission(&owner, call("Montage", "02T09:00", "02T13:00")).await, mission(&owner, call("Réglages", "02T12:00", "02T17:00")).await);
        book(&owner, &a, &hers).await;
        let second = ask(&owner, &b, &hers).await;
        assert_eq!(kinds(&owner.get(MONTH).await.is(200)), ["tentative_overlap"]);
        let accept = format!("{ASSIGNMENTS}/{second}/accept");
        owner.post(&accept, json!({})).await.fails(400, "schedule_conflict");
        owner.post(&accept, json!({"override": true, "reason": "Relais à midi"})).await.is(200);

        let list = owner.get(MONTH).await.is(200);
        assert_eq!(kinds(&list), ["overlap"]);
        let found = &list[0];
        assert_eq!((&found["user_id"], &found["user_name"], &found["override"], &found["severity"]), (&json!(hers), &json!("Léa Test"), &json!(true), &json!("block")));
        assert_eq!(found["mission_ids"], json!([a, b]));
        assert_eq!(found["missions"][0]["time_zone"], "Europe/Paris");
        assert_eq!(found["window"], json!({"start": "2030-09-02T10:00:00Z", "end": "2030-09-02T11:00:00Z"}));
        assert_eq!(found["reason"], "Two accepted calls share this time.");
        let at = format!("{CONFLICTS}/{}", found["conflict_id"].as_str().unwrap());
        let whole = owner.says("accept-language", "fr").get(&at).await.is(200);
        assert_eq!(whole["conflict"]["reason"], "Deux engagements acceptés se chevauchent.");
        let instead: Vec<_> = whole["suggestions"].as_array().unwrap().iter().map(|s| (s["mission_id"].clone(), s["user_name"].clone())).collect();
        assert_eq!(instead, [(json!(b), json!("Hugo Test")), (json!(a), json!("Hugo Test"))]);
        // The seed's shape, and who sees it.
        let seed = owner.get(&format!("{CONFLICTS}/user/{hers}")).await.is(200);
        assert_eq!(seed, json!({"user_id": hers, "items": []}), "the year around now");
        let seed = lea.get(&format!("{CONFLICTS}/user/{hers}?from=2030-09-02&to=2030-09-02")).await.is(200);
        let item = &seed["items"][0];
        assert_eq!((&item["kind"], &item["mission_id"], &item["with_mission_id"]), (&json!("ASSIGNMENT_OVERLAP"), &json!(a), &json!(b)));
        assert_eq!((&item["starts_at"], &item["ends_at"]), (&json!("2030-09-02T10:00:00Z"), &json!("2030-09-02T11:00:00Z")));
        assert_eq!(lea.get(MONTH).await.is(200), list);
        assert_eq!(lea.get(&at).await.is(200)["suggestions"], json!([]));
        for stranger in [&hugo, &others] {
            assert_eq!(stranger.get(MONTH).await.is(200), json!([]));
            stranger.get(&at).await.fails(404, "not_found");
            stranger.get(&format!("{CONFLICTS}/user/{hers}")).await.fails(404, "not_found");
        }
        // Somebody else is asked: the conflict is gone.
        let swap = |mission: &str| json!({"conflict_id": found["conflict_id"], "replace_assignment_mission_id": mission, "replacement_user_id": his});
        let resolve = format!("{CONFLICTS}/resolve");
        lea.post(&resolve, swap(&b)).await.fails(403, "role_too_low");
        others.post(&resolve, swap(&b)).await.fails(404, "not_found");
        owner.post(&resolve, swap(&hers)).await.fails(422, "validation_failed");
        let resolved = owner.post(&resolve, swap(&b)).await.is(200);
        assert_eq!(resolved["resolved"], true);
        let asked = owner.get(&format!("{ASSIGNMENTS}/{}", resolved["assignment_id"].as_str().unwrap())).await.is(200);
        assert_eq!((&asked["status"], &asked["user_id"], &asked["mission_id"]), (&json!("INVITED"), &json!(his), &json!(b)));
        assert_eq!(owner.get(&format!("{ASSIGNMENTS}/{second}")).await.is(200)["status"], "CANCELLED");
        owner.get(&at).await.fails(404, "not_found");
        owner.post(&resolve, swap(&b)).await.fails(404, "not_found");
        assert_eq!(owner.get(MONTH).await.is(200), json!([]));
        stage.outbox().await;
    }

    async fn a_broken_rule_shows_its_figures_and_keeps_its_id(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let awa = ghost(&owner, "Awa", json!([])).await;
        for (title, start, end) in [("Spectacle", "02T18:00", "02T23:00"), ("Montage", "03T07:45", "03T12:00"), ("Service", "05T14:00", "05T16:00")] {
            book(&owner, &mission(&owner, call(title, start, end)).await, &awa).await;
        }
        let list = owner.get(MONTH).await.is(200);
        assert_eq!(kinds(&list), ["rest_daily_min", "call_min"]);
        let rest = &list[0];
        assert_eq!((&rest["limit"], &rest["actual"], &rest["unit"], &rest["severity"]), (&json!(660), &json!(525), &json!("minutes"), &json!("warn")));
        assert_eq!(rest["detail"], "8 h 45 of rest between two days; 11 h is the least.");
        assert_eq!(rest["missions"].as_array().unwrap().len(), 2);
        // Whatever span it is found in, it is the same one.
        let (id, near) = (&rest["conflict_id"], owner.get(&format!("{CONFLICTS}?from=2030-09-03T06:00&to=2030-09-03T10:00")).await.is(200));
        assert_eq!((&near[0], near.as_array().unwrap().len()), (rest, 1));
        assert_eq!(&owner.get(&format!("{CONFLICTS}/{}", id.as_str().unwrap())).await.is(200)["conflict"], rest);
        // Page by page, each once.
        let page = owner.get(&format!("{MONTH}&limit=1")).await;
        let next = page.header("link").split(['<', '>']).nth(1).unwrap().to_owned();
        assert_eq!(page.is(200)[0], list[0]);
        assert_eq!(owner.get(&next).await.is(200), json!([list[1]]));
        for wrong in ["from=2030-09-02&to=2030-09-01", "from=2030-01-01&to=2031-06-01", "from=soon", "colour=red"] {
            assert_eq!(owner.get(&format!("{CONFLICTS}?{wrong}")).await.status, 422, "{wrong}");
        }
        owner.put("/api/v1/orgs/labour-rules", json!([{"rule": "rest_daily_min", "severity": "off"}, {"rule": "call_min", "limit": 2, "unit": "hours", "severity": "warn"}])).await.is(200);
        assert_eq!(owner.get(MONTH).await.is(200), json!([]));
    }

    async fn a_dry_run_says_what_would_clash_and_writes_nothing(db: Db) {
        let stage = Stage::new(db).await;
        let (owner, others) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let awa = ghost(&owner, "Awa", json!([{"skill": "Plateau", "level": 3}])).await;
        let (a, b) = (mission(&owner, call("Montage", "02T09:00", "02T13:00")).await, mission(&owner, call("Réglages", "02T12:00", "02T17:00")).await);
        let check = format!("{CONFLICTS}:check");
        let tried = |body: Value| { let (owner, check) = (owner.clone(), check.clone()); async move { owner.post(&check, body).await } };
        assert_eq!(kinds(&tried(json!({"user_id": awa, "mission_id": b})).await.is(200)), ["role_mismatch"]);
        let booked = book(&owner, &a, &awa).await;
        let found = tried(json!({"user_id": awa, "mission_id": b})).await.is(200);
        assert_eq!(kinds(&found), ["overlap", "role_mismatch"]);
        assert_eq!((&found[0]["severity"], &found[0]["missions"][0]["assignment_id"], &found[0]["missions"][1]["mission_id"]), (&json!("block"), &json!(booked), &json!(b)));
        // Naive times are the organisation's; what stands on the mission already does not clash with itself.
        assert_eq!(kinds(&tried(json!({"user_id": awa, "start_at": "2030-09-02T12:59", "end_at": "2030-09-02T16:59"})).await.is(200)), ["overlap"]);
        assert_eq!(tried(json!({"user_id": awa, "start_at": "2030-09-02T13:00", "end_at": "2030-09-02T17:00"})).await.is(200), json!([]));
        assert_eq!(kinds(&tried(json!({"user_id": awa, "mission_id": a})).await.is(200)), ["role_mismatch"]);
        // Another person finds the role filled.
        let bo = ghost(&owner, "Bo", json!([])).await;
        assert_eq!(kinds(&tried(json!({"user_id": bo, "mission_id": a})).await.is(200)), ["role_full"]);
        for wrong in [json!({"user_id": awa}), json!({"user_id": awa, "start_at": "2030-09-02T13:00"}), json!({"mission_id": a}), json!({"user_id": awa, "mission_id": a, "role": "son"})] {
            assert_eq!(tried(wrong.clone()).await.status, 422, "{wrong}");
        }
        tried(json!({"user_id": awa, "start_at": "2030-03-31T02:30", "end_at": "2030-03-31T08:00"})).await.fails(422, "nonexistent_local_time");
        others.post(&check, json!({"user_id": awa, "mission_id": a})).await.fails(404, "not_found");
        assert_eq!(owner.get(ASSIGNMENTS).await.is(200).as_array().unwrap().len(), 1, "nothing was written");
    }

    async fn a_blocked_rule_refuses_unless_overridden(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let awa = ghost(&owner, "Awa", json!([])).await;
        owner.put("/api/v1/orgs/labour-rules", json!([{"rule": "rest_daily_min", "limit": 11, "unit": "hours", "severity": "block"}])).await.is(200);
        book(&owner, &mission(&owner, call("Spectacle", "02T18:00", "02T23:00")).await, &awa).await;
        let early = ask(&owner, &mission(&owner, call("Montage", "03T08:00", "03T12:00")).await, &awa).await;
        let accept = format!("{ASSIGNMENTS}/{early}/accept");
        let refused = owner.post(&accept, json!({})).await.fails(400, "rule_blocked");
        assert_eq!((&refused["rule"], &refused["rules"][0]["measure"]["actual"]), (&json!("rest_daily_min"), &json!(540)));
        // An hour later start is not enough, three are.
        owner.post(&format!("{ASSIGNMENTS}/{early}/move"), json!({"start": "2030-09-03T10:00", "end": "2030-09-03T14:00"})).await.is(200);
        owner.post(&accept, json!({})).await.is(200);
        owner.post(&format!("{ASSIGNMENTS}/{early}/move"), json!({"start": "2030-09-03T09:00", "end": "2030-09-03T14:00"})).await.fails(400, "rule_blocked");
        owner.post(&format!("{ASSIGNMENTS}/{early}/move"), json!({"start": "2030-09-03T09:00", "end": "2030-09-03T14:00", "override": true, "reason": "Accord écrit"})).await.is(200);
        let found = owner.get(MONTH).await.is(200);
        assert_eq!((kinds(&found), &found[0]["override"], &found[0]["severity"]), (vec!["rest_daily_min"], &json!(true), &json!("block")));
        stage.outbox().await;
    }

    async fn the_best_stands_first_and_who_cannot_come_last(db: Db) {
        let stage = Stage::new(db).await;
        let (owner, others) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let tech = owner.brings("tech").await;
        let show = mission(&owner, json!({"title": "Gala", "start_at": "2030-09-02T14:00", "end_at": "2030-09-02T22:00", "time_zone": "Europe/Paris", "break_minutes": 30,
            "roles": [{"role": "Son", "quota": 1}, {"role": "Plateau", "quota": 2}]})).await;
        let (awa, bo) = (ghost(&owner, "Awa", json!([{"skill": "son", "level": 5}])).await, ghost(&owner, "Bo", json!([{"skill": "SON", "level": 2}])).await);
        let (chloe, _) = (ghost(&owner, "Chloé", json!([{"skill": "plateau", "level": 4}])).await, ghost(&owner, "Dan", json!([])).await);
        let at = format!("/api/v1/missions/{show}/suggestions");
        let names = |list: &Value| list.as_array().unwrap().iter().map(|s| format!("{} {} {}", s["user_name"].as_str().unwrap(), s["score"], s["blocked_by"].as_str().unwrap_or("-"))).collect::<Vec<_>>();
        let list = owner.get(&at).await.is(200);
        assert_eq!(names(&list), ["Awa 90 -", "Bo 72 -", "Dan 60 -", "Chloé 0 role_mismatch"]);
        assert_eq!(list[0]["reasons"][0], "Has the skill, at level 5 of 5.");
        assert_eq!(names(&owner.get(&format!("{at}?role=plateau")).await.is(200))[0], "Chloé 84 -");
        // Awa is away, Bo is on the mission, Chloé plays elsewhere.
        book(&owner, &mission(&owner, call("Ailleurs", "02T21:00", "02T23:59")).await, &awa).await;
        book(&owner, &show, &bo).await;
        let list = owner.get(&format!("{at}?role=Son")).await.is(200);
        assert_eq!(names(&list), ["Dan 60 -", "Awa 0 overlap", "Chloé 0 role_mismatch"]);
        assert_eq!(names(&owner.get(&at).await.is(200))[0], "Chloé 84 -", "Son is filled: Plateau is next");
        let page = owner.get(&format!("{at}?limit=2")).await;
        assert_eq!(names(&owner.get(page.header("link").split(['<', '>']).nth(1).unwrap()).await.is(200)).len(), 1);
        owner.get(&format!("{at}?role=Vidéo")).await.fails(422, "validation_failed");
        tech.get(&at).await.fails(403, "role_too_low");
        others.get(&at).await.fails(404, "not_found");
        let _ = chloe;
    }
}

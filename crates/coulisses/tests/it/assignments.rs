//! Who is asked, who said yes, and nobody twice.

use crate::{
    missions::{MISSIONS, day},
    people::{USERS, id, planned},
    stage::{Person, Stage},
};
use base::both_engines;
use serde_json::{Value, json};

pub const ASSIGNMENTS: &str = "/api/v1/assignments";

pub async fn mission(manager: &Person, body: Value) -> String {
    id(&manager.post(MISSIONS, body).await.is(201))
}
pub async fn ask(manager: &Person, mission: &str, person: &str) -> String {
    id(&manager.post(ASSIGNMENTS, json!({"mission_id": mission, "user_id": person})).await.is(201))
}
async fn ghost(manager: &Person, name: &str) -> String {
    id(&manager.post(USERS, json!({"name": name})).await.is(201))
}
fn at(id: &str) -> String {
    format!("{ASSIGNMENTS}/{id}")
}
async fn status(who: &Person, id: &str, to: &str) -> crate::stage::Reply {
    who.post(&format!("{}:status", at(id)), json!({"status": to, "reason": "because"})).await
}

both_engines! {
    async fn a_person_answers_and_a_manager_decides(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (lea, hugo) = (owner.brings("tech").await, owner.brings("tech").await);
        let (hers, _) = (planned(&owner, &lea, "Léa").await, planned(&owner, &hugo, "Hugo").await);
        let gala = mission(&owner, day(10, "Gala")).await;
        let made = owner.post(ASSIGNMENTS, json!({"mission_id": gala, "user_id": hers})).await.is(201);
        let a = id(&made);
        assert_eq!((&made["status"], &made["role"], &made["mission_title"], &made["start_at"]), (&json!("INVITED"), &json!("tech"), &json!("Gala"), &json!("2030-09-10T07:00:00Z")));
        owner.post(ASSIGNMENTS, json!({"mission_id": gala, "user_id": hers})).await.fails(409, "already_assigned");
        hugo.get(&at(&a)).await.fails(404, "not_found");
        status(&hugo, &a, "ACCEPTED").await.fails(404, "not_found");
        let yes = lea.call(axum::http::Method::POST, &format!("{}/accept", at(&a)), None).await.is(200);
        assert_eq!((&yes["status"], yes["answered_at"].is_string()), (&json!("ACCEPTED"), true));
        assert_eq!(lea.post(&format!("{}/accept", at(&a)), json!({})).await.is(200)["version"], yes["version"], "twice changes nothing");
        status(&hugo, &a, "DECLINED").await.fails(403, "not_yours");
        status(&lea, &a, "CANCELLED").await.fails(403, "role_too_low");
        status(&owner, &a, "DECLINED").await.fails(403, "not_yours");
        let refused = status(&owner, &a, "INVITED").await.fails(409, "transition_not_allowed");
        assert_eq!((&refused["from"], &refused["to"]), (&json!("ACCEPTED"), &json!("INVITED")));
        owner.delete(&at(&a)).await.fails(409, "assignment_accepted");
        assert_eq!(status(&owner, &a, "CANCELLED").await.is(200)["reason"], "because");
        assert_eq!(status(&owner, &a, "INVITED").await.is(200)["answered_at"], Value::Null);
        assert_eq!(lea.post(&format!("{}/decline", at(&a)), json!({"reason": "déjà prise"})).await.is(200)["status"], "DECLINED");
        status(&owner, &a, "ACCEPTED").await.fails(409, "transition_not_allowed");
        owner.delete(&at(&a)).await.is(204);
        stage.outbox().await;
    }

    async fn nobody_is_booked_twice(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let lea = ghost(&owner, "Léa").await;
        let span = |start: &str, end: &str| json!({"title": start, "start_at": format!("2030-09-10T{start}Z"), "end_at": format!("2030-09-10T{end}Z")});
        let first = ask(&owner, &mission(&owner, span("08:00", "12:00")).await, &lea).await;
        let second = ask(&owner, &mission(&owner, span("11:00", "14:00")).await, &lea).await;
        let touching = ask(&owner, &mission(&owner, span("12:00", "13:00")).await, &lea).await;
        status(&owner, &first, "ACCEPTED").await.is(200);
        status(&owner, &touching, "ACCEPTED").await.is(200);
        let refused = status(&owner, &second, "ACCEPTED").await.fails(400, "schedule_conflict");
        assert_eq!(refused["conflicts"].as_array().unwrap().iter().map(|c| c["title"].clone()).collect::<Vec<_>>(), ["08:00", "12:00"]);
        let on_purpose = async |body: Value| owner.post(&format!("{ASSIGNMENTS}/{second}:status"), body).await;
        let bare = on_purpose(json!({"status": "ACCEPTED", "override": true})).await.fails(422, "validation_failed");
        assert_eq!(bare["errors"][0]["field"], "reason");
        let forced = on_purpose(json!({"status": "ACCEPTED", "override": true, "reason": "relais de dix minutes"})).await.is(200);
        assert_eq!((&forced["override"], &forced["override_reason"]), (&json!(true), &json!("relais de dix minutes")));
        let third = owner.post(ASSIGNMENTS, json!({"mission_id": mission(&owner, span("13:30", "15:00")).await, "user_id": lea, "status": "ACCEPTED"})).await;
        third.fails(400, "schedule_conflict");
        assert_eq!(owner.get(ASSIGNMENTS).await.is(200).as_array().unwrap().len(), 3, "the refused booking left nothing");
    }

    async fn a_role_is_full_when_its_quota_has_accepted(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let mut body = day(10, "Gala");
        body["roles"] = json!([{"role": "Son", "quota": 1}, {"role": "lumière", "quota": 1}]);
        let gala = mission(&owner, body).await;
        let mut all = vec![];
        for name in ["A", "B"] {
            let person = ghost(&owner, name).await;
            all.push(id(&owner.post(ASSIGNMENTS, json!({"mission_id": gala, "user_id": person, "role": "SON"})).await.is(201)));
        }
        status(&owner, &all[0], "ACCEPTED").await.is(200);
        status(&owner, &all[1], "ACCEPTED").await.fails(409, "role_full");
        let shown = owner.get(&format!("{MISSIONS}/{gala}")).await.is(200);
        assert_eq!((&shown["roles"][0], &shown["filled"]), (&json!({"role": "Son", "quota": 1, "accepted": 1, "invited": 1}), &json!(false)));
        let person = ghost(&owner, "C").await;
        owner.post(ASSIGNMENTS, json!({"mission_id": gala, "user_id": person, "role": "vidéo"})).await.fails(422, "validation_failed");
        owner.post(ASSIGNMENTS, json!({"mission_id": gala, "user_id": person, "role": "lumière", "status": "ACCEPTED"})).await.is(201);
        assert_eq!(owner.get(&format!("{MISSIONS}/{gala}")).await.is(200)["filled"], true);
        assert_eq!(owner.get(&format!("{MISSIONS}?unfilled=true")).await.is(200), json!([]));
        owner.patch(&format!("{MISSIONS}/{gala}"), json!({"roles": [{"role": "lumière"}]})).await.fails(409, "role_in_use");
        owner.delete(&format!("{USERS}/{person}")).await.fails(409, "person_has_history");
    }

    async fn a_withdrawal_needs_a_reason_and_time(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let lea = owner.brings("tech").await;
        let hers = planned(&owner, &lea, "Léa").await;
        let soon = |hours: u64| {
            let at = |h| stage.app.now().plus(std::time::Duration::from_secs(h * 3_600)).to_string();
            json!({"start_at": at(hours), "end_at": at(hours + 2)})
        };
        let (late, early) = (ask(&owner, &mission(&owner, soon(40)).await, &hers).await, ask(&owner, &mission(&owner, soon(60)).await, &hers).await);
        for a in [&late, &early] {
            lea.post(&format!("{}/accept", at(a)), json!({})).await.is(200);
        }
        lea.post(&format!("{}/decline", at(&early)), json!({})).await.fails(422, "validation_failed");
        lea.post(&format!("{}/decline", at(&late)), json!({"reason": "malade"})).await.fails(409, "withdrawal_too_late");
        assert_eq!(lea.post(&format!("{}/decline", at(&early)), json!({"reason": "malade"})).await.is(200)["status"], "DECLINED");
        stage.outbox().await;
    }

    async fn a_tech_sees_their_own_and_who_is_there(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (lea, hugo) = (owner.brings("tech").await, owner.brings("tech").await);
        let (hers, his) = (planned(&owner, &lea, "Léa").await, planned(&owner, &hugo, "Hugo").await);
        let mut body = day(10, "Gala");
        body["roles"] = json!([{"role": "son", "quota": 9}]);
        let gala = mission(&owner, body).await;
        let (a, b) = (ask(&owner, &gala, &hers).await, ask(&owner, &gala, &his).await);
        let mut secret = day(20, "Secret");
        secret["draft"] = true.into();
        ask(&owner, &mission(&owner, secret).await, &hers).await;
        let seen = async |who: &Person, query: &str| who.get(&format!("{ASSIGNMENTS}?{query}")).await.is(200).as_array().unwrap().clone();
        assert_eq!(seen(&lea, "").await.iter().map(|x| x["id"].as_str().unwrap()).collect::<Vec<_>>(), [a.as_str()], "not who is only asked, nor drafts");
        status(&owner, &b, "ACCEPTED").await.is(200);
        let all = seen(&lea, "").await;
        let hugos = all.iter().find(|x| x["id"] == b.as_str()).unwrap();
        assert_eq!((all.len(), &hugos["user_name"], hugos.get("rate_cents"), hugos.get("reason")), (2, &json!("Hugo Test"), None, None));
        let mine = seen(&lea, "me=1").await;
        assert_eq!((mine.len(), &mine[0]["mission_title"], mine[0]["project_title"].is_null(), mine[0].get("rate_cents").is_some()), (1, &json!("Gala"), true, true));
        assert_eq!(seen(&owner, "me=1").await.len(), 0, "an account that is no person");
        assert_eq!(seen(&owner, &format!("mission={gala}&status=ACCEPTED")).await.len(), 1);
        assert_eq!(seen(&owner, &format!("user={hers}&mission={gala}")).await.len(), 1);
        assert_eq!(seen(&owner, &format!("user={hers}&from=2030-09-15")).await.len(), 1);
        stage.outbox().await;
    }

    async fn a_mission_moves_with_everybody_or_not_at_all(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (lea, hugo) = (ghost(&owner, "Léa").await, ghost(&owner, "Hugo").await);
        let mut body = day(10, "Gala");
        body["roles"] = json!([{"role": "son", "quota": 9}]);
        let gala = mission(&owner, body).await;
        let (a, b) = (ask(&owner, &gala, &lea).await, ask(&owner, &gala, &hugo).await);
        let other = ask(&owner, &mission(&owner, day(12, "Autre")).await, &lea).await;
        for x in [&a, &b, &other] {
            status(&owner, x, "ACCEPTED").await.is(200);
        }
        let to = |n: u32| { let d = day(n, "Gala"); json!({"start_at": d["start_at"], "end_at": d["end_at"]}) };
        let moved = owner.patch(&format!("{MISSIONS}/{gala}"), to(11)).await.is(200);
        let now = owner.get(&at(&a)).await.is(200);
        assert_eq!((&now["start_at"], now["reconfirm_at"].is_string(), &now["status"]), (&moved["start_at"], true, &json!("ACCEPTED")));
        let refused = owner.patch(&format!("{MISSIONS}/{gala}"), to(12)).await.fails(400, "schedule_conflict");
        assert_eq!((refused["conflicts"].as_array().unwrap().len(), &refused["conflicts"][0]["title"]), (1, &json!("Autre")));
        assert_eq!(owner.get(&format!("{MISSIONS}/{gala}")).await.is(200)["start_at"], moved["start_at"], "nothing moved");
        owner.patch(&format!("{MISSIONS}/{gala}?on_conflict=release"), to(12)).await.is(200);
        let state = async |x: &str| owner.get(&at(x)).await.is(200)["status"].as_str().unwrap().to_owned();
        assert_eq!((state(&a).await, state(&b).await, state(&other).await), ("INVITED".into(), "ACCEPTED".into(), "ACCEPTED".into()));
        owner.delete(&format!("{MISSIONS}/{gala}")).await.fails(409, "has_accepted");
        owner.delete(&format!("{MISSIONS}/{gala}?force=true")).await.is(204);
        owner.get(&at(&b)).await.fails(404, "not_found");
    }

    async fn a_call_of_ones_own_is_checked_like_any_other(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let lea = ghost(&owner, "Léa").await;
        let (gala, other) = (mission(&owner, day(10, "Gala")).await, mission(&owner, day(11, "Autre")).await);
        let (a, b) = (ask(&owner, &gala, &lea).await, ask(&owner, &other, &lea).await);
        status(&owner, &a, "ACCEPTED").await.is(200);
        status(&owner, &b, "ACCEPTED").await.is(200);
        let set = async |verb: &str, start: &str, end: &str| owner.post(&format!("{}/{verb}", at(&a)), json!({"id": a, "start": start, "end": end})).await;
        let own = set("resize", "2030-09-10T07:00", "2030-09-10T20:00").await.is(200);
        assert_eq!((&own["own_times"], &own["start_at"], &own["end_at"]), (&json!(true), &json!("2030-09-10T05:00:00Z"), &json!("2030-09-10T18:00:00Z")));
        set("move", "2030-09-11T08:00Z", "2030-09-11T09:00Z").await.fails(400, "schedule_conflict");
        set("resize", "2030-09-10T07:00Z", "2030-09-11T07:01Z").await.fails(422, "interval_too_long");
        set("move", "2030-09-10T09:00Z", "2030-09-10T08:00Z").await.fails(422, "interval_invalid");
        owner.patch(&format!("{MISSIONS}/{gala}"), json!({"start_at": "2030-09-11T09:00", "end_at": "2030-09-11T18:00"})).await.is(200);
        assert_eq!(owner.get(&at(&a)).await.is(200)["start_at"], own["start_at"], "set apart, it does not move along");
    }

    async fn drafts_and_the_past_are_not_accepted(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let lea = owner.brings("tech").await;
        let hers = planned(&owner, &lea, "Léa").await;
        let mut secret = day(20, "Secret");
        secret["draft"] = true.into();
        let draft = ask(&owner, &mission(&owner, secret).await, &hers).await;
        status(&owner, &draft, "ACCEPTED").await.fails(409, "mission_not_published");
        let past = ask(&owner, &mission(&owner, json!({"start_at": "2020-01-01T09:00Z", "end_at": "2020-01-01T10:00Z"})).await, &hers).await;
        status(&lea, &past, "ACCEPTED").await.fails(409, "mission_ended");
        status(&owner, &past, "ACCEPTED").await.is(200);
        stage.outbox().await;
    }

    async fn many_are_asked_at_once_or_none(db: Db) {
        let stage = Stage::new(db).await;
        let (owner, theirs) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let (gala, foreign) = (mission(&owner, day(10, "Gala")).await, ghost(&theirs, "X").await);
        let mut all = vec![];
        for n in 0..20 {
            all.push(json!({"mission_id": gala, "user_id": ghost(&owner, &format!("P{n}")).await}));
        }
        all.push(json!({"mission_id": gala, "user_id": foreign}));
        let bulk = format!("{ASSIGNMENTS}:bulk_create");
        assert_eq!(owner.post(&bulk, json!(all)).await.fails(404, "not_found")["index"], 20);
        all[20] = all[3].clone();
        assert_eq!(owner.post(&bulk, json!(all)).await.fails(409, "already_assigned")["index"], 20);
        all.pop();
        assert_eq!(owner.post(&bulk, json!(all)).await.is(200)["created"], 20);
        assert_eq!(owner.get(&format!("{MISSIONS}/{gala}")).await.is(200)["roles"][0]["invited"], 20);
    }

    /// Every answer is 200 or 400, and whatever was said yes to does not overlap.
    async fn racing_yeses_leave_no_overlap(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let (lea, hugo) = (ghost(&owner, "Léa").await, ghost(&owner, "Hugo").await);
        let mut all = vec![];
        for n in 0..20 {
            let (start, end) = (n % 10, n % 10 + 3);
            let body = json!({"start_at": format!("2030-09-10T{start:02}:00Z"), "end_at": format!("2030-09-10T{end:02}:00Z"), "roles": [{"role": "son", "quota": 1}]});
            let gala = mission(&owner, body).await;
            all.push(ask(&owner, &gala, &lea).await);
            all.push(ask(&owner, &gala, &hugo).await);
        }
        let racers: Vec<_> = all.iter().cloned().map(|a| { let o = owner.clone(); tokio::spawn(async move { o.insists(&format!("{}:status", at(&a)), json!({"status": "ACCEPTED"})).await }) }).collect();
        let mut answers = vec![];
        for racer in racers {
            answers.push(racer.await.unwrap());
        }
        assert!(answers.iter().all(|a| [200, 400, 409].contains(a)), "{answers:?}");
        let yes = answers.iter().filter(|a| **a == 200).count();
        let overlaps = base::sql!(all_orgs: "a test counts",
            "select count(*) from assignments a join assignments b on b.person_id = a.person_id and b.id > a.id and a.start_at < b.end_at and b.start_at < a.end_at
             where a.status = 'ACCEPTED' and b.status = 'ACCEPTED'");
        assert_eq!(db.one::<(i64,)>(overlaps, &[]).await.unwrap().0, 0);
        let accepted = base::sql!(all_orgs: "a test counts", "select count(*) from assignments where status = 'ACCEPTED'");
        assert_eq!(db.one::<(i64,)>(accepted, &[]).await.unwrap().0, yes as i64);
        assert!(yes >= 4, "{answers:?}");
    }
}

both_engines! {
    async fn a_yes_keeps_the_rate_of_its_day(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let lea = ghost(&owner, "Léa").await;
        for (from, cents) in [("2030-01-01", 24_000), ("2030-09-11", 26_000)] {
            owner.post(&format!("/api/v1/rates/user/{lea}"), json!({"unit": "day", "cents": cents, "valid_from": from})).await.is(201);
        }
        let a = ask(&owner, &mission(&owner, day(10, "Gala")).await, &lea).await;
        let yes = status(&owner, &a, "ACCEPTED").await.is(200);
        assert_eq!((&yes["rate_unit"], &yes["rate_cents"], &yes["rate_currency"]), (&json!("day"), &json!(24_000), &json!("EUR")));
        owner.post(&format!("/api/v1/rates/user/{lea}"), json!({"unit": "day", "cents": 1, "valid_from": "2030-02-01"})).await.is(201);
        assert_eq!(owner.get(&at(&a)).await.is(200)["rate_cents"], 24_000, "what was agreed stays");
    }

    async fn a_rule_that_the_organisation_blocks_refuses(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let lea = ghost(&owner, "Léa").await;
        let span = |start: &str, end: &str| json!({"start_at": format!("2030-09-{start}Z"), "end_at": format!("2030-09-{end}Z"), "time_zone": "Europe/Paris"});
        let late = ask(&owner, &mission(&owner, span("10T14:00", "10T22:00")).await, &lea).await;
        let early = ask(&owner, &mission(&owner, span("11T06:00", "11T10:00")).await, &lea).await;
        status(&owner, &late, "ACCEPTED").await.is(200);
        let rules = owner.get("/api/v1/orgs/labour-rules").await.is(200);
        let strict: Vec<Value> = rules.as_array().unwrap().iter().map(|r| {
            let severity = if r["rule"] == "rest_daily_min" { "block" } else { "warn" };
            json!({"rule": r["rule"], "limit": r["limit"], "unit": r["unit"], "severity": severity})
        }).collect();
        owner.put("/api/v1/orgs/labour-rules", json!(strict)).await.is(200);
        let refused = status(&owner, &early, "ACCEPTED").await.fails(400, "rule_blocked");
        assert_eq!((&refused["rule"], refused["rules"].as_array().unwrap().len()), (&json!("rest_daily_min"), 1));
        let short = ask(&owner, &mission(&owner, span("20T10:00", "20T11:00")).await, &lea).await;
        status(&owner, &short, "ACCEPTED").await.is(200); // too short to come for, which is only warned of
        let on_purpose = json!({"status": "ACCEPTED", "override": true, "reason": "premier jour du festival"});
        owner.post(&format!("{}:status", at(&early)), on_purpose).await.is(200);
    }
}

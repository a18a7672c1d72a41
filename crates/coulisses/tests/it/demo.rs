//! The demo season: what it prints opens doors, on both engines, and it stays away from other data.

use crate::{
    process::{Server, run, scratch},
    stage::{Person, Stage},
};
use base::{both_engines, sql, time::Timestamp};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

/// On a Wednesday.
const TODAY: &str = "2030-09-11T10:00:00Z";

struct Printed(Vec<String>);
impl Printed {
    fn login(&self, role: &str) -> (&str, &str) {
        let line = self.0.iter().find_map(|l| l.strip_prefix(&format!("login: {role} "))).unwrap();
        line.split_once(' ').unwrap()
    }
    fn token(&self) -> &str {
        self.0.iter().find_map(|l| l.strip_prefix("invitation: ")).unwrap().split_once("/invite?token=").unwrap().1
    }
}
async fn signed_in(stage: &Stage, (email, password): (&str, &str)) -> Person {
    let mut person = stage.anyone();
    let login = person.post("/api/v1/auth/login", json!({"email": email, "password": password})).await.is(200);
    person.token = login["access_token"].as_str().map(str::to_owned);
    person
}
async fn season(db: base::db::Db) -> (Stage, Printed) {
    season_on(db, TODAY).await
}
async fn season_on(db: base::db::Db, today: &str) -> (Stage, Printed) {
    let stage = Stage::at(db, today.parse().unwrap()).await;
    let printed = Printed(coulisses::demo::fill(&stage.app).await.unwrap());
    (stage, printed)
}
async fn all(person: &Person, path: &str) -> Vec<Value> {
    person.get(path).await.is(200).as_array().unwrap().clone()
}
fn words<'a>(of: &'a [Value], field: &str) -> BTreeSet<&'a str> {
    of.iter().map(|one| one[field].as_str().unwrap()).collect()
}

both_engines! {
    async fn the_printed_logins_and_the_printed_link_work(db: Db) {
        let (stage, printed) = season(db).await;
        for role in ["owner", "admin", "manager", "tech"] {
            let person = signed_in(&stage, printed.login(role)).await;
            assert_eq!(all(&person, "/api/v1/projects?limit=50").await.len(), if role == "tech" { 5 } else { 6 }, "{role}");
        }
        let me = signed_in(&stage, printed.login("tech")).await;
        assert!(!all(&me, "/api/v1/assignments?me=1&limit=200").await.is_empty(), "the technician has calls");
        let shooter = signed_in(&stage, printed.login("shooter")).await;
        assert_eq!(shooter.get("/api/v1/auth/me").await.is(200)["org_id"], Value::Null);

        let (anyone, token) = (stage.anyone(), printed.token());
        let asked = anyone.get(&format!("/api/v1/invitations/verify?token={token}")).await.is(200);
        assert_eq!((&asked["user_name"], &asked["role"], &asked["status"]), (&json!("Noémie Carpentier"), &json!("poursuite"), &json!("INVITED")));
        let accept = format!("/api/v1/invitations/{}/accept?token={token}", asked["invitation_id"].as_str().unwrap());
        assert_eq!(anyone.call(axum::http::Method::POST, &accept, None).await.is(200)["status"], "ACCEPTED");
    }

    async fn the_season_is_in_the_middle_of_things(db: Db) {
        let (stage, printed) = season(db.clone()).await;
        let owner = signed_in(&stage, printed.login("owner")).await;
        let people = all(&owner, "/api/v1/users?limit=200").await;
        assert_eq!(people.len(), 24);
        let assignments = all(&owner, "/api/v1/assignments?limit=200").await;
        assert_eq!(words(&assignments, "status"), BTreeSet::from(["ACCEPTED", "CANCELLED", "DECLINED", "INVITED"]));
        assert!(assignments.iter().any(|a| a["reconfirm_at"].is_string()), "a call moved after a yes");
        assert!(assignments.iter().filter(|a| a["status"] == "ACCEPTED").all(|a| a["rate_cents"].is_i64()), "rates were there in time");
        let missions = all(&owner, "/api/v1/missions?limit=200").await;
        let length = |m: &Value| {
            let at = |field: &str| m[field].as_str().unwrap().parse::<Timestamp>().unwrap();
            at("end_at").since(at("start_at"))
        };
        // The autumn of 2030: nine hours on the wall clock's eight.
        assert!(missions.iter().any(|m| m["title"] == "Démontage, nuit du changement d’heure" && length(m) == Duration::from_secs(9 * 3_600)));
        assert!(!all(&owner, "/api/v1/missions?unfilled=true&from=2030-09-12").await.is_empty());
        assert!(missions.iter().any(|m| m["status"] == "DRAFT"));
        // Nothing is wrong but what is meant to be.
        let conflicts = all(&owner, "/api/v1/conflicts?from=2030-09-02&to=2030-09-22&limit=200").await;
        let kinds: Vec<_> = conflicts.iter().map(|c| c["kind"].as_str().unwrap()).collect();
        let set: BTreeSet<_> = kinds.iter().copied().collect();
        assert!(set.contains("overlap") && set.contains("rest_daily_min"), "{kinds:?}");
        assert_eq!(kinds.len(), 2, "{conflicts:#?}");
        let availability = all(&owner, "/api/v1/availabilities?limit=50").await;
        assert_eq!(words(&availability, "status"), BTreeSet::from(["APPROVED", "PENDING"]));
        let kept: (i64,) = db.one(sql!("select count(*) from coach_answers"), &[]).await.unwrap();
        assert_eq!(kept.0, 6, "six shooting sessions");
        // The house next door sees nothing of it.
        let other = signed_in(&stage, printed.login("other-owner")).await;
        assert_eq!(all(&other, "/api/v1/users").await.len(), 2);
        other.get(&format!("/api/v1/users/{}", people[0]["id"].as_str().unwrap())).await.fails(404, "not_found");
    }

    async fn whoever_starts_it_on_a_weekend_has_its_conflicts_before_them(db: Db) {
        // What clashes on the Saturday of a week is over on its Sunday.
        let (stage, printed) = season_on(db, "2030-09-15T07:00:00Z").await;
        let owner = signed_in(&stage, printed.login("owner")).await;
        let conflicts = all(&owner, "/api/v1/conflicts?from=2030-09-15&to=2030-10-15").await;
        assert_eq!(words(&conflicts, "kind"), BTreeSet::from(["overlap", "rest_daily_min"]), "{conflicts:#?}");
        assert!(!all(&owner, "/api/v1/missions?unfilled=true&from=2030-09-16&to=2030-09-22").await.is_empty(), "there is somebody to find");
        assert!(!all(&owner, "/api/v1/missions?from=2030-09-15&to=2030-09-15").await.is_empty(), "and something today");
    }
}

#[test]
fn it_is_asked_for_and_stays_away_from_other_data() {
    let dir = scratch();
    let env = [("DATA_DIR", dir.to_str().unwrap()), ("MAIL_URL", "file:mail")];
    let (code, _, words) = run(&["demo"], &[&env[..], &[("COULISSES_ENV", "production")]].concat());
    assert!(code == 1 && words.contains("not for production") && words.lines().count() == 1, "{words}");
    let (code, printed, words) = run(&["demo"], &env);
    assert_eq!((code, words.as_str()), (0, ""));
    assert_eq!(printed.lines().filter(|l| l.starts_with("login: ")).count(), 7, "{printed}");
    assert_eq!(printed.lines().filter(|l| l.starts_with("invitation: http://127.0.0.1:8000/invite?token=inv_")).count(), 1, "{printed}");
    let (code, printed, words) = run(&["demo"], &env);
    assert!(code == 1 && printed.is_empty() && words.contains("there is data in this database already"), "{words}");
    let (code, words, _) = run(&["audit", "verify"], &env);
    assert_eq!(code, 0, "{words}");
    let _ = std::fs::remove_dir_all(dir);
}

#[test]
fn a_server_plays_it_on_its_first_start_only() {
    let dir = scratch();
    let env = [("DATA_DIR", dir.to_str().unwrap())];
    let (server, printed) = Server::start_with(&["serve", "--demo"], &env);
    let printed = Printed(printed);
    let (email, password) = printed.login("owner");
    let login = server.call("POST", "/api/v1/auth/login", "", &json!({"email": email, "password": password})).unwrap();
    assert_eq!(login.0, 200);
    drop(server);
    let (_server, printed) = Server::start_with(&["serve", "--demo"], &env);
    assert!(printed.iter().all(|line| line.starts_with("nobody administers this server yet")), "no login is printed again: {printed:?}");
    let _ = std::fs::remove_dir_all(dir);
}

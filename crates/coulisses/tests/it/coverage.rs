//! Every operation of the document is tried without a token, without an org, from another org, and with every role that is too low.
//!
//! A new route fails here until its path parameters have an example in [`example`].

use crate::stage::{Person, Stage};
use axum::http::Method;
use base::{auth::Role, both_engines};
use serde_json::{Value, json};

pub struct Operation {
    pub method: Method,
    pub template: String,
    pub permission: Value,
}
pub fn operations(document: &Value) -> Vec<Operation> {
    let mut all = vec![];
    for (template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            if ![Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(&method) {
                continue;
            }
            let permission = operation["x-permission"].clone();
            assert!(
                permission.is_object(),
                "{method} {template} has no permission: is its first argument Anyone, Caller, Member or Admin?"
            );
            all.push(Operation { method, template: template.clone(), permission });
        }
    }
    assert!(all.len() > 15, "the document is read");
    all
}

/// What exists in the org of `ours`: the noun of a path and the id of one.
pub async fn examples(ours: &Person) -> Vec<(&'static str, String)> {
    let make = async |noun: &'static str, body: Value| {
        let made = ours.post(&format!("/api/v1/{noun}"), body).await.is(201);
        (noun, made["id"].as_str().unwrap().to_owned())
    };
    let mut known =
        vec![make("projects", json!({"name": "Gala"})).await, make("users", json!({"name": "Léa", "account_id": ours.account})).await];
    known.push(make("missions", json!({"start_at": "2030-09-10T09:00Z", "end_at": "2030-09-10T18:00Z"})).await);
    known.push(make("assignments", json!({"mission_id": known[2].1, "user_id": known[1].1})).await);
    known.push(make("invitations", json!({"assignment_id": known[3].1})).await);
    known.push(make("availabilities", json!({"start_at": "2030-09-10T09:00Z", "end_at": "2030-09-10T18:00Z"})).await);
    known.push(make("templates", json!({"name": "Jour", "missions": [{"start": "09:00", "end": "18:00"}]})).await);
    // An hour is too short to come for.
    let short = make("missions", json!({"start_at": "2030-09-12T09:00Z", "end_at": "2030-09-12T10:00Z"})).await.1;
    make("assignments", json!({"mission_id": short, "user_id": known[1].1, "status": "ACCEPTED"})).await;
    let conflicts = ours.get("/api/v1/conflicts?from=2030-09-12&to=2030-09-12").await.is(200);
    known.push(("conflicts", conflicts[0]["conflict_id"].as_str().unwrap().to_owned()));
    known
}
/// What has an address to be changed at, but none to be read at.
pub async fn write_only(ours: &Person, known: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
    let person = known.iter().find(|(noun, _)| *noun == "users").map_or("", |(_, id)| id);
    let rate = ours.post(&format!("/api/v1/rates/user/{person}"), json!({"unit": "day", "cents": 1})).await.is(201);
    let feed = ours.post("/api/v1/calendar/feeds", json!({"scope": "person", "id": person})).await.is(201);
    let leave = ours.post("/api/v1/availabilities", json!({"start_at": "2030-10-10T09:00Z", "end_at": "2030-10-10T18:00Z"})).await.is(201);
    ours.post(&format!("/api/v1/availabilities/{}:reject", leave["id"].as_str().unwrap()), json!({})).await.is(200);
    let told = ours.get("/api/v1/notifications").await.is(200)[0].clone();
    let made = [("rates", rate), ("calendar", feed), ("notifications", told)];
    made.map(|(noun, body)| (noun, body["id"].as_str().unwrap().to_owned())).into()
}
/// The address of something that exists in the org of `owner`.
fn example(template: &str, owner: &Person, known: &[(&str, String)]) -> String {
    let noun = template.split('/').nth(3).unwrap_or_default();
    let of = |noun: &str| known.iter().find(|(n, _)| *n == noun).map_or("", |(_, id)| id);
    let id = match template {
        t if t.contains("/auth/{provider}/") || t.contains("/native/{provider}") => "google",
        t if t.contains("/identities/{id}") => &owner.account,
        t if t.contains("{uid}") => of("users"),
        t if t.contains("{id}") && known.iter().any(|(n, _)| *n == noun) => of(noun),
        t if t.contains("{user_id}") => of("users"),
        t if t.contains("{feed_id}") => of("calendar"),
        t if t.contains("/orgs/{id}") || t.contains("/scoped/{org_id}") => &owner.org,
        t if t.contains("/members/{account_id}")
            || t.contains("/sessions/{id}")
            || t.contains("/coach/advice/{id}")
            || t.contains("/ai/interactions/{id}")
            || t.contains("/invitations/{id}")
            || t.contains("/keys/{id}")
            || t.contains("/service-accounts/{id}")
            || t.contains("/admin/accounts/{id}") =>
        {
            &owner.account
        }
        t if t.contains("/ai/prompts/") => "1",
        t if t.contains('{') => panic!("{t} has a parameter without an example: add one to coverage.rs"),
        _ => "",
    };
    let mut path = template.to_owned();
    while let Some((head, tail)) = path.clone().split_once('{') {
        path = format!("{head}{id}{}", tail.split_once('}').unwrap().1);
    }
    path
}
/// A body that is JSON, and fits the most demanding of ours well enough to get past the permission.
fn body(method: &Method) -> Option<String> {
    (!matches!(*method, Method::GET | Method::DELETE)).then(|| json!({"name": "Taken over"}).to_string())
}

both_engines! {
    async fn every_operation_keeps_out_who_may_not(db: Db) {
        let stage = Stage::new(db).await;
        let (ours, theirs, alone) = (stage.org("Lanternes").await, stage.org("Rive Sud").await, stage.person().await);
        let members = [ours.brings("tech").await, ours.brings("manager").await, ours.brings("admin").await];
        let mut known = examples(&ours).await;
        let mut before = vec![];
        for (noun, id) in &known {
            before.push(ours.get(&format!("/api/v1/{noun}/{id}")).await.is(200));
        }
        let write_only = write_only(&ours, &known).await;
        known.extend(write_only);
        stage.outbox().await;
        for op in operations(&stage.document) {
            let (path, guard) = (example(&op.template, &ours, &known), op.permission["guard"].as_str().unwrap());
            // A stream that is let in does not end: who may follow it is tried in its own test.
            let streams = op.template.ends_with("/events");
            let attempt = async |who: &Person| who.call(op.method.clone(), &path, body(&op.method)).await;
            if guard == "anyone" {
                continue;
            }
            attempt(&stage.anyone()).await.fails(401, "unauthenticated");
            let mut forged = stage.anyone();
            forged.token = Some("eyJhbGciOiJub25lIn0.e30.".to_owned());
            attempt(&forged).await.fails(401, "invalid_token");
            if guard == "admin" {
                attempt(&ours).await.fails(403, "insufficient_scope");
                continue;
            }
            if guard != "member" {
                continue;
            }
            attempt(&alone).await.fails(403, "no_org");
            let needed: Role = serde_json::from_value(op.permission["role"].clone()).unwrap();
            for (member, role) in members.iter().zip(Role::ALL).filter(|(_, role)| *role < needed) {
                let problem = attempt(member).await.fails(403, "role_too_low");
                assert_eq!(problem["needed"], json!(needed), "{role} at {} {}", op.method, op.template);
            }
            if op.template.contains('{') {
                let foreign = attempt(&theirs).await;
                let status = foreign.status.as_u16();
                assert!([403, 404, 422].contains(&status), "{} {} answers {status} to another org", op.method, op.template);
            } else if !streams && op.method == Method::GET {
                let foreign = attempt(&theirs).await;
                let told = foreign.body.to_string();
                assert!(!known.iter().any(|(_, id)| told.contains(id)) && !told.contains(&ours.account), "{} leaks", op.template);
            }
        }
        for ((noun, id), before) in known.iter().zip(before) {
            assert_eq!(ours.get(&format!("/api/v1/{noun}/{id}")).await.is(200), before, "nobody changed it");
        }
    }
}

//! A technician learns nothing of another's pay or contact, whatever they read: every GET of the document, as a technician, for a
//! word that only managers may see.

use crate::{
    assignments::{ASSIGNMENTS, ask, mission},
    coverage::operations,
    missions::day,
    people::{USERS, id, planned},
    stage::{Person, Stage},
};
use axum::http::Method;
use base::both_engines;
use serde_json::{Value, json};

/// What stands in Hugo's file: his phone, address, numbers, words and pay. None of it stands anywhere else.
const SECRETS: [&str; 8] =
    ["655443322", "canari-mail", "CANARI-BIO", "CANARI-SECU", "CANARI-NOTE", "CANARI-REASON", "CANARI-OVERRIDE", "77777"];

/// Every address that a GET leads to: whatever stands for an id is each of ours in turn, and spans hold everything.
fn addresses(document: &Value, ids: &[String]) -> Vec<String> {
    let mut all = vec![];
    for op in operations(document).into_iter().filter(|op| op.method == Method::GET && !op.template.ends_with("/events")) {
        let declared = document["paths"][&op.template]["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let has = |name: &str| declared.iter().any(|p| p["in"] == "query" && p["name"] == name);
        let known = [
            ("from", "2030-09-01"),
            ("to", "2030-09-30"),
            ("date", "2030-09-10"),
            ("date_from", "2030-09-01"),
            ("date_to", "2030-09-30"),
            ("year", "2030"),
            ("month", "9"),
        ];
        let span: Vec<_> = known.iter().filter(|(name, _)| has(name)).map(|(name, value)| format!("{name}={value}")).collect();
        let mut queries = vec![span.join("&")];
        for (name, values) in [
            ("type", &["monthly-users", "project-cost", "assignments", "missions", "people"][..]),
            ("status", &["ACCEPTED", "DECLINED"]),
            ("q", &["hugo"]),
        ] {
            if has(name) {
                queries.extend(values.iter().map(|v| [&span[..], &[format!("{name}={v}")]].concat().join("&")));
            }
        }
        for name in ["user", "user_id", "mission", "project", "project_id"] {
            if has(name) {
                queries.extend(ids.iter().map(|id| [&span[..], &[format!("{name}={id}")]].concat().join("&")));
            }
        }
        let paths: Vec<String> = match op.template.split_once('{') {
            None => vec![op.template.clone()],
            Some((head, tail)) => ids.iter().map(|id| format!("{head}{id}{}", tail.split_once('}').unwrap().1)).collect(),
        };
        all.extend(paths.iter().flat_map(|path| queries.iter().map(move |query| format!("{path}?{query}"))));
    }
    all
}
/// Which of the words a reader found, and where.
async fn found(reader: &Person, addresses: &[String]) -> Vec<String> {
    let mut found = vec![];
    for at in addresses {
        let reply = reader.get(at).await;
        assert!(reply.status.as_u16() < 500, "{at}: {:?}", reply.body);
        let text = String::from_utf8_lossy(&reply.bytes).into_owned();
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        found.extend(SECRETS.iter().filter(|s| text.contains(**s) || digits.contains(**s)).map(|secret| format!("{secret} at {at}")));
    }
    found
}

both_engines! {
    async fn a_technician_reads_nobodys_pay_or_contact(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (lea, hugo) = (owner.brings("tech").await, owner.brings("tech").await);
        let hers = planned(&owner, &lea, "Léa").await;
        let his = id(&owner.post(USERS, json!({"first_name": "Hugo", "last_name": "Bel", "account_id": hugo.account, "email": "canari-mail@lanternes.example",
            "phone": "+33 6 55 44 33 22", "bio": "CANARI-BIO", "legal_ids": {"conges": "CANARI-SECU"}})).await.is(201));
        owner.post(&format!("/api/v1/rates/user/{his}"), json!({"unit": "day", "cents": 77_777, "valid_from": "2030-01-01"})).await.is(201);
        let project = id(&owner.post("/api/v1/projects", json!({"name": "Gala", "status": "ACTIVE", "time_zone": "Europe/Paris"})).await.is(201));
        let on = async |n: u32, title: &str| {
            let mut body = day(n, title);
            body["project_id"] = project.clone().into();
            body["roles"] = json!([{"role": "son", "quota": 5}]);
            mission(&owner, body).await
        };
        let (gala, second, third) = (on(10, "Gala").await, on(10, "Le même jour").await, on(12, "Refusé").await);
        let both = [ask(&owner, &gala, &his).await, ask(&owner, &gala, &hers).await];
        for a in &both {
            owner.post(&format!("{ASSIGNMENTS}/{a}:status"), json!({"status": "ACCEPTED"})).await.is(200);
        }
        let twice = ask(&owner, &second, &his).await;
        owner.post(&format!("{ASSIGNMENTS}/{twice}:status"), json!({"status": "ACCEPTED", "override": true, "reason": "CANARI-OVERRIDE"})).await.is(200);
        let no = ask(&owner, &third, &his).await;
        hugo.post(&format!("{ASSIGNMENTS}/{no}/decline"), json!({"reason": "CANARI-REASON"})).await.is(200);
        let away = json!({"start_at": "2030-09-20T08:00Z", "end_at": "2030-09-21T08:00Z", "kind": "unavailable", "note": "CANARI-NOTE"});
        let away = id(&hugo.post("/api/v1/availabilities", away).await.is(201));
        owner.post(&format!("/api/v1/availabilities/{away}:approve"), json!({})).await.is(200);
        let asked = ask(&owner, &on(14, "Encore").await, &his).await;
        let invitation = id(&owner.post("/api/v1/invitations", json!({"assignment_id": asked})).await.is(201));
        owner.post(&format!("/api/v1/projects/{project}/callsheet:publish?date=2030-09-10"), json!({})).await.is(200);
        let feed = lea.post("/api/v1/calendar/feeds", json!({"scope": "project", "id": project})).await.is(201);
        let conflicts = owner.get("/api/v1/conflicts?from=2030-09-01&to=2030-09-30").await.is(200);
        let conflict = conflicts[0]["conflict_id"].as_str().unwrap().to_owned();
        let (_, mut told) = stage.app.events.listen(owner.org.parse().unwrap(), None);

        let ids = [his, hers, project, gala, second, both[0].clone(), twice, no, away, asked.clone(), invitation, conflict, hugo.account.clone()];
        let mut all = addresses(&stage.document, &ids);
        let feed = feed["url"].as_str().unwrap();
        all.push(feed[feed.find("/calendar/").unwrap()..].to_owned());
        assert!(all.len() > 150, "{}", all.len());
        assert_eq!(found(&lea, &all).await, Vec::<String>::new());
        let managers = found(&owner, &all).await;
        for secret in SECRETS {
            assert!(managers.iter().any(|f| f.starts_with(secret)), "a manager does not find {secret}, so it is no proof that a technician does not");
        }
        hugo.post(&format!("{ASSIGNMENTS}/{asked}/decline"), json!({"reason": "CANARI-REASON"})).await.is(200);
        let event = told.recv().await.unwrap();
        assert!(!SECRETS.iter().any(|secret| event.data.to_string().contains(secret)), "{event:?}");
        stage.outbox().await;
    }
}

//! Answers by signed link, without an account.

use crate::{
    assignments::{ASSIGNMENTS, ask, mission},
    missions::day,
    people::{USERS, id},
    stage::{Person, Stage},
};
use base::both_engines;
use serde_json::{Value, json};
use std::time::Duration;

const INVITATIONS: &str = "/api/v1/invitations";

struct Link {
    id: String,
    token: String,
}
impl Link {
    fn at(&self, verb: &str) -> String {
        format!("{INVITATIONS}/{}/{verb}?token={}", self.id, self.token)
    }
    fn verify(&self) -> String {
        format!("{INVITATIONS}/verify?token={}", self.token)
    }
}
async fn invite(manager: &Person, assignment: &str) -> Link {
    let made = manager.post(INVITATIONS, json!({"assignment_id": assignment})).await.is(201);
    Link { id: id(&made), token: made["token"].as_str().unwrap().to_owned() }
}
/// Léa is asked for a day; her assignment.
async fn asked(manager: &Person, n: u32) -> (String, String) {
    let lea = id(&manager.post(USERS, json!({"name": "Léa", "email": format!("lea{n}@lanternes.example")})).await.is(201));
    let gala = mission(manager, day(n, "Gala")).await;
    (ask(manager, &gala, &lea).await, lea)
}
async fn accept(stage: &Stage, link: &Link) -> crate::stage::Reply {
    stage.anyone().call(axum::http::Method::POST, &link.at("accept"), None).await
}

both_engines! {
    async fn whoever_holds_the_link_answers(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (a, _) = asked(&owner, 10).await;
        let link = invite(&owner, &a).await;
        let about = stage.anyone().get(&link.verify()).await.is(200);
        assert_eq!((&about["mission_title"], &about["org_name"], &about["user_name"], &about["status"]), (&json!("Gala"), &json!("Lanternes"), &json!("Léa"), &json!("INVITED")));
        stage.anyone().get(&link.verify()).await.is(200);
        assert_eq!(owner.get(&format!("{ASSIGNMENTS}/{a}")).await.is(200)["version"], 1, "reading changed nothing");
        let yes = accept(&stage, &link).await.is(200);
        assert_eq!((&yes["accepted"], &yes["assignment_id"], &yes["invitation_id"]), (&json!(true), &json!(a), &json!(link.id)));
        assert_eq!(accept(&stage, &link).await.is(200), yes, "twice is as good as once");
        assert_eq!(owner.get(&format!("{ASSIGNMENTS}/{a}")).await.is(200)["status"], "ACCEPTED");
        assert_eq!(owner.get(&format!("{INVITATIONS}/{}", link.id)).await.is(200)["state"], "ACCEPTED");
        owner.post(INVITATIONS, json!({"assignment_id": a})).await.fails(409, "not_invited");
    }

    async fn a_link_says_whom_to_ask_and_what_a_yes_would_meet(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (a, lea) = asked(&owner, 10).await;
        let link = invite(&owner, &a).await;
        let about = stage.anyone().get(&link.verify()).await.is(200);
        assert_eq!((&about["contact"], &about["clashes"]), (&Value::Null, &json!([])), "nobody of the planning owns the house");
        owner.post(USERS, json!({"name": "Claire Aubert", "phone": "06 39 98 00 01", "account_id": owner.account})).await.is(201);
        let other = mission(&owner, day(10, "Bobino")).await;
        owner.post(ASSIGNMENTS, json!({"mission_id": other, "user_id": lea, "status": "ACCEPTED"})).await.is(201);
        let about = stage.anyone().get(&link.verify()).await.is(200);
        assert_eq!(about["contact"], json!({"name": "Claire Aubert", "phone": "06 39 98 00 01", "email": null}));
        let clash = &about["clashes"][0];
        assert_eq!((&clash["kind"], &clash["missions"][0]["title"], clash["missions"].as_array().unwrap().len()), (&json!("overlap"), &json!("Bobino"), 1));
        let event = stage.anyone().get(&format!("{INVITATIONS}/{}/event.ics?token={}", link.id, link.token)).await;
        assert_eq!((event.status.as_u16(), event.header("content-type")), (200, "text/calendar; charset=utf-8"));
        let text = event.body.as_str().unwrap();
        assert!(text.contains(&format!("UID:assignment-{a}@coulisses")) && text.contains("STATUS:TENTATIVE"), "{text}");
        owner.delete(&format!("{INVITATIONS}/{}", link.id)).await.is(200);
        let over = stage.anyone().get(&link.verify()).await.fails(400, "invitation_revoked");
        assert_eq!((&over["org_name"], &over["mission_title"], &over["contact"]["name"]), (&json!("Lanternes"), &json!("Gala"), &json!("Claire Aubert")));
        stage.anyone().get(&format!("{INVITATIONS}/{}/event.ics?token={}", link.id, link.token)).await.fails(400, "invitation_revoked");
        let forged = stage.anyone().get("/api/v1/invitations/verify?token=inv_x").await.fails(400, "invalid_token");
        assert_eq!(forged["org_name"], Value::Null, "whoever has no link learns no name");
    }

    async fn every_link_that_does_not_work_says_why(db: Db) {
        let stage = Stage::new(db).await;
        let (owner, theirs) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let (a, _) = asked(&owner, 10).await;
        let first = invite(&owner, &a).await;
        let second = invite(&owner, &a).await;
        accept(&stage, &first).await.fails(400, "invitation_revoked");
        let mixed = Link { id: first.id.clone(), token: second.token.clone() };
        accept(&stage, &mixed).await.fails(400, "invitation_mismatch");
        accept(&stage, &Link { id: a.clone(), token: second.token.clone() }).await.fails(404, "not_found");
        let last = second.token.chars().last().unwrap();
        for token in ["x".to_owned(), format!("{}{}", &second.token[..second.token.len() - 1], if last == 'A' { 'E' } else { 'A' })] {
            accept(&stage, &Link { id: second.id.clone(), token: token.clone() }).await.fails(400, "invalid_token");
            stage.anyone().get(&format!("{INVITATIONS}/verify?token={token}")).await.fails(400, "invalid_token");
        }
        stage.anyone().get(&format!("{INVITATIONS}/verify")).await.fails(422, "validation_failed");
        theirs.delete(&format!("{INVITATIONS}/{}", second.id)).await.fails(404, "not_found");
        theirs.post(INVITATIONS, json!({"assignment_id": a})).await.fails(404, "not_found");
        assert_eq!(owner.delete(&format!("{INVITATIONS}/{}", second.id)).await.is(200), json!({"status": "ok"}));
        accept(&stage, &second).await.fails(400, "invitation_revoked");
        let third = invite(&owner, &a).await;
        stage.app.clock.advance(Duration::from_secs(604_800));
        accept(&stage, &third).await.fails(400, "invitation_expired");
    }

    async fn a_no_is_a_no_until_asked_again(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (a, _) = asked(&owner, 10).await;
        let link = invite(&owner, &a).await;
        let no = stage.anyone().post(&link.at("decline"), json!({"reason": "déjà prise"})).await.is(200);
        assert_eq!((&no["accepted"], &no["status"]), (&json!(false), &json!("DECLINED")));
        stage.anyone().post(&link.at("decline"), json!({})).await.is(200);
        accept(&stage, &link).await.fails(400, "invitation_declined");
        stage.anyone().get(&link.verify()).await.fails(400, "invitation_declined");
        assert_eq!(owner.get(&format!("{ASSIGNMENTS}/{a}")).await.is(200)["reason"], "déjà prise");
        owner.post(&format!("{ASSIGNMENTS}/{a}:status"), json!({"status": "INVITED"})).await.is(200);
        accept(&stage, &link).await.fails(400, "invitation_declined");
        let again = invite(&owner, &a).await;
        accept(&stage, &again).await.is(200);
        owner.post(&format!("{ASSIGNMENTS}/{a}:status"), json!({"status": "CANCELLED"})).await.is(200);
        accept(&stage, &again).await.fails(400, "invitation_cancelled");
    }

    async fn a_link_obeys_the_same_rules(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (a, lea) = asked(&owner, 10).await;
        let other = mission(&owner, day(10, "Autre")).await;
        owner.post(ASSIGNMENTS, json!({"mission_id": other, "user_id": lea, "status": "ACCEPTED"})).await.is(201);
        accept(&stage, &invite(&owner, &a).await).await.fails(400, "schedule_conflict");
        let mut draft = day(11, "Secret");
        draft["draft"] = true.into();
        let secret = ask(&owner, &mission(&owner, draft).await, &lea).await;
        accept(&stage, &invite(&owner, &secret).await).await.fails(409, "mission_not_published");
    }

    async fn invitations_go_out_by_mail_and_not_too_often(db: Db) {
        let stage = Stage::with(db, &[("PUBLIC_URL", "https://crew.example")]).await;
        let owner = stage.org("Lanternes").await;
        let (a, lea) = asked(&owner, 10).await;
        let send = async |more: Value| {
            let mut body = json!({"user_id": lea, "assignment_id": a, "mission_name": "Gala", "channels": ["email"]});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            owner.says("host", "evil.example").post(&format!("{INVITATIONS}/send"), body).await
        };
        assert_eq!(send(json!({"dry_run": true})).await.is(202)["results"], json!({"email": "dry_run"}));
        assert_eq!(stage.outbox().await, 0, "a dry run sends nothing");
        let sent = send(json!({})).await.is(202);
        let link = sent["links"]["accept_url"].as_str().unwrap();
        assert!(link.starts_with("https://crew.example/invite?token=inv_"), "{link}");
        stage.outbox().await;
        let mail = stage.app.mailer.sent().pop().unwrap();
        assert_eq!(mail.to, "lea10@lanternes.example");
        assert!(mail.text.contains(link) && mail.text.contains("2030-09-10 09:00 – 18:00 (Europe/Paris)") && mail.html.unwrap().contains(link));
        send(json!({"channels": ["telegram"]})).await.fails(400, "channel_not_configured");
        send(json!({"user_email": "x"})).await.fails(422, "validation_failed");
        send(json!({"user_id": a})).await.fails(422, "validation_failed");
        let first = id(&owner.get(INVITATIONS).await.is(200)[0]);
        for _ in 0..4 {
            owner.call(axum::http::Method::POST, &format!("{INVITATIONS}/{first}:resend"), None).await.is(202);
        }
        let late = send(json!({})).await;
        assert!(late.header("retry-after").parse::<u64>().unwrap() >= 1);
        late.fails(429, "rate_limited");
        let states: Vec<_> = owner.get(INVITATIONS).await.is(200).as_array().unwrap().iter().map(|i| i["state"].clone()).collect();
        assert_eq!(states, ["OPEN", "REVOKED", "REVOKED", "REVOKED", "REVOKED"]);
        let ghost = id(&owner.post(USERS, json!({"name": "Sans adresse"})).await.is(201));
        let b = ask(&owner, &mission(&owner, day(12, "B")).await, &ghost).await;
        owner.post(&format!("{INVITATIONS}/send"), json!({"user_id": ghost, "assignment_id": b, "channels": ["email"]})).await.fails(400, "email_missing");
        stage.outbox().await;
    }
}

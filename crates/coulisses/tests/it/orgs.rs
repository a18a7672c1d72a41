//! Organisations and members.

use crate::stage::{Person, Stage};
use axum::http::Method;
use base::both_engines;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

const INVITATIONS: &str = "/api/v1/orgs/invitations";
const JOIN: &str = "/api/v1/orgs/members:join";

both_engines! {
    async fn nobody_is_flooded_with_invitations(db: Db) {
        let stage = Stage::with(db, &[("INVITE_LIMIT", "2/600s")]).await;
        let (owner, other) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let invite = async |who: &Person, email: &str| who.post("/api/v1/orgs/members:invite", json!({"email": email, "role": "tech"})).await;
        let first = invite(&owner, "hugo@lanternes.example").await.is(201);
        let resend = format!("/api/v1/orgs/invitations/{}:resend", first["id"].as_str().unwrap());
        owner.post(&resend, json!({})).await.is(200);
        owner.post(&resend, json!({})).await.fails(429, "rate_limited");
        invite(&owner, "HUGO@lanternes.example").await.fails(429, "rate_limited");
        invite(&owner, "zoe@lanternes.example").await.is(201);
        invite(&other, "hugo@lanternes.example").await.is(201);
        stage.outbox().await;
    }

    async fn an_owner_brings_people_in_by_mail(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Théâtre des Lanternes").await;
        let tech = owner.brings("tech").await;
        assert_eq!(stage.outbox().await, 2, "the mail, and what follows from joining");
        let sent = stage.app.mailer.sent();
        assert_eq!(sent[0].to, tech.email);
        assert!(sent[0].text.contains("Théâtre des Lanternes") && sent[0].text.contains("/join#"));
        let members = owner.get("/api/v1/orgs/members").await.is(200);
        assert_eq!(members["members"].as_array().unwrap().len(), 2);
        assert_eq!(tech.get("/api/v1/orgs").await.is(200)[0]["role"], "tech");
        tech.get("/api/v1/orgs/members").await.fails(403, "role_too_low");
    }

    async fn an_invitation_is_for_one_address_and_once(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (hugo, thief) = (stage.person().await, stage.person().await);
        let token = owner.post("/api/v1/orgs/members:invite", json!({"email": hugo.email, "role": "tech"})).await.is(201)["token"].clone();
        thief.post("/api/v1/orgs/members:join", json!({"token": token})).await.fails(403, "wrong_account");
        hugo.post("/api/v1/orgs/members:join", json!({"token": "guess"})).await.fails(400, "invalid_token");
        hugo.post("/api/v1/orgs/members:join", json!({"token": token})).await.is(200);
        hugo.post("/api/v1/orgs/members:join", json!({"token": token})).await.fails(400, "token_used");
        stage.outbox().await;
    }

    async fn an_invitation_ends_with_its_time_and_with_its_inviters_right(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (manager, hugo) = (owner.brings("manager").await, stage.person().await);
        let invite = async |email: &str| manager.post("/api/v1/orgs/members:invite", json!({"email": email, "role": "tech"})).await.is(201)["token"].clone();
        let token = invite(&hugo.email).await;
        owner.patch(&format!("/api/v1/orgs/members/{}", manager.account), json!({"role": "tech"})).await.is(200);
        hugo.post("/api/v1/orgs/members:join", json!({"token": token})).await.fails(400, "invitation_revoked");
        owner.patch(&format!("/api/v1/orgs/members/{}", manager.account), json!({"role": "manager"})).await.is(200);
        stage.app.clock.advance(std::time::Duration::from_secs(7 * 86_400));
        let mut hugo = hugo;
        hugo.sign_in().await;
        hugo.post("/api/v1/orgs/members:join", json!({"token": token})).await.fails(400, "token_expired");
        stage.outbox().await;
    }

    async fn nobody_rises_above_themselves_and_the_last_owner_stays(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (manager, admin, tech) = (owner.brings("manager").await, owner.brings("admin").await, owner.brings("tech").await);
        let at = |who: &crate::stage::Person| format!("/api/v1/orgs/members/{}", who.account);
        manager.post("/api/v1/orgs/members:invite", json!({"email": "x@y.example", "role": "manager"})).await.fails(403, "role_too_high");
        manager.patch(&at(&tech), json!({"role": "admin"})).await.fails(403, "role_too_high");
        manager.patch(&at(&admin), json!({"role": "tech"})).await.fails(403, "role_too_high");
        admin.patch(&at(&owner), json!({"role": "tech"})).await.fails(403, "role_too_high");
        tech.delete(&at(&manager)).await.fails(403, "role_too_high");
        owner.patch(&at(&owner), json!({"role": "admin"})).await.fails(409, "last_owner");
        owner.delete(&at(&owner)).await.fails(409, "last_owner");
        tech.delete(&at(&tech)).await.is(204);
        tech.get("/api/v1/projects").await.fails(403, "not_a_member");
        owner.patch(&at(&admin), json!({"role": "owner"})).await.is(200);
        owner.delete(&at(&owner)).await.is(204);
        stage.outbox().await;
    }

    async fn a_change_of_role_is_felt_on_the_next_request(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let hugo = owner.brings("manager").await;
        hugo.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201);
        owner.patch(&format!("/api/v1/orgs/members/{}", hugo.account), json!({"role": "tech"})).await.is(200);
        hugo.post("/api/v1/projects", json!({"name": "Gala 2"})).await.fails(403, "role_too_low");
        stage.outbox().await;
    }

    async fn an_invitation_can_be_seen_sent_again_and_taken_back(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (manager, theirs) = (owner.brings("manager").await, stage.org("Rive Sud").await);
        let (hugo, ana) = (stage.person().await, stage.person().await);
        let invite = async |email: &str, role: &str| owner.post("/api/v1/orgs/members:invite", json!({"email": email, "role": role})).await.is(201);
        let (first, admin) = (invite(&hugo.email, "tech").await, invite(&ana.email, "admin").await);
        let at = |invited: &Value| format!("{INVITATIONS}/{}", invited["id"].as_str().unwrap());
        let open = manager.get(INVITATIONS).await.is(200);
        let seen: Vec<_> = open.as_array().unwrap().iter().map(|i| (i["email"].as_str().unwrap(), i["role"].as_str().unwrap())).collect();
        assert_eq!(seen, [(hugo.email.as_str(), "tech"), (ana.email.as_str(), "admin")]);
        assert_eq!(theirs.get(INVITATIONS).await.is(200), json!([]));
        theirs.delete(&at(&first)).await.fails(404, "not_found");
        theirs.post(&format!("{}:resend", at(&first)), json!({})).await.fails(404, "not_found");
        let again = manager.post(&format!("{}:resend", at(&first)), json!({})).await.is(200);
        hugo.post(JOIN, json!({"token": first["token"]})).await.fails(400, "invalid_token");
        hugo.post(JOIN, json!({"token": again["token"]})).await.is(200);
        assert_eq!(manager.get(INVITATIONS).await.is(200).as_array().unwrap().len(), 1, "who joined waits no more");
        manager.delete(&at(&admin)).await.fails(403, "role_too_high");
        manager.post(&format!("{}:resend", at(&admin)), json!({})).await.fails(403, "role_too_high");
        owner.delete(&at(&admin)).await.is(204);
        owner.delete(&at(&admin)).await.fails(404, "not_found");
        ana.post(JOIN, json!({"token": admin["token"]})).await.fails(400, "invitation_revoked");
        stage.outbox().await;
    }

    async fn an_organisation_is_handed_over_by_whoever_signed_in_lately(db: Db) {
        let stage = Stage::with(db, &[("ACCESS_TOKEN_MINUTES", "60")]).await;
        let mut owner = stage.org("Lanternes").await;
        let (tech, admin) = (owner.brings("tech").await, owner.brings("admin").await);
        let stranger = stage.person().await;
        let at = format!("/api/v1/orgs/{}:transfer", owner.org);
        let to = |who: &Person| json!({"account_id": who.account});
        admin.post(&at, to(&admin)).await.fails(403, "role_too_low");
        owner.post(&at, to(&stranger)).await.fails(404, "not_found");
        owner.post(&at, to(&owner)).await.fails(422, "validation_failed");
        stage.app.clock.advance(std::time::Duration::from_secs(901));
        owner.post(&at, to(&tech)).await.fails(403, "step_up_required");
        let org = owner.org.clone();
        owner.sign_in().await;
        owner.switch(&org).await;
        owner.post(&at, to(&tech)).await.is(200);
        owner.post(&at, to(&tech)).await.fails(403, "role_too_low");
        let mut heir = tech.clone();
        heir.sign_in().await;
        heir.switch(&org).await;
        let members = heir.get("/api/v1/orgs/members").await.is(200);
        let role = |who: &Person| members["members"].as_array().unwrap().iter().find(|m| m["account_id"] == who.account.as_str()).unwrap()["role"].clone();
        assert_eq!((role(&owner), role(&heir)), (json!("admin"), json!("owner")));
        stage.outbox().await;
    }

    async fn of_two_owners_who_leave_at_once_one_stays(db: Db) {
        let stage = Stage::new(db).await;
        for _ in 0..8 {
            let one = stage.org("Lanternes").await;
            let other = one.brings("owner").await;
            let leave = |who: &Person| {
                let who = who.clone();
                tokio::spawn(async move { who.delete(&format!("/api/v1/orgs/members/{}", who.account)).await.status.as_u16() })
            };
            let (first, second) = (leave(&one), leave(&other));
            let mut both = [first.await.unwrap(), second.await.unwrap()];
            both.sort_unstable();
            assert_eq!(both, [204, 409]);
        }
        stage.outbox().await;
    }

    async fn a_deleted_organisation_lets_nobody_in(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (admin, hugo) = (owner.brings("admin").await, stage.person().await);
        let invited = owner.post("/api/v1/orgs/members:invite", json!({"email": hugo.email, "role": "tech"})).await.is(201);
        let at = format!("/api/v1/orgs/{}", owner.org);
        admin.delete(&at).await.fails(403, "role_too_low");
        stage.org("Rive Sud").await.delete(&at).await.fails(403, "org_mismatch");
        owner.says("if-match", "\"v9\"").delete(&at).await.fails(412, "version_mismatch");
        owner.delete(&at).await.is(204);
        for gone in [&owner, &admin] {
            gone.get("/api/v1/projects").await.fails(403, "not_a_member");
            assert_eq!(gone.get("/api/v1/orgs").await.is(200), json!([]));
            gone.post("/api/v1/auth/switch-org", json!({"org_id": owner.org})).await.fails(404, "not_found");
        }
        hugo.post(JOIN, json!({"token": invited["token"]})).await.fails(400, "invitation_revoked");
        stage.outbox().await;
    }

    async fn whoever_is_removed_hears_nothing_more(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (tech, stays) = (owner.brings("tech").await, owner.brings("tech").await);
        let follow = async |who: &Person| {
            let stream = who.open(&Method::GET, "/api/v1/events", None).await;
            assert_eq!(stream.status(), 200);
            stream.into_body()
        };
        let (mut heard, mut goes_on) = (follow(&tech).await, follow(&stays).await);
        owner.post("/api/v1/projects", json!({"name": "Gala", "status": "ACTIVE"})).await.is(201);
        let first = timeout(Duration::from_secs(30), heard.frame()).await.expect("something is said").unwrap().unwrap();
        assert!(String::from_utf8_lossy(first.data_ref().unwrap()).contains("project.changed"));
        owner.delete(&format!("/api/v1/orgs/members/{}", tech.account)).await.is(204);
        timeout(Duration::from_secs(30), heard.collect()).await.expect("the stream ends by itself").unwrap();
        owner.post("/api/v1/projects", json!({"name": "Gala 2", "status": "ACTIVE"})).await.is(201);
        let next = timeout(Duration::from_secs(30), goes_on.frame()).await.expect("the others hear on");
        assert!(next.unwrap().is_ok());
        stage.outbox().await;
    }

    async fn who_did_it_is_told_to_those_who_know_the_members(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (tech, manager) = (owner.brings("tech").await, owner.brings("manager").await);
        let follow = async |who: &Person| who.open(&Method::GET, "/api/v1/events", None).await.into_body();
        let mut ears = [follow(&tech).await, follow(&manager).await];
        let told = async |ear: &mut axum::body::Body| {
            let frame = timeout(Duration::from_secs(30), ear.frame()).await.expect("something is said").unwrap().unwrap();
            let text = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
            let data = text.lines().find_map(|line| line.strip_prefix("data:")).unwrap_or_else(|| panic!("{text}"));
            serde_json::from_str::<serde_json::Value>(data.trim()).unwrap()
        };
        let project = owner.post("/api/v1/projects", json!({"name": "Gala", "status": "ACTIVE"})).await.is(201)["id"].clone();
        assert_eq!(told(&mut ears[0]).await, json!({"id": project, "action": "project.created"}));
        assert_eq!(told(&mut ears[1]).await, json!({"id": project, "action": "project.created", "by": owner.account}));
        // Whoever becomes less is let in again as what they are, and hears less.
        owner.patch(&format!("/api/v1/orgs/members/{}", manager.account), json!({"role": "tech"})).await.is(200);
        let [_, heard] = ears;
        timeout(Duration::from_secs(30), heard.collect()).await.expect("the stream ends by itself").unwrap();
        stage.outbox().await;
    }

    async fn every_role_has_its_door(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let people = [owner.brings("tech").await, owner.brings("manager").await, owner.brings("admin").await, owner.clone()];
        for (height, person) in people.iter().enumerate() {
            for (door, name) in ["any", "manager", "admin", "owner"].iter().enumerate() {
                let reply = person.get(&format!("/api/v1/rbac_demo/{name}")).await;
                if height >= door { reply.is(200); } else { reply.fails(403, "role_too_low"); }
            }
        }
        stage.person().await.get("/api/v1/rbac_demo/any").await.fails(403, "no_org");
        let tech = &people[0];
        let scoped = |org: &str| format!("/api/v1/rbac_demo/scoped/{org}");
        tech.get(&scoped(&owner.org)).await.is(200);
        tech.get(&scoped(&tech.account)).await.fails(403, "org_mismatch");
        tech.delete(&format!("/api/v1/orgs/members/{}", tech.account)).await.is(204);
        tech.get(&scoped(&owner.org)).await.is(200); // the token's organisation is all that is asked for
        stage.outbox().await;
        let closed = Stage::with(db, &[("DEMO_ROUTES", "off")]).await;
        let mut owner_there = closed.anyone();
        owner_there.token = owner.token.clone();
        owner_there.get("/api/v1/rbac_demo/any").await.fails(404, "not_found");
    }
}

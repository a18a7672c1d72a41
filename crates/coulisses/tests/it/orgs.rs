//! Organisations and members.

use crate::stage::Stage;
use base::both_engines;
use serde_json::json;

both_engines! {
    async fn an_owner_brings_people_in_by_mail(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Théâtre des Lanternes").await;
        let tech = owner.brings("tech").await;
        assert_eq!(stage.outbox().await, 1);
        let sent = stage.app.mailer.sent();
        assert_eq!(sent[0].to, tech.email);
        assert!(sent[0].text.contains("Théâtre des Lanternes") && sent[0].text.contains("/join?token="));
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
}

//! An administrator in somebody else's place: told, written down, over soon, and with less than that person may do.

use crate::{
    factors::{claims, with_second_factor},
    stage::{Person, Stage},
};
use axum::http::Method;
use base::both_engines;
use serde_json::{Value, json};
use std::time::Duration;

const WHY: &str = "Ticket 4711: the board stays empty";

fn path(of: &Person) -> String {
    format!("/api/v1/admin/accounts/{}:impersonate", of.account)
}
/// An administrator with a second factor, and somebody with an organisation.
async fn cast(stage: &Stage) -> (Person, Person) {
    (with_second_factor(stage, stage.admin().await).await, stage.org("Lanternes").await)
}
async fn tokens(admin: &Person, of: &Person) -> Value {
    admin.post(&path(of), json!({"reason": WHY, "org_id": of.org})).await.is(200)
}
fn told(stage: &Stage, who: &Person) -> usize {
    stage.app.mailer.sent().iter().filter(|mail| mail.to == who.email && mail.text.contains(WHY)).count()
}

both_engines! {
    async fn it_is_told_written_down_and_named_in_the_token(db: Db) {
        let stage = Stage::new(db).await;
        let (admin, owner) = cast(&stage).await;
        let lea = owner.brings("manager").await;
        let tokens = tokens(&admin, &lea).await;
        let claims = claims(&tokens["access_token"]);
        assert_eq!((&claims["sub"], &claims["act"]["sub"], &claims["org"]), (&json!(lea.account), &json!(admin.account), &json!(owner.org)));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
        let acting = stage.anyone().holding(&tokens);
        assert_eq!(acting.get("/api/v1/auth/me").await.is(200)["impersonator"], json!(admin.account));
        assert!(lea.get("/api/v1/auth/me").await.is(200).get("impersonator").is_none());
        acting.post("/api/v1/projects", json!({"name": "Festival"})).await.is(201);
        let log = owner.get("/api/v1/audit?limit=5").await.is(200);
        assert_eq!((&log[0]["action"], &log[0]["actor"], &log[0]["details"]["impersonator"]), (&json!("project.created"), &json!(lea.account), &json!(admin.account)), "{log}");
        let begun = log.as_array().unwrap().iter().find(|line| line["action"] == "account.impersonated").unwrap();
        assert_eq!((&begun["actor"], &begun["details"]["reason"]), (&json!(admin.account), &json!(WHY)));
        stage.outbox().await;
        assert_eq!((told(&stage, &lea), told(&stage, &owner), told(&stage, &admin)), (1, 1, 0));
    }

    async fn what_concerns_the_person_or_who_gets_in_stays_out_of_reach(db: Db) {
        let stage = Stage::new(db).await;
        let (admin, owner) = cast(&stage).await;
        let acting = stage.anyone().holding(&tokens(&admin, &owner).await);
        acting.get("/api/v1/projects").await.is(200);
        for (method, path, body) in [
            (Method::PUT, "/api/v1/auth/password", json!({"current_password": "x", "new_password": "y"})),
            (Method::POST, "/api/v1/auth/mfa/totp", json!({})),
            (Method::POST, "/api/v1/orgs/members:invite", json!({"email": "a@b.example", "role": "tech"})),
            (Method::POST, "/api/v1/keys", json!({"name": "k", "scopes": ["projects:read"]})),
            (Method::POST, "/api/v1/coach/advice", json!({"goal": "x"})),
            (Method::POST, &path(&admin), json!({"reason": WHY})),
        ] {
            acting.call(method, path, Some(body.to_string())).await.fails(403, "insufficient_scope");
        }
        acting.get("/api/v1/audit").await.fails(403, "insufficient_scope");
        acting.patch("/api/v1/me", json!({"display_name": "Someone else"})).await.fails(403, "insufficient_scope");
        acting.post("/api/v1/auth/switch-org", json!({"org_id": owner.org})).await.fails(403, "not_while_impersonating");
        acting.get("/api/v1/me/export").await.fails(403, "not_while_impersonating");
        stage.outbox().await;
    }

    async fn it_is_over_after_half_an_hour_or_when_anybody_ends_it(db: Db) {
        let stage = Stage::new(db).await;
        let (admin, owner) = cast(&stage).await;
        let given = tokens(&admin, &owner).await;
        let refresh = async |token: &Value| stage.anyone().post("/api/v1/auth/refresh", json!({"refresh_token": token})).await;
        stage.app.clock.advance(Duration::from_secs(1_500));
        let renewed = refresh(&given["refresh_token"]).await.is(200);
        stage.anyone().holding(&renewed).get("/api/v1/projects").await.is(200);
        stage.app.clock.advance(Duration::from_secs(301));
        refresh(&renewed["refresh_token"]).await.fails(401, "session_ended");

        let (admin, mut owner) = (with_second_factor(&stage, stage.admin().await).await, owner);
        owner.sign_in().await;
        let seen = stage.anyone().holding(&tokens(&admin, &owner).await);
        let listed = owner.get("/api/v1/auth/sessions").await.is(200);
        let theirs = listed.as_array().unwrap().iter().find(|s| s["provider"] == "impersonation").unwrap();
        owner.delete(&format!("/api/v1/auth/sessions/{}", theirs["id"].as_str().unwrap())).await.is(204);
        seen.get("/api/v1/projects").await.fails(401, "invalid_token");

        let other = stage.admin().await;
        let seen = stage.anyone().holding(&tokens(&admin, &owner).await);
        seen.get("/api/v1/projects").await.is(200);
        other.patch(&format!("/api/v1/admin/accounts/{}", admin.account), json!({"platform_role": null})).await.is(200);
        seen.get("/api/v1/projects").await.fails(401, "invalid_token");
        stage.outbox().await;
    }

    async fn not_anybody_may_and_not_in_anybodys_place(db: Db) {
        let stage = Stage::new(db).await;
        let weak = stage.admin().await;
        let owner = stage.org("Lanternes").await;
        let body = json!({"reason": WHY, "org_id": owner.org});
        owner.post(&path(&weak), body.clone()).await.fails(403, "insufficient_scope");
        weak.post(&path(&owner), body.clone()).await.fails(403, "admin_second_factor");
        let admin = with_second_factor(&stage, weak).await;
        admin.post(&path(&admin), body.clone()).await.fails(409, "not_in_their_place");
        for reason in ["", "too short", "two\nlines of a reason", &"x".repeat(301)] {
            let problem = admin.post(&path(&owner), json!({"reason": reason})).await.fails(422, "validation_failed");
            assert_eq!(problem["errors"][0]["field"], "reason", "{problem}");
        }
        let hugo = stage.org("Tréteaux").await;
        admin.post(&path(&hugo), body).await.fails(404, "not_found");
        admin.patch(&format!("/api/v1/admin/accounts/{}", hugo.account), json!({"is_active": false})).await.is(200);
        admin.post(&path(&hugo), json!({"reason": WHY})).await.fails(409, "account_closed");
        let alone = stage.anyone().holding(&admin.post(&path(&owner), json!({"reason": WHY})).await.is(200));
        alone.get("/api/v1/me").await.is(200);
        alone.get("/api/v1/projects").await.fails(403, "no_org");
        stage.app.clock.advance(Duration::from_secs(901));
        admin.post(&path(&owner), json!({"reason": WHY})).await.fails(401, "token_expired");
        stage.outbox().await;
    }
}

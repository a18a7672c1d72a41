//! Whose account it is: linking, and the ways in which somebody could try to be in before its owner.

use super::forger::Forger;
use crate::{
    factors::unbase32,
    stage::{PASSWORD, Person, Stage},
};
use base::both_engines;
use serde_json::{Value, json};

const START: &str = "/auth/forge/start";

fn with(stage: &Stage, tokens: &Value) -> Person {
    let mut person = stage.anyone();
    person.token = tokens["access_token"].as_str().map(str::to_owned);
    person
}
async fn password(stage: &Stage, email: &str) -> u16 {
    stage.anyone().post("/auth/login", json!({"email": email, "password": PASSWORD})).await.status.as_u16()
}

both_engines! {
    async fn an_address_that_is_only_claimed_opens_nobodys_account(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "off", &[]).await;
        let victim = stage.person().await;
        let problem = forger.honest(&stage, &stage.anyone(), START, &victim.email).await.fails(409, "link_required");
        let link_token = problem["link_token"].as_str().unwrap().to_owned();
        // The token proves the identity, not the account: it signs nobody in.
        stage.anyone().post("/auth/token/exchange", json!({"callback_token": link_token})).await.fails(401, "invalid_token");
        stage.anyone().post("/api/v1/auth/identities", json!({"link_token": link_token})).await.fails(401, "unauthenticated");
        let linked = victim.post("/api/v1/auth/identities", json!({"link_token": link_token})).await.is(201);
        assert_eq!((linked["provider"].as_str(), linked["email"].as_str()), (Some("forge"), Some(victim.email.as_str())));
        assert_eq!(stage.outbox().await, 1, "its owner is told");
        victim.post("/api/v1/auth/identities", json!({"link_token": link_token})).await.fails(400, "invalid_link_token");
        let tokens = forger.honest(&stage, &stage.anyone(), START, &victim.email).await.is(200);
        assert_eq!(tokens["user_id"], victim.account.as_str(), "from now on it opens the account");
    }

    async fn who_claims_an_address_first_does_not_keep_its_owner_out(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "off", &[]).await;
        let squatter = forger.honest(&stage, &stage.anyone(), START, "victim@lanternes.example").await.is(200);
        let new = json!({"email": "victim@lanternes.example", "password": PASSWORD});
        let victim = stage.anyone().post("/auth/register", new).await.is(201);
        assert_ne!(victim["id"], squatter["user_id"]);
        assert_eq!(password(&stage, "victim@lanternes.example").await, 200);
        // Nor can the squatter take an invitation that is meant for the mailbox.
        let owner = stage.org("Lanternes").await;
        let invited = owner.post("/api/v1/orgs/members:invite", json!({"email": "victim@lanternes.example", "role": "tech"})).await.is(201);
        with(&stage, &squatter).post("/api/v1/orgs/members:join", json!({"token": invited["token"]})).await.fails(403, "wrong_account");
    }

    async fn a_change_of_the_master_key_keeps_everybody(db: Db) {
        let forger = Forger::start().await;
        let own = forger.settings("off");
        let own: Vec<_> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let before = Stage::keyed(db.clone(), &own, "a:the first key of the tests").await;
        let first = forger.honest(&before, &before.anyone(), START, "zoe@elsewhere.example").await.is(200);
        let after = Stage::keyed(db.clone(), &own, "b:the second key of the tests,a:the first key of the tests").await;
        base::crypto::reseal::reseal(&after.app).await.unwrap();
        let only = Stage::keyed(db, &own, "b:the second key of the tests").await;
        let again = forger.honest(&only, &only.anyone(), START, "zoe@elsewhere.example").await.is(200);
        assert_eq!((again["user_id"].clone(), again["email"].clone()), (first["user_id"].clone(), first["email"].clone()));
        assert_eq!(with(&only, &again).get("/users/me").await.is(200)["display_name"], "Zoé");
    }

    async fn whoever_signed_up_with_anothers_address_is_thrown_out(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "on", &[]).await;
        let attacker = stage.person().await;
        // Nor would a second factor of theirs keep the owner out.
        let secret = attacker.post("/api/v1/auth/mfa/totp", json!({})).await.is(200);
        let code = identity::factors::totp::shown(&unbase32(secret["secret"].as_str().unwrap()), stage.app.now());
        attacker.post("/api/v1/auth/mfa/totp:confirm", json!({"code": code})).await.is(200);
        let owner = forger.honest(&stage, &stage.anyone(), START, &attacker.email).await.is(200);
        assert_eq!(owner["user_id"], attacker.account.as_str());
        attacker.get("/users/me").await.fails(401, "invalid_token");
        assert_eq!(password(&stage, &attacker.email).await, 401, "the password is gone with the session");
        assert_eq!(with(&stage, &owner).get("/users/me").await.is(200)["provider"], "forge");
    }

    async fn an_account_with_an_organisation_is_left_alone(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "on", &[]).await;
        let first = stage.org("Lanternes").await;
        let second = forger.honest(&stage, &stage.anyone(), START, &first.email).await.is(200);
        assert_ne!(second["user_id"], first.account.as_str());
        first.get("/users/me").await.is(200);
        assert_eq!(password(&stage, &first.email).await, 200);
    }

    async fn a_verified_address_follows_the_policy(db: Db) {
        let (one, other) = (Forger::start().await, Forger::start().await);
        for (policy, same) in [("confirm", None), ("auto", Some(true)), ("separate", Some(false))] {
            let own = [("OIDC_OTHER_ISSUER", other.issuer()), ("OIDC_OTHER_CLIENT_ID", "crew"), ("OIDC_OTHER_TRUST_EMAIL", "on"), ("LINK_POLICY", policy)];
            let stage = one.stage(db.clone(), "on", &own).await;
            let email = format!("{policy}@lanternes.example");
            let first = one.honest(&stage, &stage.anyone(), START, &email).await.is(200);
            let begun = stage.anyone().get("/auth/other/start").await.is(200);
            let nonce = super::browser::parameter(begun["auth_url"].as_str().unwrap(), "nonce").unwrap();
            other.will_say(&other.sign(&other.claims(&stage, &nonce, &email)));
            let second = stage.anyone().get(&format!("/auth/other/callback?code=x&state={}", begun["state"].as_str().unwrap())).await;
            match same {
                None => drop(second.fails(409, "link_required")),
                Some(same) => {
                    let second = second.is(200);
                    assert_eq!((second["user_id"] == first["user_id"], second["email"].as_str()), (same, Some(email.as_str())), "{policy}");
                }
            }
        }
    }

    async fn one_links_and_unlinks_but_keeps_a_way_in(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "off", &[]).await;
        let lea = stage.person().await;
        let start = format!("{START}?intent=link");
        let proven = forger.honest(&stage, &stage.anyone(), &start, "another@elsewhere.example").await.is(200);
        assert!(proven["access_token"].is_null() && proven["expires_in"] == 600, "{proven}");
        let linked = lea.post("/api/v1/auth/identities", json!({"link_token": proven["link_token"]})).await.is(201);
        let id = linked["id"].as_str().unwrap();
        let other = stage.person().await;
        let again = forger.honest(&stage, &stage.anyone(), &start, "another@elsewhere.example").await.is(200);
        other.post("/api/v1/auth/identities", json!({"link_token": again["link_token"]})).await.fails(409, "identity_taken");
        other.delete(&format!("/api/v1/auth/identities/{id}")).await.fails(404, "not_found");
        lea.delete(&format!("/api/v1/auth/identities/{id}")).await.is(204);
        lea.delete(&format!("/api/v1/auth/identities/{id}")).await.fails(404, "not_found");

        let alone = forger.honest(&stage, &stage.anyone(), START, "alone@elsewhere.example").await.is(200);
        let alone = with(&stage, &alone);
        let last = alone.get("/api/v1/auth/identities").await.is(200)[0]["id"].as_str().unwrap().to_owned();
        alone.delete(&format!("/api/v1/auth/identities/{last}")).await.fails(409, "last_sign_in");
        // A token of the app's lives longer than the proof that it is still its owner who holds it.
        alone.says("x-test-clock", "+16m").delete(&format!("/api/v1/auth/identities/{last}")).await.fails(403, "step_up_required");
    }

    async fn the_key_is_issuer_and_subject_never_the_address(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "on", &[]).await;
        let as_person = async |sub: &str, email: &str| {
            forger.signs_in(&stage.anyone(), START, |nonce| {
                let mut claims = forger.claims(&stage, nonce, email);
                claims["sub"] = json!(sub);
                forger.sign(&claims)
            }).await
        };
        let first = as_person("1", "zoe@lanternes.example").await.is(200);
        let moved = as_person("1", "zoe@elsewhere.example").await.is(200);
        assert_eq!((moved["user_id"].clone(), moved["email"].as_str()), (first["user_id"].clone(), Some("zoe@lanternes.example")));
        as_person("2", "zoe@lanternes.example").await.fails(409, "link_required");
        // An address is needed, and a disabled account stays closed.
        forger.signs_in(&stage.anyone(), START, |nonce| {
            let mut claims = forger.claims(&stage, nonce, "x@lanternes.example");
            claims["email"] = Value::Null;
            forger.sign(&claims)
        }).await.fails(400, "email_required");
        let mut tx = stage.app.db.begin().await.unwrap();
        tx.exec(base::sql!("update accounts set status = 'disabled'"), &[]).await.unwrap();
        tx.commit().await.unwrap();
        as_person("1", "zoe@lanternes.example").await.fails(403, "account_disabled");
    }

    async fn ten_first_sign_ins_at_once_make_one_account(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db.clone(), "on", &[("OAUTH_NATIVE_NONCE", "sdk")]).await;
        let all: Vec<_> = (0..10).map(|n| {
            let token = forger.sign(&forger.claims(&stage, &n.to_string(), "zoe@lanternes.example"));
            let app = stage.anyone();
            tokio::spawn(async move { app.post("/auth/native/forge", json!({"id_token": token})).await.is(200)["user_id"].clone() })
        }).collect();
        let mut ids = vec![];
        for one in all {
            ids.push(one.await.unwrap());
        }
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
        let (accounts,): (i64,) = db.one(base::sql!("select count(*) from accounts"), &[]).await.unwrap();
        assert_eq!(accounts, 1);
    }
}

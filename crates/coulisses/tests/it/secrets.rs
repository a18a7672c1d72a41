//! Keys that change under a running house: what signs tokens, and what seals fields.

use crate::stage::{PASSWORD, Person, Stage};
use base::{
    auth::signing::{self, Use},
    both_engines,
    crypto::reseal,
    db::Db,
    testing::db::select,
};
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

async fn kids(stage: &Stage) -> Vec<String> {
    let set = stage.anyone().get("/.well-known/jwks.json").await.is(200);
    set["keys"].as_array().unwrap().iter().map(|k| k["kid"].as_str().unwrap().to_owned()).collect()
}
fn kid(person: &Person) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
    let header = B64.decode(person.token.as_deref().unwrap().split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}
async fn look(replicas: &[&Stage]) {
    for stage in replicas {
        signing::refresh(&stage.app).await.unwrap();
    }
}
fn advance(replicas: &[&Stage], by: Duration) {
    replicas.iter().for_each(|stage| stage.app.clock.advance(by));
}

both_engines! {
    async fn signing_keys_follow_each_other_unnoticed(db: Db) {
        let (one, other) = (Stage::new(db.clone()).await, Stage::new(db).await);
        let both = [&one, &other];
        let mut lea = one.person().await;
        let first = kid(&lea);
        assert_eq!((kids(&one).await, kids(&other).await), (vec![first.clone()], vec![first.clone()]), "the first start makes one");
        advance(&both, DAY * 30 - MINUTE * 10);
        let (here, there) = (signing::refresh(&one.app), signing::refresh(&other.app));
        let (here, there) = tokio::join!(here, there);
        here.and(there).unwrap();
        look(&both).await;
        let published = kids(&one).await;
        assert_eq!(published.len(), 2, "one replica makes the next one, ten minutes before");
        assert_eq!({ let mut k = kids(&other).await; k.sort(); k }, { let mut k = published.clone(); k.sort(); k });
        lea.sign_in().await;
        assert_eq!(kid(&lea), first, "not used yet");
        advance(&both, MINUTE * 10);
        look(&both).await;
        let old = lea.clone();
        lea.sign_in().await;
        assert_ne!(kid(&lea), first);
        let elsewhere = Person::of(&other, &lea);
        elsewhere.get("/api/v1/me").await.is(200);
        Person::of(&other, &old).get("/api/v1/me").await.is(200);
        advance(&both, MINUTE * 80);
        look(&both).await;
        assert_eq!(kids(&other).await, [kid(&lea)], "the last token of the old one is over");
        old.get("/api/v1/me").await.fails(401, "invalid_token");
    }

    async fn a_revoked_signing_key_ends_its_tokens_but_no_session(db: Db) {
        let (one, operator) = (Stage::new(db.clone()).await, Stage::new(db).await);
        let lea = one.person().await;
        let tokens = one.anyone().post("/auth/login", json!({"email": lea.email, "password": PASSWORD})).await.is(200);
        lea.get("/api/v1/me").await.is(200);
        signing::rotate(&operator.app, false).await.unwrap();
        let uses: Vec<_> = signing::list(&operator.app).await.unwrap().into_iter().map(|(_, good_for)| good_for).collect();
        assert!(matches!(uses[..], [Use::Signs, Use::SignsFrom(_)]), "{uses:?}");
        look(&[&one]).await;
        lea.get("/api/v1/me").await.is(200);
        signing::rotate(&operator.app, true).await.unwrap();
        look(&[&one]).await;
        lea.get("/api/v1/me").await.fails(401, "invalid_token");
        let renewed = one.anyone().post("/auth/token/refresh", json!({"refresh_token": tokens["refresh_token"]})).await.is(200);
        let mut again = lea.clone();
        again.token = renewed["access_token"].as_str().map(str::to_owned);
        again.get("/api/v1/me").await.is(200);
        assert_eq!(kids(&one).await, [kid(&again)]);
    }

    async fn after_rotate_data_the_old_master_key_can_go(db: Db) {
        let before = Stage::keyed(db.clone(), &[], "1:the first key of all").await;
        let owner = before.org("Lanternes").await;
        let guest = before.person().await;
        owner.post("/api/v1/auth/mfa/totp", json!({})).await.is(200);
        let invited = owner.post("/api/v1/orgs/members:invite", json!({"email": guest.email, "role": "tech"})).await.is(201);
        let both = Stage::keyed(db.clone(), &[], "2:a second key,1:the first key of all").await;
        for _ in 0..120 {
            // More than one batch.
            both.anyone().post("/api/v1/auth/login", json!({"email": guest.email, "password": PASSWORD})).await.is(200);
        }
        let old = Stage::keyed(db.clone(), &[], "1:the first key of all,2:a second key").await;
        for _ in 0..110 {
            old.anyone().post("/api/v1/auth/login", json!({"email": owner.email, "password": PASSWORD})).await.is(200);
        }
        assert!(reseal::left(&both.app).await.unwrap() > 100);
        assert!(reseal::reseal(&both.app).await.unwrap() > 100);
        assert_eq!(reseal::left(&both.app).await.unwrap(), 0);
        assert!(!everything(&db).await.contains("v1.1."), "no field is under the old key any more");
        let after = Stage::keyed(db, &[], "2:a second key").await;
        let mut same = after.anyone();
        (same.email, same.account) = (guest.email.clone(), guest.account.clone());
        same.sign_in().await;
        assert_eq!(same.get("/api/v1/me").await.is(200)["email"], guest.email);
        assert!(same.get("/api/v1/auth/sessions").await.is(200)[0]["address"].is_string());
        same.post("/api/v1/orgs/members:join", json!({"token": invited["token"]})).await.is(200);
        after.outbox().await;
        assert!(after.app.mailer.sent().iter().any(|m| m.to == guest.email), "what waited in the outbox can be read");
    }
}

/// Every text of the store, as a thief of a backup would read it.
async fn everything(db: &Db) -> String {
    let mut all = String::new();
    for column in reseal::columns(db).await.unwrap() {
        let text = format!("select coalesce({}, '') from {}", column.column, column.table);
        all.extend(select(db, text).await);
    }
    all
}

//! What travels by mail: new passwords, links that sign in, proofs of a mailbox, changes of address.

use crate::stage::{PASSWORD, Person, Stage};
use base::both_engines;
use identity::one_time::{self, Kind};
use serde_json::{Value, json};
use std::time::Duration;

const NEW: &str = "deux-Lanternes-rouges-1988";

impl Stage {
    /// The token of the newest mail to this address that leads to this page.
    pub async fn mailed(&self, to: &str, page: &str) -> String {
        self.outbox().await;
        let link = format!("http://127.0.0.1:8000/{page}#token=");
        let sent = self.app.mailer.sent();
        let mail = sent.iter().rev().find(|mail| mail.to == to && mail.text.contains(&link));
        let mail = mail.unwrap_or_else(|| panic!("no mail to {to} with a link to {page} among {sent:#?}"));
        mail.text.split(&link).nth(1).unwrap().lines().next().unwrap().to_owned()
    }
    fn mails_to(&self, to: &str) -> Vec<String> {
        self.app.mailer.sent().into_iter().filter(|mail| mail.to == to).map(|mail| mail.subject).collect()
    }
}
async fn reset_token(stage: &Stage, email: &str) -> Value {
    stage.anyone().post("/auth/reset/request", json!({"email": email})).await.is(202)["reset_token"].clone()
}
async fn reset(stage: &Stage, token: &Value, password: &str) -> crate::stage::Reply {
    stage.anyone().post("/api/v1/auth/reset/confirm", json!({"token": token, "new_password": password})).await
}
async fn login(stage: &Stage, email: &str, password: &str) -> crate::stage::Reply {
    stage.anyone().post("/api/v1/auth/login", json!({"email": email, "password": password})).await
}
/// Somebody whose mailbox is proved.
async fn proved(stage: &Stage) -> Person {
    let lea = stage.person().await;
    lea.post("/api/v1/auth/verify/request", json!({})).await.is(202);
    let token = stage.mailed(&lea.email, "verify").await;
    stage.anyone().post("/api/v1/auth/verify/confirm", json!({"token": token})).await.is(200);
    lea
}

both_engines! {
    async fn a_lost_password_is_replaced_through_the_mailbox(db: Db) {
        let stage = Stage::new(db).await;
        let lea = proved(&stage).await;
        let token = reset_token(&stage, &lea.email).await;
        assert_eq!(stage.mailed(&lea.email, "reset").await, token.as_str().unwrap(), "the mail says the same");
        reset(&stage, &token, "short").await.fails(422, "validation_failed");
        lea.get("/api/v1/me").await.is(200);
        assert_eq!(reset(&stage, &token, NEW).await.is(200), json!({"status": "ok"}));
        lea.get("/api/v1/me").await.fails(401, "invalid_token");
        login(&stage, &lea.email, PASSWORD).await.fails(401, "invalid_credentials");
        login(&stage, &lea.email, NEW).await.is(200);
        reset(&stage, &token, NEW).await.fails(400, "token_used");
        reset(&stage, &json!("guess"), NEW).await.fails(400, "invalid_token");
        stage.outbox().await;
        assert!(stage.mails_to(&lea.email).iter().any(|s| s.contains("Your password was changed")));
    }

    async fn a_link_is_over_with_its_time(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let token = reset_token(&stage, &lea.email).await;
        stage.app.clock.advance(Duration::from_secs(30 * 60 - 1));
        reset(&stage, &token, "short").await.fails(422, "validation_failed");
        stage.app.clock.advance(Duration::from_secs(1));
        reset(&stage, &token, NEW).await.fails(400, "token_expired");
        stage.outbox().await;
    }

    async fn of_many_who_use_one_link_one_succeeds(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let token = reset_token(&stage, &lea.email).await;
        let tries: Vec<_> = (0..8).map(|n| {
            let (stage, token) = (stage.clone(), token.clone());
            tokio::spawn(async move { reset(&stage, &token, &format!("{NEW}-{n}")).await.status.as_u16() })
        }).collect();
        let mut statuses = vec![];
        for one in tries {
            statuses.push(one.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [[200].as_slice(), &[400; 7]].concat());
        stage.outbox().await;
    }

    async fn a_link_opens_nothing_but_its_own_door(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let reset = reset_token(&stage, &lea.email).await.as_str().unwrap().to_owned();
        stage.anyone().post("/auth/magic/request", json!({"email": lea.email})).await.is(202);
        let magic = stage.mailed(&lea.email, "magic").await;
        lea.post("/api/v1/auth/verify/request", json!({})).await.is(202);
        let verify = stage.mailed(&lea.email, "verify").await;
        lea.put("/api/v1/me/email", json!({"email": "lea@rive-sud.example"})).await.is(202);
        let email = stage.mailed("lea@rive-sud.example", "new-address").await;
        let doors = [
            ("/api/v1/auth/reset/confirm", &reset),
            ("/api/v1/auth/magic/consume", &magic),
            ("/api/v1/auth/verify/confirm", &verify),
            ("/api/v1/auth/email/confirm", &email),
            ("/api/v1/orgs/members:join", &String::new()),
        ];
        for (door, own) in &doors {
            for (_, key) in doors.iter().filter(|(_, key)| key != own && !key.is_empty()) {
                let body = if door.contains("reset") { json!({"token": key, "new_password": NEW}) } else { json!({"token": key}) };
                lea.post(door, body).await.fails(400, "invalid_token");
            }
        }
        for (_, key) in &doors {
            let mut forger = stage.anyone();
            forger.token = Some((*key).clone());
            forger.get("/api/v1/me").await.fails(401, "invalid_token");
        }
    }

    async fn nobody_learns_whether_an_address_has_an_account(db: Db) {
        let lea = Stage::new(db.clone()).await.person().await;
        let stage = Stage::with(db, &[("COULISSES_ENV", "production")]).await;
        let anyone = stage.anyone().says("host", "127.0.0.1:8000");
        for path in ["/api/v1/auth/reset/request", "/api/v1/auth/magic/request"] {
            let known = anyone.post(path, json!({"email": lea.email})).await;
            let unknown = anyone.post(path, json!({"email": "nobody@lanternes.example"})).await;
            let names = |reply: &crate::stage::Reply| { let mut all: Vec<_> = reply.headers.keys().cloned().collect(); all.sort_by_key(|k| k.to_string()); all };
            assert_eq!((known.status, &known.body, names(&known)), (unknown.status, &unknown.body, names(&unknown)));
            assert_eq!(known.is(202), json!({"status": "accepted"}));
        }
        assert!(stage.outbox().await >= 4, "two jobs for the unknown address, which send nothing");
        assert_eq!(stage.mails_to("nobody@lanternes.example"), Vec::<String>::new());
        assert_eq!(stage.mails_to(&lea.email).len(), 2);
    }

    async fn mails_to_one_address_have_a_limit_whether_or_not_it_is_known(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        for email in [lea.email.as_str(), "nobody@lanternes.example"] {
            for _ in 0..3 {
                stage.anyone().post("/auth/reset/request", json!({"email": email})).await.is(202);
            }
            stage.anyone().post("/auth/reset/request", json!({"email": email.to_uppercase()})).await.fails(429, "rate_limited");
        }
        stage.outbox().await;
    }

    async fn a_link_signs_in_once(db: Db) {
        let stage = Stage::new(db).await;
        let mut lea = proved(&stage).await;
        stage.anyone().post("/api/v1/auth/magic/request", json!({"email": lea.email})).await.is(202);
        let token = stage.mailed(&lea.email, "magic").await;
        let consume = async || stage.anyone().post("/auth/magic/consume", json!({"token": token, "client": "mobile"})).await;
        let tokens = consume().await.is(200);
        assert!(tokens["refresh_token"].is_string());
        lea.get("/api/v1/me").await.is(200);
        lea.token = tokens["access_token"].as_str().map(str::to_owned);
        assert_eq!(lea.get("/api/v1/me").await.is(200)["email"], lea.email);
        consume().await.fails(400, "token_used");
        login(&stage, &lea.email, PASSWORD).await.is(200);
    }

    async fn whoever_signed_up_with_a_foreign_address_is_gone_when_its_owner_comes(db: Db) {
        let stage = Stage::new(db).await;
        let thief = stage.person().await;
        let waiting = reset_token(&stage, &thief.email).await;
        thief.put("/api/v1/me/email", json!({"email": "thief@elsewhere.example"})).await.is(202);
        let change = stage.mailed("thief@elsewhere.example", "new-address").await;
        stage.anyone().post("/auth/magic/request", json!({"email": thief.email})).await.is(202);
        let token = stage.mailed(&thief.email, "magic").await;
        stage.anyone().post("/auth/magic/consume", json!({"token": token})).await.is(200);
        thief.get("/api/v1/me").await.fails(401, "invalid_token");
        login(&stage, &thief.email, PASSWORD).await.fails(401, "invalid_credentials");
        reset(&stage, &waiting, NEW).await.fails(400, "token_used");
        stage.anyone().post("/api/v1/auth/email/confirm", json!({"token": change})).await.fails(400, "token_used");
    }

    async fn an_address_changes_when_both_mailboxes_agree(db: Db) {
        let stage = Stage::new(db).await;
        let (lea, hugo) = (proved(&stage).await, stage.person().await);
        let new = "lea@rive-sud.example";
        lea.put("/api/v1/me/email", json!({"email": "no address"})).await.fails(422, "validation_failed");
        lea.put("/api/v1/me/email", json!({"email": new})).await.is(202);
        let agree = async |token: &str| stage.anyone().post("/api/v1/auth/email/confirm", json!({"token": token})).await;
        let old = stage.mailed(&lea.email, "new-address").await;
        assert_eq!(stage.mails_to(new), Vec::<String>::new(), "a stranger hears nothing before the owner agrees");
        assert_eq!(agree(&old).await.is(200)["status"], "new_address_asked");
        agree(&old).await.fails(400, "token_used");
        assert_eq!(lea.get("/api/v1/me").await.is(200)["email"], lea.email);
        let token = stage.mailed(new, "new-address").await;
        assert_eq!(agree(&token).await.is(200)["status"], "changed");
        assert_eq!(lea.get("/api/v1/me").await.is(200)["email"], new);
        login(&stage, new, PASSWORD).await.is(200);
        login(&stage, &lea.email, PASSWORD).await.fails(401, "invalid_credentials");
        stage.outbox().await;
        assert!(stage.mails_to(&lea.email).iter().any(|s| s.contains("Your address was changed")));
        hugo.put("/api/v1/me/email", json!({"email": new})).await.is(202);
        stage.outbox().await;
        assert!(stage.mails_to(new).iter().any(|s| s.contains("You already have an account")), "whose address it is learns of it");
    }

    async fn an_address_taken_meanwhile_stays_with_whoever_has_it(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        lea.put("/api/v1/me/email", json!({"email": "new@rive-sud.example"})).await.is(202);
        let token = stage.mailed("new@rive-sud.example", "new-address").await;
        stage.anyone().post("/auth/register", json!({"email": "new@rive-sud.example", "password": PASSWORD})).await.is(201);
        stage.anyone().post("/api/v1/auth/email/confirm", json!({"token": token})).await.fails(409, "email_taken");
    }

    async fn changing_a_password_ends_every_other_session(db: Db) {
        let stage = Stage::new(db).await;
        let (lea, mut phone) = { let lea = stage.person().await; (lea.clone(), lea) };
        phone.sign_in().await;
        let change = async |current: Value, new: &str| lea.put("/auth/password", json!({"current_password": current, "new_password": new})).await;
        change(json!("wrong"), NEW).await.fails(403, "wrong_password");
        change(Value::Null, NEW).await.fails(403, "wrong_password");
        change(json!(PASSWORD), "short").await.fails(422, "validation_failed");
        phone.get("/api/v1/me").await.is(200);
        let waiting = reset_token(&stage, &lea.email).await;
        change(json!(PASSWORD), NEW).await.is(204);
        lea.get("/api/v1/me").await.is(200);
        phone.get("/api/v1/me").await.fails(401, "invalid_token");
        login(&stage, &lea.email, PASSWORD).await.fails(401, "invalid_credentials");
        login(&stage, &lea.email, NEW).await.is(200);
        reset(&stage, &waiting, PASSWORD).await.fails(400, "token_used");
        stage.outbox().await;
        assert!(stage.mails_to(&lea.email).iter().any(|s| s.contains("Your password was changed")));
    }

    async fn a_set_up_link_is_over_after_an_hour_and_proves_no_mailbox(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let link = async || {
            let mut tx = stage.app.begin(Default::default()).await.unwrap();
            let token = one_time::make(&mut tx, Kind::SetUp, Some(lea.account.parse().unwrap()), &()).await.unwrap();
            tx.commit().await.unwrap();
            json!(token.expose())
        };
        let late = link().await;
        stage.app.clock.advance(Duration::from_secs(3_599));
        reset(&stage, &late, "short").await.fails(422, "validation_failed");
        stage.app.clock.advance(Duration::from_secs(1));
        reset(&stage, &late, NEW).await.fails(400, "token_expired");
        let good = link().await;
        reset(&stage, &good, NEW).await.is(200);
        reset(&stage, &good, NEW).await.fails(400, "token_used");
        let mut lea = lea;
        lea.token = login(&stage, &lea.email, NEW).await.is(200)["access_token"].as_str().map(str::to_owned);
        assert_eq!(lea.get("/api/v1/me").await.is(200)["email_verified"], false);
        stage.outbox().await;
    }

    async fn links_lead_to_our_own_address_whatever_the_request_says(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let spoofed = stage.anyone().says("host", "evil.example").says("x-forwarded-host", "evil.example");
        spoofed.post("/auth/reset/request", json!({"email": lea.email})).await;
        stage.anyone().post("/auth/reset/request", json!({"email": lea.email})).await.is(202);
        stage.outbox().await;
        assert!(stage.app.mailer.sent().iter().all(|mail| !mail.text.contains("evil")));
    }

    async fn tokens_lie_hashed_in_the_store(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let lea = stage.person().await;
        let token = reset_token(&stage, &lea.email).await.as_str().unwrap().to_owned();
        lea.put("/api/v1/me/email", json!({"email": "new@rive-sud.example"})).await.is(202);
        let rows: Vec<(String, String)> = db.all(base::sql!("select hash, payload_sealed from one_time_tokens"), &[]).await.unwrap();
        let jobs: Vec<(String,)> = db.all(base::sql!(all_orgs: "a test looks", "select payload from jobs"), &[]).await.unwrap();
        let all = format!("{rows:?} {jobs:?}");
        assert!(rows.len() == 2 && !all.contains(&token) && !all.contains("rive-sud"), "{all}");
        stage.outbox().await;
    }
}

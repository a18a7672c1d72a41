//! The second factor, recovery codes and step-up.

use crate::{
    oauth::forger::Forger,
    stage::{PASSWORD, Person, Reply, Stage},
};
use axum::http::Method;
use base::{both_engines, crypto, sql};
use identity::factors::totp;
use serde_json::{Value, json};
use std::time::Duration;

const MFA: &str = "/api/v1/auth/mfa";
const VERIFY: &str = "/api/v1/auth/mfa/verify";
const STEP_UP: &str = "/api/v1/auth/step-up";

/// Somebody with an authenticator app.
struct Careful {
    who: Person,
    stage: Stage,
    secret: Vec<u8>,
    recovery: Vec<Value>,
}
impl Careful {
    async fn new(stage: &Stage) -> Self {
        Self::of(stage, stage.person().await).await
    }
    async fn of(stage: &Stage, who: Person) -> Self {
        let enrolment = who.post(&format!("{MFA}/totp"), json!({})).await.is(200);
        let secret = unbase32(text(&enrolment, "secret"));
        let code = totp::shown(&secret, stage.app.now());
        let codes = who.post(&format!("{MFA}/totp:confirm"), json!({"code": code})).await.is(200);
        let recovery = codes["recovery_codes"].as_array().unwrap().clone();
        assert_eq!(recovery.len(), 10);
        Self { who, stage: stage.clone(), secret, recovery }
    }
    /// The code of a step that was not used yet.
    fn code(&self) -> String {
        self.stage.app.clock.advance(Duration::from_secs(30));
        totp::shown(&self.secret, self.stage.app.now())
    }
    async fn login(&self, more: Value) -> Reply {
        let mut body = json!({"email": self.who.email, "password": PASSWORD});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.stage.anyone().post("/api/v1/auth/login", body).await
    }
    async fn challenge(&self) -> Value {
        self.login(json!({"client": "mobile"})).await.fails(403, "second_factor_required")["challenge"].clone()
    }
    async fn verify(&self, challenge: &Value, code: &str) -> Reply {
        self.stage.anyone().post(VERIFY, json!({"challenge": challenge, "code": code})).await
    }
}
/// The same person, signed in with an authenticator app.
pub async fn with_second_factor(stage: &Stage, who: Person) -> Person {
    let careful = Careful::of(stage, who).await;
    let challenge = careful.challenge().await;
    let tokens = careful.verify(&challenge, &careful.code()).await.is(200);
    careful.who.holding(&tokens)
}
fn text<'a>(body: &'a Value, field: &str) -> &'a str {
    body[field].as_str().unwrap_or_else(|| panic!("no {field} in {body}"))
}
pub fn unbase32(text: &str) -> Vec<u8> {
    let digit = |c: u8| u64::from(if c.is_ascii_digit() { c - b'2' + 26 } else { c - b'A' });
    text.as_bytes().chunks(8).flat_map(|eight| eight.iter().fold(0, |n, c| n << 5 | digit(*c)).to_be_bytes()[3..].to_vec()).collect()
}
/// The claims of an access token.
pub fn claims(token: &Value) -> Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
    serde_json::from_slice(&B64.decode(token.as_str().unwrap().split('.').nth(1).unwrap()).unwrap()).unwrap()
}
async fn actions(stage: &Stage) -> Vec<String> {
    let all = sql!(all_orgs: "the test looks at every org's audit", "select action from audit order by at, seq");
    stage.app.db.all::<(String,)>(all, &[]).await.unwrap().into_iter().map(|(a,)| a).collect()
}

both_engines! {
    async fn where_it_is_asked_for_an_administrator_without_a_second_factor_is_none(db: Db) {
        let stage = Stage::with(db, &[("ADMIN_REQUIRE_MFA", "on")]).await;
        let admin = stage.admin().await;
        admin.get("/api/v1/admin/stats").await.fails(403, "admin_second_factor");
        admin.get("/api/v1/me").await.is(200);
        let admin = with_second_factor(&stage, admin).await;
        admin.get("/api/v1/admin/stats").await.is(200);
        stage.outbox().await;
    }

    async fn signing_in_asks_for_the_code(db: Db) {
        let stage = Stage::new(db).await;
        let lea = Careful::new(&stage).await;
        assert_eq!(stage.outbox().await, 1, "its owner is told");
        let asked = lea.login(json!({"client": "mobile"})).await.fails(403, "second_factor_required");
        assert_eq!(asked["expires_in"], 300);
        let tokens = lea.verify(&asked["challenge"], &lea.code()).await.is(200);
        assert_eq!(claims(&tokens["access_token"])["amr"], json!(["pwd", "otp"]));
        assert!(tokens["refresh_token"].is_string() && tokens["provider"] == "local");
        lea.verify(&asked["challenge"], &lea.code()).await.fails(401, "wrong_code");
        let web = lea.login(json!({"client": "web", "remember": true})).await.fails(403, "second_factor_required");
        let signed = stage.anyone().post(VERIFY, json!({"challenge": web["challenge"], "code": lea.code()})).await;
        assert!(signed.headers.get_all("set-cookie").iter().count() == 2 && signed.body["access_token"].is_null());
        signed.is(200);
        let from_elsewhere = lea.login(json!({"client": "web"})).await.body["challenge"].clone();
        let cross = stage.anyone().says("sec-fetch-site", "cross-site").post(VERIFY, json!({"challenge": from_elsewhere, "code": lea.code()})).await;
        cross.fails(403, "cross_site");
        let state = lea.who.get(MFA).await.is(200);
        assert!(state["enabled"] == true && state["recovery_codes_left"] == 10 && state["since"].is_string());
    }

    async fn the_password_form_is_not_enough(db: Db) {
        let stage = Stage::new(db).await;
        let lea = Careful::new(&stage).await;
        stage.outbox().await;
        for path in ["/auth/token", "/api/v1/auth/token", "/auth/login", "/api/v1/auth/login"] {
            let form = format!("grant_type=password&username={}&password={PASSWORD}", lea.who.email);
            let client = stage.anyone().says("content-type", "application/x-www-form-urlencoded");
            client.call(Method::POST, path, Some(form)).await.fails(403, "second_factor_required");
        }
    }

    async fn a_code_is_used_once(db: Db) {
        let stage = Stage::new(db).await;
        let lea = Careful::new(&stage).await;
        stage.outbox().await;
        let code = lea.code();
        let (one, other) = (lea.challenge().await, lea.challenge().await);
        lea.verify(&one, &code).await.is(200);
        lea.verify(&other, &code).await.fails(401, "wrong_code");
        let (before, now) = (totp::shown(&lea.secret, stage.app.now().minus(Duration::from_secs(60))), lea.code());
        lea.verify(&other, &before).await.fails(401, "wrong_code");
        lea.verify(&other, &now).await.is(200);
    }

    async fn many_at_once_with_one_code_are_one(db: Db) {
        let stage = Stage::new(db).await;
        let lea = Careful::new(&stage).await;
        let code = lea.code();
        let mut all = vec![];
        for _ in 0..8 {
            let (stage, challenge, code) = (stage.clone(), lea.challenge().await, code.clone());
            all.push(tokio::spawn(async move {
                stage.anyone().post(VERIFY, json!({"challenge": challenge, "code": code})).await.status.as_u16()
            }));
        }
        let mut good = 0;
        for one in all {
            good += usize::from(one.await.unwrap() == 200);
        }
        assert_eq!(good, 1);
        stage.outbox().await;
    }

    async fn five_tries_a_challenge_and_ten_wrong_codes_an_hour(db: Db) {
        let stage = Stage::new(db).await;
        let lea = Careful::new(&stage).await;
        stage.outbox().await;
        let challenge = lea.challenge().await;
        for _ in 0..5 {
            lea.verify(&challenge, "000000").await.fails(401, "wrong_code");
        }
        let sixth = lea.verify(&challenge, &lea.code()).await;
        assert!(sixth.header("retry-after").parse::<u64>().unwrap() <= 300);
        sixth.fails(429, "too_many_tries");
        let again = lea.challenge().await;
        for _ in 0..5 {
            lea.verify(&again, "000000").await.fails(401, "wrong_code");
        }
        let third = lea.challenge().await;
        lea.verify(&third, &lea.code()).await.fails(429, "too_many_tries");
        let recovery = json!({"challenge": third, "recovery_code": lea.recovery[0]});
        stage.anyone().post(VERIFY, recovery).await.fails(429, "too_many_tries");
        stage.app.clock.advance(Duration::from_secs(3_600));
        let (later, code) = (lea.challenge().await, lea.code());
        lea.verify(&later, &code).await.is(200);
        assert_eq!(actions(&stage).await.iter().filter(|a| *a == "second_factor.failed").count(), 12);
    }

    async fn a_challenge_lives_five_minutes(db: Db) {
        let stage = Stage::new(db).await;
        let lea = Careful::new(&stage).await;
        stage.outbox().await;
        let challenge = lea.challenge().await;
        stage.app.clock.advance(Duration::from_secs(300));
        lea.verify(&challenge, &lea.code()).await.fails(401, "wrong_code");
        lea.verify(&json!("guess"), &lea.code()).await.fails(401, "wrong_code");
        let both = json!({"challenge": challenge, "code": "1", "recovery_code": "2"});
        stage.anyone().post(VERIFY, both).await.fails(422, "validation_failed");
        stage.anyone().post(VERIFY, json!({"challenge": challenge})).await.fails(422, "validation_failed");
    }

    async fn a_recovery_code_opens_once_and_is_told(db: Db) {
        let stage = Stage::new(db).await;
        let lea = Careful::new(&stage).await;
        let with = async |code: &Value| {
            let challenge = lea.challenge().await;
            stage.anyone().post(VERIFY, json!({"challenge": challenge, "recovery_code": code})).await
        };
        let shouted = json!(lea.recovery[0].as_str().unwrap().to_uppercase().replace('-', " "));
        let tokens = with(&shouted).await.is(200);
        assert_eq!(claims(&tokens["access_token"])["amr"], json!(["pwd", "rec"]));
        with(&lea.recovery[0]).await.fails(401, "wrong_code");
        assert_eq!(stage.outbox().await, 2);
        assert!(stage.app.mailer.sent().iter().any(|m| m.text.contains("9 are left")));
        let other = Careful::new(&stage).await;
        with(&other.recovery[1]).await.fails(401, "wrong_code");
        let fresh = lea.who.post(&format!("{MFA}/recovery-codes"), json!({})).await.is(200);
        assert_eq!(fresh["recovery_codes"].as_array().unwrap().len(), 10);
        with(&lea.recovery[1]).await.fails(401, "wrong_code");
        with(&fresh["recovery_codes"][0]).await.is(200);
        stage.outbox().await;
    }

    async fn setting_up_and_removing_need_somebody_fresh(db: Db) {
        let stage = Stage::new(db).await;
        let mut lea = stage.person().await;
        lea.post(&format!("{MFA}/totp:confirm"), json!({"code": "123456"})).await.fails(409, "nothing_to_confirm");
        lea.post(&format!("{MFA}/recovery-codes"), json!({})).await.fails(409, "no_second_factor");
        lea.post(&format!("{MFA}/totp"), json!({})).await.is(200);
        lea.post(&format!("{MFA}/totp:confirm"), json!({"code": "000000"})).await.fails(403, "wrong_code");
        lea.sign_in().await;
        stage.app.clock.advance(Duration::from_secs(901));
        for (method, path) in [(Method::POST, "totp"), (Method::POST, "totp:confirm"), (Method::POST, "recovery-codes"), (Method::DELETE, "totp")] {
            let body = (method == Method::POST).then(|| json!({"code": "1"}).to_string());
            let mut late = lea.clone();
            late.token = lea.token.clone();
            late.call(method, &format!("{MFA}/{path}"), body).await.fails(403, "step_up_required");
        }
        lea.sign_in().await;
        let lea = Careful::of(&stage, lea).await;
        lea.who.post(&format!("{MFA}/totp"), json!({})).await.fails(409, "already_enrolled");
        lea.who.delete(&format!("{MFA}/totp")).await.is(204);
        lea.login(json!({})).await.is(200);
        assert_eq!(stage.outbox().await, 2, "on and off");
        let mails = stage.app.mailer.sent();
        assert!(mails.iter().all(|m| m.to == lea.who.email) && mails.iter().any(|m| m.subject.contains("no code")));
    }

    async fn a_session_from_before_must_prove_the_code_first(db: Db) {
        let stage = Stage::new(db).await;
        let mut lea = stage.person().await;
        let (old, _) = (lea.clone(), lea.sign_in().await);
        let lea = Careful::of(&stage, lea).await;
        stage.outbox().await;
        lea.who.post(&format!("{MFA}/recovery-codes"), json!({})).await.is(200);
        old.get("/api/v1/me").await.is(200);
        old.delete(&format!("{MFA}/totp")).await.fails(403, "step_up_required");
        old.post(STEP_UP, json!({"password": PASSWORD})).await.fails(403, "second_factor_required");
        old.post(STEP_UP, json!({"code": "000000"})).await.fails(403, "wrong_code");
        let tokens = old.post(STEP_UP, json!({"code": lea.code()})).await.is(200);
        assert_eq!(claims(&tokens["access_token"])["amr"], json!(["pwd", "otp"]));
        let mut new = old.clone();
        new.token = Some(text(&tokens, "access_token").to_owned());
        new.delete(&format!("{MFA}/totp")).await.is(204);
        stage.outbox().await;
    }

    async fn stepping_up_gives_a_new_session_and_ends_the_old(db: Db) {
        let stage = Stage::with(db, &[("PUBLIC_URL", "http://127.0.0.1:8000")]).await;
        let mut owner = stage.org("Lanternes").await;
        owner.switch(&owner.org.clone()).await;
        stage.app.clock.advance(Duration::from_secs(901));
        let mut late = owner.clone();
        late.delete("/api/v1/auth/sessions").await.fails(403, "step_up_required");
        late.post(STEP_UP, json!({"password": "wrong"})).await.fails(403, "wrong_password");
        late.post(STEP_UP, json!({})).await.fails(422, "validation_failed");
        late.post(STEP_UP, json!({"password": PASSWORD, "code": "1"})).await.fails(422, "validation_failed");
        late.post(STEP_UP, json!({"code": "123456"})).await.fails(403, "wrong_code");
        late.post(STEP_UP, json!({"mail_code": "12345678"})).await.fails(403, "wrong_code");
        late.post(&format!("{STEP_UP}:mail"), json!({})).await.fails(409, "stronger_factor");
        let before = claims(&json!(late.token));
        let stepped = late.post(STEP_UP, json!({"password": PASSWORD})).await;
        assert_eq!(stepped.headers.get_all("set-cookie").iter().count(), 2, "a browser gets its cookies");
        let tokens = stepped.is(200);
        let after = claims(&tokens["access_token"]);
        assert!(before["sid"] != after["sid"] && after["org"] == json!(owner.org) && after["sub"] == before["sub"]);
        late.get("/api/v1/me").await.fails(401, "invalid_token");
        late.token = Some(text(&tokens, "access_token").to_owned());
        late.delete("/api/v1/auth/sessions").await.is(204);
        let taken = actions(&stage).await;
        assert!(taken.contains(&"step_up.succeeded".to_owned()) && taken.contains(&"step_up.failed".to_owned()), "{taken:?}");
        for _ in 0..8 {
            late.post(STEP_UP, json!({"password": "wrong"})).await;
        }
        late.post(STEP_UP, json!({"password": PASSWORD})).await.fails(429, "rate_limited");
    }

    async fn without_a_password_a_mailed_code_does_it(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let (lea, hugo) = (stage.person().await, stage.person().await);
        let mut tx = db.begin().await.unwrap();
        tx.exec(sql!("update accounts set password_phc = null"), &[]).await.unwrap();
        tx.commit().await.unwrap();
        let mailed = async |who: &Person| {
            who.post(&format!("{STEP_UP}:mail"), json!({})).await.is(202);
            assert_eq!(stage.outbox().await, 1);
            let text = stage.app.mailer.sent().last().unwrap().text.clone();
            text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 8).unwrap().to_owned()
        };
        let code = mailed(&lea).await;
        hugo.post(STEP_UP, json!({"mail_code": code})).await.fails(403, "wrong_code");
        lea.post(STEP_UP, json!({"password": PASSWORD})).await.fails(403, "wrong_password");
        for _ in 0..5 {
            lea.post(STEP_UP, json!({"mail_code": "1"})).await.fails(403, "wrong_code");
        }
        lea.post(STEP_UP, json!({"mail_code": code})).await.fails(429, "too_many_tries");
        let code = mailed(&lea).await;
        let tokens = lea.post(STEP_UP, json!({"mail_code": code})).await.is(200);
        assert_eq!(claims(&tokens["access_token"])["amr"], json!(["mail"]));
        let code = mailed(&hugo).await;
        stage.app.clock.advance(Duration::from_secs(601));
        hugo.post(STEP_UP, json!({"mail_code": code})).await.fails(403, "wrong_code");
    }

    async fn a_session_does_not_outlive_or_outgrow_itself_by_stepping_up(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let login = json!({"email": lea.email, "password": PASSWORD, "client": "web", "scope": "user:read user:write"});
        let signed = stage.anyone().post("/api/v1/auth/login", login).await;
        let jar = signed.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap().split(';').next().unwrap().to_owned());
        let browser = stage.anyone().says("cookie", jar.collect::<Vec<_>>().join("; "));
        let first = signed.is(200);
        browser.clone().says("sec-fetch-site", "cross-site").post(STEP_UP, json!({"password": PASSWORD})).await.fails(403, "cross_site");
        let stepped = browser.post(STEP_UP, json!({"password": PASSWORD})).await;
        assert!(stepped.body["access_token"].is_null(), "a browser's tokens stay out of its scripts' reach");
        let second = stepped.is(200);
        assert_eq!(second["scope"], first["scope"]);
        let end = |body: &Value| text(body, "session_expires_at").parse::<base::time::Timestamp>().unwrap();
        assert!(end(&second).since(end(&first)) < Duration::from_secs(60), "a day, not a month");
    }

    async fn no_other_way_in_goes_around_the_code(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "on", &[("LINK_POLICY", "auto")]).await;
        let who = stage.person().await;
        who.post("/api/v1/auth/verify/request", json!({})).await.is(202);
        let proof = stage.mailed(&who.email, "verify").await;
        stage.anyone().post("/api/v1/auth/verify/confirm", json!({"token": proof})).await.is(200);
        let lea = Careful::of(&stage, who).await;
        let provider = forger.honest(&stage, &stage.anyone(), "/auth/forge/start", &lea.who.email).await;
        let challenge = provider.fails(403, "second_factor_required")["challenge"].clone();
        let tokens = lea.verify(&challenge, &lea.code()).await.is(200);
        assert_eq!(claims(&tokens["access_token"])["amr"], json!(["fed", "otp"]));
        stage.anyone().post("/auth/magic/request", json!({"email": lea.who.email})).await.is(202);
        let link = stage.mailed(&lea.who.email, "magic").await;
        stage.anyone().post("/auth/magic/consume", json!({"token": link})).await.fails(403, "second_factor_required");
        let reset = stage.anyone().post("/auth/reset/request", json!({"email": lea.who.email})).await.is(202);
        let new = json!({"token": reset["reset_token"], "new_password": "deux-Lanternes-rouges-1988"});
        stage.anyone().post("/auth/reset/confirm", new).await.is(200);
        let login = json!({"email": lea.who.email, "password": "deux-Lanternes-rouges-1988"});
        stage.anyone().post("/auth/login", login).await.fails(403, "second_factor_required");
        stage.outbox().await;
    }

    async fn what_cannot_be_undone_asks_who_it_is_again(db: Db) {
        let stage = Stage::with(db, &[("ACCESS_TOKEN_MINUTES", "60")]).await;
        let (owner, heir, mut admin) = (stage.org("Lanternes").await, stage.person().await, stage.admin().await);
        let tokens = stage.anyone().post("/auth/login", json!({"email": admin.email, "password": PASSWORD})).await.is(200);
        stage.app.clock.advance(Duration::from_secs(901));
        // Renewed or not, what counts is when somebody proved who they are.
        let renewed = stage.anyone().post("/auth/token/refresh", json!({"refresh_token": tokens["refresh_token"]})).await.is(200);
        admin.token = renewed["access_token"].as_str().map(str::to_owned);
        let (org, account) = (format!("/api/v1/orgs/{}", owner.org), format!("/api/v1/admin/accounts/{}", heir.account));
        let (post, delete) = (Method::POST, Method::DELETE);
        let all = [
            (&owner, &delete, "/api/v1/me", None),
            (&owner, &Method::GET, "/api/v1/me/export", None),
            (&owner, &Method::PUT, "/api/v1/me/email", Some(json!({"email": "lea@rive-sud.example"}))),
            (&owner, &delete, "/api/v1/auth/sessions", None),
            (&owner, &Method::PUT, "/auth/password", Some(json!({"new_password": "deux-Lanternes-rouges-1988"}))),
            (&owner, &post, "/api/v1/auth/mfa/totp", Some(json!({}))),
            (&owner, &post, "/api/v1/auth/identities", Some(json!({"link_token": "x"}))),
            (&owner, &delete, "/api/v1/auth/identities/00000000-0000-0000-0000-000000000000", None),
            (&owner, &post, "/api/v1/keys", Some(json!({"name": "x", "scopes": ["projects:read"]}))),
            (&owner, &post, "/api/v1/service-accounts", Some(json!({"name": "x", "role": "tech"}))),
            (&owner, &post, &format!("{org}:transfer"), Some(json!({"account_id": heir.account}))),
            (&owner, &delete, &org, None),
            (&admin, &Method::PATCH, &account, Some(json!({"platform_role": "admin"}))),
            (&admin, &delete, &account, None),
        ];
        for (who, method, path, body) in all {
            who.call(method.clone(), path, body.map(|b| b.to_string())).await.fails(403, "step_up_required");
        }
        stage.outbox().await;
    }

    async fn nothing_of_it_lies_readable_in_the_store(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let lea = Careful::new(&stage).await;
        stage.outbox().await;
        let challenge = lea.challenge().await;
        let secrets: Vec<(String,)> = db.all(sql!("select secret_sealed from totp"), &[]).await.unwrap();
        let codes: Vec<(String,)> = db.all(sql!("select hash from recovery_codes"), &[]).await.unwrap();
        let waiting: Vec<(String, String)> = db.all(sql!("select hash, payload from challenges"), &[]).await.unwrap();
        let all = format!("{secrets:?}{codes:?}{waiting:?}");
        assert!(!all.contains(challenge.as_str().unwrap()) && !all.contains(&crypto::hex(&lea.secret)) && !all.contains(&totp::base32(&lea.secret)), "{all}");
        assert!(lea.recovery.iter().all(|c| !all.contains(c.as_str().unwrap())), "{all}");
    }
}

//! Staying signed in: refresh tokens, cookies, devices, and what a thief can do with a copy.

use crate::stage::{PASSWORD, Person, Reply, Stage};
use base::both_engines;
use serde_json::{Value, json};
use std::time::Duration;

const REFRESH: &str = "/auth/token/refresh";

/// Somebody signed in from an app, with their refresh token.
async fn on_a_phone(stage: &Stage) -> (Person, String) {
    let mut lea = stage.person().await;
    let tokens = stage.anyone().post("/auth/login", json!({"email": lea.email, "password": PASSWORD})).await.is(200);
    lea.token = Some(text(&tokens, "access_token"));
    (lea, text(&tokens, "refresh_token"))
}
fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_else(|| panic!("no {field} in {body}")).to_owned()
}
async fn renew(stage: &Stage, token: &str) -> Reply {
    stage.anyone().post(REFRESH, json!({"refresh_token": token})).await
}
/// The `name=value` of a cookie that an answer sets.
pub fn cookie(reply: &Reply, name: &str) -> Option<String> {
    let all = reply.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap());
    all.filter_map(|c| c.split(';').next()).find(|c| c.starts_with(&format!("{name}="))).map(str::to_owned)
}
fn with_clock(person: Person, ahead: &str) -> Person {
    person.says("x-test-clock", ahead)
}

both_engines! {
    async fn a_refresh_token_changes_with_every_use(db: Db) {
        let stage = Stage::new(db).await;
        let (mut lea, first) = on_a_phone(&stage).await;
        let second = renew(&stage, &first).await.is(200);
        assert_eq!(second["token_type"], "bearer");
        assert_eq!(second["expires_in"], 3600, "the mobile life");
        assert_eq!(second["user_id"], lea.account.as_str());
        assert!(second["session_expires_at"].is_string() && second["refresh_expires_in"].as_i64().unwrap() > 29 * 86_400);
        lea.token = Some(text(&second, "access_token"));
        lea.get("/api/v1/me").await.is(200);
        let third = renew(&stage, &text(&second, "refresh_token")).await.is(200);
        assert!(third["refresh_token"] != second["refresh_token"] && second["refresh_token"] != json!(first));
        for nonsense in ["", "crt_", "crt_AAAAAAAA", "no", &format!("{first}x")] {
            renew(&stage, nonsense).await.fails(401, "invalid_token");
        }
        stage.anyone().post(REFRESH, json!({})).await.fails(422, "validation_failed");
        stage.anyone().post("/api/v1/auth/refresh", json!({})).await.fails(401, "refresh_missing");
    }

    async fn a_lost_answer_is_given_again_however_late(db: Db) {
        let stage = Stage::with(db, &[("TEST_CLOCK", "on")]).await;
        let (_, first) = on_a_phone(&stage).await;
        let second = renew(&stage, &first).await.is(200)["refresh_token"].clone();
        assert_eq!(renew(&stage, &first).await.is(200)["refresh_token"], second);
        let later = with_clock(stage.anyone(), "+1h").post(REFRESH, json!({"refresh_token": first})).await.is(200);
        assert_eq!(later["refresh_token"], second, "nothing has been done with the newest: the answer got lost");
    }

    async fn a_copy_used_after_its_successor_ends_the_session_for_both(db: Db) {
        let stage = Stage::with(db, &[("TEST_CLOCK", "on")]).await;
        let (mut lea, first) = on_a_phone(&stage).await;
        let second = renew(&stage, &first).await.is(200);
        lea.token = Some(text(&second, "access_token"));
        lea.get("/api/v1/me").await.is(200);
        // Two requests of one honest client may cross.
        assert_eq!(renew(&stage, &first).await.is(200)["refresh_token"], second["refresh_token"]);
        let thief = with_clock(stage.anyone(), "+11s").post(REFRESH, json!({"refresh_token": first})).await;
        thief.fails(401, "refresh_reused");
        lea.get("/api/v1/me").await.fails(401, "invalid_token");
        renew(&stage, &text(&second, "refresh_token")).await.fails(401, "session_ended");
        assert_eq!(stage.outbox().await, 1, "its owner is told");
        let actions: Vec<(String,)> = stage.app.db.all(base::sql!(all_orgs: "the test looks at everything", "select action from audit order by seq"), &[]).await.unwrap();
        assert!(actions.iter().any(|(a,)| a == "refresh.reused"), "{actions:?}");
    }

    async fn two_behind_is_a_thief_at_once(db: Db) {
        let stage = Stage::new(db).await;
        let (_, first) = on_a_phone(&stage).await;
        let second = text(&renew(&stage, &first).await.is(200), "refresh_token");
        let third = text(&renew(&stage, &second).await.is(200), "refresh_token");
        renew(&stage, &first).await.fails(401, "refresh_reused");
        renew(&stage, &third).await.fails(401, "session_ended");
    }

    async fn many_at_once_get_the_same_successor(db: Db) {
        let stage = Stage::new(db).await;
        let (_, first) = on_a_phone(&stage).await;
        let all: Vec<_> = (0..32).map(|_| {
            let (stage, first) = (stage.clone(), first.clone());
            tokio::spawn(async move { renew(&stage, &first).await.is(200)["refresh_token"].clone() })
        }).collect();
        let mut answers = vec![];
        for one in all {
            answers.push(one.await.unwrap());
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
        let counter: (i64,) = stage.app.db.one(base::sql!("select max(counter) from sessions"), &[]).await.unwrap();
        assert_eq!(counter.0, 1);
    }

    async fn signing_out_wins_every_race(db: Db) {
        let stage = Stage::new(db).await;
        for _ in 0..20 {
            let (lea, first) = on_a_phone(&stage).await;
            let racing = {
                let (stage, first) = (stage.clone(), first.clone());
                tokio::spawn(async move { renew(&stage, &first).await })
            };
            lea.post("/auth/logout", json!({})).await.is(200);
            let raced = racing.await.unwrap();
            if raced.status == 200 {
                let mut ghost = lea.clone();
                ghost.token = Some(text(&raced.body, "access_token"));
                ghost.get("/api/v1/me").await.fails(401, "invalid_token");
                renew(&stage, &text(&raced.body, "refresh_token")).await.fails(401, "session_ended");
            }
            lea.get("/api/v1/me").await.fails(401, "invalid_token");
            renew(&stage, &first).await.fails(401, "session_ended");
        }
    }

    async fn sessions_end_by_themselves(db: Db) {
        let stage = Stage::with(db, &[("TEST_CLOCK", "on")]).await;
        let lea = stage.person().await;
        let body = |remember: bool| json!({"email": lea.email, "password": PASSWORD, "client": "web", "remember": remember});
        let short = stage.anyone().post("/api/v1/auth/login", body(false)).await;
        let long = stage.anyone().post("/api/v1/auth/login", body(true)).await;
        let (_, phone) = on_a_phone(&stage).await;
        let by_cookie = |reply: &Reply| stage.anyone().says("cookie", cookie(reply, "refresh_token").unwrap());
        with_clock(by_cookie(&short), "+13h").post("/api/v1/auth/refresh", json!({})).await.fails(401, "session_ended");
        let renewed = with_clock(by_cookie(&long), "+29d").post("/api/v1/auth/refresh", json!({})).await;
        assert_eq!(renewed.status, 200);
        let phone = text(&renew(&stage, &phone).await.is(200), "refresh_token");
        with_clock(by_cookie(&renewed), "+31d").post("/api/v1/auth/refresh", json!({})).await.fails(401, "session_ended");
        renew(&stage, &phone).await.is(200);
        with_clock(stage.anyone(), "+62d").post(REFRESH, json!({"refresh_token": phone})).await.fails(401, "session_ended");
    }

    async fn a_platform_administrator_is_signed_in_for_a_short_while(db: Db) {
        let stage = Stage::new(db).await;
        stage.app.clock.advance(Duration::ZERO);
        let (admin, lea) = (stage.admin().await, stage.person().await);
        let login = async |who: &Person, path: &str| stage.anyone().post(path, json!({"email": who.email, "password": PASSWORD})).await.is(200);
        for (who, path, life) in [(&lea, "/api/v1/auth/login", 900), (&lea, "/auth/login", 3_600), (&admin, "/api/v1/auth/login", 300), (&admin, "/auth/login", 300)] {
            let tokens = login(who, path).await;
            let claims: Value = {
                use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
                serde_json::from_slice(&B64.decode(text(&tokens, "access_token").split('.').nth(1).unwrap()).unwrap()).unwrap()
            };
            assert_eq!((tokens["expires_in"].as_i64(), claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap()), (Some(life), life), "{path}");
        }
        let idle = text(&login(&admin, "/auth/login").await, "refresh_token");
        let mut busy = text(&login(&admin, "/auth/login").await, "refresh_token");
        for _ in 0..24 {
            stage.app.clock.advance(Duration::from_secs(29 * 60));
            busy = text(&renew(&stage, &busy).await.is(200), "refresh_token");
        }
        renew(&stage, &idle).await.fails(401, "session_ended");
        stage.app.clock.advance(Duration::from_secs(29 * 60));
        renew(&stage, &busy).await.fails(401, "session_ended");
    }

    async fn a_browser_keeps_its_tokens_where_no_script_reads_them(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let login = json!({"email": lea.email, "password": PASSWORD, "client": "web"});
        let signed = stage.anyone().post("/api/v1/auth/login", login.clone()).await;
        assert!(signed.body["access_token"].is_null() && signed.body["refresh_token"].is_null(), "{:?}", signed.body);
        let set: Vec<_> = signed.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
        assert!(set.iter().all(|c| c.contains("; HttpOnly") && c.contains("; SameSite=Lax") && !c.contains("Domain") && c.len() < 4096), "{set:?}");
        let jar = format!("{}; {}", cookie(&signed, "access_token").unwrap(), cookie(&signed, "refresh_token").unwrap());
        let browser = stage.anyone().says("cookie", jar);
        assert_eq!(browser.get("/api/v1/me").await.is(200)["email"], lea.email.as_str());
        let name = json!({"display_name": "Léa"});
        browser.patch("/api/v1/me", name.clone()).await.is(200);
        browser.clone().says("sec-fetch-site", "same-origin").patch("/api/v1/me", name.clone()).await.is(200);
        browser.clone().says("sec-fetch-site", "cross-site").patch("/api/v1/me", name.clone()).await.fails(403, "cross_site");
        browser.clone().says("origin", "https://evil.example").patch("/api/v1/me", name).await.fails(403, "cross_site");
        browser.clone().says("sec-fetch-site", "cross-site").post("/api/v1/auth/refresh", json!({})).await.fails(403, "cross_site");
        browser.clone().says("origin", "https://evil.example").post("/api/v1/auth/logout", json!({})).await.fails(403, "cross_site");
        stage.anyone().says("sec-fetch-site", "cross-site").post("/api/v1/auth/login", login).await.fails(403, "cross_site");
        let gone = browser.post("/api/v1/auth/logout", json!({})).await;
        assert_eq!((cookie(&gone, "access_token").as_deref(), cookie(&gone, "refresh_token").as_deref()), (Some("access_token="), Some("refresh_token=")));
        gone.is(200);
        browser.get("/api/v1/me").await.fails(401, "invalid_token");
    }

    async fn over_https_every_cookie_belongs_to_this_host_alone(db: Db) {
        let stage = Stage::with(db, &[("PUBLIC_URL", "https://crew.example")]).await;
        let lea = stage.person().await.says("host", "crew.example");
        let signed = lea.post("/api/v1/auth/login", json!({"email": lea.email, "password": PASSWORD, "client": "web"})).await;
        let set: Vec<_> = signed.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
        assert_eq!(set.len(), 3, "both tokens, and the device that is known from now on");
        assert!(set.iter().all(|c| c.starts_with("__Host-cls_") && c.contains("Path=/;") && c.ends_with("SameSite=Strict; Secure")), "{set:?}");
        let jar: Vec<_> = set.iter().filter_map(|c| c.split(';').next()).collect();
        let gone = stage.anyone().says("host", "crew.example").says("cookie", jar.join("; ")).says("sec-fetch-site", "same-origin");
        let gone = gone.post("/api/v1/auth/logout", json!({})).await;
        let cleared: Vec<_> = gone.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
        let attributes = |c: &&str| c.starts_with("__Host-cls_") && c.contains("Path=/;") && c.contains("Max-Age=0") && c.ends_with("SameSite=Strict; Secure");
        assert!(cleared.len() == 2 && cleared.iter().all(attributes), "cleared as they were set: {cleared:?}");
        assert_eq!(gone.header("clear-site-data"), r#""cache", "storage""#);
        gone.is(200);
    }

    async fn doors_without_a_password_have_limits_too(db: Db) {
        // Loopback is free in development.
        let stage = Stage::with(db, &[("TRUSTED_PROXIES", "127.0.0.1/32")]).await;
        let far = stage.anyone().says("x-forwarded-for", "192.0.2.1");
        stage.app.clock.advance(Duration::ZERO);
        let (_, refresh) = on_a_phone(&stage).await;
        for (path, body) in [(REFRESH, json!({"refresh_token": refresh})), ("/auth/token/exchange", json!({"callback_token": "x"})), ("/auth/native/challenge", json!({}))] {
            let mut refused = None;
            for _ in 0..100 {
                let reply = far.post(path, body.clone()).await;
                if reply.status == 429 {
                    refused = Some(reply);
                    break;
                }
            }
            let refused = refused.unwrap_or_else(|| panic!("{path} was asked a hundred times in a row"));
            assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
            refused.fails(429, "rate_limited");
        }
    }

    async fn devices_are_listed_and_ended(db: Db) {
        let stage = Stage::new(db).await;
        let (lea, refresh) = on_a_phone(&stage).await;
        let sessions = lea.clone().get("/api/v1/auth/sessions").await.is(200);
        let all = sessions.as_array().unwrap();
        assert_eq!((all.len(), all.iter().filter(|s| s["current"] == true).count()), (2, 1), "{sessions}");
        assert!(all.iter().all(|s| s["address"] == "127.0.0.0/24"), "{sessions}");
        let eve = stage.person().await;
        let own = text(all.iter().find(|s| s["current"] == true).unwrap(), "id");
        let other = text(all.iter().find(|s| s["current"] == false).unwrap(), "id");
        eve.delete(&format!("/api/v1/auth/sessions/{other}")).await.fails(404, "not_found");
        lea.delete(&format!("/api/v1/auth/sessions/{other}")).await.is(204);
        lea.delete(&format!("/api/v1/auth/sessions/{other}")).await.fails(404, "not_found");
        lea.delete("/api/v1/auth/sessions").await.is(204);
        lea.delete(&format!("/api/v1/auth/sessions/{own}")).await.is(204);
        lea.get("/api/v1/me").await.fails(401, "invalid_token");
        renew(&stage, &refresh).await.fails(401, "session_ended");
    }

    async fn revoking_tells_nothing_and_ends_the_session(db: Db) {
        let stage = Stage::new(db).await;
        let (lea, refresh) = on_a_phone(&stage).await;
        for token in ["nonsense", &refresh, &refresh] {
            stage.anyone().post("/auth/token/revoke", json!({"refresh_token": token})).await.is(204);
        }
        lea.get("/api/v1/me").await.fails(401, "invalid_token");
    }

    async fn the_token_endpoint_speaks_oauth(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let form = |body: String| {
            let client = stage.anyone().says("content-type", "application/x-www-form-urlencoded");
            async move { client.call(axum::http::Method::POST, "/api/v1/auth/token", Some(body)).await }
        };
        let who = format!("username={}&password={PASSWORD}", lea.email);
        let tokens = form(format!("grant_type=password&{who}&scope=user:read+projects:write+nonsense")).await.is(200);
        assert_eq!(tokens["scope"], "user:read", "what the account does not hold is left out");
        let mut narrow = lea.clone();
        narrow.token = Some(text(&tokens, "access_token"));
        narrow.get("/api/v1/me").await.is(200);
        narrow.patch("/api/v1/me", json!({"display_name": "x"})).await.fails(403, "insufficient_scope");
        form(format!("{who}&scope=admin:write")).await.fails(400, "invalid_scope");
        form("grant_type=password&username=x".to_owned()).await.fails(400, "invalid_request");
        form("grant_type=magic".to_owned()).await.fails(400, "unsupported_grant_type");
        form(format!("username={}&password=wrong", lea.email)).await.fails(401, "invalid_credentials");
        stage.anyone().post("/api/v1/auth/token", json!({})).await.fails(415, "unsupported_media_type");
        let (_, refresh) = on_a_phone(&stage).await;
        form(format!("grant_type=refresh_token&refresh_token={refresh}")).await.is(200);
    }

    async fn an_old_device_makes_room(db: Db) {
        let stage = Stage::new(db).await;
        let (lea, _) = on_a_phone(&stage).await;
        for _ in 0..52 {
            stage.anyone().post("/auth/login", json!({"email": lea.email, "password": PASSWORD})).await.is(200);
        }
        lea.get("/api/v1/me").await.fails(401, "invalid_token");
        let mut other = stage.anyone();
        other.email = lea.email.clone();
        other.sign_in().await;
        let log = other.get("/api/v1/me/activity?limit=3").await.is(200);
        assert!(log.as_array().unwrap().iter().any(|line| line["action"] == "session.crowded_out"), "{log}");
    }

    async fn the_public_keys_verify_our_tokens(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let set = stage.anyone().get("/.well-known/jwks.json").await;
        assert_eq!(set.header("cache-control"), "public, max-age=300");
        let key = set.is(200)["keys"][0].clone();
        let mut members: Vec<_> = key.as_object().unwrap().keys().cloned().collect();
        members.sort();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"], "nothing private");
        let seeds = Stage::with(db, &[("JWT_ALG", "HS256")]).await;
        assert_eq!(seeds.anyone().get("/.well-known/jwks.json").await.is(200), json!({"keys": []}));
    }
}

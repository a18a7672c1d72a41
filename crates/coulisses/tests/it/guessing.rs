//! Guessing at passwords: slower with every failure, alike for addresses that nobody has, and never against the owner.

use crate::stage::{PASSWORD, Person, Reply, Stage};
use base::both_engines;
use serde_json::json;
use std::time::Duration;

const UNKNOWN: &str = "nobody@lanternes.example";

async fn login(who: &Person, email: &str, password: &str) -> Reply {
    who.post("/api/v1/auth/login", json!({"email": email, "password": password})).await
}
/// What somebody sees who compares answers: everything but the request's own id.
fn seen(mut reply: Reply) -> (u16, Vec<(String, String)>, String) {
    reply.body.as_object_mut().unwrap().remove("request_id");
    let header =
        |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| (name.to_string(), value.to_str().unwrap().to_owned());
    let mut headers: Vec<_> =
        reply.headers.iter().map(header).filter(|(name, _)| name != "x-request-id" && name != "traceparent").collect();
    headers.sort();
    (reply.status.as_u16(), headers, reply.body.to_string())
}

both_engines! {
    async fn after_five_failures_even_the_right_password_waits(db: Db) {
        let stage = Stage::new(db.clone()).await;
        stage.app.clock.advance(Duration::ZERO);
        let (lea, anyone) = (stage.person().await, stage.anyone());
        for _ in 0..5 {
            login(&anyone, &lea.email, "wrong").await.fails(401, "invalid_credentials");
        }
        let refused = login(&anyone, &lea.email, PASSWORD).await;
        assert_eq!(refused.header("retry-after"), "1");
        refused.fails(429, "slow_down");
        let elsewhere = Stage::new(db).await;
        elsewhere.app.clock.advance(Duration::ZERO);
        login(&elsewhere.anyone(), &lea.email, PASSWORD).await.fails(429, "slow_down");
        stage.app.clock.advance(Duration::from_secs(2));
        login(&anyone, &lea.email, PASSWORD).await.is(200);
        for _ in 0..5 {
            login(&anyone, &lea.email, "wrong").await.fails(401, "invalid_credentials");
        }
    }

    async fn an_address_that_nobody_has_answers_the_same(db: Db) {
        let stage = Stage::new(db).await;
        let (lea, anyone) = (stage.person().await, stage.anyone());
        for wait in [0, 0, 0, 0, 0, 1, 2, 4, 8, 16] {
            stage.app.clock.advance(Duration::from_secs(wait));
            let (known, unknown) = (login(&anyone, &lea.email, "wrong").await, login(&anyone, UNKNOWN, "wrong").await);
            assert_eq!(known.status, 401);
            assert_eq!(seen(known), seen(unknown));
        }
        let (known, unknown) = (login(&anyone, &lea.email, PASSWORD).await, login(&anyone, UNKNOWN, PASSWORD).await);
        assert_eq!((known.status.as_u16(), known.header("retry-after")), (429, "32"));
        assert_eq!((unknown.status.as_u16(), unknown.header("retry-after")), (429, "32"));
    }

    async fn whoever_has_no_password_or_is_disabled_answers_the_same(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let (lea, hugo, anyone) = (stage.person().await, stage.person().await, stage.anyone());
        let mut tx = db.begin().await.unwrap();
        tx.exec(base::sql!("update accounts set status = 'disabled' where id = $1"), &[&lea.account]).await.unwrap();
        tx.exec(base::sql!("update accounts set password_phc = null where id = $1"), &[&hugo.account]).await.unwrap();
        tx.commit().await.unwrap();
        let expected = seen(login(&anyone, UNKNOWN, PASSWORD).await);
        for email in [lea.email.as_str(), &hugo.email, "no address at all"] {
            assert_eq!(seen(login(&anyone, email, PASSWORD).await), expected, "{email}");
        }
        let reasons: Vec<(String,)> = db.all(base::sql!(all_orgs: "a test looks", "select details from audit where action = 'login.failed' order by seq"), &[]).await.unwrap();
        let reasons: Vec<_> = reasons.iter().map(|(details,)| details.as_str()).collect();
        assert_eq!(reasons, [r#"{"reason":"unknown_account"}"#, r#"{"reason":"disabled"}"#, r#"{"reason":"no_password"}"#, r#"{"reason":"unknown_account"}"#]);
    }

    async fn after_a_hundred_only_the_mailbox_or_a_known_device_opens(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let (lea, anyone) = (stage.person().await, stage.anyone());
        let cookie = login(&anyone, &lea.email, PASSWORD).await;
        let known = cookie.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).find(|c| c.starts_with("known_device=")).unwrap();
        let device = anyone.says("cookie", known.split(';').next().unwrap());
        for _ in 0..100 {
            stage.app.clock.advance(Duration::from_secs(900));
            login(&anyone, &lea.email, "wrong").await.fails(401, "invalid_credentials");
        }
        stage.app.clock.advance(Duration::from_secs(3_600));
        login(&anyone, &lea.email, PASSWORD).await.fails(429, "slow_down");
        login(&device, &lea.email, PASSWORD).await.is(200);
        login(&anyone, &lea.email, PASSWORD).await.fails(429, "slow_down");
        login(&device, UNKNOWN, PASSWORD).await.fails(401, "invalid_credentials");
        stage.anyone().post("/api/v1/auth/magic/request", json!({"email": lea.email})).await.is(202);
        let token = stage.mailed(&lea.email, "magic").await;
        stage.anyone().post("/auth/magic/consume", json!({"token": token})).await.is(200);
    }

    async fn a_known_device_has_ten_failures_of_its_own(db: Db) {
        let stage = Stage::new(db).await;
        let (lea, anyone) = (stage.person().await, stage.anyone());
        let first = login(&anyone, &lea.email, PASSWORD).await;
        let known = first.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap().to_owned()).find(|c| c.starts_with("known_device=")).unwrap();
        assert!(known.contains("Max-Age=15552000") && known.contains("HttpOnly"), "{known}");
        let device = anyone.says("cookie", known.split(';').next().unwrap());
        let forged = anyone.says("cookie", known.split(';').next().unwrap().replace("known_device=", "known_device=0"));
        for _ in 0..10 {
            login(&device, &lea.email, "wrong").await.fails(401, "invalid_credentials");
        }
        for _ in 0..5 {
            login(&device, &lea.email, "wrong").await.fails(401, "invalid_credentials");
        }
        login(&device, &lea.email, "wrong").await.fails(429, "slow_down");
        login(&forged, &lea.email, PASSWORD).await.fails(429, "slow_down");
    }

    async fn many_at_once_get_no_more_guesses_than_one_by_one(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let tries: Vec<_> = (0..30).map(|_| {
            let (anyone, email) = (stage.anyone(), lea.email.clone());
            tokio::spawn(async move { login(&anyone, &email, "wrong").await.status.as_u16() })
        }).collect();
        let mut wrong = 0;
        for one in tries {
            let status = one.await.unwrap();
            assert!([401, 429, 503].contains(&status), "{status}");
            wrong += usize::from(status == 401);
        }
        assert!((5..=7).contains(&wrong), "{wrong} guesses, where one by one there are five before the first wait");
    }

    async fn one_network_has_a_limit_however_many_addresses_it_tries(db: Db) {
        let stage = Stage::with(db, &[("TRUSTED_PROXIES", "127.0.0.1/32")]).await;
        let lea = stage.person().await;
        let from = |ip: String| stage.anyone().says("x-forwarded-for", ip);
        for n in 0..20 {
            login(&from(format!("2001:db8:1:2::{n}")), &format!("n{n}@lanternes.example"), "wrong").await.fails(401, "invalid_credentials");
            login(&from("2001:db8:1:2::77".to_owned()), &lea.email, PASSWORD).await.is(if n < 19 { 200 } else { 429 });
        }
        login(&from("2001:db8:1:2:ffff::1".to_owned()), &lea.email, PASSWORD).await.fails(429, "slow_down");
        login(&from("2001:db8:1:3::1".to_owned()), &lea.email, PASSWORD).await.is(200);
        stage.app.clock.advance(Duration::from_secs(61));
        login(&from("::ffff:192.0.2.1".to_owned()), &lea.email, PASSWORD).await.is(200);
        login(&from("2001:db8:1:2::1".to_owned()), &lea.email, PASSWORD).await.is(200);
    }

    async fn an_open_screen_is_no_place_to_guess_either(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let change = async || lea.put("/auth/password", json!({"current_password": "wrong", "new_password": "deux-Lanternes-rouges-1988"})).await;
        for _ in 0..5 {
            change().await.fails(403, "wrong_password");
        }
        change().await.fails(429, "slow_down");
    }
}

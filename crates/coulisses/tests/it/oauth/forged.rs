//! Forged id_tokens and dishonest issuers: 400 each, and no session.

use super::forger::{Forger, pair};
use base::both_engines;
use serde_json::{Value, json};

const START: &str = "/auth/forge/start";

both_engines! {
    async fn no_forged_id_token_opens_a_session(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db.clone(), "on", &[]).await;
        let app = stage.anyone();
        let with = |nonce: &str, name: &str, value: Value| {
            let mut claims = forger.claims(&stage, nonce, "zoe@lanternes.example");
            claims[name] = value;
            claims
        };
        let now = stage.app.now().seconds();
        type Make<'a> = Box<dyn Fn(&str) -> String + 'a>;
        let own = |nonce: &str| forger.claims(&stage, nonce, "zoe@lanternes.example");
        let forged: Vec<(&str, Make)> = vec![
            ("algorithm", Box::new(|n| forger.sign_as(&json!({"alg": "none"}), &own(n), |_| vec![]))),
            ("signature", Box::new(|n| forger.sign_as(&json!({"alg": "EdDSA", "kid": "one"}), &own(n), |s| pair("another").sign(s).as_ref().to_vec()))),
            ("algorithm", Box::new(|n| forger.hs256(&own(n)))),
            ("unknown_key", Box::new(|n| forger.sign_as(&json!({"alg": "EdDSA", "kid": "../../../dev/null"}), &own(n), |s| pair("its key").sign(s).as_ref().to_vec()))),
            ("unknown_key", Box::new(|n| forger.sign_as(&json!({"alg": "RS256", "kid": "one"}), &own(n), |s| pair("its key").sign(s).as_ref().to_vec()))),
            ("algorithm", Box::new(|n| forger.sign_as(&json!({"alg": "EdDSA", "kid": "one", "crit": ["x"]}), &own(n), |s| pair("its key").sign(s).as_ref().to_vec()))),
            ("audience", Box::new(|n| forger.sign(&with(n, "aud", json!("somebody else"))))),
            ("authorized_party", Box::new(|n| forger.sign(&with(n, "azp", json!("somebody else"))))),
            ("authorized_party", Box::new(|n| forger.sign(&with(n, "aud", json!(["crew", "somebody else"]))))),
            ("issuer", Box::new(|n| forger.sign(&with(n, "iss", json!("https://accounts.google.com"))))),
            ("issuer", Box::new(|n| forger.sign(&with(n, "sub", json!(""))))),
            ("nonce", Box::new(|n| forger.sign(&with(n, "nonce", json!("another"))))),
            ("nonce", Box::new(|n| forger.sign(&with(n, "nonce", json!(null))))),
            ("expired", Box::new(|n| forger.sign(&with(n, "exp", json!(now - 120))))),
            ("malformed", Box::new(|n| forger.sign(&with(n, "exp", json!("9999999999"))))),
            ("malformed", Box::new(|n| forger.sign(&with(n, "exp", json!(i64::MAX))))),
            ("stale", Box::new(|n| forger.sign(&with(n, "iat", json!(now - 700))))),
            ("stale", Box::new(|n| forger.sign(&with(n, "iat", json!(now + 700))))),
            ("malformed", Box::new(|_| "not.a.token".to_owned())),
            ("malformed", Box::new(|_| String::new())),
        ];
        for (reason, make) in &forged {
            let problem = forger.signs_in(&app, START, make).await.fails(400, "invalid_id_token");
            assert_eq!(problem["reason"], *reason);
        }
        let (sessions,): (i64,) = db.one(base::sql!("select count(*) from sessions"), &[]).await.unwrap();
        let (accounts,): (i64,) = db.one(base::sql!("select count(*) from accounts"), &[]).await.unwrap();
        assert_eq!((sessions, accounts), (0, 0));
        let tokens = forger.honest(&stage, &app, START, "zoe@lanternes.example").await.is(200);
        assert_eq!(tokens["provider"], "forge", "the same issuer, honest for once");
        let failed: Vec<(String,)> = db.all(base::sql!(all_orgs: "the test looks at everything", "select details from audit where action = 'login.failed'"), &[]).await.unwrap();
        assert_eq!(failed.len(), forged.len());
        assert!(failed.iter().all(|(d,)| d.contains("invalid_id_token") && !d.contains('@')), "{failed:?}");
    }

    async fn another_issuers_answer_is_not_taken(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "on", &[]).await;
        let state = stage.anyone().get(START).await.is(200)["state"].as_str().unwrap().to_owned();
        stage.anyone().get(&format!("/auth/forge/callback?code=x&state={state}&iss=https://evil.example")).await.fails(400, "issuer_mismatch");
    }

    async fn a_discovery_document_of_somebody_else_is_not_believed(db: Db) {
        let forger = Forger::start().await;
        forger.claims_to_be("https://accounts.google.com");
        let stage = forger.stage(db, "on", &[]).await;
        stage.anyone().get(START).await.fails(502, "provider_unavailable");
    }

    async fn keys_are_fetched_once_an_hour_and_for_an_unknown_one_once_a_minute(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "on", &[]).await;
        let app = stage.anyone();
        forger.honest(&stage, &app, START, "zoe@lanternes.example").await.is(200);
        forger.honest(&stage, &app, START, "zoe@lanternes.example").await.is(200);
        assert_eq!(forger.key_requests(), 1);
        let unknown = |nonce: &str| forger.sign_as(&json!({"alg": "EdDSA", "kid": "two"}), &forger.claims(&stage, nonce, "zoe@lanternes.example"), |s| pair("its key").sign(s).as_ref().to_vec());
        for _ in 0..3 {
            forger.signs_in(&app, START, unknown).await.fails(400, "invalid_id_token");
        }
        assert_eq!(forger.key_requests(), 1, "fetched a moment ago");
        forger.renames_its_key("two");
        let later = app.says("x-test-clock", "+2m");
        forger.signs_in(&later, START, unknown).await.is(200);
        assert_eq!(forger.key_requests(), 2, "a new key is found without a restart");
    }
}

//! Apps that bring an id_token of their provider's SDK.

use super::forger::Forger;
use crate::stage::{Person, Reply};
use base::{both_engines, crypto};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde_json::json;

async fn brings(app: &Person, id_token: &str, challenge: Option<&str>) -> Reply {
    app.post("/auth/native/forge", json!({"id_token": id_token, "challenge_id": challenge})).await
}

both_engines! {
    async fn an_id_token_answers_one_challenge(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "on", &[("OIDC_FORGE_NATIVE_CLIENT_IDS", "crew-ios,crew-android")]).await;
        let app = stage.anyone();
        let challenge = async || app.post("/auth/native/challenge", json!({})).await.is(200);
        // The SDK may send the nonce as it is, or hashed in either spelling; and be a client of its own.
        let digest = |nonce: &str| crypto::sha256(nonce.as_bytes());
        let spellings: [&dyn Fn(&str) -> String; 3] = [&str::to_owned, &|n| crypto::hex(&digest(n)), &|n| B64.encode(digest(n))];
        for (spelling, client) in spellings.iter().zip(["crew", "crew-ios", "crew-android"]) {
            let given = challenge().await;
            let mut claims = forger.claims(&stage, &spelling(given["nonce"].as_str().unwrap()), "zoe@lanternes.example");
            claims["aud"] = json!(client);
            let (token, id) = (forger.sign(&claims), given["challenge_id"].as_str());
            let tokens = brings(&app, &token, id).await.is(200);
            assert_eq!((tokens["provider"].as_str(), tokens["expires_in"].as_i64()), (Some("forge"), Some(3_600)));
            brings(&app, &token, id).await.fails(400, "invalid_challenge");
            let other = challenge().await;
            assert_eq!(brings(&app, &token, other["challenge_id"].as_str()).await.fails(400, "invalid_id_token")["reason"], "nonce");
        }
        let honest = forger.sign(&forger.claims(&stage, "no challenge", "zoe@lanternes.example"));
        brings(&app, &honest, None).await.fails(422, "validation_failed");
        app.post("/auth/native/forge", json!({})).await.fails(422, "validation_failed");
        app.post("/auth/native/google", json!({"id_token": honest})).await.fails(501, "provider_not_configured");
        app.post("/auth/native/nobody", json!({"id_token": honest})).await.fails(404, "unknown_provider");
    }

    async fn an_sdk_with_its_own_nonce_is_taken_once_and_fresh(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "on", &[("OAUTH_NATIVE_NONCE", "sdk")]).await;
        let app = stage.anyone();
        let token = forger.sign(&forger.claims(&stage, "made by the SDK", "zoe@lanternes.example"));
        brings(&app, &token, None).await.is(200);
        brings(&app, &token, None).await.fails(400, "token_used");
        let mut old = forger.claims(&stage, "made by the SDK", "zoe@lanternes.example");
        old["iat"] = json!(stage.app.now().seconds() - 400);
        assert_eq!(brings(&app, &forger.sign(&old), None).await.fails(400, "invalid_id_token")["reason"], "stale");
    }
}

//! The published app's whole flow, as it calls it, against the real provider.

use super::browser::{Browser, SECRET, issuer, parameter, path_of};
use crate::stage::{Person, Reply, Stage};
use base::{both_engines, db::Db};
use serde_json::json;

pub async fn stage(db: Db, more: &[(&str, &str)]) -> Option<Stage> {
    let google = [
        ("GOOGLE_CLIENT_ID", "crew-google"),
        ("GOOGLE_CLIENT_SECRET", SECRET),
        ("GOOGLE_ISSUER", issuer()?),
        ("OIDC_ACME_CLIENT_ID", "crew-acme"),
        ("OIDC_ACME_CLIENT_SECRET", SECRET),
        ("OIDC_ACME_ISSUER", issuer()?),
        ("TEST_CLOCK", "on"),
    ];
    Some(Stage::with(db, &[&google, more].concat()).await)
}
/// Begins at `start`, signs in there, and comes back: our answer to the callback.
pub async fn through(who: &Person, start: &str, login: &str) -> Reply {
    let begun = who.get(start).await.is(200);
    let back = Browser::new().signs_in(begun["auth_url"].as_str().unwrap(), login).await;
    assert_eq!(parameter(&back, "state").as_deref(), begun["state"].as_str());
    who.get(&path_of(&back)).await
}
/// The token that goes to the app.
pub fn callback_token(reply: &Reply) -> String {
    assert_eq!(reply.status, 302, "{:?}", reply.body);
    let location = reply.header("location");
    assert!(location.starts_with("nextarget://callback?token="), "{location}");
    parameter(location, "token").unwrap()
}

both_engines! {
    async fn from_google_to_the_app_and_out_again(db: Db) {
        let Some(stage) = stage(db.clone(), &[("OAUTH_APP_REDIRECT", "nextarget")]).await else { return };
        let mut app = stage.anyone();
        let token = callback_token(&through(&app, "/auth/google/login", "lea@gmail.com").await);
        let tokens = app.post("/auth/token/exchange", json!({"callback_token": token})).await.is(200);
        assert_eq!((tokens["token_type"].as_str(), tokens["provider"].as_str()), (Some("bearer"), Some("google")));
        assert_eq!((tokens["email"].as_str(), tokens["expires_in"].as_i64()), (Some("lea@gmail.com"), Some(3_600)));
        assert!(tokens["user_id"].is_string() && tokens["refresh_expires_in"] == 2_592_000, "{tokens}");
        app.token = tokens["access_token"].as_str().map(str::to_owned);
        let me = app.get("/users/me").await.is(200);
        assert_eq!((me["id"].clone(), me["email"].as_str(), me["provider"].as_str()), (tokens["user_id"].clone(), Some("lea@gmail.com"), Some("google")));
        assert_eq!((me["display_name"].as_str(), me["avatar_url"].as_str()), (Some("Person lea"), Some("https://pictures.example/me.png")));
        assert_eq!(app.patch("/api/v1/me", json!({"display_name": "Léa"})).await.is(200)["display_name"], "Léa");
        let renewed = app.post("/auth/token/refresh", json!({"refresh_token": tokens["refresh_token"]})).await.is(200);
        assert_eq!(renewed["provider"], "google");
        app.token = renewed["access_token"].as_str().map(str::to_owned);
        app.get("/users/me").await.is(200);
        app.post("/auth/token/revoke", json!({"refresh_token": renewed["refresh_token"]})).await.is(204);
        app.get("/users/me").await.fails(401, "invalid_token");

        // The next time it is the same account; what its owner chose to be called stays.
        let token = callback_token(&through(&stage.anyone(), "/auth/google/start", "lea@gmail.com").await);
        let again = stage.anyone().post("/api/v1/auth/token/exchange", json!({"callback_token": token})).await.is(200);
        assert_eq!(again["user_id"], me["id"]);
        app.token = again["access_token"].as_str().map(str::to_owned);
        assert_eq!(app.get("/users/me").await.is(200)["display_name"], "Léa");
        let identities = app.get("/api/v1/auth/identities").await.is(200);
        assert_eq!((identities[0]["provider"].as_str(), identities[0]["email"].as_str()), (Some("google"), Some("lea@gmail.com")));

        // No token of the provider's, no plain address and no usable token of ours lie in the store.
        let rows: Vec<(String, String, String)> = db.all(base::sql!("select hash, payload_sealed, provider from oauth_tickets"), &[]).await.unwrap();
        let people: Vec<(String, String)> = db.all(base::sql!("select email_sealed, coalesce(name_sealed, '') from identities"), &[]).await.unwrap();
        let all = format!("{rows:?} {people:?}");
        assert!(!all.contains(&token) && !all.contains("lea@gmail.com") && !all.contains("Person lea"), "{all}");
    }

    async fn a_callback_token_opens_once_and_then_closes(db: Db) {
        let Some(stage) = stage(db, &[("OAUTH_APP_REDIRECT", "nextarget://callback")]).await else { return };
        let mut app = stage.anyone();
        let body = json!({"callback_token": callback_token(&through(&app, "/auth/google/login", "noe@gmail.com").await)});
        let tokens = app.post("/auth/token/exchange", body.clone()).await.is(200);
        app.token = tokens["access_token"].as_str().map(str::to_owned);
        app.get("/users/me").await.is(200);
        app.post("/auth/token/exchange", body).await.fails(401, "token_used");
        app.get("/users/me").await.fails(401, "invalid_token");
        for nonsense in ["", "x", &"0".repeat(64)] {
            stage.anyone().post("/auth/token/exchange", json!({"callback_token": nonsense})).await.fails(401, "invalid_token");
        }
        let late = callback_token(&through(&stage.anyone(), "/auth/google/login", "noe@gmail.com").await);
        stage.anyone().says("x-test-clock", "+6m").post("/auth/token/exchange", json!({"callback_token": late})).await.fails(401, "token_expired");
    }

    async fn a_denial_reaches_the_app_and_a_strange_state_nobody(db: Db) {
        let Some(stage) = stage(db, &[("OAUTH_APP_REDIRECT", "nextarget")]).await else { return };
        let app = stage.anyone();
        let begun = app.get("/auth/google/login").await.is(200);
        let back = Browser::new().refuses(begun["auth_url"].as_str().unwrap(), "lea@gmail.com").await;
        let denied = app.get(&path_of(&back)).await;
        assert_eq!((denied.status.as_u16(), denied.header("location")), (302, "nextarget://callback?error=access_denied"));
        app.get(&path_of(&back)).await.fails(400, "invalid_state");
        for state in ["", "unknown", &"0".repeat(64)] {
            app.get(&format!("/auth/google/callback?code=x&state={state}")).await.fails(400, "invalid_state");
        }
        app.get("/auth/google/callback?code=x").await.fails(422, "validation_failed");
        // A state is of one provider, and of ten minutes.
        let state = app.get("/auth/google/login").await.is(200)["state"].clone();
        app.get(&format!("/auth/acme/callback?code=x&state={}", state.as_str().unwrap())).await.fails(400, "invalid_state");
        let state = app.get("/auth/google/login").await.is(200)["state"].clone();
        app.says("x-test-clock", "+11m").get(&format!("/auth/google/callback?code=x&state={}", state.as_str().unwrap())).await.fails(400, "invalid_state");
    }

    async fn a_code_nobody_gave_opens_nothing(db: Db) {
        let Some(stage) = stage(db.clone(), &[("OAUTH_APP_REDIRECT", "nextarget")]).await else { return };
        let app = stage.anyone();
        let state = app.get("/auth/google/login").await.is(200)["state"].as_str().unwrap().to_owned();
        let refused = app.get(&format!("/auth/google/callback?code=made-up&state={state}")).await;
        assert_eq!(refused.header("location"), "nextarget://callback?error=provider_refused");
        // The code of another's sign-in, put into one's own: PKCE refuses it.
        let begun = app.get("/auth/google/login").await.is(200);
        let stolen = Browser::new().signs_in(begun["auth_url"].as_str().unwrap(), "lea@gmail.com").await;
        let own = app.get("/auth/google/login").await.is(200)["state"].as_str().unwrap().to_owned();
        let mixed = app.get(&format!("/auth/google/callback?code={}&state={own}", parameter(&stolen, "code").unwrap())).await;
        assert_eq!(mixed.header("location"), "nextarget://callback?error=provider_refused");
        let (sessions,): (i64,) = db.one(base::sql!("select count(*) from sessions"), &[]).await.unwrap();
        assert_eq!(sessions, 0);
    }

    async fn without_an_app_the_callback_answers_the_tokens(db: Db) {
        let Some(stage) = stage(db, &[]).await else { return };
        let tokens = through(&stage.anyone(), "/auth/google/start", "ines@gmail.com").await.is(200);
        assert_eq!((tokens["token_type"].as_str(), tokens["email"].as_str(), tokens["provider"].as_str()), (Some("bearer"), Some("ines@gmail.com"), Some("google")));
        let mut app = stage.anyone();
        app.token = tokens["access_token"].as_str().map(str::to_owned);
        assert_eq!(app.get("/users/me").await.is(200)["provider"], "google");
        // One subject at two issuers would be two people; at one issuer, through two clients, it is one.
        let acme = through(&stage.anyone(), "/api/v1/auth/acme/start", "ines@gmail.com").await.is(200);
        assert_eq!(acme["user_id"], tokens["user_id"]);
    }
}

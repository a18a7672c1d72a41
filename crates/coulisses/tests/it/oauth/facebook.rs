//! Facebook, with a stand-in for its Graph.

use super::{
    browser::{parameter, path_of},
    forger::{listener, serve},
};
use crate::stage::{Person, Reply, Stage};
use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
};
use base::{both_engines, crypto, db::Db};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;

const APP: &str = "4711";
const SECRET: &str = "what only Facebook knows";

/// Whose token it is, for which app, and what was asked.
#[derive(Clone)]
struct Graph {
    url: String,
    person: Arc<Mutex<Value>>,
    app: Arc<Mutex<String>>,
    asked: Arc<Mutex<Vec<String>>>,
}
impl Graph {
    async fn start() -> Self {
        let (listener, url) = listener().await;
        let person = json!({"id": "10001", "name": "Léa Martin", "email": "lea@lanternes.example", "picture": {"data": {"url": "https://pictures.example/lea.png"}}});
        let graph = Self { url, person: Arc::new(Mutex::new(person)), app: Arc::new(Mutex::new(APP.to_owned())), asked: Arc::default() };
        let router = Router::new().fallback(async |State(graph): State<Self>, request: Request| graph.answer(&request.uri().to_string()));
        serve(listener, router.with_state(graph.clone())).await;
        graph
    }
    fn answer(&self, uri: &str) -> (StatusCode, [(&'static str, &'static str); 1], String) {
        self.asked.lock().push(uri.to_owned());
        let is = |name: &str, value: &str| parameter(uri, name).as_deref() == Some(value);
        let proof = crypto::hex(&crypto::hmac_sha256(SECRET.as_bytes(), b"their token"));
        let person = self.person.lock().clone();
        let (good, body) = match uri.split('?').next().unwrap().rsplit('/').next().unwrap() {
            "access_token" => {
                (is("code", "good") && is("client_id", APP) && is("client_secret", SECRET), json!({"access_token": "their token"}))
            }
            "debug_token" => (
                is("input_token", "their token") && is("access_token", &format!("{APP}|{SECRET}")),
                json!({"data": {"app_id": *self.app.lock(), "is_valid": true, "user_id": person["id"]}}),
            ),
            "me" => (is("access_token", "their token") && is("appsecret_proof", &proof), person),
            _ => (false, json!({})),
        };
        let status = if good { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        (status, [("content-type", "application/json")], body.to_string())
    }
    async fn stage(&self, db: Db, more: &[(&str, &str)]) -> Stage {
        let own = [("FACEBOOK_CLIENT_ID", APP), ("FACEBOOK_CLIENT_SECRET", SECRET), ("FACEBOOK_GRAPH_URL", self.url.as_str())];
        Stage::with(db, &[&own, more].concat()).await
    }
}
async fn comes_back(who: &Person, code: &str) -> Reply {
    let begun = who.get("/auth/facebook/start").await.is(200);
    let auth_url = begun["auth_url"].as_str().unwrap();
    assert!(auth_url.starts_with("https://www.facebook.com/") && parameter(auth_url, "client_id").as_deref() == Some(APP), "{auth_url}");
    let back = parameter(auth_url, "redirect_uri").unwrap();
    who.get(&path_of(&format!("{back}?code={code}&state={}", begun["state"].as_str().unwrap()))).await
}

both_engines! {
    async fn somebody_comes_from_facebook(db: Db) {
        let graph = Graph::start().await;
        let stage = graph.stage(db, &[("OAUTH_APP_REDIRECT", "nextarget")]).await;
        let mut app = stage.anyone();
        let back = comes_back(&app, "good").await;
        let token = parameter(back.header("location"), "token").unwrap();
        let tokens = app.post("/auth/token/exchange", json!({"callback_token": token})).await.is(200);
        assert_eq!((tokens["provider"].as_str(), tokens["email"].as_str()), (Some("facebook"), Some("lea@lanternes.example")));
        app.token = tokens["access_token"].as_str().map(str::to_owned);
        assert_eq!(app.get("/users/me").await.is(200)["display_name"], "Léa Martin");
        // The address is hers alone when she proves it: somebody else may sign up with it.
        let new = json!({"email": "lea@lanternes.example", "password": crate::stage::PASSWORD});
        stage.anyone().post("/auth/register", new).await.is(201);
        assert_eq!(comes_back(&stage.anyone(), "wrong").await.header("location"), "nextarget://callback?error=provider_refused");
    }

    async fn whoever_hides_the_address_is_known_again(db: Db) {
        let graph = Graph::start().await;
        graph.person.lock().as_object_mut().unwrap().remove("email");
        let stage = graph.stage(db, &[]).await;
        let first = comes_back(&stage.anyone(), "good").await.is(200);
        assert!(first["email"].as_str().unwrap().ends_with(".invalid"), "{first}");
        let again = comes_back(&stage.anyone(), "good").await.is(200);
        assert_eq!((again["user_id"].clone(), again["email"].clone()), (first["user_id"].clone(), first["email"].clone()));
        let admin = stage.admin().await;
        let reset = format!("/api/v1/admin/accounts/{}:reset", first["user_id"].as_str().unwrap());
        admin.post(&reset, json!({})).await.fails(409, "no_mailbox");
        assert_eq!(stage.outbox().await, 0, "no mail goes to nowhere");
        let export = stage.anyone().holding(&again).get("/api/v1/me/export").await.is(200);
        assert_eq!((&export["identities"][0]["provider"], export["identities"].as_array().unwrap().len()), (&json!("facebook"), 1), "{export}");
    }

    async fn a_token_that_another_app_was_given_proves_nothing(db: Db) {
        let graph = Graph::start().await;
        let stage = graph.stage(db.clone(), &[]).await;
        stage.anyone().post("/auth/native/facebook", json!({"access_token": "their token"})).await.is(200);
        *graph.app.lock() = "somebody else's".to_owned();
        comes_back(&stage.anyone(), "good").await.fails(400, "provider_refused");
        stage.anyone().post("/auth/native/facebook", json!({"access_token": "their token"})).await.fails(400, "provider_refused");
        stage.anyone().post("/auth/native/facebook", json!({"id_token": "x"})).await.fails(422, "validation_failed");
        let (sessions,): (i64,) = db.one(base::sql!("select count(*) from sessions"), &[]).await.unwrap();
        assert_eq!(sessions, 1);
        assert!(graph.asked.lock().iter().all(|uri| uri.starts_with("/v")), "every call names its version");
    }
}

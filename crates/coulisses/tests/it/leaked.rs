//! The list of leaked passwords: what it is asked, what it is never told, and what happens when it is away.

use crate::{
    oauth::forger::{listener, serve},
    stage::Stage,
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    routing::get,
};
use base::{both_engines, crypto::sha1_hex};
use parking_lot::Mutex;
use serde_json::json;
use std::{sync::Arc, time::Duration};

const LEAKED: &str = "quatre-projecteurs-bleus-3141";
const KEPT: &str = "sept-escaliers-rouges-2718";

/// A list that knows one password, and remembers what it was asked.
#[derive(Clone, Default)]
struct List(Arc<Mutex<Vec<(String, bool)>>>);
impl List {
    async fn start(self) -> String {
        let range = async |State(me): State<Self>, uri: Uri, headers: HeaderMap| {
            let begin = uri.path().trim_start_matches("/range/").to_owned();
            me.0.lock().push((begin.clone(), headers.get("add-padding").is_some_and(|v| v == "true")));
            let [leaked, kept] = [LEAKED, KEPT].map(|password| sha1_hex(password.as_bytes()).to_uppercase());
            match begin {
                begin if leaked.starts_with(&begin) => (StatusCode::OK, format!("{}:3\r\n{}:0\r\n", &leaked[5..], "A".repeat(35))),
                // Padding: it was never seen.
                begin if kept.starts_with(&begin) => (StatusCode::OK, format!("{}:0\r\n", &kept[5..])),
                _ => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
            }
        };
        let (listener, url) = listener().await;
        serve(listener, Router::new().route("/range/{begin}", get(range)).with_state(self)).await;
        url
    }
}

both_engines! {
    async fn a_leaked_password_is_refused_and_five_digits_are_all_that_leaves(db: Db) {
        let list = List::default();
        let stage = Stage::with(db, &[("LEAKED_PASSWORDS_URL", &list.clone().start().await)]).await;
        let new = |password: &str| json!({"email": "lea@lanternes.example", "password": password});
        let problem = stage.anyone().post("/api/v1/auth/register", new(LEAKED)).await.fails(422, "weak_password");
        assert_eq!((&problem["errors"][0]["field"], &problem["errors"][0]["code"]), (&json!("password"), &json!("leaked_password")));
        stage.anyone().post("/api/v1/auth/register", new(KEPT)).await.is(201);
        let asked = list.0.lock().clone();
        assert_eq!(asked, [LEAKED, KEPT].map(|p| (sha1_hex(p.as_bytes())[..5].to_uppercase(), true)));
        let mut lea = stage.anyone();
        lea = lea.clone().holding(&lea.post("/api/v1/auth/login", new(KEPT)).await.is(200));
        let change = json!({"current_password": KEPT, "new_password": LEAKED});
        let problem = lea.put("/api/v1/auth/password", change).await.fails(422, "weak_password");
        assert_eq!(problem["errors"][0]["field"], "new_password");
    }

    async fn a_list_that_is_away_keeps_nobody_out(db: Db) {
        // One that refuses, one that answers nonsense, one that never answers.
        let (silent, held) = listener().await;
        let broken = List::default().start().await;
        for (n, url) in ["http://127.0.0.1:9".to_owned(), broken, held].into_iter().enumerate() {
            let stage = Stage::with(db.clone(), &[("LEAKED_PASSWORDS_URL", &url)]).await;
            let new = json!({"email": format!("lea{n}@lanternes.example"), "password": "neuf-rideaux-gris-1618"});
            let answered = tokio::time::timeout(Duration::from_secs(20), stage.anyone().post("/api/v1/auth/register", new)).await;
            answered.expect("nobody waits for it").is(201);
            assert!(stage.app.metrics.render().contains("leaked_password_checks_failed_total 1"));
        }
        drop(silent);
    }
}

//! What operators' machines ask: is it alive, is it ready, how does it do.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base::{
    App, Error,
    db::migrate::HISTORY,
    http::{Answer, Context},
    jobs, metrics, say,
};
use serde_json::json;
use std::time::Duration;

pub fn router() -> Router<App> {
    Router::new()
        .route("/livez", get(alive))
        .route("/healthz", get(alive))
        .route("/health", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(scrape))
}

async fn alive() -> Result<Answer, Error> {
    Answer::ok(&json!({"status": "ok"}))
}

/// Ready: the store answers, its schema is ours, and nobody told us to stop.
async fn ready(State(app): State<App>) -> Result<Answer, Error> {
    let mut reasons = Vec::new();
    if app.state.draining() {
        reasons.push("draining");
    }
    match tokio::time::timeout(Duration::from_secs(1), HISTORY.is_applied(&app.db)).await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => reasons.push("migrations"),
        _ => reasons.push("db"),
    }
    if reasons.is_empty() {
        return Answer::ok(&json!({"status": {"db": "ok", "ok": true}, "degraded": []}));
    }
    let db = if reasons.contains(&"db") { "down" } else { "ok" };
    Answer::json(StatusCode::SERVICE_UNAVAILABLE, &json!({"status": {"db": db, "ok": false}, "degraded": [], "reasons": reasons}))
}

/// Prometheus text: free for this machine, else for whoever has the token.
async fn scrape(State(app): State<App>, context: Context, headers: HeaderMap) -> Response {
    if !app.settings.metrics_enabled {
        return crate::setup::module_off("METRICS_ENABLED").into_response();
    }
    let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()?.strip_prefix("Bearer "));
    let digest = |text: &str| base::crypto::sha256(text.as_bytes());
    let allowed = match (&app.settings.metrics_token, given) {
        (Some(token), Some(given)) => digest(token.expose()) == digest(given),
        (_, None) | (None, _) => context.client.is_loopback() || (app.settings.metrics_token.is_none() && app.settings.development()),
    };
    if !allowed {
        let say = say!(
            "Metrics are for this machine, or with METRICS_TOKEN as bearer.",
            "Les métriques sont réservées à cette machine, ou avec METRICS_TOKEN comme jeton."
        );
        return Error::forbidden("metrics_closed", say).into_response();
    }
    let mut text = app.metrics.render();
    if let Ok((waiting, oldest, dead)) = jobs::backlog(&app).await {
        metrics::single(&mut text, "app_outbox_pending", "gauge", "Jobs that wait.", waiting);
        metrics::single(&mut text, "app_outbox_oldest_age_seconds", "gauge", "For how long the oldest job has been due.", oldest.as_secs());
        metrics::single(&mut text, "app_outbox_dead", "gauge", "Dead letters.", dead);
    }
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4"))], text).into_response()
}

/// What the store adds to `/metrics`.
pub fn register_metrics(app: &App) {
    let db = app.db.clone();
    app.metrics.on_scrape(move |out| {
        let stats = db.stats();
        metrics::single(out, "app_commits_total", "counter", "Transactions committed.", stats.commits);
        metrics::single(out, "app_syncs_total", "counter", "Times the write-ahead log was synced to disk.", stats.syncs);
        out.push_str("# HELP app_build_info The version that runs.\n# TYPE app_build_info gauge\n");
        out.push_str(concat!("app_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1\n"));
    });
}

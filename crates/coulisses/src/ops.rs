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
    jobs,
    metrics::Kind,
    say,
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
    let degraded: Vec<_> = [("redis", !app.bus.up()), ("backup", crate::backups::missed(&app))]
        .iter()
        .filter(|(_, bad)| *bad)
        .map(|(what, _)| *what)
        .collect();
    if reasons.is_empty() {
        return Answer::ok(&json!({"status": {"db": "ok", "ok": true}, "degraded": degraded}));
    }
    let db = if reasons.contains(&"db") { "down" } else { "ok" };
    Answer::json(StatusCode::SERVICE_UNAVAILABLE, &json!({"status": {"db": db, "ok": false}, "degraded": degraded, "reasons": reasons}))
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
    if let Ok((waiting, oldest, dead)) = jobs::backlog(&app).await {
        let m = &app.metrics;
        m.gauge("app_outbox_pending", "Jobs that wait.", &[]).set(waiting);
        m.gauge("app_outbox_oldest_age_seconds", "For how long the oldest job has been due.", &[]).set(oldest.as_secs() as i64);
        m.gauge("app_outbox_dead", "Dead letters.", &[]).set(dead);
    }
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4"))], app.metrics.render()).into_response()
}

/// What the store, the cache and the outbox add to `/metrics`.
pub fn register_metrics(app: &App) {
    let m = &app.metrics;
    let db = app.db.clone();
    m.read("app_commits_total", "Transactions committed.", Kind::Counter, &[], move || Some(db.stats().commits as f64));
    let db = app.db.clone();
    m.read("app_syncs_total", "Times the write-ahead log was synced to disk.", Kind::Counter, &[], move || Some(db.stats().syncs as f64));
    let bus = app.bus.clone();
    m.read("app_dependency_up", "Whether it answers.", Kind::Gauge, &[("dependency", "redis")], move || {
        Some(f64::from(u8::from(bus.up())))
    });
    for (result, hits) in [("hit", true), ("miss", false)] {
        let cache = app.cache.clone();
        m.read(
            "app_cache_requests_total",
            "Listings asked of the cache.",
            Kind::Counter,
            &[("cache", "listings"), ("result", result)],
            move || {
                let stats = cache.stats();
                Some(if hits { stats.hits } else { stats.misses } as f64)
            },
        );
    }
}

//! What operators' machines ask: is it alive, is it ready, how does it do.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base::{
    App, Error, audit,
    crypto::Secret,
    db::{Db, Stats, by_room, migrate::HISTORY},
    disk::Room,
    http::{Answer, Context},
    jobs,
    metrics::{Gauge, Kind},
    redis::Redis,
    say,
};
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

/// A store that does not answer within this is taken for one that is away.
const PATIENCE: Duration = Duration::from_secs(1);

pub fn router() -> Router<App> {
    Router::new()
        .route("/livez", get(alive))
        .route("/healthz", get(alive))
        .route("/health", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(scrape))
}

/// Which version it is, only who has the token learns.
async fn alive(State(app): State<App>, headers: HeaderMap) -> Result<Answer, Error> {
    if bears(&headers, app.settings.metrics_token.as_ref()) == Some(true) {
        return Answer::ok(&json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}));
    }
    Answer::ok(&json!({"status": "ok"}))
}

/// Ready: the store answers and has room, its schema is ours, and nobody told us to stop.
async fn ready(State(app): State<App>) -> Result<Answer, Error> {
    let mut reasons = Vec::new();
    if app.state.draining() {
        reasons.push("draining");
    }
    match timeout(PATIENCE, HISTORY.is_applied(&app.db)).await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => reasons.push("migrations"),
        _ => reasons.push("db"),
    }
    let room = room(&app.db);
    if room.is_some_and(Room::is_full) {
        reasons.push("disk");
    }
    let low = room.is_some_and(|room| room.is_low() && !room.is_full());
    let degraded: Vec<_> = [("redis", !app.bus.up()), ("backup", crate::backups::missed(&app)), ("disk", low)]
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
    if app.settings.metrics_addr.is_some() {
        let say = say!("Metrics are served at METRICS_ADDR.", "Les métriques sont servies à l’adresse METRICS_ADDR.");
        return Error::missing("metrics_elsewhere", say).into_response();
    }
    let token = app.settings.metrics_token.as_ref();
    let allowed = match bears(&headers, token) {
        Some(right) => right,
        None => context.client.is_loopback() || (token.is_none() && app.settings.development()),
    };
    if allowed { rendered(&app).await } else { closed() }
}
/// Whether the right token is given; none when there is none to give, or none is given.
fn bears(headers: &HeaderMap, token: Option<&Secret>) -> Option<bool> {
    let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()?.strip_prefix("Bearer "))?;
    let digest = |text: &str| base::crypto::sha256(text.as_bytes());
    Some(digest(token?.expose()) == digest(given))
}
fn closed() -> Response {
    let say = say!(
        "Metrics are for this machine, or with METRICS_TOKEN as bearer.",
        "Les métriques sont réservées à cette machine, ou avec METRICS_TOKEN comme jeton."
    );
    Error::forbidden("metrics_closed", say).into_response()
}

/// What `METRICS_ADDR` answers: the metrics and nothing else, to whoever may reach it; with the token where there is one.
pub fn metrics_alone(app: &App) -> Router {
    let scrape = async |State(app): State<App>, headers: HeaderMap| {
        let token = app.settings.metrics_token.as_ref();
        if token.is_none() || bears(&headers, token) == Some(true) { rendered(&app).await } else { closed() }
    };
    Router::new().route("/metrics", get(scrape)).with_state(app.clone())
}
async fn rendered(app: &App) -> Response {
    let answers = matches!(timeout(PATIENCE, ask_the_store(app)).await, Ok(Ok(())));
    up(app, "database").set(i64::from(answers));
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4"))], app.metrics.render()).into_response()
}

/// What only the store knows, asked when somebody scrapes.
async fn ask_the_store(app: &App) -> base::Result<()> {
    let set = |name, help, value| app.metrics.gauge(name, help, &[]).set(value);
    let (waiting, oldest, dead) = jobs::backlog(app).await?;
    set("app_outbox_pending", "Jobs that wait.", waiting);
    set("app_outbox_oldest_age_seconds", "For how long the oldest job has been due.", oldest.as_secs() as i64);
    set("app_outbox_dead", "Dead letters.", dead);
    set("app_migration_version", "The newest step of the schema that is applied.", HISTORY.at(&app.db).await?);
    for (room, took) in by_room() {
        app.metrics.register(
            "app_db_query_seconds",
            "How long statements took, by the room they are written in.",
            &[("query", &room)],
            took,
        );
    }
    if let Some((good, at)) = audit::last_proof(&app.db).await? {
        set("app_audit_verify_ok", "Whether every audit chain was whole when it was proved last.", i64::from(good));
        set("app_audit_verified_timestamp_seconds", "When the audit was proved last, in seconds since 1970.", at.micros() / 1_000_000);
    }
    Ok(())
}
fn up(app: &App, dependency: &str) -> Gauge {
    app.metrics.gauge("app_dependency_up", "Whether it answers.", &[("dependency", dependency)])
}
/// Where the embedded store lies; Postgres looks after its own.
fn room(db: &Db) -> Option<Room> {
    Room::at(db.path()?)
}

/// What the store, the cache and the outbox add to `/metrics`.
pub fn register_metrics(app: &App, redis: Option<Redis>) {
    register_store(app);
    let m = &app.metrics;
    let bus = app.bus.clone();
    m.read("app_dependency_up", "Whether it answers.", Kind::Gauge, &[("dependency", "redis")], move || {
        Some(f64::from(u8::from(bus.up())))
    });
    if let Some(redis) = redis {
        let help = "1 while nothing is asked of it, because it failed too often.";
        m.read("app_circuit_state", help, Kind::Gauge, &[("dependency", "redis")], move || Some(f64::from(u8::from(!redis.up()))));
    }
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
fn register_store(app: &App) {
    let m = &app.metrics;
    let stat = |name, help, kind, labels: &[(&'static str, &str)], value: fn(&Stats) -> u64| {
        let db = app.db.clone();
        m.read(name, help, kind, labels, move || Some(value(&db.stats()) as f64));
    };
    stat("app_commits_total", "Transactions committed.", Kind::Counter, &[], |s| s.commits);
    stat("app_syncs_total", "Times the write-ahead log was synced to disk.", Kind::Counter, &[], |s| s.syncs);
    stat("app_db_reads_total", "Statements that read outside a transaction.", Kind::Counter, &[], |s| s.reads);
    let connections = ("app_db_pool_connections", "Connections to the store.");
    stat(connections.0, connections.1, Kind::Gauge, &[("state", "idle")], |s| s.idle);
    stat(connections.0, connections.1, Kind::Gauge, &[("state", "used")], |s| s.connections.saturating_sub(s.idle));
    stat("app_db_pool_waiting", "Transactions that wait for a connection.", Kind::Gauge, &[], |s| s.waiting);
    let timings = app.db.timings();
    let acquire = "How long transactions waited for their turn or their connection.";
    m.register("app_db_acquire_seconds", acquire, &[], timings.acquire.clone());
    m.register("app_commit_seconds", "How long commits took until they were safe.", &[], timings.commit.clone());
    if let Some(sizes) = app.db.batch_sizes() {
        m.register("app_commit_batch_size", "How many transactions shared a commit.", &[], sizes);
    }
    for (name, help, part) in [
        ("app_storage_free_bytes", "Free room where the data lies.", (|room: Room| room.free) as fn(Room) -> u64),
        ("app_storage_size_bytes", "All room where the data lies.", |room| room.size),
    ] {
        let db = app.db.clone();
        m.read(name, help, Kind::Gauge, &[], move || Some(part(room(&db)?) as f64));
    }
}

//! The shell, asked directly: problems, ids, headers, verbs, bodies, panics, reruns, metrics and the log line.

use super::*;
use crate::{
    error::{Error, Kind},
    say,
    telemetry::{panics, tests::capture},
};
use axum::{body::Bytes, extract::Extension, response::IntoResponse};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

async fn echo(body: Bytes) -> Bytes {
    body
}
fn plain() -> House {
    let routes = Router::new()
        .route("/things/{id}", get(async || "thing").post(echo))
        .route("/things/{id}/~archive", post(async |request: Request| request.uri().path().to_owned()))
        .route("/things/~bulk", post(echo))
        .route("/feeds/{token}", get(async || "feed"))
        .route("/panic", any(async || -> &'static str { panic!("boom") }))
        .route(
            "/status/{status}",
            get(async |request: Request| {
                request.uri().path()[8..].parse::<u16>().unwrap().try_into().map(|s: StatusCode| s.into_response()).unwrap()
            }),
        )
        .route("/words", get(async || (StatusCode::NOT_FOUND, "no such thing")))
        .route("/own", get(async || (StatusCode::BAD_REQUEST, [("content-type", "application/json")], "{}")))
        .route("/fail", get(async || Error::internal("password=hunter2").into_response()))
        .route("/who", get(async |context: Context| context.client.to_string()))
        .route(
            "/page",
            get(async || ([("content-security-policy", "default-src 'self'"), ("cache-control", "private, max-age=5")], "page")),
        )
        .route("/livez", get(async || "ok"));
    house(Config::default(), routes)
}

#[tokio::test]
async fn every_error_is_a_problem() {
    let house = plain();
    assert_eq!(house.get("/nowhere").await.code(), "not_found");
    assert_eq!(house.get("/words").await.code(), "not_found");
    assert_eq!(house.get("/own").await.body, "{}", "who speaks JSON is left alone");
    let wrong = house.send("DELETE", "/things/1", &[], "").await;
    assert_eq!((wrong.status.as_u16(), wrong.code()), (405, "method_not_allowed".into()));
    assert_eq!(wrong.headers[header::ALLOW], "GET, HEAD, POST, OPTIONS");
    for status in [400, 401, 403, 406, 408, 409, 410, 413, 414, 415, 421, 422, 429, 431, 500, 501, 502, 503, 504, 507] {
        let reply = house.get(&format!("/status/{status}")).await;
        assert_eq!(reply.status, status);
        reply.problem();
    }
    let trace = house.send("TRACE", "/nowhere", &[], "").await;
    assert_eq!((trace.status.as_u16(), trace.code()), (405, "method_not_allowed".into()));
    let options = house.send("OPTIONS", "/things/1", &[], "").await;
    assert_eq!((options.status.as_u16(), options.headers[header::ALLOW].to_str().unwrap()), (204, "GET, HEAD, POST, OPTIONS"));
    assert_eq!(house.send("BREW", "/things/1", &[], "").await.status, 405);
}

#[tokio::test]
async fn a_problem_speaks_the_clients_language_and_says_how_to_go_on() {
    let routes = Router::new()
        .route("/token", get(async || Error::unauthenticated("invalid_token", say!("Bad token.", "Mauvais jeton."))))
        .route("/who", get(async || Error::unauthenticated("unauthenticated", say!("Sign in.", "Connectez-vous."))))
        .route("/slow", get(async || Error::rate_limited(Duration::from_millis(1_200))))
        .route("/fields", get(async || Error::field("name", "too_long", say!("Too long.", "Trop long.")).with("hint", 7)));
    let house = house(Config::default(), routes);
    let french = house.send("GET", "/fields", &[("accept-language", "fr-CA")], "").await;
    let document = french.problem();
    assert_eq!(document["errors"][0], serde_json::json!({"field": "name", "code": "too_long", "detail": "Trop long."}));
    assert_eq!((&french.headers[header::CONTENT_LANGUAGE], &document["hint"]), (&"fr".parse().unwrap(), &7.into()));
    assert!(french.headers.get_all(header::VARY).iter().any(|v| v == "Accept-Language"));
    let challenge = |r: &Reply| r.headers[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned();
    assert_eq!(challenge(&house.get("/token").await), r#"Bearer realm="coulisses", error="invalid_token""#);
    assert_eq!(challenge(&house.get("/who").await), r#"Bearer realm="coulisses""#);
    assert_eq!(house.get("/slow").await.headers[header::RETRY_AFTER], "2", "rounded up");
    let head = house.send("HEAD", "/fields", &[], "").await;
    assert!(head.body.is_empty() && head.headers[header::CONTENT_LENGTH] != "0");
    let head = house.send("HEAD", "/nowhere", &[], "").await;
    assert!(head.body.is_empty() && head.status == 404);
}

#[tokio::test]
async fn a_panic_is_one_answer_told_once_with_its_place() {
    panics::install();
    let captured = capture("info");
    let house = plain();
    let reply = house.get("/panic").await;
    assert_eq!((reply.status.as_u16(), reply.code()), (500, "internal".into()));
    assert!(!reply.body.contains("boom"));
    assert_eq!(house.get("/things/1").await.status, 200, "the process lives");
    assert_eq!((house.value("app_panics_total"), house.value("app_inflight_requests")), (1.0, 0.0));
    let lines = captured.lines();
    let errors: Vec<_> = lines.iter().filter(|l| l["level"] == "ERROR").collect();
    assert_eq!(errors.len(), 1);
    assert!(errors[0]["source"].as_str().unwrap().contains("tests/shell.rs:"), "{}", errors[0]);
    assert_eq!(errors[0]["request_id"], reply.problem()["request_id"]);
}

#[tokio::test]
async fn what_broke_is_logged_once_and_never_sent() {
    let captured = capture("info");
    let reply = plain().get("/fail").await;
    assert!(reply.status == 500 && !reply.body.contains("hunter2"));
    plain().get("/nowhere").await;
    let lines = captured.lines();
    let errors: Vec<_> = lines.iter().filter(|l| l["level"] != "INFO").collect();
    assert_eq!(errors.len(), 1, "a client's mistake is no error of ours: {errors:?}");
    assert!(errors[0]["at"].as_str().unwrap().contains("tests/shell.rs:") && errors[0]["code"] == "internal");
}

#[tokio::test]
async fn the_request_line_has_its_fields_and_no_secrets() {
    let captured = capture("info");
    let house = plain();
    let headers = [("x-request-id", "mine-1"), ("authorization", "Bearer s3cret")];
    let reply = house.send("POST", "/things/7:archive?token=s3cret", &headers, "body-s3cret").await;
    assert_eq!((reply.body.as_str(), &reply.headers["x-request-id"]), ("/things/7/~archive", &"mine-1".parse().unwrap()));
    house.get("/feeds/s3cret").await;
    house.get("/livez").await;
    let link = "s3cret".repeat(7);
    house.get(&format!("/feed/{link}/x")).await;
    house.get("/things/0199f1c0-1f2e-7abc-8def-0123456789ab:archive").await;
    house.get("/nasty%22%0A%1b[31m\"{}").await;
    let lines = captured.lines();
    let line = &lines[0];
    let text = |key: &str| line[key].as_str().unwrap_or_else(|| panic!("{key}: {line}")).to_owned();
    assert_eq!((text("method"), text("path"), text("route")), ("POST".into(), "/things/7:archive".into(), "/things/{id}:archive".into()));
    assert_eq!((text("request_id"), text("client_ip"), text("message")), ("mine-1".into(), "127.0.0.1".into(), "request".into()));
    assert_eq!((text("trace_id").len(), text("span_id").len()), (32, 16));
    assert_eq!((&line["status"], &line["bytes_out"]), (&200.into(), &18.into()));
    assert!(line["duration_ms"].is_number() && text("replica").starts_with("replica"));
    assert_eq!(lines[1]["path"], "/feeds/{token}", "a path that gives access is not repeated");
    assert_eq!(lines[2]["path"], "/feed/…/x", "nor is a link that leads nowhere");
    assert_eq!(lines[3]["path"], "/things/0199f1c0-1f2e-7abc-8def-0123456789ab:archive");
    assert_eq!(lines.len(), 5, "probes are for debug");
    assert!(!serde_json::to_string(&lines).unwrap().contains("s3cret"));
}

#[tokio::test]
async fn who_called_is_in_the_line() {
    let captured = capture("debug");
    let (account, org) = (crate::id::v4(), crate::id::v4());
    let routes =
        Router::new().route("/livez", get(async move |c: Context| assert!(c.principal.set((account.into(), Some(org.into()))).is_ok())));
    house(Config::default(), routes).get("/livez").await;
    let line = captured.lines().remove(0);
    assert_eq!((line["level"].as_str(), line["account_id"].as_str()), (Some("DEBUG"), Some(&*account.to_string())));
    assert_eq!(line["org_id"].as_str(), Some(&*org.to_string()));
}

#[tokio::test]
async fn every_answer_carries_the_guards() {
    let house = plain();
    let mut replies = vec![house.get("/things/1").await, house.send("PUT", "/things/1", &[], "").await, house.get("/fail").await];
    replies.push(house.get("/nowhere").await);
    replies.push(house.send("POST", "/things/1", &[], vec![b'x'; 2 * 1024 * 1024]).await);
    assert_eq!(replies[4].status, 413);
    for reply in &replies {
        assert_eq!(reply.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(reply.headers[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(reply.headers[header::X_FRAME_OPTIONS], "DENY");
        assert_eq!(reply.headers["cross-origin-resource-policy"], "same-origin");
        assert_eq!(reply.headers[header::CONTENT_SECURITY_POLICY], "default-src 'none'; frame-ancestors 'none'");
        assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
        assert!(!reply.headers.contains_key(header::STRICT_TRANSPORT_SECURITY) && !reply.headers.contains_key(header::SERVER));
    }
    let page = house.get("/page").await;
    assert_eq!(page.headers[header::CONTENT_SECURITY_POLICY], "default-src 'self'");
    assert_eq!(page.headers[header::VARY], "Authorization, Cookie, Origin");
    let secure = super::house(Config { https: true, ..Config::default() }, Router::new()).get("/").await;
    assert_eq!(secure.headers[header::STRICT_TRANSPORT_SECURITY], "max-age=63072000; includeSubDomains");
}

#[tokio::test]
async fn verbs_have_one_spelling() {
    let house = plain();
    assert_eq!(house.send("POST", "/things:bulk", &[], "all").await.body, "all");
    assert_eq!(house.send("POST", "/things/7/~archive", &[], "").await.code(), "not_found");
    assert_eq!(house.send("POST", "/things/7:unknown", &[], "").await.code(), "not_found");
}

#[tokio::test]
async fn preflights_and_hosts() {
    let origin = "https://app.example.org";
    let config = Config { cors: Cors::Only(vec![origin.into()]), hosts: vec!["crew.example.org".into()], ..Config::default() };
    let house = house(config, Router::new().route("/x", get(async || "x")).route("/livez", get(async || "ok")));
    let ask = [("host", "crew.example.org"), ("origin", origin), ("access-control-request-method", "PUT")];
    let preflight = house.send("OPTIONS", "/x", &ask, "").await;
    assert_eq!((preflight.status.as_u16(), &preflight.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN]), (204, &origin.parse().unwrap()));
    assert!(preflight.headers.contains_key(header::ACCESS_CONTROL_ALLOW_METHODS));
    let ask = [("host", "crew.example.org"), ("origin", "null"), ("access-control-request-method", "PUT")];
    let refused = house.send("OPTIONS", "/x", &ask, "").await;
    assert!(!refused.headers.keys().any(|k| k.as_str().starts_with("access-control")));
    let foreign = house.send("GET", "/x", &[("host", "evil.example"), ("origin", origin)], "").await;
    assert_eq!((foreign.status.as_u16(), foreign.code()), (421, "misdirected".into()));
    assert_eq!(foreign.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], origin, "a page may read its errors");
    assert_eq!(house.send("GET", "/livez", &[("host", "10.0.0.7")], "").await.status, 200);
}

/// A route that loses a race so often before it wins.
fn racing(losses: u32) -> (House, Arc<AtomicU32>) {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let handler = async move |body: Bytes| {
        let lost = || Error::new(Kind::Retry, "busy", say!("Busy.", "Occupé."));
        if counted.fetch_add(1, Relaxed) < losses { Err(lost()) } else { Ok(body) }
    };
    (house(Config::default(), Router::new().route("/race", post(handler.clone()).get(handler))), runs)
}

#[tokio::test]
async fn a_lost_race_is_run_again_with_its_body() {
    let (house, runs) = racing(3);
    let reply = house.send("POST", "/race", &[], "the body").await;
    assert_eq!((reply.status.as_u16(), reply.body.as_str(), runs.load(Relaxed)), (200, "the body", 4));
    assert_eq!(house.value("app_reruns_total"), 3.0);
    let (house, _) = racing(1);
    assert_eq!(house.send("POST", "/race", &[], "again").await.body, "again");
    let (house, runs) = racing(99);
    let reply = house.send("POST", "/race", &[], "x").await;
    assert_eq!((reply.status.as_u16(), reply.code(), runs.load(Relaxed)), (503, "busy".into(), 4));
    assert!(reply.headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn a_body_with_a_key_has_its_digest() {
    let digest = async |digest: Option<Extension<BodyDigest>>| digest.map(|Extension(BodyDigest(d))| d).unwrap_or_default();
    let house = house(Config::default(), Router::new().route("/", post(digest)));
    let reply = house.send("POST", "/", &[("idempotency-key", "k")], "abc").await;
    assert_eq!(reply.body, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(house.send("POST", "/", &[], "abc").await.body, "");
}

#[tokio::test]
async fn labels_are_templates_and_their_number_has_an_end() {
    let house = plain();
    house.send("POST", "/things/7:archive", &[], "").await;
    assert_eq!(house.value(r#"app_requests_total{method="POST",path="/things/{id}:archive",status="200"}"#), 1.0);
    let count = || crate::metrics::tests::lint(&house.metrics.render()).iter().filter(|(s, _)| !s.contains("_bucket")).count();
    let before = count();
    for i in 0..10_000 {
        house.get(&format!("/random/{i}")).await;
    }
    for i in 0..50 {
        house.send(&format!("METHOD{i}"), "/things/1", &[], "").await;
    }
    assert!(count() - before <= 20, "{} new series", count() - before);
    assert_eq!(house.value(r#"app_requests_total{method="GET",path="unmatched",status="404"}"#), 10_000.0);
    assert_eq!(house.value(r#"app_request_duration_seconds_count{method="_OTHER",path="/things/{id}"}"#), 50.0);
}

//! Too much at once, and too long.

use super::*;
use std::sync::Arc;
use tokio::sync::Notify;

/// A route that answers when it is let go, and one that answers at once.
fn gated(config: Config) -> (House, Arc<Notify>) {
    let gate = Arc::new(Notify::new());
    let inner = gate.clone();
    let handler = async move || inner.notified().await;
    let routes = Router::new().route("/wait", any(handler)).route("/livez", get(async || "ok")).route("/metrics", get(async || "m"));
    (house(config, routes), gate)
}

#[tokio::test]
async fn beyond_the_cap_requests_are_told_to_come_back() {
    let (house, gate) = gated(Config { max_in_flight: 2, queue: 20 * MS, ..Config::default() });
    let ask = || house.get("/wait");
    let crowd = async { tokio::join!(ask(), ask(), ask(), ask(), ask()) };
    let probes = async {
        tokio::time::sleep(10 * MS).await;
        assert_eq!((house.get("/livez").await.status, house.get("/metrics").await.status), (StatusCode::OK, StatusCode::OK));
        // The two behind the two wait for their patience's end, the fifth never waits.
        tokio::time::sleep(100 * MS).await;
        gate.notify_waiters();
    };
    let ((a, b, c, d, e), ()) = tokio::join!(crowd, probes);
    assert_eq!((a.status, b.status), (StatusCode::OK, StatusCode::OK));
    for refused in [c, d, e] {
        assert_eq!((refused.status.as_u16(), refused.code()), (503, "overloaded".into()));
        let after: u64 = refused.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=5).contains(&after));
    }
    assert_eq!(house.value(r#"app_shed_total{reason="queue_timeout"}"#), 2.0);
    assert_eq!(house.value(r#"app_shed_total{reason="queue_full"}"#), 1.0);
    assert_eq!(house.value("app_inflight_requests"), 0.0);
    gate.notify_one();
    assert_eq!(house.get("/wait").await.status, 200, "turns come back");
}

#[tokio::test]
async fn who_leaves_gives_the_turn_back() {
    let (house, gate) = gated(Config { max_in_flight: 1, ..Config::default() });
    assert!(tokio::time::timeout(10 * MS, house.get("/wait")).await.is_err());
    assert_eq!(house.value(r#"app_requests_total{method="GET",path="/wait",status="499"}"#), 1.0);
    gate.notify_one();
    assert_eq!(house.get("/wait").await.status, 200);
}

#[tokio::test]
async fn a_handler_has_its_time() {
    let (house, _gate) = gated(Config { deadline: 20 * MS, ..Config::default() });
    let reply = house.send("POST", "/wait", &[], "").await;
    assert_eq!((reply.status.as_u16(), reply.code()), (503, "deadline".into()));
    assert_eq!(reply.headers[header::RETRY_AFTER], "1");
}

#[tokio::test]
async fn bodies_together_hold_only_so_much() {
    let body = BodyLimits { memory: 1024, ..BodyLimits::default() };
    let house = house(Config { body, ..Config::default() }, Router::new().route("/", post(async || "ok")));
    assert_eq!(house.send("POST", "/", &[], vec![b'x'; 2048]).await.code(), "overloaded");
    assert_eq!(house.send("POST", "/", &[], vec![b'x'; 1000]).await.status, 200, "what was held is given back");
    assert_eq!(house.send("POST", "/", &[], vec![b'x'; 1000]).await.status, 200);
}

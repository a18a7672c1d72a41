//! A transaction that lost a race is run again, from the buffered request: the client never notices.

use crate::error::{Error, Kind};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::request::Parts,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use tower::Service;

/// How often a lost race is run again.
const AGAIN: u32 = 3;

/// Answers a request whose body has been read.
pub(super) async fn run(router: &Router, parts: Parts, body: Bytes, reruns: &crate::metrics::Counter) -> Response {
    for attempt in 1..=AGAIN {
        let response = once(router, parts.clone(), body.clone()).await;
        if !lost_a_race(&response) {
            return response;
        }
        reruns.one();
        tokio::time::sleep(pause(attempt)).await;
    }
    once(router, parts, body).await
}

async fn once(router: &Router, parts: Parts, body: Bytes) -> Response {
    let body = if body.is_empty() { Body::empty() } else { Body::from(body) };
    call(router, Request::from_parts(parts, body)).await
}
pub(super) async fn call(router: &Router, request: Request) -> Response {
    router.clone().call(request).await.into_response()
}

fn lost_a_race(response: &Response) -> bool {
    response.extensions().get::<Arc<Error>>().is_some_and(|e| e.kind() == Kind::Retry)
}
/// Those who met do not meet again: up to 10, 20, 40 ms, at random.
fn pause(attempt: u32) -> Duration {
    let most = 5_000 << attempt;
    Duration::from_micros(u64::from(u16::from_ne_bytes(crate::crypto::random())) * most / u64::from(u16::MAX))
}

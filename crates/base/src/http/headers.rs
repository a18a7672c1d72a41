//! The headers that every answer carries, whatever happened.

use super::{Config, Context};
use crate::limits::Standing;
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// `close`: whether this is the last answer on its connection.
pub(super) fn finish(response: &mut Response, context: &Context, config: &Config, origin: Option<&HeaderValue>, close: bool) {
    let status = response.status();
    let headers = response.headers_mut();
    headers.reserve(12);
    if let Ok(id) = HeaderValue::from_str(&context.request_id) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in context.limits.lock().iter().flat_map(Standing::headers) {
        headers.append(name, value);
    }
    secure(headers, config.https);
    cache(headers);
    config.cors.mark(origin, headers);
    if close || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

fn secure(headers: &mut HeaderMap, https: bool) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // Pages (the console, the docs) bring their own.
    headers.entry(CORP).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
}

/// Nothing is kept unless its handler said so; then each caller's copy is their own.
fn cache(headers: &mut HeaderMap) {
    match headers.get(header::CACHE_CONTROL).map(|v| v.as_bytes()) {
        None => drop(headers.insert(header::CACHE_CONTROL, NO_STORE)),
        Some(value) if value.starts_with(b"public") || value == NO_STORE.as_bytes() => {}
        Some(_) => drop(headers.append(header::VARY, HeaderValue::from_static("Authorization, Cookie, Origin"))),
    }
}

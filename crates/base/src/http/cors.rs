//! Which pages of other origins may call: an exact list, never `null`, never everybody together with credentials.

use super::config::Cors;
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "Accept, Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Traceparent, Tracestate, X-Request-Id, X-CSRF-Token, X-Test-Clock",
);
const RESPONSE_HEADERS: HeaderValue = HeaderValue::from_static(
    "Content-Language, ETag, Idempotent-Replayed, Link, Location, Retry-After, WWW-Authenticate, X-Cache, X-Request-Id",
);

impl Cors {
    /// The answer to a browser that asks before it calls; handlers never see it.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        let asks = request.method() == Method::OPTIONS
            && request.headers().contains_key(header::ORIGIN)
            && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !asks {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        // Without these headers the browser goes no further.
        if self.grants(request.headers().get(header::ORIGIN)).is_some() {
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        }
        Some(response)
    }
    /// Marks an answer as readable by the page that asked for it.
    pub(super) fn mark(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if let Self::Only(list) = self
            && !list.is_empty()
        {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
            if self.grants(origin).is_some() {
                headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            }
        }
        if let Some(granted) = self.grants(origin) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, granted);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
        }
    }
    /// What `Access-Control-Allow-Origin` says to this origin, if anything.
    fn grants(&self, origin: Option<&HeaderValue>) -> Option<HeaderValue> {
        let origin = origin.filter(|o| *o != "null")?;
        match self {
            Self::Any => Some(HeaderValue::from_static("*")),
            Self::Only(list) => list.iter().any(|o| origin == o.as_str()).then(|| origin.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(cors: &Cors, origin: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        cors.mark(HeaderValue::from_str(origin).ok().as_ref(), &mut headers);
        headers
    }
    fn list() -> Cors {
        Cors::new(["https://app.example.org".to_owned(), "null".into(), "*".into(), String::new()], false)
    }

    #[test]
    fn only_the_list_counts_in_production() {
        assert_eq!(list(), Cors::Only(vec!["https://app.example.org".into()]));
        assert_eq!(Cors::new(["*".to_owned()], true), Cors::Any);
        let headers = marked(&list(), "https://app.example.org");
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example.org");
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        assert_eq!(headers[header::VARY], "Origin");
    }
    #[test]
    fn everybody_is_never_everybody_with_credentials() {
        let headers = marked(&Cors::Any, "https://evil.example");
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
        assert!(!marked(&Cors::Any, "null").contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }

    fn near_misses() -> impl Strategy<Value = String> {
        let tricks = ["", "null", "*", "https://app.example.org.", "https://APP.example.org", "http://app.example.org"];
        prop_oneof![
            "[ -~]{0,40}",
            "https://app\\.example\\.org[ -~]{1,12}",
            "[ -~]{1,12}https://app\\.example\\.org",
            "https://[a-z.@:/]{0,10}app.example.org",
            proptest::sample::select(tricks.to_vec()).prop_map(str::to_owned),
        ]
    }
    proptest! {
        #[test]
        fn no_other_origin_is_granted_anything(origin in near_misses()) {
            prop_assume!(origin != "https://app.example.org");
            prop_assert!(!marked(&list(), &origin).keys().any(|k| k.as_str().starts_with("access-control")), "{origin}");
        }
    }
}

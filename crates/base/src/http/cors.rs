//! Browser apps on other origins: an exact list, `*` in development only, never with credentials.

use crate::Settings;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};

fn allowed(settings: &Settings, origin: &HeaderValue) -> Option<HeaderValue> {
    let text = origin.to_str().ok().filter(|o| *o != "null")?;
    match &settings.cors_allow_origins {
        Some(list) if list.iter().any(|one| one == text) => Some(origin.clone()),
        Some(list) if list.iter().any(|one| one == "*") && settings.development() => Some(HeaderValue::from_static("*")),
        None if settings.development() => Some(HeaderValue::from_static("*")),
        _ => None,
    }
}

/// The answer to a browser that asks first; it says nothing to an origin that is not on the list.
pub fn preflight(settings: &Settings, headers: &HeaderMap, method: &Method) -> Option<Response> {
    let origin = headers.get(header::ORIGIN)?;
    if *method != Method::OPTIONS || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    if allowed(settings, origin).is_some() {
        let fixed = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, PATCH, DELETE"),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "authorization, content-type, idempotency-key, if-match, if-none-match, x-request-id, x-csrf",
            ),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
        ];
        response.headers_mut().extend(fixed.map(|(n, v)| (n, HeaderValue::from_static(v))));
    }
    Some(response)
}

pub fn allow(settings: &Settings, response: &mut Response, origin: Option<&HeaderValue>) {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin.and_then(|o| allowed(settings, o)) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("etag, link, location, retry-after, x-cache, x-request-id"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Source;

    #[test]
    fn only_the_exact_origin_is_let_in() {
        let pairs = [("COULISSES_ENV", "production"), ("CORS_ALLOW_ORIGINS", "https://app.example.org")];
        let settings = Settings::load(&Source::of(pairs.map(|(n, v)| (n.to_owned(), v.to_owned())))).unwrap();
        let asks = |origin: &str| allowed(&settings, &origin.parse().unwrap());
        assert_eq!(asks("https://app.example.org").unwrap(), "https://app.example.org");
        for other in
            ["null", "http://app.example.org", "https://app.example.org.evil.com", "https://evil.com", "https://app.example.org:8443", "*"]
        {
            assert!(asks(other).is_none(), "{other}");
        }
        let development = Settings::load(&Source::default()).unwrap();
        assert_eq!(allowed(&development, &"https://x.org".parse().unwrap()).unwrap(), "*");
        assert!(allowed(&development, &"null".parse().unwrap()).is_none());
    }
}

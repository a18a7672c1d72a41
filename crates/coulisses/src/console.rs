//! The web console: its files lie in the binary, packed as browsers take them.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};

struct File {
    url: &'static str,
    etag: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}
/// Sorted by address.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// Nothing from elsewhere, nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    manifest-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; frame-ancestors 'none'";
const UNBUILT: &str = "This build has no console. Build it with `cargo xtask run`, or `npm ci && npm run build` in console/ and cargo \
    build again; the API under /api/v1 and its description at /docs work without.\n";

/// Answers what no route of the API answers: a file of the console, or its page for an address that a person opened.
pub async fn serve(request: Request) -> Response {
    let (path, headers) = (request.uri().path(), request.headers());
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match find(path).or_else(|| is_page(path, headers).then(|| find("/index.html")).flatten()) {
        Some(file) => answer(file, headers),
        None if FILES.is_empty() && is_page(path, headers) => (StatusCode::SERVICE_UNAVAILABLE, UNBUILT).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn find(url: &str) -> Option<&'static File> {
    FILES.binary_search_by(|file| file.url.cmp(url)).ok().map(|at| &FILES[at])
}
/// Somebody typed or followed this: a browser asks for HTML, and files have names with a dot.
fn is_page(path: &str, headers: &HeaderMap) -> bool {
    let html = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"));
    let last = path.rsplit('/').next().unwrap_or_default();
    html && !path.starts_with("/api/") && !path.starts_with("/assets/") && !last.contains('.')
}

fn answer(file: &File, headers: &HeaderMap) -> Response {
    let (packed, bytes) = choose(file, headers.get(header::ACCEPT_ENCODING));
    let etag = format!("\"{}{packed}\"", file.etag);
    let mut response = Response::new(Body::empty());
    let out = response.headers_mut();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            out.insert(name, value);
        }
    };
    // The name of an asset changes with its content; a page's does not.
    let lasting = file.url.starts_with("/assets/");
    set(header::CACHE_CONTROL, if lasting { "public, max-age=31536000, immutable" } else { "public, no-cache" });
    set(header::ETAG, &etag);
    set(header::VARY, "accept-encoding");
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(header::HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()");
    if headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok()).any(|known| known.contains(&etag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    set(header::CONTENT_TYPE, kind(file.url));
    if !packed.is_empty() {
        set(header::CONTENT_ENCODING, packed);
    }
    *response.body_mut() = Body::from(bytes);
    response
}

/// The smallest form that the browser takes; over plain http none asks for brotli.
fn choose(file: &File, accepted: Option<&HeaderValue>) -> (&'static str, &'static [u8]) {
    let accepted = accepted.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let takes =
        |name: &str| accepted.split(',').any(|part| part.split(';').next().is_some_and(|p| p.trim() == name) && !part.ends_with("q=0"));
    match (file.brotli, file.gzip) {
        (Some(bytes), _) if takes("br") => ("br", bytes),
        (_, Some(bytes)) if takes("gzip") => ("gzip", bytes),
        _ => ("", file.plain),
    }
}
fn kind(url: &str) -> &'static str {
    match url.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: File = File { url: "/assets/a.js", etag: "1", plain: b"plain", brotli: Some(b"br"), gzip: Some(b"gz") };

    #[test]
    fn a_browser_gets_what_it_takes() {
        let chosen = |accepted: &'static str| choose(&FILE, Some(&HeaderValue::from_static(accepted))).0;
        assert_eq!((chosen("gzip, deflate, br"), chosen("gzip"), chosen("br;q=0, gzip"), chosen("deflate")), ("br", "gzip", "gzip", ""));
        assert_eq!(choose(&FILE, None).1, b"plain");
    }
    #[test]
    fn what_a_browser_has_is_not_sent_again() {
        let with = |pairs: &[(header::HeaderName, &str)]| {
            answer(&FILE, &pairs.iter().map(|(n, v)| (n.clone(), v.parse().unwrap())).collect::<HeaderMap>())
        };
        let first = with(&[(header::ACCEPT_ENCODING, "br")]);
        assert_eq!((first.status(), &first.headers()[header::CONTENT_ENCODING]), (StatusCode::OK, &HeaderValue::from_static("br")));
        let etag = first.headers()[header::ETAG].to_str().unwrap();
        assert_eq!(with(&[(header::ACCEPT_ENCODING, "br"), (header::IF_NONE_MATCH, etag)]).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(
            with(&[(header::ACCEPT_ENCODING, "gzip"), (header::IF_NONE_MATCH, etag)]).status(),
            StatusCode::OK,
            "another form of it"
        );
    }
    #[test]
    fn a_page_is_what_a_person_opens() {
        let html = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("text/html,*/*;q=0.8"))]);
        assert!(is_page("/projects", &html) && is_page("/", &html));
        assert!(!is_page("/api/v1/nothing", &html) && !is_page("/assets/old", &html) && !is_page("/robots.txt", &html));
        assert!(!is_page("/projects", &HeaderMap::new()), "curl is told 404");
    }
}

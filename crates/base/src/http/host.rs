//! Only names that are ours are answered: another `Host` would end up in links, caches and cookies.

use crate::{
    error::{Error, Result},
    say,
};
use axum::{extract::Request, http::header};

/// `hosts` holds names without a port; when it is empty, any will do.
pub(super) fn check(request: &Request, hosts: &[String]) -> Result<()> {
    if hosts.is_empty() || named(request).is_some_and(|name| hosts.iter().any(|h| h.eq_ignore_ascii_case(name))) {
        return Ok(());
    }
    let say = say!(
        "This server does not answer under that name. Use the address it was given to you with.",
        "Ce serveur ne répond pas sous ce nom. Utilisez l’adresse qui vous a été donnée."
    );
    Err(Error::misdirected("misdirected", say))
}

/// The name the client used, without its port (HTTP/2 has it in the URI).
fn named(request: &Request) -> Option<&str> {
    if let Some(host) = request.uri().host() {
        return Some(host);
    }
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => Some(name),
        _ => Some(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn taken(host: &str) -> bool {
        let request = Request::builder().uri("/").header("host", host).body(Body::empty()).expect("request");
        check(&request, &["crew.example.org".into(), "[::1]".into()]).is_ok()
    }

    #[test]
    fn our_names_and_no_others() {
        assert!(["crew.example.org", "Crew.Example.Org:8443", "[::1]", "[::1]:80"].into_iter().all(taken));
        let foreign =
            ["", "evil.example", "crew.example.org.evil.example", "evil.example:crew.example.org", "crew.example.org:80@evil.example"];
        assert!(!foreign.into_iter().any(taken));
        let absolute = Request::builder().uri("http://evil.example/").header("host", "crew.example.org").body(Body::empty());
        assert!(check(&absolute.expect("request"), &["crew.example.org".into()]).is_err(), "the URI's name wins, as HTTP says");
    }
}

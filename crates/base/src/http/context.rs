//! What is known of a request before anything else: its id, who sent it from where, in which language.

use crate::{
    Settings,
    crypto::{hex, random},
    error::{Error, Result},
    id::{AccountId, OrgId},
    say::Lang,
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, header, request::Parts},
};
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, OnceLock},
};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Made by the outermost layer, kept in the request's extensions.
#[derive(Clone, Debug)]
pub struct Context {
    pub request_id: Arc<str>,
    /// The peer, or the right-most untrusted hop behind a trusted proxy.
    pub client: IpAddr,
    pub lang: Lang,
    /// W3C trace id and the id of this request's span, as 32 and 16 hex digits.
    pub trace_id: Arc<str>,
    pub span_id: Arc<str>,
    /// Filled by whoever finds out who is calling, read by the log line at the end.
    pub principal: Arc<OnceLock<(AccountId, Option<OrgId>)>>,
}

impl Context {
    pub fn read(headers: &HeaderMap, peer: IpAddr, settings: &Settings) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
        let ids = random::<40>();
        let given = text(REQUEST_ID).filter(|id| (1..=64).contains(&id.len()) && id.bytes().all(allowed));
        let trace = headers.get("traceparent").and_then(|v| v.to_str().ok()).and_then(trace_id);
        Self {
            request_id: given.map_or_else(|| hex(&ids[..16]).into(), Into::into),
            client: client(headers, peer, settings),
            lang: text(header::ACCEPT_LANGUAGE).map_or_else(Lang::default, Lang::preferred),
            trace_id: trace.map_or_else(|| hex(&ids[16..32]).into(), Into::into),
            span_id: hex(&ids[32..]).into(),
            principal: Arc::default(),
        }
    }
    /// A context for work that no request asked for (jobs, tests).
    pub fn background() -> Self {
        Self {
            request_id: "background".into(),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            lang: Lang::default(),
            trace_id: "".into(),
            span_id: "".into(),
            principal: Arc::default(),
        }
    }
    /// The header that lets a service we call go on with the same trace.
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-01", self.trace_id, self.span_id)
    }
}

fn allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// The trace of a well-formed `traceparent`; anything else starts a new one.
fn trace_id(header: &str) -> Option<&str> {
    let mut parts = header.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |s: &str, len| s.len() == len && s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let real = |s: &str| s.bytes().any(|b| b != b'0');
    let fits = version == "00" && parts.next().is_none() && hex(trace, 32) && hex(span, 16) && hex(flags, 2) && real(trace) && real(span);
    fits.then_some(trace)
}

/// Hops are believed from the right, as long as they are proxies of ours.
fn client(headers: &HeaderMap, peer: IpAddr, settings: &Settings) -> IpAddr {
    let Some(proxies) = &settings.trusted_proxies else { return peer };
    let trusted = |a: &IpAddr| proxies.iter().any(|net| net.contains(*a));
    let lines = headers.get_all(FORWARDED).iter().filter_map(|v| v.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let mut client = peer;
    for hop in hops.iter().rev() {
        if !trusted(&client) {
            break;
        }
        match hop.parse() {
            Ok(address) => client = address,
            Err(_) => break,
        }
    }
    client
}

impl<S: Sync> FromRequestParts<S> for Context {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(Self::background))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Source;

    fn read(pairs: &[(&'static str, &str)], proxies: &str) -> Context {
        let settings = Settings::load(&Source::of([("TRUSTED_PROXIES".to_owned(), proxies.to_owned())])).unwrap();
        let headers = pairs.iter().map(|(n, v)| (HeaderName::from_static(n), v.parse().unwrap())).collect();
        Context::read(&headers, "10.0.0.9".parse().unwrap(), &settings)
    }
    #[test]
    fn an_id_is_taken_over_only_when_it_is_harmless() {
        assert_eq!(&*read(&[("x-request-id", "Abc-1_2.3")], "").request_id, "Abc-1_2.3");
        for bad in ["", "a b", "é", &"x".repeat(65), "a\"b"] {
            let given = axum::http::HeaderValue::from_bytes(bad.as_bytes()).unwrap();
            let headers = HeaderMap::from_iter([(REQUEST_ID, given)]);
            let settings = Settings::load(&Source::default()).unwrap();
            assert_eq!(Context::read(&headers, Ipv4Addr::LOCALHOST.into(), &settings).request_id.len(), 32, "{bad}");
        }
    }
    #[test]
    fn only_well_formed_traces_go_on() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(trace_id(&format!("00-{trace}-00f067aa0ba902b7-01")), Some(trace));
        for bad in [
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("01-{trace}-00f067aa0ba902b7-01"),
            format!("00-{trace}-00F067AA0BA902B7-01"),
            format!("00-{trace}-00f067aa0ba902b7-01-x"),
            "x".into(),
        ] {
            assert_eq!(trace_id(&bad), None, "{bad}");
        }
    }
    #[test]
    fn forwarded_addresses_are_believed_only_from_our_proxies() {
        let spoofed = [("x-forwarded-for", "1.1.1.1, 203.0.113.5, 10.0.0.2")];
        assert_eq!(read(&spoofed, "").client.to_string(), "10.0.0.9");
        assert_eq!(read(&spoofed, "10.0.0.0/8").client.to_string(), "203.0.113.5");
        assert_eq!(read(&[("x-forwarded-for", "nonsense")], "10.0.0.0/8").client.to_string(), "10.0.0.9");
    }
}

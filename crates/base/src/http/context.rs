//! What is known of a request before anything else: its id, who sent it from where, in which language.

use super::Config;
use crate::{
    error::{Error, Result},
    id::{AccountId, OrgId},
    limits,
    say::Lang,
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use parking_lot::Mutex;
use std::{
    cell::RefCell,
    future::Future,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, OnceLock},
};

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
    /// The caller's span, when the trace began before us.
    pub parent_id: Option<Arc<str>>,
    /// Whether the trace is kept, as far as whoever began it knows.
    pub sampled: bool,
    /// What other tracing systems on the way want handed on (`tracestate`, W3C).
    pub tracestate: Option<Arc<str>>,
    /// The limits that were asked for this request; the answer's headers tell how they stand.
    pub(crate) limits: Arc<Mutex<Vec<limits::Standing>>>,
    /// Filled by whoever finds out who is calling, read by the log line at the end.
    pub principal: Arc<OnceLock<(AccountId, Option<OrgId>)>>,
}

tokio::task_local!(static CURRENT: Context);

impl Context {
    /// A context for work that no request asked for (jobs, tests).
    pub fn background() -> Self {
        Self {
            request_id: "background".into(),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            lang: Lang::default(),
            trace_id: "".into(),
            span_id: "".into(),
            parent_id: None,
            sampled: true,
            tracestate: None,
            limits: Arc::default(),
            principal: Arc::default(),
        }
    }
    /// A context with ids of its own, for what never became a request.
    pub(super) fn fresh() -> Self {
        Self::of(&HeaderMap::new(), IpAddr::V4(Ipv4Addr::LOCALHOST), &Config::default())
    }
    /// What the headers say, as far as they can be believed.
    pub(super) fn of(headers: &HeaderMap, peer: IpAddr, config: &Config) -> Self {
        let random = random();
        let (own, span_id) = (hex(&random[..16]), hex(&random[16..]));
        let parent = headers.get("traceparent").and_then(|v| Parent::parse(v.to_str().ok()?));
        let given = headers.get("x-request-id").and_then(|v| v.to_str().ok()).filter(|id| is_request_id(id));
        let lang = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
        Self {
            // One id finds the log lines and the trace, unless the client named them.
            request_id: given.map_or_else(|| own.clone(), Arc::from),
            client: client(headers, peer, &config.trusted_proxies),
            lang: lang.map(Lang::preferred).unwrap_or_default(),
            trace_id: parent.map_or(own, |p| p.trace.into()),
            span_id,
            parent_id: parent.map(|p| p.span.into()),
            sampled: parent.is_none_or(|p| p.sampled),
            tracestate: parent.and_then(|_| tracestate(headers)),
            limits: Arc::default(),
            principal: Arc::default(),
        }
    }
    /// For an outgoing call that belongs to this request (`traceparent`, W3C).
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-{:02x}", self.trace_id, self.span_id, u8::from(self.sampled))
    }
    /// Runs a future that can find this context by [`Context::with`]: log lines do.
    pub(crate) fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(self.clone(), future)
    }
    pub(crate) fn with(look: impl FnOnce(&Self)) {
        let _ = CURRENT.try_with(look);
    }
}

impl<S: Sync> FromRequestParts<S> for Context {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(Self::background))
    }
}

/// Letters, digits, `-`, `_` and `.`: nothing that means something to a log, a header or a shell.
fn is_request_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// The caller's trace, span and wish, out of `00-{32 hex}-{16 hex}-{2 hex}`.
#[derive(Clone, Copy)]
struct Parent<'a> {
    trace: &'a str,
    span: &'a str,
    sampled: bool,
}
impl<'a> Parent<'a> {
    fn parse(value: &'a str) -> Option<Self> {
        let mut parts = value.splitn(4, '-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let hex = |s: &str, len| s.len() == len && s.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        // A later version may add parts after the flags.
        let flags = if version == "00" { flags } else { flags.split('-').next()? };
        let shaped = hex(version, 2) && version != "ff" && hex(trace, 32) && hex(span, 16) && hex(flags, 2);
        let named = trace.bytes().any(|b| b != b'0') && span.bytes().any(|b| b != b'0');
        let sampled = u8::from_str_radix(flags, 16).is_ok_and(|f| f & 1 == 1);
        (shaped && named).then_some(Self { trace, span, sampled })
    }
}

/// Several headers are one list. What is too long or unreadable is not handed on.
fn tracestate(headers: &HeaderMap) -> Option<Arc<str>> {
    let parts: Option<Vec<_>> = headers.get_all("tracestate").iter().map(|v| v.to_str().ok()).collect();
    let list = parts?.join(",");
    (1..=512).contains(&list.len()).then(|| list.into())
}

/// The right-most hop that is not one of our own proxies; a hop that cannot be read ends the search.
fn client(headers: &HeaderMap, peer: IpAddr, trusted: &[ipnet::IpNet]) -> IpAddr {
    let ours = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip));
    let mut client = peer.to_canonical();
    let forwarded = headers.get_all("x-forwarded-for").iter().rev();
    for hop in forwarded.flat_map(|v| v.to_str().unwrap_or_default().rsplit(',')) {
        if !ours(client) {
            break;
        }
        let Some(ip) = address(hop.trim()) else { break };
        client = ip.to_canonical();
    }
    client
}
/// `192.0.2.1`, `2001:db8::1`, and both with a port.
fn address(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|a| a.ip()))
}

/// Random bytes for the ids of one request, fetched for many at a time: the system call costs more than the rest.
fn random() -> [u8; 24] {
    thread_local!(static POOL: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) });
    POOL.with_borrow_mut(|pool| {
        if pool.is_empty() {
            pool.extend_from_slice(&crate::crypto::random::<1536>());
        }
        let mut out = [0; 24];
        let rest = pool.len() - out.len();
        out.copy_from_slice(&pool[rest..]);
        pool.truncate(rest);
        out
    })
}
fn hex(bytes: &[u8]) -> Arc<str> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = [0; 32];
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    std::str::from_utf8(&out[..bytes.len() * 2]).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn context(headers: &[(&'static str, &str)], trusted: &str) -> Context {
        let headers = headers.iter().map(|(k, v)| (axum::http::HeaderName::from_static(k), v.parse().expect("visible")));
        let config = Config { trusted_proxies: super::super::networks(trusted).expect("networks"), ..Config::default() };
        // Appended, so that a header can come twice.
        let headers = headers.fold(HeaderMap::new(), |mut map, (k, v)| {
            map.append(k, v);
            map
        });
        Context::of(&headers, "10.0.0.1".parse().expect("ip"), &config)
    }

    #[test]
    fn a_trace_goes_on_only_when_it_is_well_formed() {
        let kept = context(&[("traceparent", GOOD)], "");
        assert_eq!(&*kept.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(kept.parent_id.as_deref(), Some("00f067aa0ba902b7"));
        assert!(kept.sampled && kept.traceparent() != GOOD && kept.traceparent().starts_with(&GOOD[..36]));
        assert!(!context(&[("traceparent", &GOOD.replace("-01", "-00"))], "").sampled);
        let later = format!("cc{}-more", &GOOD[2..]);
        assert_eq!(context(&[("traceparent", &later)], "").trace_id, kept.trace_id);
        let bad = [
            GOOD.to_uppercase(),
            GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            GOOD.replace("00f067aa0ba902b7", "00f067aa0ba902bz"),
            GOOD.replace("00-4", "ff-4"),
            format!("{GOOD}-more"),
            GOOD[..54].to_owned(),
            String::new(),
        ];
        for value in bad {
            let fresh = context(&[("traceparent", &value)], "");
            assert!(fresh.parent_id.is_none() && fresh.trace_id.len() == 32, "{value}");
            assert_ne!(fresh.trace_id, kept.trace_id);
        }
    }

    #[test]
    fn what_other_tracers_say_is_handed_on_with_their_trace() {
        let state = |more: &[(&'static str, &str)]| context(&[&[("traceparent", GOOD)], more].concat(), "").tracestate;
        assert_eq!(state(&[("tracestate", "a=1,b=2"), ("tracestate", "c=3")]).as_deref(), Some("a=1,b=2,c=3"));
        assert_eq!(state(&[]), None);
        assert_eq!(state(&[("tracestate", &"x".repeat(513))]), None);
        assert_eq!(context(&[("tracestate", "a=1")], "").tracestate, None, "it belongs to a trace");
    }

    #[test]
    fn the_client_is_the_right_most_hop_that_is_not_ours() {
        let seen = |forwarded: &[&str], trusted: &str| {
            let headers: Vec<_> = forwarded.iter().map(|f| ("x-forwarded-for", *f)).collect();
            context(&headers, trusted).client.to_string()
        };
        assert_eq!(seen(&["1.1.1.1"], ""), "10.0.0.1", "nobody is trusted");
        assert_eq!(seen(&["1.1.1.1"], "192.168.0.0/16"), "10.0.0.1", "the peer is not a proxy of ours");
        assert_eq!(seen(&["6.6.6.6, 2.2.2.2"], "10.0.0.0/8"), "2.2.2.2", "what the client claims stays left");
        assert_eq!(seen(&["6.6.6.6, 2.2.2.2 , 10.9.9.9"], "10.0.0.0/8"), "2.2.2.2");
        assert_eq!(seen(&["6.6.6.6", "2.2.2.2:4711, 10.9.9.9"], "10.0.0.0/8"), "2.2.2.2", "two headers are one list");
        assert_eq!(seen(&["10.1.1.1"], "10.0.0.0/8"), "10.1.1.1", "all of them are ours");
        assert_eq!(seen(&["2.2.2.2, bogus"], "10.0.0.1"), "10.0.0.1", "an unreadable hop ends the search");
        assert_eq!(seen(&["[2001:db8::1]:80"], "10.0.0.1"), "2001:db8::1");
        assert_eq!(seen(&["::ffff:2.2.2.2"], "10.0.0.1"), "2.2.2.2");
        assert!(super::super::networks("10.0.0.0/8, nonsense").is_err());
    }

    proptest! {
        #[test]
        fn a_request_id_is_the_clients_when_harmless_else_ours(given in "[ -~]{0,70}") {
            let harmless = (1..=64).contains(&given.len())
                && given.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
            let id = context(&[("x-request-id", &given)], "").request_id;
            prop_assert_eq!(&*id == given.as_str(), harmless);
            prop_assert!(is_request_id(&id));
        }
    }

    #[test]
    fn a_request_id_has_an_end() {
        let id = |n| context(&[("x-request-id", &"a".repeat(n))], "").request_id.len();
        assert_eq!((id(64), id(65)), (64, 32));
    }
    #[test]
    fn ids_do_not_repeat() {
        let ids: std::collections::HashSet<_> = (0..1000).map(|_| context(&[], "").request_id).collect();
        assert_eq!(ids.len(), 1000);
    }
}

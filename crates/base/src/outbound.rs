//! Calls to other servers: few seconds, small answers, no redirects, and documents that are fetched seldom.
//!
//! An address that the operator set may lie in this network. One that a user or an administrator entered may not: it is
//! resolved here, and whatever is not a public address is refused before anything is sent.

use crate::{http::Context, metrics::Counter, time::Timestamp};
use parking_lot::Mutex;
use reqwest::{
    Client, RequestBuilder, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::HeaderMap,
    redirect::Policy,
};
use serde_json::Value;
use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(10);
const LARGEST: usize = 1 << 20;
/// How long a fetched document is good, and how soon it may be asked for again when something is missing in it.
const GOOD: Duration = Duration::from_secs(3_600);
const AGAIN: Duration = Duration::from_secs(60);

/// Who chose the address of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    ByOperator,
    ByUser,
}

/// Why there is no answer. It names no address: a query may hold a secret.
#[derive(Debug)]
pub enum Failure {
    /// The address is not one we call.
    Forbidden,
    Unreachable(reqwest::Error),
    TooLarge,
    NotJson,
}
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden => f.write_str("the address is not a public one"),
            Self::Unreachable(why) => write!(f, "no answer: {why}"),
            Self::TooLarge => f.write_str("the answer is too large"),
            Self::NotJson => f.write_str("the answer is not the JSON that was expected"),
        }
    }
}
impl std::error::Error for Failure {}
impl From<reqwest::Error> for Failure {
    fn from(why: reqwest::Error) -> Self {
        Self::Unreachable(why.without_url())
    }
}

/// What is sent along.
#[derive(Clone, Copy, Default)]
pub struct Sent<'a> {
    /// A form makes it a POST.
    pub form: Option<&'a [(&'a str, &'a str)]>,
    pub basic: Option<(&'a str, &'a str)>,
    pub bearer: Option<&'a str>,
    pub header: Option<(&'static str, &'static str)>,
    /// Not so long as usual.
    pub within: Option<Duration>,
}

#[derive(Default)]
struct Held {
    document: Option<Arc<Value>>,
    asked_at: Option<Timestamp>,
}

/// Made when they are first needed: reading the system's certificates takes time and memory.
#[derive(Default)]
pub struct Outbound {
    free: OnceLock<Client>,
    guarded: OnceLock<Client>,
    documents: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Held>>>>,
    pub fetched: Counter,
}

impl Outbound {
    fn client(&self, chosen: Chosen) -> Result<&Client, reqwest::Error> {
        let place = if chosen == Chosen::ByOperator { &self.free } else { &self.guarded };
        if let Some(ready) = place.get() {
            return Ok(ready);
        }
        ciphers();
        let usual = Client::builder().connect_timeout(CONNECT).timeout(WHOLE).redirect(Policy::none());
        let made = match chosen {
            Chosen::ByOperator => usual.build()?,
            // A proxy would resolve the name once more, and perhaps to something else.
            Chosen::ByUser => usual.no_proxy().dns_resolver(Arc::new(PublicOnly)).build()?,
        };
        Ok(place.get_or_init(|| made))
    }

    /// The status and the JSON of an answer, whatever the status.
    pub async fn json(&self, chosen: Chosen, url: &str, sent: Sent<'_>) -> Result<(u16, Value), Failure> {
        let (status, body) = self.bytes(chosen, url, Sent { header: Some(("accept", "application/json")), ..sent }).await?;
        Ok((status, serde_json::from_slice(&body).map_err(|_| Failure::NotJson)?))
    }
    /// The status and the body of an answer, whatever they are.
    pub async fn bytes(&self, chosen: Chosen, url: &str, sent: Sent<'_>) -> Result<(u16, Vec<u8>), Failure> {
        self.whole(chosen, url, sent).await.map(|(status, _, body)| (status, body))
    }
    /// The same with its headers.
    pub async fn whole(&self, chosen: Chosen, url: &str, sent: Sent<'_>) -> Result<(u16, HeaderMap, Vec<u8>), Failure> {
        let url: Url = url.parse().map_err(|_| Failure::Forbidden)?;
        if chosen == Chosen::ByUser && !is_fit(&url) {
            return Err(Failure::Forbidden);
        }
        let request = dressed(self.client(chosen)?, url, sent);
        let mut response = if chosen == Chosen::ByOperator { traced(request) } else { request }.send().await?;
        let (status, headers, mut body) = (response.status().as_u16(), std::mem::take(response.headers_mut()), Vec::new());
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LARGEST {
                return Err(Failure::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, headers, body))
    }

    /// A document that seldom changes, as it was fetched within the last hour; an older one when its server is away.
    pub async fn document(&self, url: &str, now: Timestamp) -> Result<Arc<Value>, Failure> {
        self.held(url, now, GOOD).await
    }
    /// The same when what is held lacks something: fetched again, but not within a minute.
    pub async fn newer_document(&self, url: &str, now: Timestamp) -> Result<Arc<Value>, Failure> {
        self.held(url, now, AGAIN).await
    }
    async fn held(&self, url: &str, now: Timestamp, good: Duration) -> Result<Arc<Value>, Failure> {
        let held = self.documents.lock().entry(url.to_owned()).or_default().clone();
        // Whoever comes while it is being fetched waits for that.
        let mut held = held.lock().await;
        if let (Some(document), Some(at)) = (&held.document, held.asked_at)
            && now < at.plus(good)
        {
            return Ok(document.clone());
        }
        held.asked_at = Some(now);
        self.fetched.one();
        let fresh = match self.json(Chosen::ByOperator, url, Sent::default()).await {
            Ok((200, document)) => Ok(Arc::new(document)),
            Ok(_) => Err(Failure::NotJson),
            Err(why) => Err(why),
        };
        match (fresh, &held.document) {
            (Ok(fresh), _) => Ok(held.document.insert(fresh).clone()),
            (Err(why), Some(old)) => {
                tracing::warn!(error = %why, "a document of another server could not be fetched again; the old one is used");
                Ok(old.clone())
            }
            (Err(why), None) => Err(why),
        }
    }
}

/// What every client of ours needs before it is made: the one provider of ciphers.
pub fn ciphers() {
    // Refused when somebody chose it before: then it is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The same call, saying which request it belongs to (`traceparent`, W3C), so that a trace goes on at the other server. For servers of
/// the operator's choice.
pub fn traced(mut request: RequestBuilder) -> RequestBuilder {
    let mut told = Vec::new();
    Context::with(|context| {
        told.push(("traceparent", context.traceparent()));
        told.extend(context.tracestate.as_ref().map(|state| ("tracestate", state.to_string())));
    });
    for (name, value) in told {
        request = request.header(name, value);
    }
    request
}

fn dressed(client: &Client, url: Url, sent: Sent<'_>) -> RequestBuilder {
    let mut request = match sent.form {
        Some(form) => {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
            client.post(url).header("content-type", "application/x-www-form-urlencoded").body(body)
        }
        None => client.get(url),
    };
    if let Some((user, password)) = sent.basic {
        request = request.basic_auth(user, Some(password));
    }
    if let Some(token) = sent.bearer {
        request = request.bearer_auth(token);
    }
    if let Some((name, value)) = sent.header {
        request = request.header(name, value);
    }
    if let Some(within) = sent.within {
        request = request.timeout(within);
    }
    request
}

/// Web addresses without a user, and no literal address that is not public; names are looked at when they are resolved.
fn is_fit(url: &Url) -> bool {
    let literal = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
    let plain = url.username().is_empty() && url.password().is_none() && url.host_str().is_some();
    matches!(url.scheme(), "http" | "https") && plain && literal.is_none_or(is_public)
}

/// Resolves names to public addresses only; what was looked at is what is connected to.
struct PublicOnly;
impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() || !found.iter().all(|address| is_public(address.ip())) {
                return Err("the name does not lead to a public address".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public internet, and not to this machine, its network, or a cloud's metadata.
pub fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let reserved = a == 0 || a >= 224 || (a, b, c) == (192, 0, 0) || (a == 198 && (18..20).contains(&b));
    !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_documentation() || shared || reserved)
}
/// Only global unicast, without the blocks that wrap an IPv4 address which nobody looked at.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    let wraps_v4 = a == 0x2002 || (a, b) == (0x2001, 0);
    (0x2000..0x4000).contains(&a) && !wraps_v4 && (a, b) != (0x2001, 0xdb8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, routing::get};

    async fn serve(router: Router) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let service = hyper_util::service::TowerToHyperService::new(router.clone());
                let io = hyper_util::rt::TokioIo::new(stream);
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
            }
        });
        format!("http://{address}")
    }

    #[test]
    fn only_the_public_internet_is_public() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "203.0.113.9",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
    #[tokio::test]
    async fn what_a_user_entered_reaches_nothing_of_ours() {
        let hits = Counter::default();
        let counted = hits.clone();
        let url = serve(Router::new().fallback(get(move || {
            counted.one();
            async { "{}" }
        })))
        .await;
        let port = url.rsplit_once(':').unwrap().1;
        let out = Outbound::default();
        for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0177.0.0.1", "0x7f.1", "0", "user@127.0.0.1"] {
            let url = format!("http://{host}:{port}/");
            assert!(out.json(Chosen::ByUser, &url, Sent::default()).await.is_err(), "{url}");
        }
        for url in ["file:///etc/passwd", "gopher://127.0.0.1/", "nonsense", "http://169.254.169.254/latest"] {
            assert!(out.json(Chosen::ByUser, url, Sent::default()).await.is_err(), "{url}");
        }
        assert_eq!(hits.get(), 0);
        assert!(out.json(Chosen::ByOperator, &url, Sent::default()).await.is_ok(), "the operator may");
        assert_eq!(hits.get(), 1);
    }
    #[tokio::test]
    async fn no_redirect_is_followed_and_no_flood_is_read() {
        let big = "[".to_owned() + &"1,".repeat(1 << 20) + "1]";
        let routes = Router::new()
            .route("/away", get(|| async { (axum::http::StatusCode::FOUND, [("location", "/here")], "{\"at\":\"away\"}") }))
            .route("/big", get(move || async move { big }));
        let (url, out) = (serve(routes).await, Outbound::default());
        let (status, body) = out.json(Chosen::ByOperator, &format!("{url}/away"), Sent::default()).await.unwrap();
        assert_eq!((status, body["at"].as_str()), (302, Some("away")));
        let big = out.json(Chosen::ByOperator, &format!("{url}/big"), Sent::default()).await;
        assert!(matches!(big, Err(Failure::TooLarge)), "{big:?}");
    }
    #[tokio::test]
    async fn a_document_is_asked_for_once_an_hour_and_again_once_a_minute() {
        let hits = Counter::default();
        let counted = hits.clone();
        let url = serve(Router::new().route(
            "/",
            get(move || {
                counted.one();
                async { "{}" }
            }),
        ))
        .await;
        let (out, start) = (Outbound::default(), Timestamp::from_micros(1_000_000));
        let at = |seconds| start.plus(Duration::from_secs(seconds));
        for now in [0, 1, 3_599] {
            out.document(&url, at(now)).await.unwrap();
        }
        assert_eq!(hits.get(), 1);
        out.newer_document(&url, at(3_599)).await.unwrap();
        out.newer_document(&url, at(3_600)).await.unwrap();
        assert_eq!(hits.get(), 2, "an unknown key does not make us hammer its server");
        out.newer_document(&url, at(3_660)).await.unwrap();
        assert_eq!(hits.get(), 3);
    }
}

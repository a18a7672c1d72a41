//! What the tests of the shell share: a shell around a few routes, and plain sockets to talk to it.

mod drain;
mod shed;
mod shell;
mod wire;

use super::{
    serve::{self, Limits, Signals},
    *,
};
use crate::{metrics::Metrics, telemetry::Traces};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    routing::{any, get, post},
};
use http_body_util::BodyExt;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};
use tower::Service;

const MS: Duration = Duration::from_millis(1);

/// A shell, its registry and its state.
struct House {
    stack: Stack,
    metrics: Metrics,
    state: State,
}
fn house(config: Config, router: Router) -> House {
    let (metrics, state) = (Metrics::default(), State::default());
    House { stack: Stack::new(config, state.clone(), &metrics, Traces::default(), router), metrics, state }
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}
impl Reply {
    fn problem(&self) -> serde_json::Value {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{}", self.body);
        let document: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(document["status"], self.status.as_u16());
        assert_eq!(document["type"], format!("urn:coulisses:problem:{}", document["code"].as_str().unwrap()));
        assert_eq!(document["request_id"], self.headers["x-request-id"].to_str().unwrap());
        assert!(document["detail"].as_str().unwrap().ends_with(['.', '`']) && document["title"].is_string());
        document
    }
    fn code(&self) -> String {
        self.problem()["code"].as_str().unwrap().to_owned()
    }
}

impl House {
    async fn ask(&self, request: Request) -> Reply {
        let response = self.stack.clone().call(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Reply { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }
    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
        let request = headers.iter().fold(Request::builder(), |r, (k, v)| r.header(*k, *v));
        self.ask(request.method(method).uri(path).body(body.into()).unwrap()).await
    }
    async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], Body::empty()).await
    }
    fn value(&self, series: &str) -> f64 {
        let samples = crate::metrics::tests::lint(&self.metrics.render());
        samples.into_iter().find(|(s, _)| s == series).map_or(0.0, |(_, v)| v)
    }
    async fn open(&self, limits: Limits) -> Open {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, (signal, signals)) = (listener.local_addr().unwrap(), Signals::by_hand());
        let (stack, state, metrics) = (self.stack.clone(), self.state.clone(), self.metrics.clone());
        let server = tokio::spawn(async move { serve::run(listener, stack, state, &metrics, limits, signals).await });
        Open { address, signal, server }
    }
}

/// A shell that listens.
struct Open {
    address: SocketAddr,
    signal: mpsc::UnboundedSender<()>,
    server: JoinHandle<()>,
}
impl Open {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
    /// Sends this and reads until the server closes, at most 20 s.
    async fn talk(&self, text: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        rest(&mut stream).await
    }
}
/// What still comes until the server closes (however it does), at most 20 s.
async fn rest(stream: &mut TcpStream) -> String {
    let mut got = Vec::new();
    let read = async {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = stream.read(&mut buffer).await {
            got.extend_from_slice(&buffer[..n]);
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), read).await.is_ok(), "the server does not close");
    String::from_utf8_lossy(&got).into_owned()
}
/// One answer of known length.
async fn answer(stream: &mut TcpStream) -> String {
    let mut got = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&got).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        let mut buffer = [0; 4096];
        let n = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut buffer)).await.unwrap().unwrap();
        assert!(n > 0, "closed after {text:?}");
        got.extend_from_slice(&buffer[..n]);
    }
}

//! A model provider of our own on loopback: the published Mistral wire, and every way it is known to fail.
//!
//! `cargo xtask sim` serves it; tests start it in their own process. It is no part of the product, and listens on
//! loopback only. A request says what happens to it by its model (`sim-hang`, `sim-slow_chunks(200)`) or by the header
//! `x-sim-scenario`.

mod body;
mod scenario;
mod stats;
mod wire;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
pub use scenario::Scenario;
use serde_json::{Value, json};
pub use stats::Counts;
use stats::{Run, Stats};
use std::{future::pending, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};

/// A running simulator; dropping it ends it.
pub struct Simulator {
    pub address: SocketAddr,
    stats: Arc<Stats>,
    server: JoinHandle<()>,
}
impl Simulator {
    /// On a free port of loopback, or on the one that is given.
    pub async fn start(port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let (address, stats) = (listener.local_addr()?, Arc::<Stats>::default());
        let router = Router::new()
            .route("/v1/chat/completions", post(chat))
            .route("/v1/models", get(models))
            .route("/sim/stats", get(async |State(stats): State<Arc<Stats>>| wire::json(StatusCode::OK, &stats.counts().json())))
            .with_state(stats.clone());
        let server = tokio::spawn(serve(listener, router));
        Ok(Self { address, stats, server })
    }
    /// What `AI_BASE_URL` is set to.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
    pub fn counts(&self) -> Counts {
        self.stats.counts()
    }
    pub async fn ended(self) {
        let mut server = self;
        let _ = (&mut server.server).await; // ends only with the process
    }
}
impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, router: Router) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true); // only slower without
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn chat(State(stats): State<Arc<Stats>>, headers: HeaderMap, body: Bytes) -> Response {
    let run = stats.begin();
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else {
        run.finish();
        return wire::refusal(Scenario::Unprocessable, &json!({}));
    };
    let named = headers.get("x-sim-scenario").and_then(|v| v.to_str().ok());
    let model = asked["model"].as_str().unwrap_or_default();
    let scenario = named.or_else(|| model.strip_prefix("sim-")).map_or(Some((Scenario::Ok, None)), Scenario::timed);
    let authorized = headers.get(header::AUTHORIZATION).is_some_and(|v| v.as_bytes().starts_with(b"Bearer "));
    let extra = wire::extra_fields(&asked);
    let wait = scenario.and_then(|(_, wait)| wait);
    let scenario = match scenario.map(|(scenario, _)| scenario) {
        _ if !authorized => Scenario::Unauthorized,
        None => Scenario::UnknownModel,
        Some(s) if extra.is_empty() || s.refuses() => s,
        Some(_) => Scenario::Unprocessable,
    };
    stats.heard(asked.clone());
    act(scenario, wait, &asked, run).await
}

async fn act(scenario: Scenario, wait: Option<Duration>, asked: &Value, run: Run) -> Response {
    match scenario {
        Scenario::Hang => pending().await,
        Scenario::SlowFirstByte => tokio::time::sleep(wait.unwrap_or(Duration::from_millis(400))).await,
        Scenario::OnceUnavailable if run.is_first() => {
            run.finish();
            return wire::refusal(Scenario::Unavailable, asked);
        }
        _ if scenario.refuses_format(asked) => {
            run.finish();
            return wire::format_refusal();
        }
        _ if scenario.refuses() => {
            run.finish();
            return wire::refusal(scenario, asked);
        }
        _ => {}
    }
    if asked["stream"] == true {
        let stream = body::stream(scenario, wait, asked, run);
        return ([(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")], stream).into_response();
    }
    if scenario == Scenario::CutMidChunk {
        return ([(header::CONTENT_TYPE, "application/json")], body::cut(run)).into_response();
    }
    let answer = wire::completion(scenario, asked);
    run.finish();
    wire::json(StatusCode::OK, &answer)
}

/// The cards of all scenarios, so that a console can list them. A list names no model: its key says what happens (`sim-401a`).
async fn models(headers: HeaderMap) -> Response {
    let key = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()?.strip_prefix("Bearer sim-"));
    if let Some(scenario) = key.and_then(Scenario::named).filter(|scenario| scenario.refuses()) {
        return wire::refusal(scenario, &Value::Null);
    }
    let card = |name: &str| {
        json!({"id": name, "object": "model", "created": 1_767_225_600, "owned_by": "simulator",
        "capabilities": {"completion_chat": true, "function_calling": false}, "max_context_length": 262_144, "aliases": []})
    };
    let all = Scenario::ALL.iter().map(|s| card(&format!("sim-{}", s.name())));
    wire::json(StatusCode::OK, &json!({"object": "list", "data": all.collect::<Vec<_>>()}))
}

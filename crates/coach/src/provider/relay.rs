//! A streamed answer, passed on byte for byte; whoever leaves ends it at the provider, too.

use super::{Fault, Provider, Question};
use axum::body::Body;
use base::{App, metrics::Held};
use bytes::Bytes;
use futures_util::stream::unfold;
use reqwest::Response;
use serde_json::json;
use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

/// How long a provider may be silent between two pieces.
const IDLE: Duration = Duration::from_secs(30);
/// Silence before the first piece is bridged by a comment, which clients ignore and proxies take for life.
const PING: Duration = Duration::from_secs(15);
/// As long as the answer's status can still say what went wrong.
const STATUS: Duration = Duration::from_secs(10);
const DONE: &[u8] = b"data: [DONE]";

/// An answer that has begun. Its seat is free when it is dropped.
pub struct Relay {
    response: Response,
    /// The end of what was passed on, to know whether it was the end.
    tail: Vec<u8>,
    _held: (OwnedSemaphorePermit, Held),
}
impl Relay {
    pub fn new(response: Response, seat: OwnedSemaphorePermit, at_work: Held) -> Self {
        Self { response, tail: Vec::new(), _held: (seat, at_work) }
    }
    async fn next(mut self, request_id: String) -> Option<(Bytes, Step)> {
        match timeout(IDLE, self.response.chunk()).await {
            Ok(Ok(Some(piece))) => {
                self.remember(&piece);
                Some((piece, Step::Passing(self, request_id)))
            }
            Ok(Ok(None)) if self.tail.trim_ascii_end().ends_with(DONE) => None,
            Err(_) => Some((broken("upstream_timeout", &request_id), Step::Over)),
            Ok(_) => Some((broken("upstream_disconnected", &request_id), Step::Over)),
        }
    }
    fn remember(&mut self, piece: &[u8]) {
        const KEPT: usize = 32;
        self.tail.extend_from_slice(&piece[piece.len().saturating_sub(KEPT)..]);
        self.tail.drain(..self.tail.len().saturating_sub(KEPT));
    }
}

type Beginning = Pin<Box<dyn Future<Output = Result<Relay, Fault>> + Send>>;
enum Step {
    Waiting(Beginning, String),
    Passing(Relay, String),
    Over,
}

/// The body of a streamed answer: an `Err` while its status can still say it, an event afterwards.
pub async fn stream(provider: Arc<Provider>, app: App, question: Question, request_id: String) -> Result<Body, Fault> {
    let mut beginning: Beginning = Box::pin(async move { provider.begin(&app, &question).await });
    let step = match timeout(STATUS, &mut beginning).await {
        Ok(begun) => Step::Passing(begun?, request_id),
        Err(_) => Step::Waiting(beginning, request_id),
    };
    Ok(Body::from_stream(unfold(step, async |step| step.next().await.map(|(piece, step)| (Ok::<_, Infallible>(piece), step)))))
}
impl Step {
    async fn next(self) -> Option<(Bytes, Self)> {
        match self {
            Self::Passing(relay, id) => relay.next(id).await,
            Self::Over => None,
            Self::Waiting(mut beginning, id) => match timeout(PING, &mut beginning).await {
                Ok(Ok(relay)) => relay.next(id).await,
                Ok(Err(fault)) => Some((broken(fault.name(), &id), Self::Over)),
                Err(_) => Some((Bytes::from_static(b": ping\n\n"), Self::Waiting(beginning, id))),
            },
        }
    }
}
/// What a client of the OpenAI wire understands as an error in the middle; no `[DONE]` follows.
fn broken(code: &str, request_id: &str) -> Bytes {
    let message = "The provider's answer broke off. / La réponse du fournisseur s’est interrompue.";
    let error = json!({"error": {"code": code, "message": message, "request_id": request_id}});
    format!("\n\ndata: {error}\n\n").into()
}

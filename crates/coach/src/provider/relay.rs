//! A streamed answer, passed on byte for byte; whoever leaves ends it at the provider, too.

use super::{Fault, Provider, Question, upstream_id};
use crate::calls::{CANCELLED, Call, cancelled};
use axum::body::Body;
use base::{App, Error, metrics::Held};
use bytes::Bytes;
use futures_util::stream::unfold;
use reqwest::Response;
use serde_json::json;
use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout_at},
};

/// How long a provider may be silent between two pieces.
const IDLE: Duration = Duration::from_secs(30);
/// Silence before the first piece, with the provider's headers or without, is bridged by comments, which clients ignore and proxies
/// take for life.
const PING: Duration = Duration::from_secs(15);
/// As long as the answer's status can still say what went wrong.
const STATUS: Duration = Duration::from_secs(10);
/// No stream goes on for longer, however much it says: what was reserved for it must come back.
const LONGEST: Duration = Duration::from_secs(600);
const DONE: &[u8] = b"data: [DONE]";

/// An answer that has begun. Its seat is free when it is dropped.
pub struct Relay {
    response: Response,
    /// The end of what was passed on, to know whether it was the end.
    tail: Vec<u8>,
    /// Since when the next piece is waited for.
    silent: Option<Instant>,
    upstream_id: Option<String>,
    _held: (OwnedSemaphorePermit, Held),
}
impl Relay {
    pub fn new(response: Response, seat: OwnedSemaphorePermit, at_work: Held) -> Self {
        Self { upstream_id: upstream_id(&response), response, tail: Vec::new(), silent: None, _held: (seat, at_work) }
    }
    async fn next(mut self: Box<Self>, mut asker: Asker) -> Option<(Bytes, Step)> {
        self.upstream_id.take().into_iter().for_each(|id| asker.call.is_known_as(id));
        let asked = Instant::now();
        let until = asker.latest.min(*self.silent.get_or_insert(asked) + IDLE);
        let due = asker.ping.map_or(until, |ping| ping.min(until));
        let piece = tokio::select! {
            biased;
            () = asker.call.stopped() => return Some((asker.broken(CANCELLED), Step::Over)),
            piece = timeout_at(due, self.response.chunk()) => piece,
        };
        asker.call.waits(asked.elapsed());
        match piece {
            Ok(Ok(Some(piece))) => {
                (self.silent, asker.ping) = (None, None);
                self.remember(&piece);
                asker.call.passes(&piece);
                Some((piece, Step::Passing(self, asker)))
            }
            Ok(Ok(None)) if self.tail.trim_ascii_end().ends_with(DONE) => {
                asker.call.streamed();
                None
            }
            Err(_) if due < until => Some((asker.pings(), Step::Passing(self, asker))),
            Err(_) => Some((asker.broken(Fault::Timeout.name()), Step::Over)),
            Ok(_) => Some((asker.broken("upstream_disconnected"), Step::Over)),
        }
    }
    fn remember(&mut self, piece: &[u8]) {
        const KEPT: usize = 32;
        self.tail.extend_from_slice(&piece[piece.len().saturating_sub(KEPT)..]);
        self.tail.drain(..self.tail.len().saturating_sub(KEPT));
    }
}

/// Who waits for the answer, and where it is written down.
struct Asker {
    call: Call,
    request_id: String,
    latest: Instant,
    /// When silence is bridged next; never again once the first piece has passed.
    ping: Option<Instant>,
}
impl Asker {
    fn pings(&mut self) -> Bytes {
        self.ping = Some(Instant::now() + PING);
        Bytes::from_static(b": ping\n\n")
    }
    /// What a client of the OpenAI wire understands as an error in the middle; no `[DONE]` follows.
    fn broken(mut self, code: &'static str) -> Bytes {
        self.call.fails(code);
        let message = "The provider's answer broke off. / La réponse du fournisseur s’est interrompue.";
        let error = json!({"error": {"code": code, "message": message, "request_id": self.request_id}});
        format!("\n\ndata: {error}\n\n").into()
    }
}

type Beginning = Pin<Box<dyn Future<Output = Result<Box<Relay>, Fault>> + Send>>;
enum Step {
    Waiting(Beginning, Asker),
    Passing(Box<Relay>, Asker),
    Over,
}

/// The body of a streamed answer: an `Err` while its status can still say it, an event afterwards.
pub async fn stream(provider: Arc<Provider>, app: App, question: Question, call: Call, request_id: String) -> Result<Body, Error> {
    let asked = Instant::now();
    let mut asker = Asker { call, request_id, latest: asked + LONGEST, ping: Some(asked + PING) };
    let mut beginning: Beginning = Box::pin(async move { provider.begin(&app, &question).await });
    let begun = tokio::select! {
        biased;
        () = asker.call.stopped() => {
            asker.call.failed(CANCELLED);
            return Err(cancelled());
        }
        begun = timeout_at(asked + STATUS, &mut beginning) => begun,
    };
    asker.call.waits(asked.elapsed());
    let step = match begun {
        Ok(Ok(relay)) => Step::Passing(relay, asker),
        Ok(Err(fault)) => {
            asker.call.failed(fault.name());
            return Err(fault.into());
        }
        Err(_) => Step::Waiting(beginning, asker),
    };
    Ok(Body::from_stream(unfold(step, async |step| step.next().await.map(|(piece, step)| (Ok::<_, Infallible>(piece), step)))))
}
impl Step {
    async fn next(self) -> Option<(Bytes, Self)> {
        let (mut beginning, mut asker) = match self {
            Self::Passing(relay, asker) => return relay.next(asker).await,
            Self::Over => return None,
            Self::Waiting(beginning, asker) => (beginning, asker),
        };
        let asked = Instant::now();
        let begun = tokio::select! {
            biased;
            () = asker.call.stopped() => return Some((asker.broken(CANCELLED), Self::Over)),
            begun = timeout_at(asker.ping.unwrap_or(asker.latest), &mut beginning) => begun,
        };
        asker.call.waits(asked.elapsed());
        match begun {
            Ok(Ok(relay)) => relay.next(asker).await,
            Ok(Err(fault)) => Some((asker.broken(fault.name()), Self::Over)),
            Err(_) => Some((asker.pings(), Self::Waiting(beginning, asker))),
        }
    }
}

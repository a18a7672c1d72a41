//! An answer that is made while it is sent.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use base::{Error, Result};
use futures_core::Stream;
use std::{
    pin::Pin,
    task::{Context, Poll},
};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How many pages may be ready before the client takes one.
const AHEAD: usize = 2;

/// Where the parts go; `false` when nobody reads any more.
pub struct Sink(Sender<Result<Vec<u8>>>);
impl Sink {
    pub async fn send(&self, part: Vec<u8>) -> bool {
        part.is_empty() || self.0.send(Ok(part)).await.is_ok()
    }
}

struct Parts(Receiver<Result<Vec<u8>>>);
impl Stream for Parts {
    type Item = Result<Vec<u8>>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx)
    }
}

/// A file to be saved, whose parts `pour` makes on a thread that may be busy. A fault on the way cuts the answer off, so that
/// nobody takes half a file for a whole one.
pub fn attachment<F: Future<Output = Result<()>>>(
    kind: &'static str,
    name: &str,
    pour: impl FnOnce(Sink) -> F + Send + 'static,
) -> Result<Response> {
    let (send, parts) = channel(AHEAD);
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let failed = send.clone();
        runtime.block_on(async move {
            if let Err(error) = pour(Sink(send)).await {
                tracing::error!(code = error.code(), at = %error.at(), "an export broke off");
                let _ = failed.send(Err(error)).await;
            }
        });
    });
    let mut response = Body::from_stream(Parts(parts)).into_response();
    let named = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")).map_err(Error::internal)?;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CONTENT_DISPOSITION, named);
    Ok(response)
}

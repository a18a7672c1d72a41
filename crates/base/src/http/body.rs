//! A writing request's body is read whole before anything is done: never more than may be, never for ever.

use super::{
    config::BodyLimits,
    shed::{busy, refused},
};
use crate::{
    error::{Error, Result},
    metrics::{Counter, Metrics},
    say,
};
use axum::{
    body::{Body, HttpBody},
    http::Method,
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::{Instant, timeout_at};

/// Reads bodies, and knows how much all of them hold.
pub(super) struct Reader {
    limits: BodyLimits,
    held: Arc<AtomicUsize>,
    refused: Counter,
}

/// A share of the memory for bodies, given back when it is dropped.
pub(super) struct Share {
    bytes: usize,
    held: Arc<AtomicUsize>,
}
impl Drop for Share {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Relaxed);
    }
}

pub(super) fn is_read_first(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH | Method::DELETE)
}

impl Reader {
    pub(super) fn new(limits: BodyLimits, metrics: &Metrics) -> Self {
        Self { limits, held: Arc::default(), refused: refused(metrics, "body_memory") }
    }

    pub(super) async fn read(&self, mut body: Body, path: &str) -> Result<(Bytes, Share)> {
        let mut share = Share { bytes: 0, held: self.held.clone() };
        if body.is_end_stream() {
            return Ok((Bytes::new(), share));
        }
        let most = self.most(path);
        // What is announced is believed when it is too much: then nothing is read at all.
        if body.size_hint().lower() > most as u64 {
            return Err(too_large(most));
        }
        let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
        let start = Instant::now();
        while let Some(frame) = timeout_at(start + self.patience(share.bytes), body.frame()).await.map_err(|_| too_slow())? {
            let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
            if share.bytes + data.len() > most {
                return Err(too_large(most));
            }
            self.take(&mut share, data.len())?;
            if first.is_empty() {
                first = data;
            } else {
                // Small bodies come in one piece and are never copied.
                rest.extend_from_slice(&data);
            }
        }
        if rest.is_empty() {
            return Ok((first, share));
        }
        let mut whole = BytesMut::with_capacity(share.bytes);
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&rest);
        Ok((whole.freeze(), share))
    }

    fn most(&self, path: &str) -> usize {
        let larger = self.limits.larger.iter().find(|(end, _)| path.ends_with(end));
        larger.map_or(self.limits.bytes, |(_, bytes)| *bytes)
    }
    /// When so many bytes must have come at the latest.
    fn patience(&self, received: usize) -> Duration {
        self.limits.grace + Duration::from_secs_f64(received as f64 / self.limits.bytes_per_second as f64)
    }
    fn take(&self, share: &mut Share, bytes: usize) -> Result<()> {
        share.bytes += bytes;
        if self.held.fetch_add(bytes, Relaxed) + bytes > self.limits.memory {
            self.refused.one();
            return Err(busy());
        }
        Ok(())
    }
}

fn too_large(most: usize) -> Error {
    let kib = most / 1024;
    let say = say!("The body is larger than {kib} KiB. Send less at once.", "Le corps dépasse {kib} Kio. Envoyez-en moins à la fois.");
    Error::too_large("body_too_large", say).with("limit", most)
}
fn too_slow() -> Error {
    let say = say!("The body came too slowly. Send the request again.", "Le corps arrivait trop lentement. Renvoyez la requête.");
    Error::timeout("body_too_slow", say)
}
fn broken(error: axum::Error) -> Error {
    let say = say!("The body broke off or is badly framed. Send it again.", "Le corps est interrompu ou mal délimité. Renvoyez-le.");
    Error::malformed("body_broken", say).with_source(error)
}

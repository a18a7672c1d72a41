//! Reads a body whole, within its size and at a decent pace, before any handler sees it.

use crate::{
    error::{Error, Result},
    say,
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

pub const LARGEST: usize = 1 << 20;
/// After this, at least so many bytes a second.
const GRACE: Duration = Duration::from_secs(5);
const PACE: u32 = 1_024;

pub async fn read(headers: &HeaderMap, mut body: Body) -> Result<Bytes> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|n| n > LARGEST as u64) {
        return Err(too_large());
    }
    let (started, mut all) = (Instant::now(), BytesMut::new());
    loop {
        let due = started + GRACE + Duration::from_secs(1) * (all.len() as u32 / PACE);
        let Some(frame) = timeout_at(due, body.frame()).await.map_err(|_| too_slow())? else { return Ok(all.freeze()) };
        let frame = frame.map_err(|e| {
            let say = say!("The body ended before it was complete. Send it again.", "Le corps s’est interrompu avant la fin. Renvoyez-le.");
            Error::malformed("body_incomplete", say).with_source(e)
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if all.len() + data.len() > LARGEST {
            return Err(too_large());
        }
        if all.is_empty() && announced == Some(data.len() as u64) {
            return Ok(data);
        }
        all.extend_from_slice(&data);
    }
}

/// What is left of the body is not read: the connection ends with the answer.
pub fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
fn too_large() -> Error {
    let most = LARGEST >> 10;
    Error::too_large(
        "body_too_large",
        say!("The body is too large: {most} KiB are the most.", "Le corps est trop volumineux : {most} Kio au plus."),
    )
}
fn too_slow() -> Error {
    Error::timeout(
        "body_too_slow",
        say!(
            "The body came too slowly. Check your connection and send it again.",
            "Le corps est arrivé trop lentement. Vérifiez votre connexion et renvoyez-le."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_read_whole_or_refused() {
        let announce = |n: usize| HeaderMap::from_iter([(header::CONTENT_LENGTH, HeaderValue::from(n))]);
        assert_eq!(read(&HeaderMap::new(), Body::from("abc")).await.unwrap(), "abc");
        assert_eq!(read(&announce(3), Body::from("abc")).await.unwrap(), "abc");
        let never = Body::new(http_body_util::StreamBody::new(Never));
        assert_eq!(read(&announce(LARGEST + 1), never).await.unwrap_err().code(), "body_too_large", "without reading it");
        assert_eq!(read(&HeaderMap::new(), Body::from(vec![0; LARGEST + 1])).await.unwrap_err().code(), "body_too_large");
    }
    #[tokio::test(start_paused = true)]
    async fn a_dripping_body_is_given_up() {
        let never = Body::new(http_body_util::StreamBody::new(Never));
        assert_eq!(read(&HeaderMap::new(), never).await.unwrap_err().code(), "body_too_slow");
    }
    struct Never;
    impl futures_core::Stream for Never {
        type Item = std::result::Result<hyper::body::Frame<Bytes>, std::io::Error>;
        fn poll_next(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<Option<Self::Item>> {
            std::task::Poll::Pending
        }
    }
}

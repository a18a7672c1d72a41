//! What hyper answers by itself (a head that is malformed or too large) is a bare status; it leaves as a problem too.

use super::{Context, headers::REQUEST_ID, problem};
use crate::{
    error::{Error, Kind},
    say,
};

/// The whole response to send instead of these bytes, when they are a bare refusal.
pub(super) fn instead_of(bytes: &[u8]) -> Option<Vec<u8>> {
    let status: u16 = std::str::from_utf8(bytes.strip_prefix(b"HTTP/1.1 ")?.get(..3)?).ok()?.parse().ok()?;
    // Our own answers carry their request's id.
    let head = std::str::from_utf8(bytes).ok()?;
    if !matches!(status, 400 | 414 | 431) || !head.contains("content-length: 0\r\n") || head.contains(REQUEST_ID.as_str()) {
        return None;
    }
    let context = Context::fresh();
    let (status, body) = problem::text(&context, &error(status));
    let length = body.len();
    let id = &context.request_id;
    Some(
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\nconnection: close\r\n\
             x-request-id: {id}\r\nx-content-type-options: nosniff\r\ncache-control: no-store\r\n\r\n{body}"
        )
        .into_bytes(),
    )
}

fn error(status: u16) -> Error {
    match status {
        431 => Error::new(
            Kind::HeadersTooLarge,
            "headers_too_large",
            say!(
                "The request's headers are too large: at most 100 fields and 16 KiB. Send fewer cookies or headers.",
                "Les en-têtes de la requête sont trop volumineux : au plus 100 champs et 16 Kio. Envoyez moins de cookies ou d’en-têtes."
            ),
        ),
        _ => Error::malformed(
            "bad_request",
            say!(
                "This is not HTTP as we understand it. Check the request line and the headers.",
                "Ce n’est pas du HTTP tel que nous le comprenons. Vérifiez la ligne de requête et les en-têtes."
            ),
        ),
    }
}

//! A good answer: status, a body that is already bytes, and the headers that belong to it.

use crate::error::{Error, Result};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::Serialize;

/// What a handler answers; [`crate::db::OrgTx::answer`] can keep it for a repeated `Idempotency-Key`.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(Error::internal)?;
        Ok(Self::bytes(status, HeaderValue::from_static("application/json"), body.into()))
    }
    pub fn bytes(status: StatusCode, kind: HeaderValue, body: Bytes) -> Self {
        Self { status, headers: HeaderMap::from_iter([(header::CONTENT_TYPE, kind)]), body }
    }
    /// 200 with this body.
    pub fn ok(body: &impl Serialize) -> Result<Self> {
        Self::json(StatusCode::OK, body)
    }
    /// 200 with this body, and an ETag made from it.
    pub fn tagged(body: &impl Serialize) -> Result<Self> {
        let answer = Self::ok(body)?;
        let etag = super::etag::of_bytes(&answer.body);
        answer.with(header::ETAG, etag)
    }
    /// 201 with this body, and where to find it from now on.
    pub fn created(location: String, body: &impl Serialize) -> Result<Self> {
        Self::json(StatusCode::CREATED, body)?.with(header::LOCATION, location)
    }
    /// 302 to another address.
    pub fn found(location: String) -> Result<Self> {
        Self { status: StatusCode::FOUND, headers: HeaderMap::new(), body: Bytes::new() }.with(header::LOCATION, location)
    }
    /// 204.
    pub fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, headers: HeaderMap::new(), body: Bytes::new() }
    }
    pub fn with(mut self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Result<Self> {
        let value = value.try_into().map_err(|_| Error::internal("a header value that is not visible ASCII"))?;
        self.headers.append(name, value);
        Ok(self)
    }
}
impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

//! Errors become `application/problem+json` (RFC 9457) here and nowhere else.
//!
//! A handler's [`Error`] travels in the response's extensions to [`render`], which knows the request's id
//! and language. What axum itself answers (404, 405, …) gets the same shape there.

use crate::{error::Error, http::Context};
use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use std::sync::Arc;

impl IntoResponse for Error {
    fn into_response(mut self) -> Response {
        if let Some(first_answer) = self.take_replay() {
            return first_answer.into_response();
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.kind().status();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// The response as it goes out: an error gets its document, anything else stays as it is.
pub fn render(context: &Context, mut response: Response) -> Response {
    let Some(error) = response.extensions_mut().remove::<Arc<Error>>() else { return response };
    let body = document(context, &error);
    *response.body_mut() = Body::from(body.to_string());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

fn document(context: &Context, error: &Error) -> serde_json::Value {
    let status = error.kind().status();
    let mut body = serde_json::json!({
        "type": format!("urn:coulisses:problem:{}", error.code()),
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "code": error.code(),
        "detail": error.say().to(context.lang),
        "request_id": &*context.request_id,
    });
    if !error.fields().is_empty() {
        let fields = error.fields().iter();
        body["errors"] = fields.map(|f| serde_json::json!({"field": f.field, "code": f.code, "detail": f.say.to(context.lang)})).collect();
    }
    if let Some(members) = body.as_object_mut() {
        members.extend(error.extra().iter().map(|(k, v)| (k.clone(), v.clone())));
    }
    body
}

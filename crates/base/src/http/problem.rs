//! Errors become `application/problem+json` (RFC 9457) here and nowhere else.
//!
//! A handler's [`Error`] travels in the response's extensions to [`render`], which knows the request's id
//! and language. What axum itself answers (404, 405, …) gets the same shape there.

use crate::{
    error::{Error, Kind},
    http::Context,
    say,
};
use axum::{
    body::Body,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use utoipa::ToSchema;

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

/// An error as a client sees it.
#[derive(serde::Serialize, ToSchema)]
pub struct Problem {
    /// A stable address of this kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: &'static str,
    pub status: u16,
    /// What programs decide by.
    pub code: &'static str,
    /// What people read, in their language.
    pub detail: String,
    /// Quote it when you report the problem.
    pub request_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Misfit>,
    /// Members of this kind of problem alone.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: serde_json::Map<String, serde_json::Value>,
}
/// One field that does not fit.
#[derive(serde::Serialize, ToSchema)]
pub struct Misfit {
    pub field: String,
    pub code: &'static str,
    pub detail: String,
}

/// The response as it goes out: an error gets its document, anything else stays as it is.
pub fn render(context: &Context, method: &Method, mut response: Response) -> Response {
    let error = match response.extensions_mut().remove::<Arc<Error>>() {
        Some(error) => error,
        None if is_bare(&response) => Arc::new(bare(response.status())),
        None => return response,
    };
    log(context, &error);
    let document = serde_json::to_vec(&problem(context, &error)).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(document.len()));
    headers.append(header::VARY, HeaderValue::from_static("Accept-Language"));
    if let Some(after) = error.kind().after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs_f64().ceil().max(1.0) as u64));
    }
    if let Some(challenge) = challenge(&error) {
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    *response.body_mut() = if method == Method::HEAD { Body::empty() } else { Body::from(document) };
    response
}

/// What axum or hyper answered on its own, without a word.
fn is_bare(response: &Response) -> bool {
    response.status().as_u16() >= 400
        && !response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"application/"))
}
fn bare(status: StatusCode) -> Error {
    match status {
        StatusCode::NOT_FOUND => {
            Error::missing("not_found", say!("There is nothing at this address. See /docs.", "Il n’y a rien à cette adresse. Voir /docs."))
        }
        StatusCode::METHOD_NOT_ALLOWED => Error::new(
            Kind::MethodNotAllowed,
            "method_not_allowed",
            say!(
                "This address does not take that method; `Allow` names those it takes.",
                "Cette adresse n’accepte pas cette méthode ; `Allow` nomme celles qu’elle accepte."
            ),
        ),
        StatusCode::PAYLOAD_TOO_LARGE => {
            Error::too_large("body_too_large", say!("The body is too large.", "Le corps est trop volumineux."))
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Error::unsupported(
            "unsupported_media_type",
            say!("Send the body as application/json.", "Envoyez le corps en application/json."),
        ),
        status if status.is_server_error() => Error::internal(format!("a bare {status}")),
        _ => Error::malformed("bad_request", say!("This request cannot be understood.", "Cette requête est incompréhensible.")),
    }
}

/// A fault of ours is logged once, here, with where it came from; a client's mistake is not.
fn log(context: &Context, error: &Error) {
    if error.kind().status() == StatusCode::INTERNAL_SERVER_ERROR || error.kind() == Kind::StorageFull {
        let source = error.source().map(|s| chain(s)).unwrap_or_default();
        tracing::error!(request_id = &*context.request_id, trace_id = &*context.trace_id, code = error.code(), at = %error.at(), source, "a request failed on our side");
    } else if let (Kind::Unavailable { .. }, Some(source)) = (error.kind(), error.source()) {
        tracing::warn!(request_id = &*context.request_id, code = error.code(), at = %error.at(), source = chain(source), "a dependency did not answer");
    }
}
fn chain(error: &(dyn std::error::Error + Send + Sync)) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words = format!("{words}: {cause}");
        next = cause.source();
    }
    words
}

fn challenge(error: &Error) -> Option<HeaderValue> {
    let realm = r#"Bearer realm="coulisses""#;
    let value = match (error.kind(), error.code()) {
        (Kind::Unauthenticated, "unauthenticated") => realm.to_owned(),
        (Kind::Unauthenticated, _) => format!(r#"{realm}, error="invalid_token""#),
        (Kind::Forbidden, "insufficient_scope") => {
            format!(r#"{realm}, error="insufficient_scope", scope="{}""#, error.extra().get("scope")?.as_str()?)
        }
        _ => return None,
    };
    value.parse().ok()
}

fn problem(context: &Context, error: &Error) -> Problem {
    let status = error.kind().status();
    let misfit = |f: &crate::error::Field| Misfit { field: f.field.clone(), code: f.code, detail: f.say.to(context.lang).to_owned() };
    Problem {
        kind: format!("urn:coulisses:problem:{}", error.code()),
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        code: error.code(),
        detail: error.say().to(context.lang).to_owned(),
        request_id: context.request_id.to_string(),
        errors: error.fields().iter().map(misfit).collect(),
        extra: error.extra().clone(),
    }
}

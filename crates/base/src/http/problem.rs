//! Errors become `application/problem+json` (RFC 9457) here and nowhere else.
//!
//! A handler's [`Error`] travels in the response's extensions to [`render`], which knows the request's id
//! and language. What axum itself answers (404, 405, …) gets the same shape there. `type` is
//! `urn:coulisses:problem:` and the code; the codes are listed in `docs/api-design.md`.

use crate::{
    error::{Error, Kind},
    http::Context,
    say,
    say::Lang,
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
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
    let told = response.extensions_mut().remove::<Arc<Error>>();
    let Some(error) = told.or_else(|| bare(&response).map(Arc::new)) else { return response };
    let status = response.status();
    if status.is_server_error() {
        log(&error, status);
    }
    let body = document(context, &error, status).to_string();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    let lang = if context.lang == Lang::Fr { "fr" } else { "en" };
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang));
    headers.append(header::VARY, HeaderValue::from_static("Accept-Language"));
    advise(headers, &error, status);
    *response.body_mut() = Body::from(body);
    response
}

/// What the headers add for programs: how to sign in, when to come back.
fn advise(headers: &mut HeaderMap, error: &Error, status: StatusCode) {
    if status == StatusCode::UNAUTHORIZED {
        let challenge = match error.code() {
            "invalid_token" | "token_expired" | "token_revoked" => r#"Bearer realm="coulisses", error="invalid_token""#,
            _ => r#"Bearer realm="coulisses""#,
        };
        headers.entry(header::WWW_AUTHENTICATE).or_insert(HeaderValue::from_static(challenge));
    }
    if let ("insufficient_scope", Some(scope)) = (error.code(), error.extra().get("scope").and_then(|s| s.as_str()))
        && let Ok(challenge) = HeaderValue::try_from(format!(r#"Bearer realm="coulisses", error="insufficient_scope", scope="{scope}""#))
    {
        headers.entry(header::WWW_AUTHENTICATE).or_insert(challenge);
    }
    if let Some(after) = error.kind().after() {
        let seconds = after.as_millis().div_ceil(1000).max(1) as u64;
        headers.entry(header::RETRY_AFTER).or_insert(HeaderValue::from(seconds));
    }
}

fn document(context: &Context, error: &Error, status: StatusCode) -> serde_json::Value {
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
    if !error.suggestions().is_empty() {
        body["suggestions"] = error.suggestions().iter().map(|say| say.to(context.lang)).collect();
    }
    if let Some(members) = body.as_object_mut() {
        members.extend(error.extra().iter().map(|(k, v)| (k.clone(), v.clone())));
    }
    body
}

/// The document of an error that no handler answered, with its status.
pub(super) fn text(context: &Context, error: &Error) -> (StatusCode, String) {
    let status = error.kind().status();
    (status, document(context, error, status).to_string())
}

/// The one place that logs what broke inside; what a client did wrong is no error of ours.
fn log(error: &Error, status: StatusCode) {
    let mut source = String::new();
    let mut next = error.source().map(|s| s as &dyn std::error::Error);
    while let Some(cause) = next {
        // Further lines of a store's error quote values (`DETAIL: Key (email)=(…)`).
        let words = cause.to_string();
        source.push_str(if source.is_empty() { "" } else { ": " });
        source.push_str(words.lines().next().unwrap_or_default());
        next = cause.source();
    }
    let (code, at, status) = (error.code(), error.at(), status.as_u16());
    if error.kind() == Kind::Internal {
        tracing::error!(code, status, %at, source, "a request failed");
    } else {
        tracing::warn!(code, status, %at, source, "a request was refused");
    }
}

/// What axum or a handler answered with a status alone, or with a sentence that is not a document.
fn bare(response: &Response) -> Option<Error> {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if !(status.is_client_error() || status.is_server_error()) || kind.is_some_and(|k| !k.starts_with(b"text/plain")) {
        return None;
    }
    Some(match status {
        StatusCode::NOT_FOUND => nothing_here(),
        StatusCode::METHOD_NOT_ALLOWED => not_allowed(),
        StatusCode::UNAUTHORIZED => Error::unauthenticated("unauthenticated", say!("Sign in first.", "Connectez-vous d’abord.")),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Error::unsupported(
            "unsupported_media_type",
            say!(
                "This address does not take that content type. Send `application/json`.",
                "Cette adresse n’accepte pas ce type de contenu. Envoyez `application/json`."
            ),
        ),
        status if status.is_server_error() => Error::internal(format!("a bare {status}")),
        _ => Error::malformed(
            "bad_request",
            say!(
                "The request cannot be answered as it is. Check it against the documentation.",
                "La requête ne peut recevoir de réponse telle quelle. Vérifiez-la avec la documentation."
            ),
        ),
    })
}

pub(super) fn not_allowed() -> Error {
    let say = say!(
        "This address does not take that method. `Allow` says which it takes.",
        "Cette adresse n’accepte pas cette méthode. `Allow` dit lesquelles."
    );
    Error::new(Kind::MethodNotAllowed, "method_not_allowed", say)
}

pub(super) fn nothing_here() -> Error {
    let say = say!("There is nothing at this address. Check the path.", "Il n’y a rien à cette adresse. Vérifiez le chemin.");
    Error::missing("not_found", say)
}

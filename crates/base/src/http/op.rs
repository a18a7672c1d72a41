//! An operation: a handler, its path, and a description that comes from the types of its arguments.
//!
//! `op!(list)` takes the path and the answers from `#[utoipa::path]` and asks each argument ([`Part`]) what it adds:
//! the permission, the parameters, the body, and every status it can answer with. What is declared is also
//! enforced here: `Accept` is checked before the handler runs, `If-None-Match` after it.

use crate::{
    App,
    auth::{Role, Scope},
    error::Error,
    say,
};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use utoipa::openapi::{
    Content, HttpMethod, Ref, RefOr,
    extensions::ExtensionsBuilder,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    response::ResponseBuilder,
    schema::{ObjectBuilder, Type},
    security::SecurityRequirement,
};
use utoipa_axum::router::UtoipaMethodRouter;

/// What an argument of a handler adds to the operation's description.
pub trait Part {
    fn describe(op: &mut Op<'_>);
}
impl Part for App {
    fn describe(_: &mut Op<'_>) {}
}
impl Part for super::Context {
    fn describe(_: &mut Op<'_>) {}
}

/// What an answer of each status means wherever it is given, written once in the document.
const SHARED: [(u16, &str); 17] = [
    (304, "Nothing changed since the ETag you have"),
    (400, "The request cannot be read: its body, or its cursor"),
    (401, "No valid access token"),
    (403, "Not allowed: the role, the scope or the organisation does not fit"),
    (404, "There is nothing with this id here"),
    (406, "Nothing that `Accept` asks for can be produced"),
    (408, "The body came too slowly"),
    (409, "Conflicts with what is there, or the first request with this key is still running"),
    (412, "Changed since you read it"),
    (413, "The body is too large"),
    (415, "The body is not of the type that is taken here"),
    (422, "A field or a parameter does not fit (`errors` says which), or this key was used with another body"),
    (428, "The server is set to require If-Match"),
    (429, "Too many requests; `Retry-After` says when to come back"),
    (500, "A fault of ours, logged under the request id"),
    (503, "Overloaded, draining, or the store does not answer; try again"),
    (507, "The disk is full; nothing was written"),
];
/// For the document's components; 304 alone has no body.
pub fn shared_answers() -> impl Iterator<Item = (String, utoipa::openapi::Response)> {
    SHARED.into_iter().map(|(status, about)| {
        let answer = ResponseBuilder::new().description(about);
        let problem = || Content::new(Some(Ref::from_schema_name("Problem")));
        let answer = if status == 304 { answer } else { answer.content("application/problem+json", problem()) };
        (status.to_string(), answer.build())
    })
}

/// An operation being described.
pub struct Op<'a> {
    operation: &'a mut Operation,
    pub method: HttpMethod,
}

impl Op<'_> {
    /// Declares answers of [`SHARED`]; what the handler itself says about a status wins.
    pub fn answers(&mut self, statuses: &[u16]) {
        for status in statuses {
            let shared = || RefOr::Ref(Ref::from_response_name(status.to_string()));
            self.operation.responses.responses.entry(status.to_string()).or_insert_with(shared);
        }
    }
    pub fn parameter(&mut self, parameter: Parameter) {
        let parameters = self.operation.parameters.get_or_insert_default();
        let same = |p: &RefOr<Parameter>| matches!(p, RefOr::T(p) if p.name == parameter.name);
        if !parameters.iter().any(same) {
            parameters.push(RefOr::T(parameter));
        }
    }
    pub fn header(&mut self, name: &str, description: &str) {
        self.parameter(text_parameter(name, ParameterIn::Header, description));
    }
    pub fn query(&mut self, name: &str, description: &str) {
        self.parameter(text_parameter(name, ParameterIn::Query, description));
    }
    /// Who may call: for OpenAPI, for the role matrix and for the coverage test.
    pub fn permission(&mut self, guard: &str, role: Option<Role>, scope: Option<Scope>) {
        let needs = serde_json::json!({ "guard": guard, "role": role, "scope": scope.map(Scope::name) });
        self.operation.extensions = Some(ExtensionsBuilder::new().add("x-permission", needs).build());
        if guard == "anyone" {
            self.operation.security = Some(vec![]);
            return;
        }
        let scopes: Vec<_> = scope.map(Scope::name).into_iter().collect();
        self.operation.security = Some(vec![SecurityRequirement::new("bearer", scopes)]);
        self.answers(&[401, 403, 429]);
        if self.method == HttpMethod::Post {
            self.header("Idempotency-Key", "Makes a repeated request harmless: same key and body, same answer");
            self.answers(&[409, 422]);
        }
    }
    fn everywhere(&mut self) {
        if matches!(self.method, HttpMethod::Post | HttpMethod::Put | HttpMethod::Patch | HttpMethod::Delete) {
            self.answers(&[408, 413, 507]);
        }
        self.answers(&[406, 500, 503]);
    }
}

pub fn text_parameter(name: &str, place: ParameterIn, description: &str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    ParameterBuilder::new().name(name).parameter_in(place).description(Some(description)).schema(Some(schema)).build()
}

/// A handler whose arguments can all describe themselves.
pub trait Handler<Args> {
    fn describe(op: &mut Op<'_>);
}
macro_rules! handlers { ($($($a:ident),+;)+) => { $(
    impl<F, Fut, $($a: Part),+> Handler<($($a,)+)> for F where F: Fn($($a),+) -> Fut {
        fn describe(op: &mut Op<'_>) { $($a::describe(op);)+ }
    }
)+ } }
handlers! { A; A, B; A, B, C; A, B, C, D; A, B, C, D, E; A, B, C, D, E, G; }

/// `op!(list)`: the route of one handler, described and guarded.
#[macro_export]
macro_rules! op {
    ($handler:path) => {
        $crate::http::describe(&$handler, utoipa_axum::routes!($handler))
    };
}

pub fn describe<F: Handler<Args>, Args>(_: &F, (schemas, mut paths, router): UtoipaMethodRouter<App>) -> UtoipaMethodRouter<App> {
    let mut produces = Vec::new();
    for item in paths.paths.values_mut() {
        let operations = [
            (&mut item.get, HttpMethod::Get),
            (&mut item.post, HttpMethod::Post),
            (&mut item.put, HttpMethod::Put),
            (&mut item.patch, HttpMethod::Patch),
            (&mut item.delete, HttpMethod::Delete),
        ];
        for (operation, method) in operations {
            let Some(operation) = operation else { continue };
            let mut op = Op { operation, method };
            F::describe(&mut op);
            op.everywhere();
            produces.extend(kinds(op.operation));
        }
    }
    (schemas, paths, router.layer(from_fn_with_state(Arc::new(produces), negotiate)))
}

/// The media types of an operation's good answers.
fn kinds(operation: &Operation) -> Vec<String> {
    let good = operation.responses.responses.iter().filter(|(status, _)| status.starts_with('2'));
    good.filter_map(|(_, r)| if let RefOr::T(r) = r { Some(r.content.keys().cloned()) } else { None }).flatten().collect()
}

async fn negotiate(State(produces): State<Arc<Vec<String>>>, request: Request, next: Next) -> Response {
    if !acceptable(request.headers(), &produces) {
        let kinds = produces.join(", ");
        let say = say!(
            "This can only be answered as {kinds}. Ask for that, or leave Accept out.",
            "La réponse ne peut être que {kinds}. Demandez ce format, ou omettez Accept."
        );
        return Error::not_acceptable("not_acceptable", say).into_response();
    }
    if *request.method() != Method::GET && *request.method() != Method::HEAD {
        return next.run(request).await;
    }
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    match (known, response.headers().get(header::ETAG)) {
        (Some(known), Some(etag)) if response.status() == StatusCode::OK && super::etag::any_of(&known, etag) => not_modified(response),
        _ => response,
    }
}

fn acceptable(headers: &HeaderMap, produces: &[String]) -> bool {
    let Some(accept) = headers.get(header::ACCEPT) else { return true };
    let accept = accept.to_str().unwrap_or("*/*");
    let wanted = accept.split(',').filter(|range| !range.replace(' ', "").ends_with(";q=0"));
    let mut wanted = wanted.map(|range| range.split(';').next().unwrap_or_default().trim());
    produces.is_empty() || wanted.any(|range| range == "*/*" || produces.iter().any(|kind| covers(range, kind)))
}
fn covers(range: &str, kind: &str) -> bool {
    range.eq_ignore_ascii_case(kind) || range.strip_suffix("/*").is_some_and(|family| kind.starts_with(family))
}

/// The client has it already: the headers stay, the body goes.
fn not_modified(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_ranges() {
        let json = ["application/json".to_owned()];
        let asks = |accept: &str| acceptable(&HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]), &json);
        assert!(asks("application/json") && asks("*/*") && asks("application/*") && asks("text/html, application/json;q=0.5"));
        assert!(!asks("text/html") && !asks("application/json;q=0") && !asks("text/*"));
        assert!(acceptable(&HeaderMap::new(), &json));
    }
}

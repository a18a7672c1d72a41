//! The OpenAPI document and the page that shows it; its assets are inside the binary.

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    middleware::{Next, from_fn},
    routing::get,
};
use base::http::{Answer, shared_answers, verb};
use utoipa::openapi::{
    ComponentsBuilder, Info, License, OpenApi, OpenApiBuilder, RefOr,
    schema::{ArrayBuilder, ObjectBuilder, Schema, Type},
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

const ABOUT: &str = "Sign-in and organisations, crew planning for live events, and an AI coach, in one binary. \
    Errors are `application/problem+json` with a stable `code`; lists are bare arrays, the next page is in `Link`; \
    everything has an `ETag`. See `docs/api-design.md`.";

pub fn base() -> OpenApi {
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build());
    let mut info = Info::new("Coulisses", env!("CARGO_PKG_VERSION"));
    info.description = Some(ABOUT.to_owned());
    info.license = Some(License::new("MIT"));
    let components = ComponentsBuilder::new()
        .security_scheme("bearer", bearer)
        .schema("Problem", problem())
        .responses_from_iter(shared_answers())
        .build();
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

/// What every error looks like (see `base::http::problem`).
fn problem() -> RefOr<Schema> {
    let text = |about: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(about)).build();
    let misfit = ObjectBuilder::new()
        .property("field", text("The way to the field: `missions[3].start_at`"))
        .property("code", text("What programs decide by"))
        .property("detail", text("What people read"))
        .required("field")
        .required("code")
        .required("detail");
    ObjectBuilder::new()
        .property("type", text("A stable address of this kind of problem"))
        .property("title", text("The status in words"))
        .property("status", ObjectBuilder::new().schema_type(Type::Integer).build())
        .property("code", text("What programs decide by"))
        .property("detail", text("What people read, in their language"))
        .property("request_id", text("Quote it when you report the problem"))
        .property("errors", ArrayBuilder::new().items(misfit).build())
        .required("type")
        .required("title")
        .required("status")
        .required("code")
        .required("detail")
        .required("request_id")
        .into()
}

/// The public spelling of the paths.
pub fn finish(mut document: OpenApi) -> OpenApi {
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths.into_iter().map(|(path, item)| (verb::outside(&path), item)).collect();
    document
}

/// `/openapi.json` and `/docs`.
pub fn pages(document: OpenApi) -> Router {
    let json = document.to_json().unwrap_or_default();
    let page =
        utoipa_swagger_ui::SwaggerUi::new("/docs").config(utoipa_swagger_ui::Config::from("/openapi.json").persist_authorization(true));
    let page: Router = page.into();
    let answer = move || {
        let json = json.clone();
        async { Answer::bytes(axum::http::StatusCode::OK, HeaderValue::from_static("application/json"), json.into()) }
    };
    page.route_layer(from_fn(allow_own_assets)).route("/openapi.json", get(answer))
}

/// The page may use what it brings along, and nothing else.
async fn allow_own_assets(request: Request, next: Next) -> axum::response::Response {
    let mut response = next.run(request).await;
    let policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

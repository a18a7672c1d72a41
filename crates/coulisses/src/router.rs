//! The table of contents: every noun, one line each.

use crate::{console, openapi, ops, setup::module_off};
use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::any,
};
use base::App;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;

/// The API under `/api/v1`, with its description.
fn api(app: &App) -> OpenApiRouter<App> {
    let mut api = OpenApiRouter::new().merge(identity::router());
    if app.settings.demo_routes() {
        api = api.merge(identity::rbac_demo::router());
    }
    let api = if app.settings.planning { api.merge(planning::router()) } else { api };
    if app.settings.ai { api.merge(coach::router()) } else { api }
}

/// Everything the server answers.
pub fn router(app: &App) -> Router {
    let (api, document) = OpenApiRouter::with_openapi(openapi::base()).nest("/api/v1", api(app)).split_for_parts();
    let document = openapi::finish(document);
    // The seeds' clients look for these at the root: the same handlers, described once.
    let mut root = identity::root();
    let modules = [
        (app.settings.planning, planning::router as fn() -> _, planning::root(), "PLANNING"),
        (app.settings.ai, coach::router, coach::root(), "AI"),
    ];
    let mut off = Router::new();
    for (on, module, at_root, setting) in modules {
        if on {
            root = root.merge(at_root);
            continue;
        }
        for path in module().into_openapi().paths.paths.keys() {
            off = off.route(&format!("/api/v1{path}"), any(async move || module_off(setting)));
        }
    }
    let mut all = api.merge(root.split_for_parts().0).merge(off).merge(ops::router());
    if app.settings.test_clock {
        all = all.layer(from_fn_with_state(app.clone(), move_clock));
    }
    let all = all.with_state(app.clone()).fallback(console::serve);
    if app.settings.docs { all.merge(openapi::pages(document)) } else { all }
}

/// The document of the API as it is described by its handlers.
pub fn document(app: &App) -> utoipa::openapi::OpenApi {
    openapi::finish(OpenApiRouter::with_openapi(openapi::base()).nest("/api/v1", api(app)).split_for_parts().1)
}

/// `X-Test-Clock: +15m` moves the clock from this request on (`TEST_CLOCK=on`, development only).
async fn move_clock(State(app): State<App>, request: Request, next: Next) -> Response {
    let by = request.headers().get("x-test-clock").and_then(|v| v.to_str().ok()).and_then(span);
    by.into_iter().for_each(|by| app.clock.shift(by));
    next.run(request).await
}

/// `+15m`, `+2h`, `+7d`, `+30s` or `0`.
fn span(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let text = text.strip_prefix('+')?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit).map(Duration::from_secs)
}

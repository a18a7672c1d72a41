//! The table of contents: every noun, one line each.

use crate::{openapi, ops, setup::module_off};
use axum::{Router, routing::any};
use base::App;
use utoipa_axum::router::OpenApiRouter;

/// The API under `/api/v1`, with its description.
fn api(app: &App) -> OpenApiRouter<App> {
    let api = OpenApiRouter::new().merge(identity::router());
    if app.settings.planning { api.merge(planning::router()) } else { api }
}

/// Everything the server answers.
pub fn router(app: &App) -> Router {
    let (api, document) = OpenApiRouter::with_openapi(openapi::base()).nest("/api/v1", api(app)).split_for_parts();
    let document = openapi::finish(document);
    // The seeds' clients look for these at the root: the same handlers, described once.
    let root = identity::root().split_for_parts().0;
    let mut all = api.merge(root).merge(ops::router());
    if !app.settings.planning {
        for path in planning::router().into_openapi().paths.paths.keys() {
            all = all.route(&format!("/api/v1{path}"), any(async || module_off("PLANNING")));
        }
    }
    let all = all.with_state(app.clone());
    if app.settings.docs { all.merge(openapi::pages(document)) } else { all }
}

/// The document of the API as it is described by its handlers.
pub fn document(app: &App) -> utoipa::openapi::OpenApi {
    openapi::finish(OpenApiRouter::with_openapi(openapi::base()).nest("/api/v1", api(app)).split_for_parts().1)
}

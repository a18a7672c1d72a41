//! Completions of a model: the published `/ai/completions`, and the wire that any OpenAI SDK speaks.

pub mod model;
mod routes;
mod turns;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::complete)).routes(op!(routes::chat)).routes(op!(routes::models))
}
pub fn root() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::complete))
}

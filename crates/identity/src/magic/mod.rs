//! Signing in without a password: by a link in a mail, once, within a quarter of an hour.

pub mod model;
mod routes;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::ask)).routes(op!(routes::consume))
}

//! The audit log, read: the organisation's by its administrators, one's own by everybody, the instance's by its operators.

pub mod model;
mod routes;
pub mod store;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::of_org)).routes(op!(routes::own)).routes(op!(routes::of_instance))
}

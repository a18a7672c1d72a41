//! What an account says of itself: names, level, language, place, a few words. The words lie encrypted.

pub mod model;
pub(crate) mod routes;
mod store;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::read)).routes(op!(routes::change))
}
/// At the root, where the published app looks for it.
pub fn root() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::users_read)).routes(op!(routes::users_change))
}

//! The board: everything that a planning board needs for a span, in one call and seven statements, whatever the size.

mod calendar;
mod model;
mod routes;
mod store;
#[cfg(test)]
mod tests;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::read)).routes(op!(calendar::entries)).routes(op!(calendar::of_person))
}

//! Templates: the missions of a typical day, written once and put into a project on as many days as a rule says.

pub mod model;
mod routes;
mod store;
#[cfg(test)]
mod tests;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::list))
        .routes(op!(routes::create))
        .routes(op!(routes::read))
        .routes(op!(routes::replace))
        .routes(op!(routes::change))
        .routes(op!(routes::remove))
        .routes(op!(routes::generate))
}

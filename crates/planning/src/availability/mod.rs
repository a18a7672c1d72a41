//! Availability: when somebody can come, or cannot. A request counts once it is approved.
//!
//! ```text
//! PENDING ◄──► APPROVED ◄──► REJECTED ◄──► PENDING      only APPROVED counts; approved spans of one kind do not overlap
//! ```
//! `/availability` is the seed's other name for `/availabilities`.

pub mod model;
mod routes;
pub mod store;
#[cfg(test)]
mod tests;

use axum::routing::{get, post};
use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::list))
        .routes(op!(routes::create))
        .routes(op!(routes::read))
        .routes(op!(routes::change))
        .routes(op!(routes::remove))
        .routes(op!(routes::approve))
        .routes(op!(routes::reject))
        .routes(op!(routes::reopen))
        // The same handlers, described once.
        .route("/availability", get(routes::list).post(routes::create))
        .route("/availability/{id}", get(routes::read).patch(routes::change).delete(routes::remove))
        .route("/availability/{id}/~approve", post(routes::approve))
        .route("/availability/{id}/~reject", post(routes::reject))
}

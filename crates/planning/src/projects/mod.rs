//! Projects: a season, a festival, a tour: what missions belong to.
//!
//! ```text
//! DRAFT ──► ACTIVE ──► ARCHIVED
//!   ▲──────────┴──────────┘      a project may go back; only managers see drafts
//! ```

pub mod model;
mod routes;
mod store;
mod summary;
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
        .routes(op!(routes::archive))
        .routes(op!(summary::read))
}

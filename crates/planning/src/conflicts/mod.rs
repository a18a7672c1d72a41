//! Conflicts: what of a person's calls cannot or should not be. Computed whenever somebody asks, never stored.
//!
//! ```text
//! assignments, absences, skills, quotas ──► store::crew ──► rules::findings ──► list · one person's · one with suggestions
//!                                                                            └─► dry run of a call
//! ```

pub mod model;
mod resolve;
mod routes;
pub mod store;
#[cfg(test)]
mod tests;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::list))
        .routes(op!(routes::of_person))
        .routes(op!(routes::read))
        .routes(op!(routes::check))
        .routes(op!(resolve::resolve))
}

//! Calendar feeds: an address that a calendar program reads, for a person or a project. The address is the secret.
//!
//! ```text
//! made (the address is shown once) ──► read by whoever knows it, without a session ──► revoked: 404
//! ```
//!
//! A feed dies with what it shows: an inactive person, a draft project, a maker who is no member any more.

pub mod events;
pub mod model;
mod routes;
mod store;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::list)).routes(op!(routes::create)).routes(op!(routes::revoke))
}

/// At the root: `/calendar/{token}.ics`.
pub fn root() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::feed))
}

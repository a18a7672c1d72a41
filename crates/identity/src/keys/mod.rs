//! API keys and service accounts: how programs come in, in one organisation, without anybody's password.
//!
//! ```text
//! POST /keys ─► clk_…, shown once ─► used as Bearer ─► expired, or DELETE /keys/{id}
//! ```
//!
//! A key acts as whoever made it, and stops when they leave; or as a service account: a member that is nobody, which stays.

pub mod model;
mod routes;
mod services;
pub mod store;
#[cfg(test)]
mod tests;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::list))
        .routes(op!(routes::create))
        .routes(op!(routes::revoke))
        .routes(op!(services::list))
        .routes(op!(services::create))
        .routes(op!(services::remove))
}

//! Rates: what somebody is paid, by the hour, the day, the cachet or the engagement, for a role and from a day on.
//!
//! ```text
//! the person's rates ──choose (role before none, then the latest)──► copied onto the assignment when it is accepted
//! ```

pub mod model;
pub mod money;
mod routes;
pub mod store;
#[cfg(test)]
mod tests;

pub use store::snapshot;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::list)).routes(op!(routes::add)).routes(op!(routes::set)).routes(op!(routes::remove))
}

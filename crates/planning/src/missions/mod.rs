//! Missions: a call with a start, an end and a place, and so many people of each role.
//!
//! ```text
//! (draft) ──► published ──► cancelled      filled when every role has its quota of accepted people
//! ```
//! Only managers see drafts. A mission is published when it is created, unless it says `draft: true`.

mod bulk;
pub mod model;
mod routes;
pub mod store;
#[cfg(test)]
mod tests;

pub use bulk::{Created, write_all};

use base::{App, op};
pub use routes::{Force, NOUN, range};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::list))
        .routes(op!(routes::create))
        .routes(op!(bulk::create))
        .routes(op!(routes::read))
        .routes(op!(routes::replace))
        .routes(op!(routes::change))
        .routes(op!(routes::remove))
        .routes(op!(routes::duplicate))
        .routes(op!(routes::publish))
        .routes(op!(routes::cancel))
}

//! Organisations: whoever creates one owns it; everything a tenant has lies inside one.
//!
//! ```text
//! created ─► handed over ─► … ─► deleted by its owner: everybody is out at once, the rows go later
//!    ▲ │ suspended by a platform administrator: nobody comes in until it is resumed
//!    └─┘
//! ```

pub mod model;
mod routes;
pub mod store;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::create))
        .routes(op!(routes::mine))
        .routes(op!(routes::read))
        .routes(op!(routes::change))
        .routes(op!(routes::transfer))
        .routes(op!(routes::remove))
}

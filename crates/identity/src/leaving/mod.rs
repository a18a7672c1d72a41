//! Leaving: everything an account is to us in one file, and the way out.
//!
//! ```text
//! active ─► asked to be deleted: signed out, closed ─► fourteen days later: nothing personal is left, the id stays
//!    ▲                │ the link of the mail
//!    └────────────────┘
//! ```

mod model;
mod routes;
pub mod store;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::export))
        .routes(op!(routes::leave))
        .routes(op!(routes::restore))
        .routes(op!(routes::admin_delete))
}

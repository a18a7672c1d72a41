//! The address of an account: proved by a link, and changed only with both mailboxes' consent.
//!
//! ```text
//! new address wanted ─► the old mailbox agrees (if it was proved) ─► the new one agrees ─► changed
//! ```

pub mod model;
mod routes;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::ask_verify)).routes(op!(routes::verify)).routes(op!(routes::change)).routes(op!(routes::agree))
}

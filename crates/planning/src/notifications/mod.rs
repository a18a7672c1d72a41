//! Notifications: what the person that an account is was told of their calls and requests, read or not.
//!
//! They are written where things change ([`crate::told`]), in the transaction of the change, each once.

mod model;
mod routes;
mod store;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::list)).routes(op!(routes::read))
}

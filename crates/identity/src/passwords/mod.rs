//! Passwords: which are good enough, how one is changed, and how a lost one is replaced through the mailbox.

pub mod kinds;
mod leaked;
pub mod model;
pub mod policy;
mod routes;
mod store;
#[cfg(test)]
mod tests;
mod words;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::check)).routes(op!(routes::ask_reset)).routes(op!(routes::reset)).routes(op!(routes::change))
}

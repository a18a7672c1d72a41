//! Suggestions: who could take a role of a mission, best first, with the reasons; who cannot come stands last.
//!
//! The rule engine says what would clash if somebody came ([`crate::rules::findings_of`]); the score says how well they fit.

pub mod model;
mod routes;
pub mod store;
#[cfg(test)]
mod tests;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::list))
}

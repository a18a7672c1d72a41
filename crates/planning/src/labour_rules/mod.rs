//! Labour rules of an organisation: which of them it watches, how strictly, with which limits.
//!
//! One list, read and replaced as a whole. A rule that was never set has its usual limit and warns; what the rules
//! measure is in [`crate::rules`].

pub mod model;
mod routes;
pub mod store;
#[cfg(test)]
mod tests;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::read)).routes(op!(routes::replace))
}

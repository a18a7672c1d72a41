//! What a model is told of its task. A platform administrator adds versions and puts one to use; every replica asks with it from then on.
//!
//! ```text
//! version 1 (in the binary, always there) ──► 2 ──► 3 …   activate any of them: the next call of a model is asked with it
//! ```
//! A version never changes, and holds no rule of safety: those stand in the code, after it (`advice/prompt.rs`).

pub mod model;
mod routes;
pub mod store;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::list)).routes(op!(routes::add)).routes(op!(routes::read)).routes(op!(routes::activate))
}

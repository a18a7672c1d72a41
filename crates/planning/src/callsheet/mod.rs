//! Call sheets: who is where at what time on one day of a project, for the page and for paper.
//!
//! ```text
//! the plan of today ──publish──► revision 1 ──(the plan changes)──► what changed ──publish──► revision 2 ──► seen by …
//! ```

pub mod model;
mod print;
mod routes;
mod store;
#[cfg(test)]
mod tests;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::read)).routes(op!(routes::print)).routes(op!(routes::publish)).routes(op!(routes::seen))
}

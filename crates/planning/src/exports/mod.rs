//! Exports: the plan as files that other programs open.
//!
//! ```text
//! Source (a page of rows at a time) ──► sheet::Writer (CSV, XLSX, PDF) or ics::Writer ──► the answer, as it is made
//! ```
//!
//! Whoever downloads slowly slows the reading down: nothing waits in memory but a page or two.

mod csv;
mod model;
pub mod pdf;
mod routes;
pub mod sheet;
mod source;
mod store;
mod stream;
#[cfg(test)]
pub mod tests;
mod xlsx;
mod zip;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::csv)).routes(op!(routes::xlsx)).routes(op!(routes::pdf)).routes(op!(routes::ics))
}

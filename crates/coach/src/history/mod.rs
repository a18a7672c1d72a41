//! The history of what was asked of models and of the coach: every call is a row, however it ended.
//!
//! ```text
//! Call::begin ──► running ──► ok │ truncated │ error │ cancelled (also: whoever asked left, the server died)
//! ```
//! Rows are written beside the answer, by the [`Ledger`]: a store that cannot be written to costs a row, never an answer.
//! What was said goes after `AI_CONTENT_DAYS`, the row after thirteen months, both with their account.

mod ledger;
pub mod model;
mod routes;
pub mod store;

pub use ledger::Ledger;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::list))
        .routes(op!(routes::forget_all))
        .routes(op!(routes::read))
        .routes(op!(routes::forget))
        .routes(op!(routes::cancel))
        .routes(op!(routes::my_list))
        .routes(op!(routes::forget_mine))
}

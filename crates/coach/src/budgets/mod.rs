//! What may be spent on models: limits of the instance, of organisations and of accounts, held to the last call.
//!
//! ```text
//! admit: one conditional update of every row concerned, in one transaction ──► reserved
//! ends (however) ──► what was used is spent, the reservation is gone │ its server died ──► a sweep spends what was reserved
//! ```
//! Where there is no limit nothing is counted here: usage is read from the history.

pub mod model;
mod routes;
pub mod store;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::usage)).routes(op!(routes::limits)).routes(op!(routes::set_limits))
}

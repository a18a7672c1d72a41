//! Reports: hours and money, planned against confirmed, and the 507-hour counter.
//!
//! ```text
//! assignments ──store (a thousand at a time)──► Line ──model (pure)──► totals by month and person, or by project
//! ```

pub mod model;
mod routes;
pub mod store;
#[cfg(test)]
mod tests;

pub use routes::{Asked, Cost, Monthly, costs, day_minutes, monthly};

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::monthly_users)).routes(op!(routes::project_cost)).routes(op!(routes::counter))
}

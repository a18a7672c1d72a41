//! What became of advice: whether it was followed, and what was measured afterwards.
//!
//! ```text
//! open ─► followed ─► measured (a later session that shows the same metric, measured alike)
//!   └───► skipped │ rejected
//! ```

pub mod model;
mod routes;
pub mod store;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::give)).routes(op!(routes::read))
}

//! Whether the model provider answers, for whoever administers the instance; `coulisses doctor` asks the same (`provider/reach.rs`).

mod model;
mod routes;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::check))
}

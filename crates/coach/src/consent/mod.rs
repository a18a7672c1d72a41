//! Who agreed that what they write goes to a model, is kept, and with their notes; and organisations that want no model.
//!
//! Without consent the coach answers by rules, which need nobody else; a completion, which is nothing but a model's, is refused.

mod model;
mod routes;
mod store;

pub use model::{Standing, refused};

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::read)).routes(op!(routes::set)).routes(op!(routes::read_org)).routes(op!(routes::set_org))
}

//! Accounts: who can sign in. An address belongs to one account; it lies encrypted and is found by a keyed hash.

pub mod model;
mod routes;
pub mod store;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::register))
        .routes(op!(routes::login))
        .routes(op!(routes::me))
        .routes(op!(routes::rename))
        .routes(op!(routes::logout))
        .routes(op!(routes::switch_org))
}
pub fn root() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::register)).routes(op!(routes::root_login)).routes(op!(routes::users_me))
}

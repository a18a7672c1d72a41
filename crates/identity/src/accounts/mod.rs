//! Accounts: who can sign in. An address belongs to one account; it lies encrypted and is found by a keyed hash.

pub mod login;
pub mod model;
pub mod proof;
pub(crate) mod routes;
pub mod store;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::register))
        .routes(op!(login::login))
        .routes(op!(routes::me))
        .routes(op!(routes::rename))
        .routes(op!(routes::auth_me))
}
pub fn root() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::register)).routes(op!(login::root_login)).routes(op!(routes::users_me))
}

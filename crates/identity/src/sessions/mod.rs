//! Sessions: one sign-in on one device, kept alive by a refresh token that changes with every use.
//!
//! ```text
//! sign in ─► counter 0 ─► refresh ─► counter 1 ─► … ─► signed out, revoked, or over
//!                           │ the one before again: the same answer, while the newest has not been used
//!                           └ an older one again: stolen; the session ends and its owner is told
//! ```

mod device;
mod issue;
pub mod model;
pub(crate) mod refresh;
mod routes;
pub mod store;

pub use device::Device;
pub use issue::{Again, InPlaceOf, SignIn, again, in_place_of, sign_in};

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::token))
        .routes(op!(routes::refresh))
        .routes(op!(routes::refresh_token))
        .routes(op!(routes::revoke_token))
        .routes(op!(routes::logout))
        .routes(op!(routes::switch_org))
        .routes(op!(routes::list))
        .routes(op!(routes::end_others))
        .routes(op!(routes::end))
}
/// At the root, where the published mobile app looks for them.
pub fn root() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::token))
        .routes(op!(routes::refresh_token))
        .routes(op!(routes::revoke_token))
        .routes(op!(routes::logout))
        .routes(op!(routes::jwks))
}

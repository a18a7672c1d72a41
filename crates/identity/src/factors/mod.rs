//! Second factors: codes of an authenticator app, recovery codes, and proving again who one is.
//!
//! ```text
//! POST /auth/mfa/totp ─► secret, QR code ─► :confirm with a code ─► on, ten recovery codes
//! any sign-in of such an account ─► 403 second_factor_required, challenge ─► POST /auth/mfa/verify ─► tokens
//! a session older than 15 minutes ─► 403 step_up_required ─► POST /auth/step-up ─► a new session, fresh
//! ```
//!
//! [`challenge::ask`] is called by `sessions::sign_in`, which every way of signing in goes through: none can forget it.

pub mod challenge;
pub mod model;
mod qr;
mod routes;
mod step_up;
pub mod store;
#[cfg(test)]
mod tests;
pub mod totp;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(challenge::verify))
        .routes(op!(step_up::step_up))
        .routes(op!(step_up::mail))
        .routes(op!(routes::show))
        .routes(op!(routes::enrol))
        .routes(op!(routes::confirm))
        .routes(op!(routes::remove))
        .routes(op!(routes::recovery_codes))
}
/// At the root, where the published mobile app looks for everything of `/auth`.
pub fn root() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(challenge::verify))
}

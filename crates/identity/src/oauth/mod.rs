//! Sign-in with Google, Facebook or any OpenID Connect issuer, and what a person is linked with.
//!
//! ```text
//! start ─► the provider ─► callback ─┬─ known ─────────────► callback token ─► exchange ─► tokens
//!   state, nonce, PKCE: a ticket     ├─ nobody has the address ─► new account ─┘   (without an app: tokens at once)
//!   of ten minutes, used once        └─ somebody has it ─► link token ─► signed in otherwise, POST /auth/identities
//! an app that has an id_token already: challenge ─► native
//! ```
//!
//! Who a person is says `(issuer, subject)` alone; an address opens no account unless its provider is trusted for it. What a
//! provider gives us besides (its tokens) is used once and not kept.

mod arrive;
mod callback;
mod exchange;
mod facebook;
mod id_token;
pub(crate) mod identities;
pub mod model;
mod native;
mod oidc;
mod provider;
pub mod reach;
mod start;
pub mod store;
#[cfg(test)]
mod tests;
mod tickets;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    root().routes(op!(start::methods)).routes(op!(identities::list)).routes(op!(identities::link)).routes(op!(identities::unlink))
}
/// At the root, where the published mobile app and the consoles of the providers look for them.
pub fn root() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(start::providers))
        .routes(op!(start::start))
        .routes(op!(start::login))
        .routes(op!(callback::callback))
        .routes(op!(exchange::exchange))
        .routes(op!(native::challenge))
        .routes(op!(native::sign_in_with))
}

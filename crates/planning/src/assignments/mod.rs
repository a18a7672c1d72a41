//! Assignments: a person on a mission, in one of its roles.
//!
//! ```text
//! (create) ─► INVITED ─► ACCEPTED ─► CANCELLED ─► INVITED (asked again)
//!                ├─────► DECLINED ─► INVITED (asked again)
//!                └─────► CANCELLED
//! ```
//! The person answers, or a manager in their place; a person who accepted may still withdraw (ACCEPTED ─► DECLINED) with
//! a reason, until `WITHDRAW_HOURS` before the call. Nobody is on two calls at once: see [`accept`].

pub mod accept;
mod law;
pub mod model;
mod moving;
pub mod reassign;
mod routes;
mod spans;
pub mod store;
#[cfg(test)]
mod tests;

pub use accept::{By, Held, change, hold, obstacle};
pub use law::Wanted;
pub use moving::{call_off, dismiss, follow as follow_mission, tell as tell_moved};
pub use routes::NOUN;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::list))
        .routes(op!(routes::create))
        .routes(op!(routes::create_many))
        .routes(op!(routes::read))
        .routes(op!(routes::remove))
        .routes(op!(routes::set_status))
        .routes(op!(routes::accepted))
        .routes(op!(routes::declined))
        .routes(op!(reassign::reassign))
        .routes(op!(spans::shift))
        .routes(op!(spans::resize))
}

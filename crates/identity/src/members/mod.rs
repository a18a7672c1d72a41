//! Members: which account has which role in an org, and how somebody joins.
//!
//! Nobody hands out a role as high as their own but an owner, nobody touches a peer or a superior, and the last owner stays.

mod invitations;
pub mod model;
mod routes;
pub mod store;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::list))
        .routes(op!(routes::invite))
        .routes(op!(routes::join))
        .routes(op!(routes::change))
        .routes(op!(routes::remove))
        .routes(op!(invitations::list))
        .routes(op!(invitations::revoke))
        .routes(op!(invitations::resend))
}

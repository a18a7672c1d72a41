//! The instance in the hands of its platform administrators: accounts, organisations, figures, settings in force.
//!
//! They see who there is and what organisations there are, never what lies in one. The last of them stays.

mod accounts;
mod impersonate;
mod instance;
mod jobs;
mod model;
mod orgs;
mod store;

pub use store::{another_admin, any};

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(accounts::list))
        .routes(op!(accounts::read))
        .routes(op!(accounts::change))
        .routes(op!(accounts::sessions))
        .routes(op!(accounts::end_sessions))
        .routes(op!(accounts::reset))
        .routes(op!(impersonate::impersonate))
        .routes(op!(orgs::list))
        .routes(op!(orgs::suspend))
        .routes(op!(orgs::resume))
        .routes(op!(jobs::list))
        .routes(op!(jobs::replay))
        .routes(op!(instance::stats))
        .routes(op!(instance::read))
}

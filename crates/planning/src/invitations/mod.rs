//! Invitations: a signed link with which a person answers without an account.
//!
//! ```text
//! OPEN ──► ACCEPTED | DECLINED      by the link, or because the assignment was answered another way
//!   └────► EXPIRED | REVOKED | CANCELLED
//! ```
//! One link of an assignment is open at a time: a new one revokes the old. Reading never changes anything, because mail
//! scanners open links. Only the hash of a link's token is stored.

mod answer;
pub mod model;
mod remind;
mod routes;
pub mod store;
#[cfg(test)]
mod tests;

use base::{App, jobs::Worker, op};
pub use routes::link;
use routes::url;
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::list))
        .routes(op!(routes::create))
        .routes(op!(routes::read))
        .routes(op!(routes::revoke))
        .routes(op!(routes::resend))
        .routes(op!(routes::send))
        .routes(op!(answer::verify))
        .routes(op!(answer::event))
        .routes(op!(answer::accept))
        .routes(op!(answer::decline))
}

/// What is done later.
pub fn jobs(worker: Worker) -> Worker {
    worker.with(remind::JOB, remind::remind)
}

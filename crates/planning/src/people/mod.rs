//! People who can be planned: with an account or without, known to the whole crew by name, to managers whole.
//!
//! The URL says `users`, as the published clients do.

mod link;
pub mod model;
mod profile;
mod routes;
pub mod store;
#[cfg(test)]
mod tests;

use base::{
    App,
    jobs::{self, Worker},
    op,
};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::list))
        .routes(op!(routes::create))
        .routes(op!(routes::read))
        .routes(op!(routes::replace))
        .routes(op!(routes::change))
        .routes(op!(routes::remove))
        .routes(op!(profile::read))
        .routes(op!(profile::replace))
        .routes(op!(profile::read_own))
        .routes(op!(profile::replace_own))
}

/// What is done after somebody joined.
pub fn jobs(worker: Worker) -> Worker {
    worker.with(jobs::JOINED, link::link)
}

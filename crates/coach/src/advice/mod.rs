//! Advice on a session: `analyze-session` for the published app, `advice` for everybody, the record of an answer afterwards.

pub mod by_model;
#[cfg(test)]
mod corpus;
mod course;
mod events;
pub mod figures;
mod markdown;
mod mend;
pub mod model;
mod never;
#[cfg(test)]
mod pairs;
mod parse;
mod plain;
pub mod prompt;
mod reading;
mod routes;
pub mod score;
pub mod store;
#[cfg(test)]
mod tests;
mod words;

pub use prompt::MARK;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(routes::advice))
        .routes(op!(routes::read))
        .routes(op!(routes::analyze_session))
        .routes(op!(routes::analyze_project))
        .routes(op!(routes::analyze_progress))
        .routes(op!(routes::personas))
}
pub fn root() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::advice)).routes(op!(routes::analyze_session))
}

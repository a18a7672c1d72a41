//! Imports: people and missions from a CSV, all of them or none, with the place of every problem.
//!
//! ```text
//! bytes ──csv (UTF-8 or Windows-1252, `,` or `;`)──► cells by column ──► the nouns' own drafts and checks ──► rows, in one transaction
//! ```

mod missions;
mod people;
mod routes;
#[cfg(test)]
mod tests;

use base::{App, op};
use utoipa_axum::router::OpenApiRouter;

/// Rows of one import; more are several.
const MOST: usize = 1_000;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(routes::people)).routes(op!(routes::missions))
}

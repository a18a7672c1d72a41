//! Crew planning: who works when, on what.

pub mod events;
pub mod exports;
pub mod ics;
pub mod labour_rules;
pub mod projects;
pub mod recurrence;
pub mod rules;

use base::App;
use utoipa_axum::router::OpenApiRouter;

/// Under `/api/v1`.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(projects::router()).merge(events::router()).merge(labour_rules::router())
}

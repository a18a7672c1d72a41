//! Crew planning: who works when, on what.

pub mod assignments;
pub mod availability;
pub mod board;
pub mod calendar;
pub mod callsheet;
mod check;
pub mod conflicts;
pub mod events;
pub mod exports;
pub mod held;
pub mod ics;
pub mod imports;
pub mod invitations;
pub mod labour_rules;
mod letters;
pub mod missions;
pub mod notifications;
pub mod people;
pub mod projects;
pub mod rates;
pub mod recurrence;
pub mod reports;
pub mod rules;
pub mod suggestions;
pub mod templates;
mod told;
mod words;

use base::{App, jobs::Worker};
use utoipa_axum::router::OpenApiRouter;

/// Under `/api/v1`.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(projects::router())
        .merge(people::router())
        .merge(missions::router())
        .merge(assignments::router())
        .merge(invitations::router())
        .merge(availability::router())
        .merge(board::router())
        .merge(labour_rules::router())
        .merge(conflicts::router())
        .merge(suggestions::router())
        .merge(templates::router())
        .merge(rates::router())
        .merge(reports::router())
        .merge(exports::router())
        .merge(callsheet::router())
        .merge(calendar::router())
        .merge(imports::router())
        .merge(notifications::router())
        .merge(events::router())
}

/// At the root: what calendar programs read.
pub fn root() -> OpenApiRouter<App> {
    calendar::root()
}

/// What the rooms here do after a commit.
pub fn jobs(worker: Worker) -> Worker {
    people::jobs(invitations::jobs(worker))
}

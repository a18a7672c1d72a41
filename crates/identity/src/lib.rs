//! Sign-in and organisations: accounts, passwords, mailboxes, sessions, orgs, members.

pub mod accounts;
pub mod admin;
pub mod asked;
pub mod audit;
pub mod emails;
pub mod magic;
pub mod members;
pub mod notices;
pub mod one_time;
pub mod orgs;
pub mod passwords;
pub mod rbac_demo;
pub mod sessions;

use base::{App, jobs::Worker};
use utoipa_axum::router::OpenApiRouter;

/// Under `/api/v1`.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(accounts::router())
        .merge(passwords::router())
        .merge(emails::router())
        .merge(magic::router())
        .merge(sessions::router())
        .merge(orgs::router())
        .merge(members::router())
        .merge(audit::router())
        .merge(admin::router())
}

/// At the root, where the published mobile app looks for them: the same handlers.
pub fn root() -> OpenApiRouter<App> {
    accounts::root().merge(passwords::router()).merge(magic::router()).merge(sessions::root())
}

/// What the rooms here do after a commit.
pub fn jobs(worker: Worker) -> Worker {
    worker.with(asked::JOB, asked::answer)
}

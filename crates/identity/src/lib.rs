//! Sign-in and organisations: accounts, passwords, mailboxes, second factors, providers, sessions, orgs, members.

pub mod accounts;
pub mod admin;
pub mod asked;
pub mod audit;
pub mod emails;
pub mod factors;
pub mod guessing;
pub mod keys;
pub mod leaving;
pub mod magic;
pub mod members;
pub mod notices;
pub mod oauth;
pub mod one_time;
pub mod orgs;
pub mod passwords;
pub mod profiles;
pub mod rbac_demo;
pub mod retention;
pub mod sessions;

use base::{App, jobs::Worker};
use utoipa_axum::router::OpenApiRouter;

/// Under `/api/v1`.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(accounts::router())
        .merge(profiles::router())
        .merge(passwords::router())
        .merge(emails::router())
        .merge(magic::router())
        .merge(sessions::router())
        .merge(oauth::router())
        .merge(factors::router())
        .merge(keys::router())
        .merge(orgs::router())
        .merge(members::router())
        .merge(audit::router())
        .merge(admin::router())
        .merge(leaving::router())
}

/// At the root, where the published mobile app looks for them: the same handlers.
pub fn root() -> OpenApiRouter<App> {
    let root = accounts::root().merge(profiles::root()).merge(passwords::router()).merge(magic::router());
    root.merge(sessions::root()).merge(oauth::root()).merge(factors::root())
}

/// What the rooms here do after a commit.
pub fn jobs(worker: Worker) -> Worker {
    worker.with(asked::JOB, asked::answer)
}

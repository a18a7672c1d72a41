//! Sign-in and organisations: accounts, sessions, providers, orgs, members.
//! Sign-in and organisations: accounts, second factors, sessions, orgs, members.

pub mod accounts;
pub mod admin;
pub mod audit;
pub mod factors;
pub mod keys;
pub mod members;
pub mod notices;
pub mod oauth;
pub mod orgs;
pub mod rbac_demo;
pub mod sessions;

use base::App;
use utoipa_axum::router::OpenApiRouter;

/// Under `/api/v1`.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(accounts::router())
        .merge(sessions::router())
        .merge(oauth::router())
        .merge(factors::router())
        .merge(keys::router())
        .merge(orgs::router())
        .merge(members::router())
        .merge(audit::router())
        .merge(admin::router())
}

/// At the root, where the published mobile app looks for them: the same handlers.
pub fn root() -> OpenApiRouter<App> {
    accounts::root().merge(sessions::root()).merge(oauth::root()).merge(factors::root())
}

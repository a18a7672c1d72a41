//! The integration tests: one binary, HTTP that speaks in people, both engines.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail only loudly")]

mod accounts;
mod cli;
mod coach;
mod coverage;
mod generated;
mod house;
mod kit;
mod labour_rules;
mod orgs;
mod process;
mod projects;
mod sessions;
mod stage;

//! The integration tests: one binary, HTTP that speaks in people, both engines.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail only loudly")]

mod accounts;
mod assignments;
mod availability;
mod board;
mod cli;
mod conflicts;
mod coverage;
mod generated;
mod house;
mod invitations;
mod kit;
mod labour_rules;
mod missions;
mod orgs;
mod people;
mod process;
mod projects;
mod sessions;
mod stage;
mod templates;

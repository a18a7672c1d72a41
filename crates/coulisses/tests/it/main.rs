//! The integration tests: one binary, HTTP that speaks in people, both engines.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail only loudly")]

mod accounts;
mod admin;
mod assignments;
mod audit;
mod availability;
mod board;
mod callsheet;
mod cli;
mod conflicts;
mod coverage;
mod disk;
mod exports;
mod feeds;
mod generated;
mod house;
mod imports;
mod invitations;
mod kit;
mod labour_rules;
mod missions;
mod orgs;
mod people;
mod planned;
mod process;
mod projects;
mod rates;
mod sessions;
mod stage;
mod templates;

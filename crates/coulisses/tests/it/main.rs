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
mod coverage;
mod disk;
mod exports;
mod factors;
mod feeds;
mod generated;
mod house;
mod imports;
mod invitations;
mod keys;
mod kit;
mod labour_rules;
mod missions;
mod oauth;
mod orgs;
mod people;
mod planned;
mod process;
mod projects;
mod rates;
mod secrets;
mod sessions;
mod stage;
mod tenants;
mod tokens;

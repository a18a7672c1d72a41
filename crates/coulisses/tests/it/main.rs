//! The integration tests: one binary, HTTP that speaks in people, both engines.

mod accounts;
mod cli;
mod coverage;
mod generated;
mod house;
mod kit;
mod orgs;
mod process;
mod projects;
mod stage;

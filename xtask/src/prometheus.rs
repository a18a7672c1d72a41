//! The Prometheus of the distribution, which the tests let scrape a live server.

use crate::{
    Outcome,
    foreign::Foreign,
    machine::{self, Program},
};
use std::path::PathBuf;

const PROGRAM: Program = Program { names: &["prometheus"], package: "prometheus" };

pub const PROMETHEUS: Foreign = Foreign { variable: "TEST_PROMETHEUS", tests: "the tests with a real Prometheus are", installed };

fn installed() -> Outcome<PathBuf> {
    machine::ensure(&[&PROGRAM])?;
    PROGRAM.find().ok_or_else(|| "prometheus was installed and is not there".to_owned())
}

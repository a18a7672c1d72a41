//! The official OpenAI SDK for Python, which the tests of completions run against.

use crate::{Outcome, foreign::Foreign, python::Venv};
use std::path::PathBuf;

const VENV: Venv = Venv { list: "crates/coulisses/tests/sdk/requirements.txt", place: "target/openai-sdk" };

pub const SDK: Foreign = Foreign { variable: "TEST_OPENAI_PYTHON", tests: "the test with the OpenAI SDK is", installed };

fn installed() -> Outcome<PathBuf> {
    VENV.installed()
}

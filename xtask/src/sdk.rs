//! The official OpenAI SDK for Python, which the tests of completions run against: installed by pip into `target/`, in the versions that we
//! committed.

use crate::{Outcome, foreign::Foreign, machine::in_path, succeed};
use std::{env, fs, path::PathBuf, process::Command};

const LIST: &str = "crates/coulisses/tests/sdk/requirements.txt";
const PLACE: &str = "target/openai-sdk";

pub const SDK: Foreign = Foreign { variable: "TEST_OPENAI_PYTHON", tests: "the test with the OpenAI SDK is", installed };

fn installed() -> Outcome<PathBuf> {
    let failed = |e: std::io::Error| format!("{PLACE}: {e}");
    let place = env::current_dir().map_err(failed)?.join(PLACE);
    let python = place.join("bin/python");
    let list = fs::read_to_string(LIST).map_err(|e| format!("{LIST}: {e}"))?;
    // Written last: it says that what it lists is there.
    let done = place.join("installed");
    if fs::read_to_string(&done).is_ok_and(|before| before == list) {
        return Ok(python);
    }
    if !in_path("python3") {
        return Err("Python is missing. Install python3 with its venv module.".to_owned());
    }
    succeed(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    succeed(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", LIST]))?;
    fs::write(&done, list).map_err(failed)?;
    Ok(python)
}

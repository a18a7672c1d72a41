//! Tools from PyPI: installed by pip into `target/`, in the versions that we committed, again only when the list changed.

use crate::{Outcome, machine::in_path, succeed};
use std::{env, fs, path::PathBuf, process::Command};

pub struct Venv {
    pub list: &'static str,
    pub place: &'static str,
}
impl Venv {
    /// Its `python`; other programs lie beside it.
    pub fn installed(&self) -> Outcome<PathBuf> {
        let Self { list, place } = self;
        let failed = |e: std::io::Error| format!("{place}: {e}");
        let place = env::current_dir().map_err(failed)?.join(place);
        let python = place.join("bin/python");
        let wanted = fs::read_to_string(list).map_err(|e| format!("{list}: {e}"))?;
        // Written last: it says that what it lists is there.
        let done = place.join("installed");
        if fs::read_to_string(&done).is_ok_and(|before| before == wanted) {
            return Ok(python);
        }
        if !in_path("python3") {
            return Err("Python is missing. Install python3 with its venv module.".to_owned());
        }
        succeed(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
        succeed(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", list]))?;
        fs::write(&done, wanted).map_err(failed)?;
        Ok(python)
    }
}

//! The OpenID provider that the sign-in tests run against: installed by npm into `target/`, from our own lock file.

use crate::{Outcome, in_ci, machine::in_path, succeed};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const SOURCE: &str = "crates/coulisses/tests/providers";
const PLACE: &str = "target/providers";
const VARIABLE: &str = "TEST_OIDC_PROVIDER";

/// The variable that tells the tests where it is; on a developer's machine it may be missing, which is said.
pub fn provide() -> Outcome<Option<(String, String)>> {
    if let Some(given) = env::var_os(VARIABLE) {
        return if given == "skip" && in_ci() {
            Err(format!("{VARIABLE}=skip is for a developer's machine: CI tests everything."))
        } else {
            Ok(None)
        };
    }
    match installed() {
        Ok(place) => Ok(Some((VARIABLE.to_owned(), place.display().to_string()))),
        Err(why) if in_ci() => Err(why),
        Err(why) => {
            println!("the sign-in tests with a real OpenID provider are left out: {why}");
            Ok(Some((VARIABLE.to_owned(), "skip".to_owned())))
        }
    }
}

fn installed() -> Outcome<PathBuf> {
    let failed = |e: std::io::Error| format!("{PLACE}: {e}");
    let place = env::current_dir().map_err(failed)?.join(PLACE);
    fs::create_dir_all(&place).map_err(failed)?;
    let read = |name: &str| fs::read_to_string(Path::new(SOURCE).join(name)).map_err(|e| format!("{SOURCE}/{name}: {e}"));
    let lock = read("package-lock.json")?;
    // Written last: it says that what it lists is there.
    let done = place.join("installed");
    let fresh = fs::read_to_string(&done).is_ok_and(|before| before == lock);
    for name in ["package.json", "package-lock.json", "provider.mjs"] {
        fs::write(place.join(name), read(name)?).map_err(failed)?;
    }
    if !fresh {
        if !in_path("npm") {
            return Err("Node and npm are missing. Install Node 20 or newer.".to_owned());
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]).current_dir(&place).stdin(Stdio::null());
        succeed(&mut npm)?;
        fs::write(&done, lock).map_err(failed)?;
    }
    Ok(place)
}

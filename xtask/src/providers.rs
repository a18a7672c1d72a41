//! The OpenID provider that the sign-in tests run against: installed by npm into `target/`, from our own lock file.

use crate::{Outcome, foreign::Foreign, machine::in_path, succeed};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const SOURCE: &str = "crates/coulisses/tests/providers";
const PLACE: &str = "target/providers";

pub const PROVIDER: Foreign =
    Foreign { variable: "TEST_OIDC_PROVIDER", tests: "the sign-in tests with a real OpenID provider are", installed };

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

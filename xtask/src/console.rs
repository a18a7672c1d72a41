//! The console: its packages, its build and its browser tests, each done again only when something changed.

use crate::{
    Outcome, cargo, in_ci,
    machine::{self, CHROMIUM, in_path},
    succeed,
};
use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    process::Command,
};

const FOLDER: &str = "console";
/// What a build depends on, beside the packages.
const SOURCES: [&str; 6] = ["src", "public", "index.html", "vite.config.ts", "svelte.config.js", "package-lock.json"];
const DESCRIPTION: &str = "crates/coulisses/generated/openapi.json";

/// A built console for the binary to take in. Without Node the server goes without, and says so on its first page.
pub fn provide() -> Outcome<bool> {
    if !in_path("npm") {
        let line = "Node and npm are missing: the console is not built (the API works without). Install Node 20 or newer.";
        if in_ci() {
            return Err(line.to_owned());
        }
        println!("{line}");
        return Ok(false);
    }
    let packages = hash([Path::new(FOLDER).join("package-lock.json")].into_iter())?;
    if stale("node_modules/.packages", packages) {
        println!("console: fetching its packages (some 110, once)");
        npm(&["ci", "--no-audit", "--no-fund", "--loglevel=error"])?;
        keep("node_modules/.packages", packages)?;
    }
    let sources = SOURCES.iter().map(|name| Path::new(FOLDER).join(name)).chain([PathBuf::from(DESCRIPTION)]);
    let sources = hash(sources.flat_map(|path| below(&path)))?;
    if stale("dist/.built", sources) {
        println!("console: building");
        npm(&["run", "build", "--silent"])?;
        keep("dist/.built", sources)?;
    }
    Ok(true)
}

/// Types and templates fit the API's description.
pub fn check() -> Outcome {
    npm(&["run", "check", "--silent"])
}
/// The browser tests, against the binary with the console in it.
pub fn browser_tests() -> Outcome<Command> {
    machine::ensure(&[&CHROMIUM])?;
    let chromium = CHROMIUM.find().ok_or("chromium was installed and is not there")?;
    // The simulator lies beside the binary, for the tests that ask a model.
    succeed(cargo().args(["build", "-p", "coulisses", "-p", "simulator", "--locked"]))?;
    let binary = std::env::current_dir().map_err(|e| e.to_string())?.join("target/debug/coulisses");
    let mut tests = Command::new("npm");
    tests.args(["run", "browser", "--silent"]).current_dir(FOLDER).env("COULISSES_BIN", binary).env("CHROMIUM", chromium);
    Ok(tests)
}

fn npm(args: &[&str]) -> Outcome {
    succeed(Command::new("npm").args(args).current_dir(FOLDER))
}
fn stale(stamp: &str, hash: u64) -> bool {
    fs::read_to_string(Path::new(FOLDER).join(stamp)).ok() != Some(hash.to_string())
}
fn keep(stamp: &str, hash: u64) -> Outcome {
    fs::write(Path::new(FOLDER).join(stamp), hash.to_string()).map_err(|e| format!("{stamp}: {e}"))
}
fn hash(files: impl Iterator<Item = PathBuf>) -> Outcome<u64> {
    let mut hasher = DefaultHasher::new();
    for path in files {
        path.hash(&mut hasher);
        fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}
/// A file, or all files below a folder in their order; what a build writes among its sources is none.
fn below(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return if path.ends_with("schema.d.ts") { vec![] } else { vec![path.to_owned()] };
    }
    let mut children: Vec<_> = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    children.sort();
    children.iter().flat_map(|child| below(child)).collect()
}

//! What this machine has: programs, an unprivileged user, a way to install what is missing.

use crate::{Outcome, in_ci, succeed};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A server program, and the Debian package that holds it.
pub struct Program {
    pub names: &'static [&'static str],
    pub package: &'static str,
}
pub const POSTGRES: Program = Program { names: &["postgres"], package: "postgresql" };
/// A browser for the console's tests.
pub const CHROMIUM: Program = Program { names: &["chromium", "chromium-browser", "google-chrome"], package: "chromium" };
pub const REDIS: Program = Program { names: &["redis-server", "valkey-server"], package: "redis-server" };

impl Program {
    /// In `PATH`, or where Debian hides the server programs of Postgres, the newest version first.
    pub fn find(&self) -> Option<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = postgres_folders().into_iter().chain(env::split_paths(&path));
        folders.flat_map(|folder| self.names.iter().map(move |name| folder.join(name))).find(|program| program.is_file())
    }
}
fn postgres_folders() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut versions: Vec<_> = versions.filter_map(|path| Some((path.file_name()?.to_str()?.parse::<u32>().ok()?, path))).collect();
    versions.sort();
    versions.into_iter().rev().map(|(_, path)| path.join("bin")).collect()
}

/// Finds the programs, after installing what is missing where that needs no question.
pub fn ensure(programs: &[&Program]) -> Outcome {
    let missing = || programs.iter().filter(|program| program.find().is_none()).map(|program| program.package).collect::<Vec<_>>();
    let packages = missing();
    if packages.is_empty() {
        return Ok(());
    }
    let way = if is_root() {
        Some(&[][..])
    } else {
        let quiet = Command::new("sudo").args(["-n", "true"]).stderr(Stdio::null()).status();
        quiet.is_ok_and(|status| status.success()).then_some(&["sudo", "-n"][..])
    };
    match way {
        Some(prefix) if in_path("apt-get") => install(prefix, &packages)?,
        _ => {}
    }
    match missing() {
        missing if missing.is_empty() => Ok(()),
        missing => Err(wanted(&missing)),
    }
}
fn wanted(missing: &[&str]) -> String {
    let mut line = format!("missing on this machine: {0}. Install with `sudo apt-get install {0}`", missing.join(" "));
    if missing != [CHROMIUM.package] {
        line += ", or give the address of a server in TEST_POSTGRES_URL or TEST_REDIS_URL";
    }
    if in_ci() { line + "." } else { line + ", or leave those tests out with `cargo xtask test --fast`." }
}
fn install(prefix: &[&str], packages: &[&str]) -> Outcome {
    for args in [&["update", "-q"][..], &[&["install", "-q", "-y", "--no-install-recommends"], packages].concat()] {
        let words = [prefix, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"], args].concat();
        println!("+ {}", words.join(" "));
        succeed(Command::new(words[0]).args(&words[1..]).stdin(Stdio::null()))?;
    }
    Ok(())
}
pub fn in_path(program: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
/// The user and group that a server runs as when root starts it: Postgres refuses to be root.
pub fn unprivileged() -> Outcome<Option<(u32, u32)>> {
    if !is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").map_err(|e| format!("/etc/passwd: {e}"))?;
    let ids = |name: &str| user_in(&users, name);
    ids("postgres")
        .or_else(|| ids("nobody"))
        .map(Some)
        .ok_or_else(|| "there is no user `postgres` or `nobody` to run servers as".to_owned())
}
fn user_in(passwd: &str, name: &str) -> Option<(u32, u32)> {
    let fields: Vec<_> = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == name)?;
    Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
}

/// Where servers keep their data: a disk, not memory, or a durable benchmark would lie.
pub fn scratch() -> PathBuf {
    let disk = Path::new("/var/tmp");
    if disk.is_dir() { disk.to_owned() } else { env::temp_dir() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_their_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:9:9::/:\npostgres:x:101:104:,,,:/var/lib:/bin/bash\nbroken\n";
        assert_eq!(user_in(passwd, "postgres"), Some((101, 104)));
        assert_eq!(user_in(passwd, "post"), None);
        assert_eq!(user_in(passwd, "broken"), None);
    }
    #[test]
    fn what_is_missing_is_named_with_its_command() {
        let line = wanted(&["postgresql", "redis-server"]);
        assert!(line.contains("apt-get install postgresql redis-server") && line.contains("TEST_POSTGRES_URL"), "{line}");
    }
}

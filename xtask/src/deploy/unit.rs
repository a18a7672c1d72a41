//! The unit of systemd: without a fault, and with few doors open.

use crate::{Outcome, machine::Program};
use std::{env, fs, path::Path, process::Command};

pub const ANALYZE: Program = Program { names: &["systemd-analyze"], package: "systemd" };
const UNIT: &str = "deploy/systemd/coulisses.service";
/// What `systemd-analyze security` may find open, in tenths: 20 of 100.
const EXPOSURE: &str = "20";

pub fn check() -> Outcome {
    unit(&fs::read_to_string(UNIT).map_err(|e| format!("{UNIT}: {e}"))?)
}

/// The unit has no fault that systemd sees, and lets the service do little beyond its work.
fn unit(text: &str) -> Outcome {
    let folder = env::temp_dir().join(format!("unit-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let file = folder.join("coulisses.service");
    // The binary is not installed here; a program that is there stands in for it.
    fs::write(&file, text.replace("/usr/local/bin/coulisses serve", "/bin/true serve")).map_err(|e| e.to_string())?;
    let said = analyze(&["verify"], &file).and_then(|()| analyze(&["security", "--offline=true", "--threshold", EXPOSURE], &file));
    let _ = fs::remove_dir_all(folder);
    said
}
/// Silence is consent: `verify` ends with success after a warning, too.
fn analyze(args: &[&str], file: &Path) -> Outcome {
    let program = ANALYZE.find().ok_or("systemd-analyze was installed and is not there")?;
    let done = Command::new(program).args(args).arg(file).env("SYSTEMD_COLORS", "0").output().map_err(|e| e.to_string())?;
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    let ours: Vec<_> = told.lines().filter(|line| line.contains("coulisses.service")).collect();
    if done.status.success() && ours.is_empty() {
        return Ok(());
    }
    let open = String::from_utf8_lossy(&done.stdout);
    let open: Vec<_> = open.lines().filter(|line| line.contains('✗') || line.contains("exposure")).collect();
    Err(format!("systemd-analyze {}:\n{}\n{}", args.join(" "), ours.join("\n"), open.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::{ANALYZE, UNIT, unit};

    #[test]
    fn a_fault_or_an_open_door_is_seen() {
        if ANALYZE.find().is_none() {
            return; // `check` installs it; a newcomer's `cargo test` need not
        }
        let text = std::fs::read_to_string(format!("../{UNIT}")).unwrap();
        unit(&text).unwrap();
        assert!(unit(&text.replace("ProtectSystem=strict", "ProtectSistem=strict")).is_err(), "a word that systemd does not know");
        let open = text.replace("CapabilityBoundingSet=\n", "").replace("RestrictNamespaces=yes\n", "").replace("PrivateUsers=yes\n", "");
        assert!(unit(&open).is_err(), "an open door");
    }
}

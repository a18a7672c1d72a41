//! What the house builds on: licences it may ship, no package in two versions without a reason, not too many.

use crate::{Outcome, cargo, shown, test::none};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Licences that ask no more than to be named.
const LICENCES: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    // webpki-roots: certificates, which are data.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Zlib",
];
/// `name reason`, a line each. It may only shrink: a line that is not needed any more is a fault.
const DOUBLES: &str = "xtask/allowed-duplicates.txt";
/// More is a promise too many to the user, and minutes of cold build.
const MOST_PACKAGES: usize = 335;
/// What ships; a fixed target, so that the answer is the same on every machine.
const TARGET: &str = "x86_64-unknown-linux-gnu";

#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Package {
    name: String,
    version: String,
    licence: String,
}

pub fn check() -> Outcome {
    let lock = fs::read_to_string("Cargo.lock").map_err(|e| format!("Cargo.lock: {e}"))?;
    let locked = lock.lines().filter(|line| *line == "[[package]]").count();
    let packages = packages()?;
    println!("{} packages are built, {locked} are locked", packages.len());
    let allowed = fs::read_to_string(DOUBLES).map_err(|e| format!("{DOUBLES}: {e}"))?;
    let mut faults: Vec<_> = packages.iter().filter(|package| !may_ship(&package.licence)).map(unlicensed).collect();
    faults.extend(doubles(&packages, &allowed));
    if locked > MOST_PACKAGES {
        faults.push(format!("Cargo.lock holds {locked} packages; {MOST_PACKAGES} are the most"));
    }
    none("dependencies", faults)
}
fn unlicensed(package: &Package) -> String {
    format!("{} {}: the licence `{}` is not among those the house may ship", package.name, package.version, package.licence)
}

fn packages() -> Outcome<BTreeSet<Package>> {
    let mut tree = cargo();
    tree.args([
        "tree",
        "--workspace",
        "--locked",
        "--edges",
        "normal,build",
        "--target",
        TARGET,
        "--prefix",
        "none",
        "--format",
        "{p}|{l}",
    ]);
    let output = tree.output().map_err(|e| format!("{}: {e}", shown(&tree)))?;
    if !output.status.success() {
        return Err(format!("{}: {}", shown(&tree), String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(package).collect())
}
/// `serde v1.0.2 (proc-macro)|MIT OR Apache-2.0 (*)`
fn package(line: &str) -> Option<Package> {
    let (package, licence) = line.split_once('|')?;
    let mut words = package.split(' ');
    let (name, version) = (words.next()?.to_owned(), words.next()?.to_owned());
    Some(Package { name, version, licence: licence.trim_end_matches(" (*)").to_owned() })
}

fn doubles(packages: &BTreeSet<Package>, allowed: &str) -> Vec<String> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(&package.name).or_default().insert(&package.version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let mut faults = Vec::new();
    for line in allowed.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, reason) = line.split_once(' ').unwrap_or((line, ""));
        if versions.remove(name).is_none() {
            faults.push(format!("{DOUBLES}: {name} is not doubled any more; take the line away"));
        } else if reason.trim().is_empty() {
            faults.push(format!("{DOUBLES}: {name} needs a reason"));
        }
    }
    faults.extend(versions.iter().map(|(name, versions)| {
        let versions = versions.iter().copied().collect::<Vec<_>>().join(", ");
        format!("{name} is built in several versions ({versions}): agree on one, or give a reason in {DOUBLES}")
    }));
    faults
}

/// Reads `A OR B`, `A AND (B OR C)`, and the older `A/B`. AND binds closer, as SPDX has it. What cannot be read may not ship.
fn may_ship(expression: &str) -> bool {
    let text = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = text.split_whitespace().peekable();
    either(&mut words) == Some(true) && words.next().is_none()
}
type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;
fn either(words: &mut Words<'_>) -> Option<bool> {
    let mut fits = both(words)?;
    while words.next_if_eq(&"OR").is_some() {
        fits |= both(words)?;
    }
    Some(fits)
}
fn both(words: &mut Words<'_>) -> Option<bool> {
    let mut fits = one(words)?;
    while words.next_if_eq(&"AND").is_some() {
        fits &= one(words)?;
    }
    Some(fits)
}
fn one(words: &mut Words<'_>) -> Option<bool> {
    let mut licence = words.next()?.to_owned();
    if licence == "(" {
        let fits = either(words)?;
        return (words.next()? == ")").then_some(fits);
    }
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", words.next()?);
    }
    Some(LICENCES.contains(&licence.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licence_expressions_are_read_as_spdx_means_them() {
        for good in [
            "MIT",
            "MIT OR GPL-3.0",
            "GPL-3.0 OR MIT",
            "MIT/Apache-2.0",
            "Apache-2.0 AND ISC",
            "(MIT OR GPL-3.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
            "GPL-3.0 AND X OR MIT",
        ] {
            assert!(may_ship(good), "{good}");
        }
        for bad in
            ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND AGPL-3.0", "MIT WITH something", "(MIT", "MIT MIT", "MIT OR", "OR MIT AND"]
        {
            assert!(!may_ship(bad), "{bad}");
        }
    }
    #[test]
    fn a_double_needs_a_reason_and_a_reason_needs_a_double() {
        let packages =
            ["a v1.0.0|MIT", "a v2.0.0 (proc-macro)|MIT (*)", "b v1.0.0 (/some/where)|MIT"].into_iter().filter_map(package).collect();
        assert_eq!(doubles(&packages, "# why\na two worlds\n"), Vec::<String>::new());
        assert!(doubles(&packages, "")[0].starts_with("a is built in several versions (v1.0.0, v2.0.0)"));
        assert!(doubles(&packages, "a")[0].ends_with("a needs a reason"));
        assert!(doubles(&packages, "a two worlds\nb once")[0].contains("b is not doubled"));
    }
}

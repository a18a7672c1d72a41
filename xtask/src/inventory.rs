//! What a binary is made of, for whoever must know: every crate with its version and licence, as a CycloneDX list and as plain lines.

use crate::{Outcome, cargo};
use std::collections::BTreeSet;

/// A crate that is linked in.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    name: String,
    version: String,
    licence: String,
}

/// `sbom.cdx.json` and `licences.txt`.
pub fn of(target: &str) -> Outcome<[(&'static str, String); 2]> {
    let mut tree = cargo();
    tree.args(["tree", "--locked", "-p", "coulisses", "-e", "normal", "--target", target, "--prefix", "none", "--format", "{p}|{l}"]);
    let said = tree.output().map_err(|e| format!("cargo tree: {e}"))?;
    if !said.status.success() {
        return Err(String::from_utf8_lossy(&said.stderr).into_owned());
    }
    let parts = parts(&String::from_utf8_lossy(&said.stdout))?;
    let lines = parts.iter().map(|part| format!("{} {}: {}\n", part.name, part.version, part.licence)).collect();
    Ok([("sbom.cdx.json", cyclonedx(&parts)), ("licences.txt", lines)])
}
/// Ours (they name their folder) are no parts; what stands twice is marked, and told once.
fn parts(tree: &str) -> Outcome<BTreeSet<Part>> {
    let foreign = tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty() && !line.contains(" (/"));
    let part = |line: &str| {
        let (what, licence) = line.split_once('|')?;
        let (name, version) = what.trim_end_matches(" (proc-macro)").split_once(" v")?;
        let licence = licence.replace('/', " OR ");
        (!licence.is_empty()).then(|| Part { name: name.to_owned(), version: version.to_owned(), licence })
    };
    foreign.map(|line| part(line).ok_or_else(|| format!("a part without a version or a licence: {line}"))).collect()
}
fn cyclonedx(parts: &BTreeSet<Part>) -> String {
    let own = env!("CARGO_PKG_VERSION");
    let component = |Part { name, version, licence }: &Part| {
        format!(
            r#"    {{"type": "library", "name": {name:?}, "version": {version:?}, "purl": "pkg:cargo/{name}@{version}", "licenses": [{{"expression": {licence:?}}}]}}"#
        )
    };
    let list: Vec<String> = parts.iter().map(component).collect();
    format!(
        r#"{{
  "bomFormat": "CycloneDX",
  "specVersion": "1.5",
  "version": 1,
  "metadata": {{"component": {{"type": "application", "name": "coulisses", "version": {own:?}}}}},
  "components": [
{}
  ]
}}
"#,
        list.join(",\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_is_named_once_with_its_licence_and_ours_are_not() {
        let tree = "coulisses v0.1.0 (/house/crates/coulisses)|MIT\naead v0.6.1|MIT OR Apache-2.0\nserde_derive v1.0.1 (proc-macro)|MIT/Apache-2.0\naead v0.6.1|MIT OR Apache-2.0 (*)\n";
        let found = parts(tree).unwrap();
        let told: Vec<_> = found.iter().map(|part| format!("{} {} {}", part.name, part.version, part.licence)).collect();
        assert_eq!(told, ["aead 0.6.1 MIT OR Apache-2.0", "serde_derive 1.0.1 MIT OR Apache-2.0"]);
        let list = cyclonedx(&found);
        assert!(list.contains(r#""purl": "pkg:cargo/aead@0.6.1", "licenses": [{"expression": "MIT OR Apache-2.0"}]"#), "{list}");
        assert!(parts("odd v1.0.0|").is_err(), "what has no licence is not handed out");
    }
}

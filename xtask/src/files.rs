//! The shape of the house's files: what neither the compiler nor clippy looks at.

use crate::Outcome;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A file that is longer is two files.
const MOST_LINES: usize = 600;

/// Dependencies that one crate keeps from the rest of the house: features see its types, never a driver.
const KEPT: [(&str, &[&str]); 1] =
    [("base", &["rusqlite", "tokio-postgres", "deadpool-postgres", "redis", "lettre", "argon2", "ring", "aes-gcm-siv", "rustls"])];
/// What ours is measured against must not be ours.
const FLOORS: [(&str, &str); 2] = [("bench", "argon2"), ("bench", "rustls")];
/// Domains, and the only members of the house that each may lean on.
const LEANS: [(&str, &[&str]); 5] =
    [("base", &[]), ("staffing", &[]), ("identity", &["base"]), ("planning", &["base", "staffing"]), ("coach", &["base"])];

pub fn faults() -> Outcome<Vec<String>> {
    let mut all = Vec::new();
    let mut schemas = BTreeMap::new();
    let mut members = vec![PathBuf::from("bench"), PathBuf::from("xtask")];
    members.extend(children(Path::new("crates"))?);
    for member in &members {
        all.extend(manifest(&member.join("Cargo.toml").display().to_string(), &read(&member.join("Cargo.toml"))?));
        for file in sources(member)? {
            let (path, text) = (file.display().to_string(), read(&file)?);
            all.extend(source(&path, &text));
            all.extend(schema_names(&text).into_iter().filter_map(|name| same_schema(&mut schemas, name, &path)));
        }
    }
    let names: Vec<_> = children(Path::new("migrations"))?.iter().filter_map(|p| Some(p.file_name()?.to_str()?.to_owned())).collect();
    all.extend(migrations(&names));
    Ok(all)
}

fn source(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//! ") {
        faults.push(format!("{path}: opens without a `//!` sentence that says what it is for"));
    }
    let lines = text.lines().count();
    if lines > MOST_LINES {
        faults.push(format!("{path}: {lines} lines; {MOST_LINES} are the most, split it"));
    }
    for (number, _) in text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("#[ignore")) {
        faults.push(format!("{path}:{}: an ignored test tests nothing; make it pass or take it away", number + 1));
    }
    faults
}

/// The types of a file that the API's document names by their own name.
fn schema_names(text: &str) -> Vec<String> {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let derived = lines.iter().enumerate().filter(|(_, line)| line.starts_with("#[derive(") && line.contains("ToSchema"));
    let name = |(at, _): (usize, &&str)| {
        let rest = &lines[at + 1..];
        let here = rest.iter().position(|line| line.contains("struct ") || line.contains("enum "))?;
        let declared = rest[here].split(['{', '(', '<', ';']).next()?.split_whitespace().last()?;
        let renamed = rest[..here].iter().any(|line| line.starts_with("#[schema(as"));
        (!renamed).then(|| declared.to_owned())
    };
    derived.filter_map(name).collect()
}
/// Of two types with one name the document keeps only one.
fn same_schema(known: &mut BTreeMap<String, String>, name: String, path: &str) -> Option<String> {
    let earlier = known.insert(name.clone(), path.to_owned())?;
    Some(format!("{path}: {earlier} has a schema `{name}` too; give this one `#[schema(as = …)]`"))
}

/// `0001_house.up.sql` and its `.down.sql`, numbered without a gap.
fn migrations(names: &[String]) -> Vec<String> {
    let mut steps: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut faults = Vec::new();
    for name in names {
        let way = [".up.sql", ".down.sql"].into_iter().find(|way| name.ends_with(way));
        match way {
            Some(way) => drop(steps.entry(name.trim_end_matches(way)).or_default().insert(way)),
            None => faults.push(format!("migrations/{name}: must end in .up.sql or .down.sql")),
        }
    }
    for (position, (step, ways)) in steps.iter().enumerate() {
        if ways.len() < 2 {
            faults.push(format!("migrations/{step}: needs both an .up.sql and a .down.sql"));
        }
        let number = format!("{:04}_", position + 1);
        if !step.starts_with(&number) {
            faults.push(format!("migrations/{step}: should begin with {number}, each number once"));
        }
    }
    faults
}

/// The crate obeys the house's lints and leans on nobody it must not know.
fn manifest(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut section = "";
    let (mut lints, mut needs) = (false, Vec::new());
    for line in text.lines().map(str::trim) {
        match line.strip_prefix('[') {
            Some(header) => section = header.trim_matches(['[', ']']),
            None if section == "lints" => lints |= line.replace(' ', "") == "workspace=true",
            None if section == "dependencies" || section == "build-dependencies" => {
                needs.extend(line.split(['=', '.', ' ']).next().filter(|name| !name.is_empty() && !name.starts_with('#')));
            }
            None => {}
        }
    }
    if !lints {
        faults.push(format!("{path}: without `[lints] workspace = true` no ban holds here"));
    }
    let name = Path::new(path).parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    for (keeper, kept) in KEPT {
        let taken = needs.iter().filter(|need| name != keeper && kept.contains(need) && !FLOORS.contains(&(name, need)));
        faults.extend(taken.map(|need| format!("{path}: {need} is behind `{keeper}`; use what that offers")));
    }
    if let Some((_, allowed)) = LEANS.iter().find(|(member, _)| *member == name) {
        let wrong = needs.iter().filter(|need| LEANS.iter().any(|(member, _)| member == *need) && !allowed.contains(need));
        faults.extend(wrong.map(|need| format!("{path}: `{name}` must not know `{need}`; wire them in `coulisses`")));
    }
    if name == "xtask" && !needs.is_empty() {
        faults.push(format!("{path}: xtask has no dependencies, so that it builds in seconds"));
    }
    faults
}

fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}
fn children(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>());
    let mut paths = entries.map_err(|e| format!("{}: {e}", folder.display()))?;
    paths.sort();
    Ok(paths)
}
/// The `.rs` files below a folder.
fn sources(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in children(folder)? {
        if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_opens_with_its_purpose_and_is_short() {
        assert_eq!(source("a.rs", "//! What it is for.\nfn a() {}\n"), Vec::<String>::new());
        assert!(source("a.rs", "fn a() {}\n")[0].starts_with("a.rs: opens without"));
        assert!(source("a.rs", &format!("//! Long.\n{}", "\n".repeat(MOST_LINES)))[0].starts_with("a.rs: 601 lines"));
        assert!(source("a.rs", "//! Tests.\n    #[ignore = \"slow\"]\n")[0].starts_with("a.rs:2: an ignored test"));
    }
    #[test]
    fn two_schemas_do_not_share_a_name() {
        let text = "#[derive(Debug, ToSchema)]\n#[serde(x)]\npub struct Draft {\n#[derive(ToSchema)]\n#[schema(as = MissionDraft)]\npub struct Draft {";
        let names = schema_names(&format!("{text}\n#[derive(ToSchema)]\nenum Kind<T> {{"));
        assert_eq!(names, ["Draft", "Kind"]);
        let mut known = BTreeMap::new();
        assert_eq!(same_schema(&mut known, "Draft".into(), "a.rs"), None);
        assert!(same_schema(&mut known, "Draft".into(), "b.rs").is_some_and(|fault| fault.contains("a.rs has a schema `Draft` too")));
    }
    #[test]
    fn migrations_go_both_ways_and_are_counted() {
        let check = |names: &[&str]| migrations(&names.iter().map(|n| n.to_string()).collect::<Vec<_>>());
        assert_eq!(check(&["0001_a.up.sql", "0001_a.down.sql", "0002_b.up.sql", "0002_b.down.sql"]), Vec::<String>::new());
        assert!(check(&["0001_a.up.sql"])[0].contains("needs both"));
        assert!(check(&["0001_a.up.sql", "0001_a.down.sql", "0003_b.up.sql", "0003_b.down.sql"])[0].contains("begin with 0002_"));
        assert!(check(&["0001_a.up.sql", "0001_a.down.sql", "0001_b.up.sql", "0001_b.down.sql"])[0].contains("begin with 0002_"));
        assert!(check(&["readme.txt"])[0].contains("must end in"));
    }
    #[test]
    fn a_crate_leans_only_on_whom_it_may_know() {
        let with = |path: &str, needs: &str| {
            manifest(path, &format!("[dependencies]\n{needs}\n[dev-dependencies]\nredis = \"1\"\n[lints]\nworkspace = true\n"))
        };
        assert_eq!(
            with("crates/planning/Cargo.toml", "base.workspace = true\nstaffing.workspace = true\n# identity = 1"),
            Vec::<String>::new()
        );
        assert!(with("crates/planning/Cargo.toml", "identity.workspace = true")[0].contains("must not know `identity`"));
        assert!(with("crates/coach/Cargo.toml", "staffing = { path = \"../staffing\" }")[0].contains("must not know"));
        assert!(with("crates/identity/Cargo.toml", "rusqlite.workspace = true")[0].contains("is behind `base`"));
        assert_eq!(with("crates/base/Cargo.toml", "rusqlite.workspace = true"), Vec::<String>::new());
        assert!(with("xtask/Cargo.toml", "serde = \"1\"")[0].contains("no dependencies"));
        assert!(manifest("crates/coach/Cargo.toml", "[dependencies]\n")[0].contains("no ban holds"));
    }
}

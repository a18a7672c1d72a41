//! Where settings come from: `coulisses.toml`, then the environment, then flags; the last one wins.

use super::{Definition, TABLE, Value};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// One line that names the setting and says what would fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(pub String);
impl Fault {
    pub fn of(name: &str, why: impl fmt::Display) -> Self {
        // One line, whatever was put into a value.
        Self(format!("{name}: {why}").replace(char::is_control, " "))
    }
}
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for Fault {}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(PathBuf),
    Environment,
    Flag,
}
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => path.display().fmt(f),
            Self::Environment => f.write_str("environment"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// Names and texts, as somebody wrote them: one layer for each origin, in rising order.
#[derive(Default)]
pub struct Source(Vec<(Origin, BTreeMap<String, String>)>);

impl Source {
    /// As if given by flags.
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(vec![(Origin::Flag, pairs.into_iter().collect())])
    }
    /// The environment of the process, with the file if it is there.
    pub fn read(file: Option<&Path>, flags: BTreeMap<String, String>) -> Result<Self, Fault> {
        let path = file.unwrap_or(Path::new("coulisses.toml"));
        let mut layers = match std::fs::read_to_string(path) {
            Ok(text) => vec![(Origin::File(path.to_owned()), table(path, &text)?)],
            Err(e) if file.is_none() && e.kind() == ErrorKind::NotFound => vec![],
            Err(e) => return Err(Fault::of(&path.display().to_string(), format_args!("cannot be read ({e})"))),
        };
        layers.push((Origin::Environment, variables(std::env::vars_os())?));
        layers.push((Origin::Flag, flags));
        Ok(Self(layers))
    }
    /// No name that is ours to know is unknown, and none is given twice with two meanings.
    pub(super) fn known(&self) -> Result<(), Fault> {
        for (origin, pairs) in &self.0 {
            let mut seen: BTreeMap<&str, (&String, &String)> = BTreeMap::new();
            for (name, text) in pairs.iter().filter(|(_, text)| !text.trim().is_empty()) {
                match (Definition::named(name), origin) {
                    (None, Origin::Environment) => {}
                    (None, _) => return Err(unknown(name)),
                    (Some(one), _) => match seen.insert(one.member(name).map_or(one.name, |_| name), (name, text)) {
                        Some((other, before)) if before.trim() != text.trim() => {
                            let why = format_args!("contradicts {other}, which means the same; keep one of them (from: {origin})");
                            return Err(Fault::of(name, why));
                        }
                        _ => {}
                    },
                }
            }
        }
        Ok(())
    }
    /// The text in force and who said it. An empty text counts as not given, as compose files pass it.
    fn said(&self, name: &str) -> Option<(&str, &Origin)> {
        // The pattern of a family is no name of its own.
        let names = || Definition::named(name).into_iter().filter(|one| !one.name.contains('<')).flat_map(Definition::names);
        self.0.iter().rev().find_map(|(origin, pairs)| {
            let text = names().filter_map(|n| pairs.get(n)).map(|text| text.trim()).find(|text| !text.is_empty())?;
            Some((text, origin))
        })
    }
    pub(super) fn origin(&self, name: &str) -> Origin {
        let said = self.family(name).map(|(_, origin)| origin).or_else(|| Some(self.said(name)?.1));
        said.cloned().unwrap_or(Origin::Default)
    }
    /// What is said of each member of a family, a line each as `Named` reads it.
    fn family(&self, name: &str) -> Option<(String, &Origin)> {
        let family = Definition::named(name).filter(|one| one.name.contains('<'))?;
        let mut lines = BTreeMap::new();
        for (origin, pairs) in &self.0 {
            let members = pairs.iter().filter_map(|(name, text)| Some((family.member(name)?, text.trim())));
            lines.extend(members.filter(|(_, text)| !text.is_empty()).map(|(member, text)| (member, (text, origin))));
        }
        let origin = lines.values().map(|(_, origin)| *origin).next_back()?;
        Some((lines.into_iter().map(|(member, (text, _))| format!("{member}={text}\n")).collect(), origin))
    }
    pub(super) fn get<T: Value>(&self, name: &str, default: &str) -> Result<T, Fault> {
        let family = self.family(name);
        let said = family.as_ref().map(|(text, origin)| (text.as_str(), *origin)).or_else(|| self.said(name));
        let (text, origin) = said.unwrap_or((default, &Origin::Default));
        T::read(text).map_err(|why| Fault::of(name, format_args!("{why} (from: {origin})")))
    }
    /// Variables that look like a mistyped setting: the environment is full of other people's names, so this is no error.
    pub fn hints(&self) -> Vec<String> {
        let variables = self.0.iter().filter(|(origin, _)| *origin == Origin::Environment).flat_map(|(_, pairs)| pairs.keys());
        let strange = variables.filter(|name| name.contains('_') && Definition::named(name).is_none());
        strange.filter_map(|name| Some(format!("{name} is not a setting; did you mean {}?", nearest_setting(name)?))).collect()
    }
}

fn unknown(name: &str) -> Fault {
    let hint = nearest_setting(name).map_or("`coulisses --help` lists them".to_owned(), |near| format!("did you mean {near}?"));
    Fault::of(name, format_args!("there is no such setting; {hint}"))
}
fn variables(environment: impl Iterator<Item = (OsString, OsString)>) -> Result<BTreeMap<String, String>, Fault> {
    let mut pairs = BTreeMap::new();
    for (name, text) in environment {
        let Ok(name) = name.into_string() else { continue };
        match text.into_string() {
            Ok(text) => drop(pairs.insert(name, text)),
            Err(_) if Definition::named(&name).is_some() => return Err(Fault::of(&name, "is not UTF-8 text (from: environment)")),
            Err(_) => {}
        }
    }
    Ok(pairs)
}
fn table(path: &Path, text: &str) -> Result<BTreeMap<String, String>, Fault> {
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
        // The parser's own words quote the line, which may hold a secret: say only where.
        let before = e.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        Fault::of(&path.display().to_string(), format_args!("line {} is not TOML", before.matches('\n').count() + 1))
    })?;
    let named = |(name, value): (String, toml::Value)| {
        let name = name.to_uppercase();
        let text = plain(value).ok_or_else(|| match Definition::named(&name) {
            Some(_) => Fault::of(&name, format_args!("must be a text, a whole number, true, false or a list (from: {})", path.display())),
            None => unknown(&name),
        })?;
        Ok((name, text))
    };
    table.into_iter().map(named).collect()
}
fn plain(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(n) => Some(n.to_string()),
        toml::Value::Boolean(b) => Some(b.to_string()),
        toml::Value::Array(items) => Some(items.into_iter().map(plain).collect::<Option<Vec<_>>>()?.join(",")),
        _ => None,
    }
}

/// The setting that was probably meant.
pub fn nearest_setting(name: &str) -> Option<&'static str> {
    nearest(&name.to_uppercase().replace('-', "_"), TABLE.iter().flat_map(Definition::names))
}
/// The word that was probably meant: at most one slip for four letters.
pub fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = 1 + word.len() / 4;
    words.into_iter().map(|w| (distance(word, w), w)).filter(|(d, _)| *d <= most).min_by_key(|(d, _)| *d).map(|(_, w)| w)
}
/// How many letters to add, drop or change; two that changed places are one slip, not two.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect()
    }
    fn file(text: &str) -> Result<Settings, String> {
        let load = || Settings::load(&Source(vec![(Origin::File("c.toml".into()), table(Path::new("c.toml"), text)?)]));
        load().map_err(|fault| fault.0)
    }

    #[test]
    fn later_sources_win_and_empty_is_not_given() {
        let source = Source(vec![
            (Origin::File("c.toml".into()), table(Path::new("c.toml"), "bind = '127.0.0.1:1'\nMAX_IN_FLIGHT = 7\nworkers = 2").unwrap()),
            (Origin::Environment, pairs(&[("BIND", "127.0.0.1:2"), ("WORKERS", " "), ("HOME", "/"), ("bind", "not ours")])),
            (Origin::Flag, pairs(&[("BIND", "127.0.0.1:3"), ("JWT_SECRET_KEY", "0123456789abcdef")])),
        ]);
        let settings = Settings::load(&source).unwrap();
        assert_eq!((settings.bind.port(), settings.max_in_flight, settings.workers), (3, 7, Some(2)));
        let shown = settings.shown();
        let origin = |name: &str| shown.iter().find(|s| s.name == name).unwrap().origin.to_string();
        assert_eq!(["BIND", "MAX_IN_FLIGHT", "SECRET_KEY", "DOCS"].map(origin), ["flag", "c.toml", "flag", "default"]);
    }
    #[test]
    fn an_alias_may_not_contradict() {
        let two = |a: &str, b: &str| Settings::load(&Source::of(pairs(&[("SECRET_KEY", a), ("JWT_SECRET_KEY", b)])));
        assert!(two("0123456789abcdef", "0123456789abcdef").is_ok());
        let fault = two("0123456789abcdef", "another-one-of-ours").unwrap_err().0;
        assert!(fault.contains("SECRET_KEY") && fault.contains("contradicts") && !fault.contains("another-one"), "{fault}");
    }
    #[test]
    fn a_file_says_what_is_wrong_with_it() {
        for (text, words) in [
            ("bnid = 'x'", "BNID: there is no such setting; did you mean BIND?"),
            ("colour = 'red'", "COLOUR: there is no such setting; `coulisses --help` lists them"),
            ("[serving]\nbind = 'x'", "SERVING: there is no such setting; `coulisses --help` lists them"),
            ("bind = 1.5", "BIND: must be a text, a whole number, true, false or a list (from: c.toml)"),
            ("docs = true\nsecret_key = 'unfinished", "c.toml: line 2 is not TOML"),
        ] {
            assert_eq!(file(text).unwrap_err(), words);
        }
        assert_eq!(file("trusted_proxies = ['10.0.0.0/8', '::1']").unwrap().trusted_proxies.unwrap().len(), 2);
    }
    #[test]
    fn slips_of_the_pen_are_understood() {
        assert_eq!(nearest("confgi", ["serve", "config"]), Some("config"));
        assert_eq!(nearest("zzz", ["serve", "config"]), None);
        let source = Source(vec![(Origin::Environment, pairs(&[("DATABSE_URL", "x"), ("HOME_FOLDER", "y")]))]);
        assert_eq!(source.hints(), ["DATABSE_URL is not a setting; did you mean DATABASE_URL?"]);
    }
}

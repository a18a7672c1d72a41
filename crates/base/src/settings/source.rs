//! Where settings come from: `coulisses.toml`, then the environment, then flags; the last one wins.

use super::{TABLE, Value};
use std::{collections::BTreeMap, fmt, path::Path};

/// One line that names the setting and says what would fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(pub String);
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for Fault {}

/// Names and texts, as somebody wrote them.
#[derive(Default, Debug)]
pub struct Source {
    /// From the file and the flags: every name must be one of ours.
    own: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    flags: BTreeMap<String, String>,
}

impl Source {
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { flags: pairs.into_iter().collect(), ..Self::default() }
    }
    /// The environment of the process, with the file if it is there.
    pub fn read(file: Option<&Path>, flags: BTreeMap<String, String>) -> Result<Self, Fault> {
        let path = file.unwrap_or(Path::new("coulisses.toml"));
        let own = match std::fs::read_to_string(path) {
            Ok(text) => Self::toml(&text).map_err(|e| Fault(format!("{}: {e}", path.display())))?,
            Err(_) if file.is_none() => BTreeMap::new(),
            Err(e) => return Err(Fault(format!("{}: {e}", path.display()))),
        };
        Ok(Self {
            own,
            environment: std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?))).collect(),
            flags,
        })
    }
    fn toml(text: &str) -> Result<BTreeMap<String, String>, String> {
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| e.message().to_owned())?;
        let plain = |(name, value): (String, toml::Value)| match value {
            toml::Value::String(s) => Ok((name.to_uppercase(), s)),
            toml::Value::Integer(n) => Ok((name.to_uppercase(), n.to_string())),
            toml::Value::Boolean(b) => Ok((name.to_uppercase(), b.to_string())),
            toml::Value::Array(items) => Ok((name.to_uppercase(), items.iter().filter_map(|i| i.as_str()).collect::<Vec<_>>().join(","))),
            _ => Err(format!("{name} must be a text, a number, true or false")),
        };
        table.into_iter().map(plain).collect()
    }
    /// Every name in the file and the flags is a setting; a near miss is suggested.
    pub(super) fn known(&self) -> Result<(), Fault> {
        for name in self.own.keys().chain(self.flags.keys()) {
            if !TABLE.iter().any(|d| d.name == name || d.aliases.contains(&name.as_str())) {
                let near = TABLE.iter().map(|d| d.name).min_by_key(|known| distance(known, name)).unwrap_or_default();
                return Err(Fault(format!("{name}: there is no such setting; did you mean {near}?")));
            }
        }
        Ok(())
    }
    pub(super) fn get<T: Value>(&self, name: &str, default: &str) -> Result<T, Fault> {
        let aliases = TABLE.iter().find(|d| d.name == name).map_or(&[][..], |d| d.aliases);
        let names = || std::iter::once(name).chain(aliases.iter().copied());
        let said = [&self.flags, &self.environment, &self.own].into_iter().find_map(|from| names().find_map(|n| from.get(n)));
        T::read(said.map_or(default, |s| s.trim())).map_err(|why| {
            // What was wrong with a secret is said without quoting it.
            let why = if T::SECRET { "does not fit".to_owned() } else { why };
            Fault(format!("{name}: {}", why.replace(['\n', '\r'], " ")))
        })
    }
}

/// How many letters apart two names are.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let keep = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = keep.min(corner + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    #[test]
    fn the_last_source_wins_and_unknown_names_are_suggested() {
        let mut source = Source { own: Source::toml("bind = '127.0.0.1:1'\nmax_in_flight = 7").unwrap(), ..Source::default() };
        source.environment.insert("BIND".into(), "127.0.0.1:2".into());
        source.environment.insert("HOME".into(), "/".into());
        assert_eq!(Settings::load(&source).unwrap().bind.port(), 2);
        source.flags.insert("BIND".into(), "127.0.0.1:3".into());
        let settings = Settings::load(&source).unwrap();
        assert_eq!((settings.bind.port(), settings.max_in_flight), (3, 7));
        source.flags.insert("BNID".into(), "x".into());
        assert!(Settings::load(&source).unwrap_err().0.ends_with("did you mean BIND?"));
        assert_eq!(Source::of([("JWT_SECRET_KEY".to_owned(), "0123456789abcdef".to_owned())]).known(), Ok(()));
    }
}

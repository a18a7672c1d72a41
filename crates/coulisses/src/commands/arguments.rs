//! The command line: words, `--flags`, and settings as `--name value` or `--name=value`.

use super::End;
use base::settings::{Definition, Source, nearest_setting};
use std::{collections::BTreeMap, path::Path};

#[derive(Default)]
pub struct Arguments {
    pub words: Vec<String>,
    options: BTreeMap<String, String>,
}

/// Options that take no value.
const FLAGS: [&str; 10] = ["help", "version", "demo", "force", "password-stdin", "revoke-old", "dry-run", "live", "json", "verify"];

impl Arguments {
    /// The error is what is wrong with the line.
    pub fn parse(raw: Vec<String>) -> Result<Self, String> {
        let mut args = Self::default();
        let mut raw = raw.into_iter();
        while let Some(word) = raw.next() {
            let Some(option) = word.strip_prefix("--") else {
                args.words.push(if word == "-h" { "help".to_owned() } else { word });
                continue;
            };
            let (name, given) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value.to_owned())));
            let value = match (FLAGS.contains(&name), given) {
                (true, Some(_)) => return Err(format!("--{name} takes no value")),
                (true, None) => String::new(),
                (false, given) => given.or_else(|| raw.next()).ok_or_else(|| format!("--{name} needs a value"))?,
            };
            args.options.insert(name.to_owned(), value);
        }
        Ok(args)
    }
    pub fn flag(&mut self, name: &str) -> bool {
        self.options.remove(name).is_some()
    }
    pub fn option(&mut self, name: &str) -> Option<String> {
        self.options.remove(name)
    }
    /// What is left are settings: `--max-in-flight 8` is `MAX_IN_FLIGHT`.
    pub fn source(mut self) -> Result<Source, End> {
        let file = self.option("config");
        let mut settings = BTreeMap::new();
        for (option, value) in self.options {
            let name = option.replace('-', "_").to_uppercase();
            if Definition::named(&name).is_none() {
                let near = nearest_setting(&name).map(|near| format!("; did you mean --{}?", near.replace('_', "-").to_lowercase()));
                return Err(End::Usage(format!("there is no flag --{option} here{}", near.unwrap_or_default())));
            }
            settings.insert(name, value);
        }
        Ok(Source::read(file.as_deref().map(Path::new), settings)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_flags_and_settings_are_told_apart() {
        let raw = ["migrate", "down", "--force", "--to", "1", "--max-in-flight=8"].map(str::to_owned).to_vec();
        let mut args = Arguments::parse(raw).unwrap();
        assert_eq!(args.words, ["migrate", "down"]);
        assert!(args.flag("force") && !args.flag("help"));
        assert_eq!(args.option("to").as_deref(), Some("1"));
        let settings = base::Settings::load(&args.source().unwrap_or_default()).unwrap();
        assert_eq!(settings.max_in_flight, 8);
    }
}

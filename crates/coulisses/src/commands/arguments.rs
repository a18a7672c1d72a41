//! The command line: words, `--flags`, and settings as `--name value` or `--name=value`.

use base::settings::{Fault, Source};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Arguments {
    pub words: Vec<String>,
    options: BTreeMap<String, String>,
}

/// Options that take no value.
const FLAGS: [&str; 4] = ["help", "version", "force", "password-stdin"];

impl Arguments {
    pub fn parse(raw: Vec<String>) -> Self {
        let mut args = Self::default();
        let mut raw = raw.into_iter().peekable();
        while let Some(word) = raw.next() {
            let Some(option) = word.strip_prefix("--") else {
                args.words.push(if word == "-h" { "help".to_owned() } else { word });
                continue;
            };
            match option.split_once('=') {
                Some((name, value)) => args.options.insert(name.to_owned(), value.to_owned()),
                None if FLAGS.contains(&option) => args.options.insert(option.to_owned(), String::new()),
                None => {
                    let value = raw.next_if(|v| !v.starts_with("--")).unwrap_or_default();
                    args.options.insert(option.to_owned(), value)
                }
            };
        }
        args
    }
    pub fn flag(&mut self, name: &str) -> bool {
        self.options.remove(name).is_some()
    }
    pub fn option(&mut self, name: &str) -> Option<String> {
        self.options.remove(name)
    }
    /// What is left are settings: `--max-in-flight 8` is `MAX_IN_FLIGHT`.
    pub fn source(mut self) -> Result<Source, Fault> {
        let file = self.option("config");
        let settings = self.options.into_iter().map(|(name, value)| (name.replace('-', "_").to_uppercase(), value)).collect();
        Source::read(file.as_deref().map(std::path::Path::new), settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_flags_and_settings_are_told_apart() {
        let raw = ["migrate", "down", "--force", "--to", "1", "--max-in-flight=8"].map(str::to_owned).to_vec();
        let mut args = Arguments::parse(raw);
        assert_eq!(args.words, ["migrate", "down"]);
        assert!(args.flag("force") && !args.flag("help"));
        assert_eq!(args.option("to").as_deref(), Some("1"));
        let settings = base::Settings::load(&args.source().unwrap()).unwrap();
        assert_eq!(settings.max_in_flight, 8);
    }
}

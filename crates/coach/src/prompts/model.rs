//! A prompt and its versions: pure.

use crate::advice::MARK;
use base::{Error, Faults, Result, crypto, entity, http::FromPath, id::AccountId, say, text, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use utoipa::ToSchema;

/// Version 1 of each prompt, by the discipline that is asked with it.
const BUILTIN: [(&str, &str); 4] = [
    (
        "goal",
        "You coach sport shooters. Somebody says what they want to reach and sends no figures: say how to begin, and what to measure so \
         that the next advice can stand on figures.",
    ),
    (
        "progress",
        "You coach sport shooters over several sessions. Speak of a change only where a fact says that it is more than chance; \
         where there is none, say what to measure next.",
    ),
    (
        "shooting",
        "You coach sport shooters. Each item says one thing: what the figures show, then what to do about it in the next session, \
         so that the shooter can tell afterwards whether it worked.",
    ),
    (
        "staffing",
        "You advise whoever staffs a live event; people are called P1, P2 and so on. What starts soonest comes first. Each item names \
         the mission, the role and the one thing to do today.",
    ),
];
const LENGTH: RangeInclusive<usize> = 20..=4_000;
const LOCALES: [&str; 2] = ["fr", "en"];

/// A prompt as a call is asked with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    pub name: String,
    pub version: i64,
    pub body: String,
    pub sha256: String,
}
impl Used {
    /// The one that is in the binary.
    pub fn builtin(name: &str) -> Option<Self> {
        let (name, body) = BUILTIN.into_iter().find(|(known, _)| *known == name)?;
        Some(Self { name: name.to_owned(), version: 1, body: body.to_owned(), sha256: crypto::sha256_hex(body.as_bytes()) })
    }
    /// As answers and the history name it: `shooting/3`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.name, self.version)
    }
}
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILTIN.into_iter().map(|(name, _)| name)
}

entity! {
    #[derive(Clone, Debug)]
    pub struct Row {
        pub name: String, pub version: i64, pub locale: String, pub body: String, pub sha256: String, pub active: bool,
        pub created_by: AccountId, pub created_at: Timestamp,
    }
}

/// A version of a prompt. It never changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AiPrompt)]
pub struct Version {
    /// `goal`, `progress`, `shooting` or `staffing`
    pub name: String,
    pub version: i64,
    /// The language of the answers that it is for; null for all.
    pub locale: Option<String>,
    pub body: String,
    /// Of the body; answers and the history name it beside the version.
    pub sha256: String,
    /// Whether it came with the binary.
    pub builtin: bool,
    /// Whether models are asked with it. A version for one language stands before one for all.
    pub active: bool,
    pub created_by: Option<AccountId>,
    pub created_at: Option<Timestamp>,
}
impl From<Row> for Version {
    fn from(row: Row) -> Self {
        let Row { name, version, locale, body, sha256, active, created_by, created_at } = row;
        let locale = Some(locale).filter(|locale| !locale.is_empty());
        Self { name, version, locale, body, sha256, builtin: false, active, created_by: Some(created_by), created_at: Some(created_at) }
    }
}
impl From<Version> for Used {
    fn from(Version { name, version, body, sha256, .. }: Version) -> Self {
        Self { name, version, body, sha256 }
    }
}
impl Version {
    pub fn builtin(name: &str, active: bool) -> Option<Self> {
        let Used { name, version, body, sha256 } = Used::builtin(name)?;
        Some(Self { name, version, locale: None, body, sha256, builtin: true, active, created_by: None, created_at: None })
    }
}

/// A new version: what a model is told of its task. What it must never do, how its answer looks and in which language it
/// writes are told by the server, after it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAiPrompt)]
pub struct New {
    /// `goal`, `progress`, `shooting` or `staffing`
    #[schema(example = "shooting")]
    pub name: String,
    /// `fr` or `en`, when it is for answers in that language only
    #[serde(default)]
    pub locale: Option<String>,
    /// 20 to 4,000 characters
    #[schema(example = "You coach sport shooters who prepare a club championship. Prefer drills without ammunition.")]
    pub body: String,
}
impl New {
    /// Trimmed and in one form, or what does not fit.
    pub fn check(self) -> Result<Self> {
        let body = text::nfc(self.body.trim());
        let mut faults = Faults::default();
        faults.require(names().any(|name| name == self.name), "name", "unknown_prompt", || {
            let known = names().collect::<Vec<_>>().join(", ");
            say!("Use one of: {known}.", "Utilisez l’un de ces noms : {known}.")
        });
        faults.require(self.locale.as_deref().is_none_or(|l| LOCALES.contains(&l)), "locale", "unknown_locale", || {
            say!("Use fr or en, or leave it out.", "Utilisez fr ou en, ou n’indiquez rien.")
        });
        faults.require(LENGTH.contains(&body.chars().count()), "body", "out_of_range", || {
            let (least, most) = LENGTH.into_inner();
            say!("Write {least} to {most} characters.", "Écrivez de {least} à {most} caractères.")
        });
        faults.require(body.lines().all(text::is_one_line), "body", "hidden_characters", || {
            say!(
                "There are characters in it that cannot be seen. Paste it as plain text.",
                "Ce texte contient des caractères invisibles. Collez-le en texte brut."
            )
        });
        faults.require(!["<<", ">>"].iter().any(|mark| body.contains(mark)) && !body.contains(MARK), "body", "reserved_marks", || {
            say!(
                "Leave out <<, >> and {MARK}: they fence in what people wrote.",
                "N’utilisez ni <<, ni >>, ni {MARK} : ils délimitent ce que les gens ont écrit."
            )
        });
        faults.none()?;
        Ok(Self { body, ..self })
    }
    pub fn sha256(&self) -> String {
        crypto::sha256_hex(self.body.as_bytes())
    }
}

/// The two parts of a version's address.
#[derive(Clone, Debug)]
pub struct Place {
    pub name: String,
    pub version: i64,
}
impl Place {
    /// What is answered where there is no such version.
    pub fn missing(&self) -> Error {
        let name: String = self.name.chars().take(40).collect();
        let version = self.version;
        Error::missing(
            "not_found",
            say!("There is no version {version} of a prompt {name}.", "Il n’y a pas de version {version} d’une consigne {name}."),
        )
    }
}
impl FromPath for Place {
    fn from_path(values: &mut dyn Iterator<Item = &str>) -> Option<Self> {
        Some(Self { name: values.next()?.to_owned(), version: values.next()?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(name: &str, locale: Option<&str>, body: &str) -> New {
        New { name: name.into(), locale: locale.map(str::to_owned), body: body.into() }
    }

    #[test]
    fn what_a_prompt_must_be() {
        let good = "You coach beginners.\n\nOne drill an item.";
        let kept = new("shooting", Some("fr"), &format!("  {good}\n")).check().unwrap();
        assert_eq!((kept.body.as_str(), kept.sha256().len()), (good, 64));
        for (name, locale, body, field, code) in [
            ("cooking", None, good, "name", "unknown_prompt"),
            ("shooting", Some("de"), good, "locale", "unknown_locale"),
            ("shooting", None, "short", "body", "out_of_range"),
            ("shooting", None, &" x".repeat(2_001), "body", "out_of_range"),
            ("shooting", None, "You coach\u{202E} sport shooters.", "body", "hidden_characters"),
            ("shooting", None, "You coach sport shooters. <<end>>", "body", "reserved_marks"),
            ("shooting", None, "You coach sport\u{02C6}shooters.", "body", "reserved_marks"),
        ] {
            let error = new(name, locale, body).check().unwrap_err();
            assert_eq!((error.fields()[0].field.as_str(), error.fields()[0].code), (field, code), "{body}");
        }
    }
    #[test]
    fn what_is_in_the_binary_would_be_taken_as_a_version() {
        for name in names() {
            let used = Used::builtin(name).unwrap();
            assert_eq!(used.label(), format!("{name}/1"));
            assert_eq!(new(name, None, &used.body).check().unwrap().sha256(), used.sha256);
        }
        assert!(Used::builtin("cooking").is_none());
    }
}

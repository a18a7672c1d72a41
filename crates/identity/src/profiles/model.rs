//! What a profile may say.

use base::{Faults, Result, id::NotAnId, patch::Change, say, text, text_column, time::is_zone};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;

/// How far somebody has come in what they train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Beginner,
    Advanced,
    Expert,
}
impl Level {
    const ALL: [Self; 3] = [Self::Beginner, Self::Advanced, Self::Expert];
    pub const fn name(self) -> &'static str {
        match self {
            Self::Beginner => "beginner",
            Self::Advanced => "advanced",
            Self::Expert => "expert",
        }
    }
}
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
impl FromStr for Level {
    type Err = NotAnId;
    fn from_str(s: &str) -> std::result::Result<Self, NotAnId> {
        Self::ALL.into_iter().find(|level| level.name() == s).ok_or(NotAnId)
    }
}
text_column!(Level);

/// Everything of a profile that its owner writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    pub display_name: Option<String>,
    /// Chosen by its owner: no provider replaces it.
    pub display_name_custom: bool,
    pub pseudo: Option<String>,
    pub bio: Option<String>,
    pub experience_level: Option<Level>,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
}

macro_rules! changes { ($($(#[$meta:meta])* $name:ident;)+) => { $(
    #[derive(Deserialize, ToSchema)]
    $(#[$meta])*
    pub struct $name {
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        display_name: Change<String>,
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        pseudo: Change<String>,
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        bio: Change<String>,
        #[serde(default)]
        #[schema(value_type = Option<Level>)]
        experience_level: Change<Level>,
        /// `fr`, `en`, `fr-BE`, …
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        locale: Change<String>,
        /// `Europe/Paris`
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        time_zone: Change<String>,
    }
    impl $name {
        /// The profile as it will be.
        pub fn onto(self, mut profile: Profile) -> Result<Profile> {
            match &self.display_name {
                Change::Keep => {}
                Change::Clear => profile.display_name_custom = false,
                Change::Set(_) => profile.display_name_custom = true,
            }
            self.display_name.apply(&mut profile.display_name);
            self.pseudo.apply(&mut profile.pseudo);
            self.bio.apply(&mut profile.bio);
            self.experience_level.apply(&mut profile.experience_level);
            self.locale.apply(&mut profile.locale);
            self.time_zone.apply(&mut profile.time_zone);
            profile.check()?;
            Ok(profile)
        }
    }
)+ } }
changes! {
    /// What changes; `null` clears.
    #[serde(deny_unknown_fields)]
    ProfileChange;
    /// The same from the published app, which may send more than we know.
    PublishedChange;
}

impl Profile {
    fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        for (field, name) in [("display_name", &self.display_name), ("pseudo", &self.pseudo)] {
            check_name(&mut faults, field, name.as_deref());
        }
        let bio = self.bio.as_deref().unwrap_or_default();
        faults.require(bio.chars().count() <= 2_000, "bio", "too_long", || {
            say!("Use 2,000 characters or fewer.", "Utilisez 2 000 caractères au plus.")
        });
        faults.require(self.locale.as_deref().is_none_or(is_locale), "locale", "invalid_locale", || {
            say!("Use a language like fr, en or fr-BE.", "Utilisez une langue comme fr, en ou fr-BE.")
        });
        faults.require(self.time_zone.as_deref().is_none_or(is_zone), "time_zone", "unknown_time_zone", || {
            say!("Use a time zone like Europe/Paris.", "Utilisez un fuseau comme Europe/Paris.")
        });
        faults.none()
    }
}
pub fn check_name(faults: &mut Faults, field: &str, name: Option<&str>) {
    let fits = name.is_none_or(|n| (1..=100).contains(&n.trim().chars().count()) && text::is_one_line(n));
    faults.require(fits, field, "invalid_name", || {
        say!("Use 1 to 100 characters on one line.", "Utilisez de 1 à 100 caractères sur une seule ligne.")
    });
}
fn is_locale(text: &str) -> bool {
    let (language, region) = text.split_once('-').unwrap_or((text, "XX"));
    let lower = |s: &str| s.bytes().all(|b| b.is_ascii_lowercase());
    (2..=3).contains(&language.len()) && lower(language) && region.len() == 2 && region.bytes().all(|b| b.is_ascii_uppercase())
}

/// What an avatar shows that has no picture: two letters of the name, else one of the address.
pub fn initials(name: Option<&str>, email: &str) -> String {
    let first = |word: &str| word.chars().find(|c| c.is_alphanumeric());
    let words: Vec<char> = name.unwrap_or_default().split_whitespace().filter_map(first).collect();
    let letters = match words[..] {
        [] => email.chars().take(1).collect::<String>(),
        [one] => one.to_string(),
        [one, .., last] => format!("{one}{last}"),
    };
    letters.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_name_or_the_address() {
        assert_eq!(initials(Some("Léa  de la Tour"), "x@y.z"), "LT");
        assert_eq!(initials(Some("élodie"), "x@y.z"), "É");
        assert_eq!(initials(Some(" · "), "x@y.z"), "X");
        assert_eq!(initials(None, "zoé@y.z"), "Z");
    }
    #[test]
    fn locales() {
        for good in ["fr", "en", "fr-BE", "gsw"] {
            assert!(is_locale(good), "{good}");
        }
        for bad in ["", "f", "FR", "fr-be", "fr_FR", "french", "fr-", "-FR"] {
            assert!(!is_locale(bad), "{bad}");
        }
    }
    #[test]
    fn a_name_is_ones_own_until_it_is_cleared() {
        let change = |json: &str| serde_json::from_str::<ProfileChange>(json).unwrap();
        let named = change(r#"{"display_name":"Léa"}"#).onto(Profile::default()).unwrap();
        assert!(named.display_name_custom && named.display_name.as_deref() == Some("Léa"));
        let kept = change("{}").onto(named.clone()).unwrap();
        assert_eq!(kept, named);
        assert!(!change(r#"{"display_name":null}"#).onto(named).unwrap().display_name_custom);
    }
}

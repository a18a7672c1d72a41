//! A sentence for a person, in the two languages of the house.

use std::borrow::Cow;

/// What is told to a user: always both languages, so that none is ever missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say {
    pub en: Cow<'static, str>,
    pub fr: Cow<'static, str>,
}

/// The languages a person can be spoken to in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    En,
    Fr,
}

impl Say {
    pub fn to(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Fr => &self.fr,
        }
    }
}

impl Lang {
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }
    /// The language a client prefers by its `Accept-Language`; English when it names neither.
    pub fn preferred(accept_language: &str) -> Self {
        let mut best = (Self::En, 0.0);
        for part in accept_language.split(',') {
            let (tag, q) = match part.split_once(";q=") {
                Some((tag, q)) => (tag.trim(), q.trim().parse().unwrap_or(0.0)),
                None => (part.trim(), 1.0),
            };
            let lang = match tag.get(..2).map(str::to_ascii_lowercase).as_deref() {
                Some("fr") => Self::Fr,
                Some("en") => Self::En,
                _ => continue,
            };
            if q > best.1 {
                best = (lang, q);
            }
        }
        best.0
    }
}

/// `say!("English {x}.", "Français {x}.")`: both sentences, with the same captured names.
#[macro_export]
macro_rules! say {
    ($en:literal, $fr:literal $(,)?) => {
        $crate::say::Say { en: ::std::format!($en).into(), fr: ::std::format!($fr).into() }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_language_wins() {
        assert_eq!(Lang::preferred("fr-FR,fr;q=0.9,en;q=0.8"), Lang::Fr);
        assert_eq!(Lang::preferred("en-GB,fr;q=0.5"), Lang::En);
        assert_eq!(Lang::preferred("de,es"), Lang::En);
        assert_eq!(Lang::preferred("é"), Lang::En);
    }
}

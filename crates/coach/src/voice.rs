//! How the coach speaks: two personas, French and English, numbers as each language writes them.

use base::{Error, Result, say, say::Lang};
use serde::Serialize;
use utoipa::ToSchema;

/// A persona of the published app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Persona {
    /// Firm and brief; says *vous*.
    #[default]
    Neutral,
    /// Warm; says *tu*.
    Cool,
}
/// A persona as a menu shows it.
#[derive(Serialize, ToSchema)]
pub struct Offered {
    pub id: &'static str,
    pub name: &'static str,
    pub languages: [&'static str; 2],
}
impl Persona {
    pub const ALL: [Self; 2] = [Self::Neutral, Self::Cool];

    pub const fn id(self) -> &'static str {
        match self {
            Self::Neutral => "coach_neutre",
            Self::Cool => "coach_cool",
        }
    }
    pub const fn offered(self) -> Offered {
        let name = match self {
            Self::Neutral => "Coach neutre",
            Self::Cool => "Coach cool",
        };
        Offered { id: self.id(), name, languages: ["fr", "en"] }
    }
    pub fn named(id: Option<&str>) -> Result<Self> {
        let Some(id) = id else { return Ok(Self::default()) };
        Self::ALL.into_iter().find(|p| p.id() == id).ok_or_else(|| {
            let say = say!(
                "There is no such persona. Use coach_neutre or coach_cool.",
                "Ce persona n’existe pas. Utilisez coach_neutre ou coach_cool."
            );
            Error::invalid("unknown_persona", say)
        })
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Voice {
    pub lang: Lang,
    pub persona: Persona,
}
impl Voice {
    /// One of two sentences; in the French one `[vous|tu]` is said as the persona says it. What people wrote goes into it `verbatim`.
    pub fn say(self, fr: &str, en: &str) -> String {
        if self.lang == Lang::En {
            return as_written(en);
        }
        let mut out = String::with_capacity(fr.len());
        let mut rest = fr;
        while let Some((before, after)) = rest.split_once('[') {
            let (choice, tail) = after.split_once(']').unwrap_or((after, ""));
            let (polite, familiar) = choice.split_once('|').unwrap_or((choice, choice));
            out.push_str(before);
            out.push_str(if self.persona == Persona::Cool { familiar } else { polite });
            rest = tail;
        }
        as_written(&typeset(&(out + rest)))
    }
    /// With this many digits at most; a comma in French. Thousands stand apart, by a space that no line breaks at: a comma there would
    /// be a decimal one to half of the readers.
    pub fn number(self, value: f64, digits: usize) -> String {
        let text = format!("{value:.digits$}");
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let part = part.trim_end_matches('0');
        let mut out = if value.abs() < 10_000.0 { whole.to_owned() } else { grouped(whole) };
        if !part.is_empty() {
            out.push(if self.lang == Lang::Fr { ',' } else { '.' });
            out.push_str(part);
        }
        out
    }
}

/// What a sentence of the voice's would be taken for its own: choices, and marks that are typeset.
const OWN: [char; 9] = ['[', ']', '|', '«', '»', ':', ';', '?', '!'];
/// Characters that are nobody's, in their places until the sentence is said.
const PLACES: u32 = 0xE000;

/// A title or a name, to be said as it was written.
pub fn verbatim(text: &str) -> String {
    let place = |c| OWN.iter().position(|own| *own == c).and_then(|at| char::from_u32(PLACES + at as u32)).unwrap_or(c);
    text.chars().map(place).collect()
}
fn as_written(text: &str) -> String {
    let own = |c| (c as u32).checked_sub(PLACES).and_then(|at| OWN.get(at as usize)).copied().unwrap_or(c);
    text.chars().map(own).collect()
}
fn grouped(whole: &str) -> String {
    let apart = |(at, digit): (usize, char)| {
        let first = !whole[..at].ends_with(|before: char| before.is_ascii_digit());
        let space = (!first && (whole.len() - at).is_multiple_of(3)).then_some('\u{202f}');
        space.into_iter().chain([digit])
    };
    whole.char_indices().flat_map(apart).collect()
}
/// French marks stand off their words, and never at the end or the beginning of a line without them.
fn typeset(text: &str) -> String {
    let mut out = text.replace("« ", "«\u{a0}");
    for mark in ['»', ':', ';', '?', '!'] {
        out = out.replace(&format!(" {mark}"), &format!("\u{a0}{mark}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persona_speaks_its_way() {
        let voice = |lang, persona| Voice { lang, persona };
        let said = |v: Voice| v.say("[Refaites|Refais] trois séries, [reposez-vous|repose-toi].", "Shoot three more series, rest.");
        assert_eq!(said(voice(Lang::Fr, Persona::Neutral)), "Refaites trois séries, reposez-vous.");
        assert_eq!(said(voice(Lang::Fr, Persona::Cool)), "Refais trois séries, repose-toi.");
        assert_eq!(said(voice(Lang::En, Persona::Cool)), "Shoot three more series, rest.");
        let quoted = voice(Lang::Fr, Persona::Neutral).say("Gala : « son » ?", "Gala: “son”?");
        assert_eq!(quoted, "Gala\u{a0}: «\u{a0}son\u{a0}»\u{a0}?");
        let fr = voice(Lang::Fr, Persona::Cool);
        assert_eq!((fr.number(10.25, 1), fr.number(10.0, 1), fr.number(8.65, 2)), ("10,2".into(), "10".into(), "8,65".into()));
        assert_eq!(voice(Lang::En, Persona::Cool).number(0.5, 2), "0.5");
        assert_eq!(
            (fr.number(9_999.0, 0), fr.number(12_000.0, 0), fr.number(-1_234_567.5, 1)),
            ("9999".into(), "12\u{202f}000".into(), "-1\u{202f}234\u{202f}567,5".into())
        );
    }
    #[test]
    fn what_people_wrote_is_said_as_they_wrote_it() {
        let title = "Plan [A|B] : « bis » ? ![x](y)";
        for (lang, said) in [(Lang::Fr, format!("[{title}]\u{a0}: cherche.")), (Lang::En, format!("[{title}]: look."))] {
            let voice = Voice { lang, persona: Persona::Cool };
            let title = verbatim(&format!("[{title}]"));
            assert_eq!(voice.say(&format!("{title} : [cherchez|cherche]."), &format!("{title}: look.")), said);
        }
    }
    #[test]
    fn an_unknown_persona_is_named() {
        assert_eq!(Persona::named(Some("coach_x")).unwrap_err().code(), "unknown_persona");
        assert_eq!(Persona::named(Some("coach_cool")).unwrap(), Persona::Cool);
    }
}

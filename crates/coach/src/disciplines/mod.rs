//! Disciplines: what the coach can look at. Each turns its input into facts, and facts into advice by rules.

pub mod shooting;
pub mod staffing;

use crate::{advice::figures::Figure, voice::Voice};
use serde::Serialize;
use utoipa::ToSchema;

/// How far a figure carries, by how much it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

/// A figure of ours: advice may quote it, and must cite it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Fact {
    #[schema(example = "F3")]
    pub id: String,
    #[schema(example = "group_size")]
    pub metric: &'static str,
    /// Null where there is too little to say.
    pub value: Option<f64>,
    pub unit: &'static str,
    /// Of how many series it was made.
    pub n: usize,
    pub shots: u32,
    pub confidence: Confidence,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<&'static str>,
    /// The series it speaks of, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
    /// How much it matters, from 0 to 1.
    #[serde(skip)]
    pub severity: f64,
    #[serde(flatten)]
    pub about: About,
    /// The same as a sentence, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}
/// What series are alike in, beside their distance: figures of other kinds do not compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    pub shots: u32,
    /// `one`, `two`, `both`, or empty where nobody said.
    pub hand: &'static str,
}
/// What a fact of a plan speaks of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = FactAbout)]
pub struct About {
    /// Of a session: the kind of series, where there is one.
    #[serde(skip)]
    pub kind: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mission_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mission: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Who could come, the best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub candidates: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours_to_start: Option<i64>,
    /// What a rule says there must be at least, or at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// `low`, `medium` or `high`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
}

/// Facts get their ids in the order in which they are found.
#[derive(Debug, Default)]
pub struct Facts(Vec<Fact>);
impl Facts {
    pub fn add(&mut self, mut fact: Fact) -> String {
        fact.id = format!("F{}", self.0.len() + 1);
        self.0.push(fact);
        format!("F{}", self.0.len())
    }
    pub fn all(&self) -> &[Fact] {
        &self.0
    }
    pub fn get(&self, id: &str) -> Option<&Fact> {
        self.0.iter().find(|f| f.id == id)
    }
    pub fn of(&self, metric: &str) -> impl Iterator<Item = &Fact> {
        self.0.iter().filter(move |f| f.metric == metric)
    }
    /// Says a figure in words of its own.
    pub fn say(&mut self, metric: &str, text: String) {
        if let Some(fact) = self.0.iter_mut().find(|f| f.metric == metric) {
            fact.text = Some(text);
        }
    }
    pub fn into_all(self) -> Vec<Fact> {
        self.0
    }
    /// All of them measured on one kind of series.
    pub fn of_kind(mut self, kind: Kind) -> Self {
        self.0.iter_mut().for_each(|fact| fact.about.kind = Some(kind));
        self
    }
}

/// Somebody's look at something: the figures, what the rules say to them, and what a model may be told.
#[derive(Debug, Default)]
pub struct Look {
    /// `shooting`, …
    pub domain: &'static str,
    /// Stamped on what the rules answered.
    pub rules: &'static str,
    pub facts: Facts,
    pub drafts: Vec<Draft>,
    /// Figures that came with the input: whoever repeats them invents nothing.
    pub given: Vec<Figure>,
    /// What was not measured, and would let the coach say more.
    pub missing: Vec<String>,
    /// Said after advice that too few measurements carry.
    pub indication: String,
    /// Nothing may be advised beside what the rules say: no model is asked.
    pub stops: bool,
    /// What people wrote.
    pub notes: Vec<String>,
    /// Which session it is, or the newest of them.
    pub occasion: Option<String>,
    /// A model reads of these people under other names.
    pub people: People,
}
/// Names, in the order of their stand-ins `P1`, `P2`, …
#[derive(Debug, Default)]
pub struct People(pub Vec<String>);
impl People {
    pub fn hidden(&self, text: &str) -> String {
        // The longest first: Anna Roy stands inside Anna Royer.
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by_key(|n| std::cmp::Reverse(self.0[*n].len()));
        order
            .into_iter()
            .filter(|n| !self.0[*n].is_empty())
            .fold(text.to_owned(), |text, n| text.replace(&self.0[n], &format!("P{}", n + 1)))
    }
    /// Who stands in a text, by their stand-ins; None for a stand-in of nobody.
    pub fn named(&self, text: &str) -> Vec<Option<&str>> {
        let mut named = vec![];
        self.each(text, |name| named.push(name));
        named
    }
    /// Their names again; a stand-in of nobody stays.
    pub fn shown(&self, text: &str) -> String {
        self.each(text, |_| {})
    }
    fn each<'a>(&'a self, text: &str, mut met: impl FnMut(Option<&'a str>)) -> String {
        let (mut out, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(at) = rest.find('P') {
            let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
            let alone = !out.chars().chain(rest[..at].chars()).next_back().is_some_and(char::is_alphanumeric)
                && !rest[at + 1 + digits..].chars().next().is_some_and(char::is_alphanumeric);
            let name = rest[at + 1..at + 1 + digits].parse::<usize>().ok().and_then(|n| self.0.get(n.checked_sub(1)?)).filter(|_| alone);
            if alone && digits > 0 {
                met(name.map(String::as_str));
            }
            out.push_str(&rest[..at]);
            out.push_str(name.map_or(&rest[at..at + 1 + digits], String::as_str));
            rest = &rest[at + 1 + digits..];
        }
        out + rest
    }
}

/// For advice that too few measurements carry.
pub fn indication(voice: Voice) -> String {
    voice.say(
        "C’est une indication : il faut plus de mesures pour en être sûr.",
        "Take it as an indication: it takes more measurements to be sure.",
    )
}
/// "1 série", "2 séries".
pub fn many(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}
/// What to do, precisely enough to know afterwards whether it was done.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Action {
    pub drill: String,
    pub sets: u32,
    pub reps: u32,
    pub criterion: Option<Criterion>,
    /// What a person may press: the coach does nothing by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}
/// A call of the API that a person may make.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = CoachLink)]
pub struct Link {
    /// `invite`, `remind`, `publish`, …
    pub rel: &'static str,
    pub method: &'static str,
    pub href: String,
    pub body: serde_json::Value,
}
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Criterion {
    pub metric: &'static str,
    /// `<=` or `>=`.
    pub op: &'static str,
    pub value: f64,
    pub unit: &'static str,
}

/// A piece of advice before it is scored.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub title: String,
    pub advice: String,
    pub evidence: Vec<String>,
    pub action: Option<Action>,
    pub priority: u8,
}
impl Draft {
    /// All that a person would read of it.
    pub fn words(&self) -> String {
        let drill = self.action.as_ref().map(|a| a.drill.as_str()).unwrap_or_default();
        format!("{}. {}. {drill}", self.title, self.advice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_stand_in_for_themselves_and_come_back() {
        let people = People(vec!["Anna Roy".into(), "Anna Royer".into(), "Paul".into()]);
        let hidden = people.hidden("Anna Royer relève Anna Roy, Paul attend.");
        assert_eq!(hidden, "P2 relève P1, P3 attend.");
        assert_eq!(people.named(&hidden), [Some("Anna Royer"), Some("Anna Roy"), Some("Paul")]);
        assert_eq!(people.named("P9 et P"), [None]);
        assert_eq!(people.shown(&hidden), "Anna Royer relève Anna Roy, Paul attend.");
        assert_eq!(people.shown("P9, P10, APP1 et P1x, P : Poste"), "P9, P10, APP1 et P1x, P : Poste");
    }
}

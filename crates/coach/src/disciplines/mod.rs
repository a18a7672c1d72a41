//! Disciplines: what the coach can look at. Each turns its input into facts, and facts into advice by rules.

pub mod goal;
mod names;
pub mod shooting;
pub mod staffing;

use crate::{advice::figures::Figure, voice::Voice};
pub use names::Names;

use base::text;
use serde::Serialize;
use serde_json::Value;
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
    /// What was measured, one by one: a model reads it beside the facts.
    pub series: Vec<Value>,
    /// What became of advice before, as far as it was answered.
    pub before: Vec<Value>,
    /// What people wrote.
    pub notes: Vec<String>,
    /// What is wanted, in words; without figures it is all there is.
    pub goal: Vec<String>,
    /// Which session it is, or the newest of them.
    pub occasion: Option<String>,
    /// A model reads of these under other names.
    pub names: Names,
}
impl Look {
    /// A goal in words and nothing that was measured.
    pub fn is_in_words(&self) -> bool {
        self.domain == goal::DOMAIN
    }
}
/// For advice that too few measurements carry.
pub fn indication(voice: Voice) -> String {
    voice.say(
        "C’est une indication : il faut plus de mesures pour en être sûr.",
        "Take it as an indication: it takes more measurements to be sure.",
    )
}
/// On one line and in one form; nothing that hides in a text survives.
pub fn visible(note: &str) -> String {
    let invisible =
        |c: char| c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
    let shown: String = text::nfc(note).chars().map(|c| if invisible(c) { ' ' } else { c }).collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
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

//! Disciplines: what the coach can look at. Each turns its input into facts, and facts into advice by rules.

pub mod shooting;

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
    pub fn into_all(self) -> Vec<Fact> {
        self.0
    }
}

/// What to do, precisely enough to know afterwards whether it was done.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Action {
    pub drill: String,
    pub sets: u32,
    pub reps: u32,
    pub criterion: Option<Criterion>,
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

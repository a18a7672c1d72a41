//! What is asked of the coach and what it answers: facts, scored items, and the same as Markdown.

use super::{
    figures::{Figure, figures},
    markdown::markdown,
    score::{self, Parts},
    words,
};
use crate::{
    disciplines::{Action, Confidence, Draft, Fact, Look, shooting, visible},
    provider::Usage,
    voice::Voice,
};
use base::{Error, Result, id, say, time::Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

id!(pub AnswerId "answer" "réponse");

/// What is asked: a session, a project, or a goal in words; a goal may also come with the others.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// `shooting` or `staffing`; what fits the input when left out.
    pub domain: Option<String>,
    /// A project of your organisation, for advice on its staffing (managers).
    pub project_id: Option<String>,
    /// How far to look ahead in a project: 1 to 90 days, 14 when left out.
    pub horizon_days: Option<u32>,
    pub session: Option<shooting::Input>,
    /// A goal in words: alone, or with a session or a project.
    #[schema(example = "Tenir dix séries sans baisse")]
    pub goal: Option<String>,
    /// What else there is to know of the goal.
    pub context: Option<String>,
    #[schema(example = "coach_cool")]
    pub persona: Option<String>,
    /// `fr` or `en`; what `Accept-Language` says when left out.
    pub locale: Option<String>,
    /// `auto` (a model where there is one), `rules`, or `ai` (an error when no model answers; where there is nothing to ask a model,
    /// without figures and goal or before pain, the rules answer).
    #[serde(default)]
    pub engine: Engine,
    /// 1 to 10 items; 4 when left out.
    pub max_items: Option<usize>,
    /// The published app's name for the same.
    pub top_n: Option<usize>,
}
/// Who is to find the words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    #[default]
    Auto,
    Rules,
    Ai,
}
/// The published app's question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnalyzeSession {
    pub session: shooting::Input,
    /// `coach_neutre` or `coach_cool`.
    pub prompt_variant: Option<String>,
    pub locale: Option<String>,
}

/// Several sessions of one person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnalyzeProgress {
    /// 2 to 30, put in order by their dates.
    pub sessions: Vec<shooting::Input>,
    pub persona: Option<String>,
    pub locale: Option<String>,
    #[serde(default)]
    pub engine: Engine,
    /// 1 to 10 items; 4 when left out.
    pub max_items: Option<usize>,
}
/// The staffing of a project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnalyzeProject {
    pub project_id: String,
    /// How far to look ahead: 1 to 90, 14 when left out.
    pub horizon_days: Option<u32>,
    pub persona: Option<String>,
    pub locale: Option<String>,
    #[serde(default)]
    pub engine: Engine,
    /// 1 to 10 items; 6 when left out.
    pub max_items: Option<usize>,
}

/// A piece of advice, with where its score comes from.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Advice)]
pub struct Item {
    #[schema(example = "a1")]
    pub id: String,
    pub title: String,
    pub advice: String,
    /// How well it is tied to the figures and usable, from 0 to 1: not a probability of success.
    pub score: f64,
    pub score_parts: Parts,
    pub confidence: Confidence,
    /// The facts it stands on.
    pub evidence: Vec<String>,
    pub action: Option<Action>,
    pub priority: u8,
}
/// Whether a model took part, and if not, why.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Ai {
    pub used: bool,
    /// `not_configured`, `not_wanted`, `no_figures`, `safety_first` (somebody hurts), `consent_required`, `ai_disabled_by_org`, `budget_exceeded` or `degraded`.
    pub reason: Option<&'static str>,
    /// What kept a model from being used: a fault of the provider’s, `unreadable`, `ungrounded`, `unsafe_answer`.
    pub degraded_reason: Option<&'static str>,
}
impl Ai {
    /// The rules answered, and this is why.
    pub fn without(reason: &'static str) -> Self {
        Self { used: false, reason: Some(reason), degraded_reason: None }
    }
}
/// What a model used for an answer; nothing where rules answered alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = CoachUsage)]
pub struct Spent {
    #[serde(flatten)]
    pub tokens: Usage,
    /// In millionths of a euro, by the prices that are set.
    pub cost_micro_eur: i64,
}
/// The whole answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CoachAnswer)]
pub struct Answer {
    pub id: AnswerId,
    pub advice: Vec<Item>,
    pub facts: Vec<Fact>,
    /// What was not measured and would let the coach say more.
    pub missing_data: Vec<String>,
    /// `rules`: computed from your figures, without a model; `ai`: in a model's words; `hybrid`: both.
    pub source: &'static str,
    pub model: String,
    pub ai: Ai,
    /// How the model's answer was read: `strict`, `extracted`, `coerced`, `repaired`, `bullets` or, to a goal in words, `prose`.
    pub parse: Option<&'static str>,
    /// The version of the prompt that a model was asked with, and the hash of its body.
    #[schema(example = "shooting/1")]
    pub prompt_version: Option<String>,
    pub prompt_sha256: Option<String>,
    pub usage: Spent,
    pub generated_at: Timestamp,
    /// Whether it can be read again.
    #[serde(skip)]
    pub kept: bool,
    /// The session that it looked at.
    #[serde(skip)]
    pub occasion: Option<String>,
}
/// What the published app reads, and more.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Analysis {
    /// Markdown.
    pub analysis: String,
    #[serde(flatten)]
    pub answer: Answer,
    pub interaction_id: AnswerId,
}

impl Analysis {
    pub fn of(answer: Answer, voice: Voice) -> Self {
        Self { analysis: markdown(&answer, voice), interaction_id: answer.id, answer }
    }
}

const MOST_ITEMS: usize = 10;
const USUAL_ITEMS: usize = 4;

/// How many items are wanted, where that many can be had.
pub fn wanted(asked: Option<usize>, usual: usize, field: &str) -> Result<usize> {
    let most = asked.unwrap_or(usual);
    if (1..=MOST_ITEMS).contains(&most) {
        return Ok(most);
    }
    Err(Error::field(field, "out_of_range", say!("Ask for 1 to {MOST_ITEMS} items.", "Demandez de 1 à {MOST_ITEMS} conseils.")))
}
impl Ask {
    /// How many items are wanted.
    pub fn items(&self) -> Result<usize> {
        let field = if self.max_items.is_some() { "max_items" } else { "top_n" };
        wanted(self.max_items.or(self.top_n), USUAL_ITEMS, field)
    }
    /// What is wanted, in words.
    pub fn words(&self) -> Vec<String> {
        [&self.goal, &self.context].into_iter().flatten().map(|text| visible(text)).filter(|text| !text.is_empty()).collect()
    }
    pub fn check(&self) -> Result<()> {
        if let Some(domain) = self.domain.as_deref().filter(|d| !["shooting", "staffing"].contains(d)) {
            let domain: String = domain.chars().take(40).collect();
            let say = say!(
                "There is no discipline {domain}. Use shooting or staffing.",
                "La discipline {domain} n’existe pas. Utilisez shooting ou staffing."
            );
            return Err(Error::field("domain", "unknown_domain", say));
        }
        let goal = self.goal.as_deref().map(str::trim).unwrap_or_default();
        if self.session.is_some() && self.project_id.is_some() {
            let say = say!("Send a `session` or a `project_id`, not both.", "Envoyez une `session` ou un `project_id`, pas les deux.");
            return Err(Error::field("project_id", "contradiction", say));
        }
        if self.project_id.is_none() && self.domain.as_deref() == Some("staffing") {
            let say = say!("Name the project.", "Indiquez le projet.");
            return Err(Error::field("project_id", "required", say));
        }
        if self.session.is_none() && self.project_id.is_none() && goal.is_empty() {
            let say = say!(
                "Send a `session`, a `project_id`, or a `goal` in words.",
                "Envoyez une `session`, un `project_id`, ou un `goal` en toutes lettres."
            );
            return Err(Error::field("session", "required", say));
        }
        let length = goal.chars().count() + self.context.as_ref().map_or(0, |c| c.chars().count());
        if length > 4_000 {
            let say = say!("Goal and context together hold 4,000 characters.", "Objectif et contexte comptent 4 000 caractères au plus.");
            return Err(Error::field("goal", "too_long", say));
        }
        Ok(())
    }
}

/// The answer by rules alone, and why no model took part.
pub fn by_rules(id: AnswerId, mut look: Look, most: usize, now: Timestamp, why: Ai) -> Answer {
    let drafts = std::mem::take(&mut look.drafts);
    Answer { ai: why, ..put_together(id, look, drafts, most, now) }
}
/// An answer of these drafts: best first, what must not be said left out. By rules, until somebody says otherwise.
pub fn put_together(id: AnswerId, look: Look, drafts: Vec<Draft>, most: usize, now: Timestamp) -> Answer {
    let mut items: Vec<Item> = drafts.into_iter().filter_map(|draft| item(draft, &look)).collect();
    items.sort_by(|a, b| (a.priority > 1).cmp(&(b.priority > 1)).then(b.score.total_cmp(&a.score)));
    items.truncate(most);
    for (n, item) in items.iter_mut().enumerate() {
        item.id = format!("a{}", n + 1);
    }
    Answer {
        id,
        advice: items,
        missing_data: look.missing,
        facts: look.facts.into_all(),
        source: "rules",
        model: look.rules.to_owned(),
        ai: Ai::without("not_wanted"),
        parse: None,
        prompt_version: None,
        prompt_sha256: None,
        usage: Spent::default(),
        generated_at: now,
        kept: false,
        occasion: look.occasion,
    }
}
fn item(draft: Draft, look: &Look) -> Option<Item> {
    let drill = draft.action.iter().flat_map(|a| figures(&a.drill));
    let context: Vec<Figure> = look.given.iter().copied().chain(drill).collect();
    let scored = if look.is_in_words() { words::score(&draft) } else { score::score(&draft, &look.facts, &context) }?;
    let Draft { title, mut advice, evidence, action, priority } = draft;
    // What few measurements carry says so itself; safety first, and advice to measure more, need no measure.
    let asks_for_more = evidence.iter().filter_map(|id| look.facts.get(id)).any(|fact| fact.verdict == Some("insufficient_data"));
    if scored.confidence == Confidence::Low && priority > 1 && !asks_for_more && !base::text::fold(&advice).contains("indication") {
        advice = format!("{advice} {}", look.indication).trim_end().to_owned();
    }
    Some(Item {
        id: String::new(),
        title,
        advice,
        score: scored.score,
        score_parts: scored.parts,
        confidence: scored.confidence,
        evidence,
        action,
        priority,
    })
}

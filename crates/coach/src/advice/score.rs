//! The score of a piece of advice: how well it is tied to the figures and usable. Computed and explained, never the model's own number.

use super::{
    course::contradicts,
    figures::{Figure, figures, numbers},
    never::is_unsafe,
};
use crate::disciplines::{Confidence, Criterion, Draft, Fact, Facts};
use serde::Serialize;
use utoipa::ToSchema;

/// Weights of the parts; docs/guide/coach.md explains them.
const WEIGHTS: [f64; 4] = [0.35, 0.20, 0.25, 0.20];
/// What a figure of too few measurements is worth.
const LOW: f64 = 0.6;
/// Further than this from where one stands is a wish, not a goal.
const REACH: f64 = 0.4;
const COUNTED: [&str; 3] = ["people", "calls", "h"];

#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Parts {
    /// Every number in it is one of the facts.
    pub grounding: f64,
    /// It names what it speaks of, with value and unit.
    pub specificity: f64,
    /// What to do is said, how often, and when it is reached.
    pub actionability: f64,
    /// The facts it cites matter.
    pub relevance: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    pub score: f64,
    pub parts: Parts,
    pub confidence: Confidence,
}

/// None when it must not be shown: it contradicts a fact, or is unsafe.
pub fn score(draft: &Draft, facts: &Facts, context: &[Figure]) -> Option<Scored> {
    let text = format!("{} {}", draft.title, draft.advice);
    if contradicts(&draft.words(), facts) || is_unsafe(&own_words(draft, facts)) {
        return None;
    }
    let cited: Option<Vec<&Fact>> = draft.evidence.iter().map(|id| facts.get(id)).collect();
    let parts = Parts {
        grounding: cited.as_ref().map_or(0.0, |_| grounding(&text, draft, facts, context)),
        specificity: specificity(&text, draft, cited.as_deref().unwrap_or_default()),
        actionability: actionability(draft, facts),
        relevance: relevance(cited.as_deref().unwrap_or_default()),
    };
    let values = [parts.grounding, parts.specificity, parts.actionability, parts.relevance];
    let weighted: f64 = WEIGHTS.iter().zip(values).map(|(w, v)| w * v).sum();
    let confidence = cited.unwrap_or_default().iter().map(|f| f.confidence).min().unwrap_or(Confidence::Low);
    let gate = if confidence == Confidence::Low { LOW } else { 1.0 };
    Some(Scored { score: round(weighted * gate), parts: rounded(parts), confidence })
}
/// What it says itself: whatever a mission or a role is called, advice on it is not unsafe for that.
fn own_words(draft: &Draft, facts: &Facts) -> String {
    let titles = facts.all().iter().flat_map(|fact| fact.about.mission.iter().chain(&fact.about.role));
    titles.fold(draft.words(), |text, title| text.replace(title.as_str(), "…"))
}
fn round(value: f64) -> f64 {
    (value.clamp(0.0, 1.0) * 100.0).round() / 100.0
}
fn rounded(p: Parts) -> Parts {
    Parts {
        grounding: round(p.grounding),
        specificity: round(p.specificity),
        actionability: round(p.actionability),
        relevance: round(p.relevance),
    }
}

/// Whether it invents nothing: every fact it cites is one, and so is every number, in the exercise too.
pub fn is_grounded(draft: &Draft, facts: &Facts, given: &[Figure]) -> bool {
    let text = draft.words();
    let cited = draft.evidence.iter().all(|id| facts.get(id).is_some());
    cited && share(&text, draft, facts, given).map_or(!draft.evidence.is_empty(), |share| share >= 1.0)
}
/// Which part of the figures in the text are ours, in their units: a fact's, the goal's, the action's, or given with the session.
fn grounding(text: &str, draft: &Draft, facts: &Facts, context: &[Figure]) -> f64 {
    share(text, draft, facts, context).unwrap_or(if draft.evidence.is_empty() { 0.0 } else { 0.6 })
}
/// None where there is no figure to be one.
fn share(text: &str, draft: &Draft, facts: &Facts, context: &[Figure]) -> Option<f64> {
    let known: Vec<Figure> = facts.all().iter().flat_map(of_fact).chain(of_action(draft)).chain(context.iter().copied()).collect();
    let measured = |figure: &Figure| known.iter().any(|k| k.kind() == figure.kind());
    let written: Vec<Figure> = figures(text).into_iter().filter(|figure| measured(figure) || !figure.is_dose()).collect();
    let ours = written.iter().filter(|figure| known.iter().any(|k| figure.says(k))).count();
    (!written.is_empty()).then(|| ours.saturating_sub(other_series(text, draft, facts)) as f64 / written.len() as f64)
}
/// What a fact lets somebody say: its value and its limit, of how many it was made, the series it names.
fn of_fact(fact: &Fact) -> impl Iterator<Item = Figure> {
    let values = [fact.value, fact.about.limit].into_iter().flatten().map(|value| Figure::of(value, fact.unit));
    let counted = if fact.shots > 0 { ["series", "sessions"] } else { ["people", "calls"] };
    let of = counted.map(|unit| Figure::of(fact.n as f64, unit));
    values.chain(of).chain(fact.series.map(|n| Figure::of(n as f64, "series"))).chain([Figure::of(f64::from(fact.shots), "shots")])
}
/// What an action declares: its goal, and how often.
fn of_action(draft: &Draft) -> impl Iterator<Item = Figure> {
    let action = draft.action.as_ref();
    let goal = action.and_then(|a| a.criterion.as_ref()).map(|c| Figure::of(c.value, c.unit));
    let often = |action: &crate::disciplines::Action| {
        let (sets, reps) = (f64::from(action.sets), f64::from(action.reps));
        [(sets, "series"), (sets, "sessions"), (reps, "shots"), (sets, "people"), (reps, "people")].map(|(n, unit)| Figure::of(n, unit))
    };
    goal.into_iter().chain(action.map(often).into_iter().flatten())
}
/// How often it speaks of a series by number that is none of those it cites, where it cites any.
fn other_series(text: &str, draft: &Draft, facts: &Facts) -> usize {
    let cited: Vec<usize> = draft.evidence.iter().filter_map(|id| facts.get(id)?.series).collect();
    let folded = base::text::fold(text);
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let after = words.windows(2).filter(|pair| pair[0] == "serie" || pair[0] == "series").filter_map(|pair| pair[1].parse().ok());
    if cited.is_empty() { 0 } else { after.filter(|number| !cited.contains(number)).count() }
}
/// Words that could be said to anybody about anything.
const VAGUE: [&str; 10] = [
    "continuez ainsi",
    "continue ainsi",
    "faites de votre mieux",
    "fais de ton mieux",
    "entrainez-vous davantage",
    "keep it up",
    "do your best",
    "practice more",
    "try harder",
    "stay focused",
];
const NAMES: [&str; 21] = [
    "serie",
    "groupement",
    "point",
    "regularite",
    "lacher",
    "souffle",
    "distance",
    " m ",
    "series",
    "group",
    "shot",
    "release",
    "breath",
    "mission",
    "poste",
    "role",
    "repos",
    "rest",
    "budget",
    "heures",
    "hours",
];
fn specificity(text: &str, draft: &Draft, cited: &[&Fact]) -> f64 {
    let folded = format!(" {} ", base::text::fold(text));
    let named = cited.iter().filter_map(|fact| named(&folded, fact)).reduce(f64::max);
    let named = named.unwrap_or_else(|| f64::from(NAMES.iter().any(|n| folded.contains(n))));
    let valued = !numbers(text).is_empty()
        && ["cm", " m", "point", "serie", "%", "mrad", "coup", "shot", " h", " min", "jour", "day", "eur", "personne", "people"]
            .iter()
            .any(|u| folded.contains(u));
    let precise = !VAGUE.iter().any(|v| folded.contains(v)) && !draft.advice.is_empty();
    0.4 * named + 0.4 * f64::from(valued) + 0.2 * f64::from(precise)
}
/// How far it names what a fact of a plan speaks of: whom, where there is somebody, else the mission or the role. None for other facts.
fn named(folded: &str, fact: &Fact) -> Option<f64> {
    let says = |name: &String| folded.contains(&base::text::fold(name));
    let about = &fact.about;
    let (what, whom) = (about.mission.iter().chain(&about.role), about.person.iter().chain(&about.candidates));
    let (has_what, has_whom) = (about.mission.is_some() || about.role.is_some(), about.person.is_some() || !about.candidates.is_empty());
    let (what, whom) = (what.into_iter().any(says), whom.into_iter().any(says));
    match (has_what, has_whom) {
        (false, false) => None,
        (_, true) if whom => Some(1.0),
        (_, true) => Some(0.5 * f64::from(what)),
        (true, false) => Some(f64::from(what)),
    }
}

fn actionability(draft: &Draft, facts: &Facts) -> f64 {
    let Some(action) = &draft.action else { return 0.0 };
    let counted = action.sets > 0 && action.reps > 0;
    let (parsable, reachable) = action.criterion.as_ref().map_or((false, false), |c| (true, reachable(c, facts)));
    0.3 * f64::from(!action.drill.is_empty()) + 0.2 * f64::from(counted) + 0.3 * f64::from(parsable) + 0.2 * f64::from(reachable)
}
/// Between where one stands and a bounded improvement; where a rule says how much there must be, that and nothing less.
fn reachable(goal: &Criterion, facts: &Facts) -> bool {
    let mut of = facts.of(goal.metric).filter_map(|fact| Some((fact.value?, fact.about.limit))).peekable();
    of.peek().is_none()
        || of.any(|(now, limit)| match (goal.op, limit) {
            ("<=", Some(limit)) => (0.0..=limit).contains(&goal.value),
            (_, Some(limit)) => goal.value >= limit,
            // What is counted can be brought to nothing at once.
            ("<=", _) if COUNTED.contains(&goal.unit) => (0.0..=now).contains(&goal.value),
            ("<=", _) => goal.value <= now + 1e-9 && goal.value >= now * (1.0 - REACH),
            // One more of what is counted is always a next step.
            _ if COUNTED.contains(&goal.unit) => goal.value > now && goal.value <= (now * (1.0 + REACH)).max(now + 1.0),
            _ => goal.value >= now * 0.9 && goal.value <= ceiling(goal).map_or(now * (1.0 + REACH), |most| now + REACH * (most - now)),
        })
}
/// What cannot be surpassed: the nearer one is to it, the smaller the steps.
fn ceiling(goal: &Criterion) -> Option<f64> {
    match goal.unit {
        "%" => Some(100.0),
        "points" if goal.metric == "points_per_shot" => Some(10.9),
        _ => None,
    }
}
fn relevance(cited: &[&Fact]) -> f64 {
    cited.iter().map(|f| f.severity).fold(0.0, f64::max)
}

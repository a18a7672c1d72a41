//! The score of a piece of advice: how well it is tied to the figures and usable. Computed and explained, never the model's own number.

use super::never::is_unsafe;
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
pub fn score(draft: &Draft, facts: &Facts, context: &[f64]) -> Option<Scored> {
    let text = format!("{} {}", draft.title, draft.advice);
    if contradicts(&text, facts) || is_unsafe(&draft.words()) {
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
pub fn is_grounded(draft: &Draft, facts: &Facts, given: &[f64]) -> bool {
    let text = draft.words();
    let cited = draft.evidence.iter().all(|id| facts.get(id).is_some());
    cited && (numbers(&text).is_empty() && !draft.evidence.is_empty() || grounding(&text, draft, facts, given) >= 1.0)
}
/// Which part of the numbers in the text are ours: a fact's, the goal's, the action's, or given with the session.
fn grounding(text: &str, draft: &Draft, facts: &Facts, context: &[f64]) -> f64 {
    let numbers = numbers(text);
    if numbers.is_empty() {
        return if draft.evidence.is_empty() { 0.0 } else { 0.6 };
    }
    let action = draft.action.as_ref();
    let goal = action.and_then(|a| a.criterion.as_ref()).map(|c| c.value);
    let counts = action.into_iter().flat_map(|a| [f64::from(a.sets), f64::from(a.reps)]);
    let named = facts.all().iter().flat_map(|f| [f.value, f.series.map(|n| n as f64), Some(f.n as f64), f.about.limit]).flatten();
    let known: Vec<f64> = named.chain(goal).chain(counts).chain(context.iter().copied()).collect();
    let ours = numbers.iter().filter(|(value, digits)| known.iter().any(|k| same(*value, *digits, *k))).count();
    ours.saturating_sub(other_series(text, draft, facts)) as f64 / numbers.len() as f64
}
/// How often it speaks of a series by number that is none of those it cites, where it cites any.
fn other_series(text: &str, draft: &Draft, facts: &Facts) -> usize {
    let cited: Vec<usize> = draft.evidence.iter().filter_map(|id| facts.get(id)?.series).collect();
    let folded = base::text::fold(text);
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let after = words.windows(2).filter(|pair| pair[0] == "serie" || pair[0] == "series").filter_map(|pair| pair[1].parse().ok());
    if cited.is_empty() { 0 } else { after.filter(|number| !cited.contains(number)).count() }
}
/// Equal within half a unit of the last digit that was written.
fn same(written: f64, digits: i32, known: f64) -> bool {
    (written - known).abs() <= 0.5 * 10f64.powi(-digits) + 1e-9
}
/// The numbers of a text, French or English, with how many decimals each was written.
pub fn numbers(text: &str) -> Vec<(f64, i32)> {
    let chars = ungrouped(text);
    let (mut found, mut at) = (vec![], 0);
    while at < chars.len() {
        if !chars[at].is_ascii_digit() || (at > 0 && chars[at - 1].is_alphabetic()) {
            at += 1;
            continue;
        }
        let whole = chars[at..].iter().take_while(|c| c.is_ascii_digit()).count();
        let mut end = at + whole;
        let mut decimals = 0;
        if chars.get(end).is_some_and(|c| matches!(c, '.' | ',')) {
            decimals = chars[end + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
            end += if decimals > 0 { 1 + decimals } else { 0 };
        }
        let word: String = chars[at..end].iter().map(|c| if *c == ',' { '.' } else { *c }).collect();
        found.extend(word.parse().ok().map(|value: f64| (value, decimals as i32)));
        at = end;
    }
    found
}

/// Without the spaces that set the thousands of a number apart.
fn ungrouped(text: &str) -> Vec<char> {
    let chars: Vec<char> = text.chars().collect();
    let digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    let groups = |at: usize| {
        let space = matches!(chars[at], '\u{a0}' | '\u{202f}');
        space && digit(at.checked_sub(1)) && (at + 1..at + 4).all(|next| digit(Some(next))) && !digit(Some(at + 4))
    };
    (0..chars.len()).filter(|at| !groups(*at)).map(|at| chars[at]).collect()
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

/// Says that it gets better while it gets worse, or the other way round.
pub fn contradicts(text: &str, facts: &Facts) -> bool {
    let folded = base::text::fold(text);
    let says = |words: &[&str]| words.iter().any(|w| folded.contains(w));
    facts.of("trend").any(|f| match f.verdict {
        Some("falling") => says(&["vous progressez", "tu progresses", "les points montent", "improving", "points rise"]),
        Some("rising") => says(&["les points baissent", "fatigue en fin", "points fall", "getting worse"]),
        _ => says(&["les points baissent de serie", "points fall from series"]),
    })
}

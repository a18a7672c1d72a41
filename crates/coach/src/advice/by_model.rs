//! Advice in a model's words: asked with our figures, read, and kept only where every number is ours. Whatever goes wrong, the rules answer.

use super::{
    course,
    model::{self, Ai, Answer, AnswerId, Spent},
    never,
    parse::{self, Step},
    plain::{is_plain, repeats},
    prompt::Prompt,
    score, words,
};
use crate::{
    budgets::model::Price,
    disciplines::{Draft, Fact, Look},
    provider::{Completion, Fault, Provider, Question, Shape, Usage},
};
use base::{App, time::Timestamp};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How many tokens an answer has; cut there, it is asked for once more with twice as many.
const ROOM: u32 = 1_200;
/// What both calls may bring at most.
pub const MOST_ROOM: u64 = 3 * ROOM as u64;

/// Who answers: what the caller wants, where it can be had.
pub struct Coach {
    pub provider: Arc<Provider>,
    pub most: usize,
}

/// An answer, and what it took.
pub struct Answered {
    pub answer: Answer,
    /// What kept the model from answering.
    pub fault: Option<Fault>,
    pub tally: Tally,
}
/// What was asked of a model and came of it.
#[derive(Debug, Default)]
pub struct Tally {
    pub usage: Usage,
    /// How long it was waited for.
    pub waited: Duration,
    /// What the provider calls the last of its answers.
    pub upstream_id: Option<String>,
    /// How often it answered, whatever it wrote.
    pub answers: u32,
    pub step: Option<Step>,
    /// How many items it wrote, and why some of them are not shown.
    pub written: usize,
    pub dropped: Vec<Gate>,
}
/// Why an item of a model is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Its goal is measured by nothing of ours.
    Goal,
    /// It names somebody whom no fact of its names.
    Person,
    /// A figure that is no fact, or a fact that there is not.
    Figure,
    /// It says the opposite of the figures.
    Contradiction,
    Unsafe,
    /// A link, or markup.
    Markup,
    /// It says what a note says: whoever wrote that speaks through it.
    Note,
    /// Another item says the same.
    Twice,
}
impl Gate {
    pub fn name(self) -> &'static str {
        match self {
            Self::Goal => "goal",
            Self::Person => "person",
            Self::Figure => "figure",
            Self::Contradiction => "contradiction",
            Self::Unsafe => "unsafe",
            Self::Markup => "markup",
            Self::Note => "note",
            Self::Twice => "twice",
        }
    }
}

/// What a model said, as far as it can be shown.
struct Said {
    drafts: Vec<Draft>,
    step: Step,
    model: String,
}
/// Why a model's words are not shown.
enum Lost {
    Failed(Fault),
    /// It could not be read, or nothing in it stood on the figures.
    Unusable(&'static str),
}
impl From<Fault> for Lost {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

impl Coach {
    /// In a model's words, else by rules.
    pub async fn answer(&self, app: &App, look: Look, prompt: &Prompt, id: AnswerId) -> Answered {
        let (mut tally, begun) = (Tally::default(), Instant::now());
        let asked = tokio::time::timeout(app.settings.ai_timeout, self.ask(app, &look, prompt, &mut tally)).await;
        let asked = asked.unwrap_or_else(|_| {
            tally.waited = begun.elapsed();
            Err(Lost::Failed(Fault::Timeout))
        });
        let (mut answer, fault) = match asked {
            Ok(said) => (self.by_model(look, prompt, id, said, app.now()), None),
            Err(lost) => {
                let (reason, fault) = match lost {
                    Lost::Failed(fault) => (fault.name(), fault),
                    Lost::Unusable(why) => (why, Fault::Invalid),
                };
                let why = match fault {
                    Fault::NotConfigured => Ai::without("not_configured"),
                    _ => Ai { degraded_reason: Some(reason), ..Ai::without("degraded") },
                };
                (model::by_rules(id, look, self.most, app.now(), why), Some(fault))
            }
        };
        let cost_micro_eur = Price::of(&app.settings, &self.provider.models()[0]).unwrap_or_default().cost(tally.usage);
        answer.usage = Spent { tokens: tally.usage, cost_micro_eur };
        Answered { answer, fault, tally }
    }

    /// Two answers at most: one that was cut gets more room, one that cannot be read is sent back to be mended. A server that
    /// refuses the shape it is asked in is asked more plainly, and from then on at once.
    async fn ask(&self, app: &App, look: &Look, prompt: &Prompt, tally: &mut Tally) -> Result<Said, Lost> {
        let model = &self.provider.models()[0];
        let known = if look.is_in_words() { Shape::Text } else { self.provider.shapes.of(model, app.now()) };
        let (mut shape, mut room, mut unreadable) = (known, ROOM, None::<String>);
        loop {
            let question = Question { model: model.clone(), fields: prompt.fields(room, shape, unreadable.as_deref()) };
            let begun = Instant::now();
            let said = self.provider.complete(app, &question).await;
            tally.waited += begun.elapsed();
            if let (Err(Fault::Rejected { status: 400 | 422 }), Some(plainer)) = (&said, shape.plainer()) {
                shape = plainer;
                continue;
            }
            let Completion { text, model: by, usage, finish_reason, upstream_id, .. } = said?;
            tally.upstream_id = upstream_id;
            if shape != known {
                self.provider.shapes.learn(model, shape, app.now());
            }
            tally.answers += 1;
            tally.usage = tally.usage.and(usage);
            if prompt.is_betrayed_by(&text) {
                return Err(Lost::Unusable("unsafe_answer"));
            }
            let whole = finish_reason.as_deref() != Some("length");
            let read = if look.is_in_words() { words::parse } else { parse::parse };
            if let Some((step, drafts)) = whole.then(|| read(&text)).flatten() {
                let step = if unreadable.is_some() { Step::Mended } else { step };
                (tally.step, tally.written) = (Some(step), drafts.len());
                let drafts = kept(drafts, look, prompt.metrics, &mut tally.dropped);
                if !drafts.is_empty() {
                    return Ok(Said { drafts, step, model: by });
                }
                let unsafe_one = tally.dropped.iter().any(|gate| matches!(gate, Gate::Unsafe | Gate::Contradiction));
                return Err(Lost::Unusable(if unsafe_one { "unsafe_answer" } else { "ungrounded" }));
            }
            if tally.answers > 1 {
                return Err(Lost::Unusable("unreadable"));
            }
            if whole {
                unreadable = Some(text);
            } else {
                room = 2 * ROOM;
            }
        }
    }

    /// The model's words; what the rules put first for safety stays first.
    fn by_model(&self, mut look: Look, prompt: &Prompt, id: AnswerId, mut said: Said, now: Timestamp) -> Answer {
        let rules = std::mem::take(&mut look.drafts);
        // What to press comes from the rules alone.
        for draft in &mut said.drafts {
            let rule = rules.iter().find(|rule| !rule.evidence.is_empty() && rule.evidence.first() == draft.evidence.first());
            let link = rule.and_then(|rule| rule.action.as_ref()?.link.clone());
            draft.action.iter_mut().for_each(|action| action.link.clone_from(&link));
        }
        let safety: Vec<Draft> = rules.into_iter().filter(|draft| draft.priority == 1).collect();
        let source = if safety.is_empty() { "ai" } else { "hybrid" };
        let drafts = safety.into_iter().chain(said.drafts).collect();
        let mut answer = model::put_together(id, look, drafts, self.most, now);
        answer.source = source;
        answer.model = said.model;
        answer.ai = Ai { used: true, reason: None, degraded_reason: None };
        answer.parse = Some(said.step.name());
        (answer.prompt_version, answer.prompt_sha256) = (Some(prompt.used.label()), Some(prompt.used.sha256.clone()));
        answer
    }
}
/// Only what stands on the figures, says it safely, and says it once; of people by their names again.
fn kept(drafts: Vec<Draft>, look: &Look, metrics: &[&str], dropped: &mut Vec<Gate>) -> Vec<Draft> {
    let mut kept: Vec<Draft> = vec![];
    for mut draft in drafts {
        if let Some(gate) = stopped_by(&draft, look, metrics, &kept) {
            dropped.push(gate);
            continue;
        }
        (draft.title, draft.advice) = (look.names.shown(&draft.title), look.names.shown(&draft.advice));
        draft.action.iter_mut().for_each(|action| action.drill = look.names.shown(&action.drill));
        kept.push(draft);
    }
    kept
}
fn stopped_by(draft: &Draft, look: &Look, metrics: &[&str], kept: &[Draft]) -> Option<Gate> {
    let goal = draft.action.as_ref().and_then(|a| a.criterion.as_ref());
    let text = draft.words();
    let gates = [
        (Gate::Unsafe, never::is_unsafe(&text)),
        (Gate::Contradiction, course::contradicts(&text, &look.facts)),
        (Gate::Figure, !look.is_in_words() && !score::is_grounded(draft, &look.facts, &look.given)),
        (Gate::Person, !speaks_of_whom_it_cites(draft, look)),
        (Gate::Goal, goal.is_some_and(|goal| !metrics.contains(&goal.metric))),
        (Gate::Markup, !is_plain(&text)),
        (Gate::Note, repeats(&draft.advice, &look.notes.iter().chain(&look.goal).map(String::as_str).collect::<Vec<_>>().join(" "))),
        (Gate::Twice, kept.iter().any(|other| is_alike(other, draft))),
    ];
    gates.into_iter().find(|(_, stops)| *stops).map(|(gate, _)| gate)
}

/// Whether everybody it names stands in a fact that it cites: who is free and who was asked is as little a model's to say as a number.
fn speaks_of_whom_it_cites(draft: &Draft, look: &Look) -> bool {
    if look.names.people.is_empty() {
        return true;
    }
    let cited: Vec<&Fact> = draft.evidence.iter().filter_map(|id| look.facts.get(id)).collect();
    let stands =
        |name: &str| cited.iter().any(|fact| fact.about.person.as_deref() == Some(name) || fact.about.candidates.iter().any(|c| c == name));
    look.names.named(&draft.words()).into_iter().all(|name| name.is_some_and(stands))
}

/// More than four of five words in common.
fn is_alike(a: &Draft, b: &Draft) -> bool {
    let words = |d: &Draft| -> std::collections::HashSet<String> {
        base::text::fold(&d.advice).split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
    };
    let (a, b) = (words(a), words(b));
    let (both, either) = (a.intersection(&b).count(), a.union(&b).count());
    both as f64 > 0.8 * either as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        disciplines::shooting,
        voice::{Persona, Voice},
    };
    use base::say::Lang;

    fn look(points: &[u32]) -> Look {
        let series: Vec<_> = points.iter().map(|points| serde_json::json!({"shot_count": 5, "distance": 25, "points": points})).collect();
        let input: shooting::Input = serde_json::from_value(serde_json::json!({"series": series})).unwrap();
        shooting::look(input.read().unwrap(), Voice { lang: Lang::Fr, persona: Persona::Neutral })
    }
    fn says(advice: &str) -> Draft {
        Draft { title: "Régularité".into(), advice: advice.into(), evidence: vec!["F1".into()], action: None, priority: 2 }
    }

    #[test]
    fn what_the_figures_deny_is_counted_as_that() {
        let (falling, mut dropped) = (look(&[48, 46, 45, 43, 41, 40]), vec![]);
        let drafts = ["Vous progressez de série en série.", "Notez votre position."].map(says).to_vec();
        assert_eq!((kept(drafts, &falling, &[], &mut dropped).len(), dropped), (1, vec![Gate::Contradiction]));
    }
    #[test]
    fn what_few_series_carry_is_called_an_indication() {
        let certain = |points: &[u32]| {
            let (look, draft) = (look(points), says("Gardez la même prise, c’est certain."));
            model::put_together(AnswerId(base::id::v4()), look, vec![draft], 4, Timestamp::from_micros(0)).advice.remove(0).advice
        };
        let said = "Gardez la même prise, c’est certain.";
        assert_eq!(certain(&[45, 41]), format!("{said} C’est une indication\u{a0}: il faut plus de mesures pour en être sûr."));
        assert_eq!(certain(&[45, 44, 43, 45, 44]), said);
    }
    #[test]
    fn the_same_in_other_words_is_shown_once() {
        let said = [
            "Gardez la même prise, le même souffle et le même rythme.",
            "Gardez la même prise, le même rythme et le même souffle !",
            "Notez votre position.",
        ];
        let mut dropped = vec![];
        let shown = kept(said.map(says).to_vec(), &look(&[45, 41]), &[], &mut dropped);
        assert_eq!((shown.len(), dropped.as_slice(), shown[1].advice.as_str()), (2, [Gate::Twice].as_slice(), said[2]));
    }
}

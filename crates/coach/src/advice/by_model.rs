//! Advice in a model's words: asked with our figures, read, and kept only where every number is ours. Whatever goes wrong, the rules answer.

use super::{
    model::{self, Ai, Answer, AnswerId},
    parse::{self, Step},
    prompt::Prompt,
    score,
};
use crate::{
    disciplines::{Draft, Look},
    provider::{Completion, Fault, Provider, Question, Usage},
};
use base::App;
use std::sync::Arc;

/// How many tokens an answer has; cut there, it is asked for once more with twice as many.
const ROOM: u32 = 1_200;
/// What both calls may bring at most.
pub const MOST_ROOM: u64 = 3 * ROOM as u64;

/// Who answers: what the caller wants, where it can be had.
pub struct Coach {
    pub provider: Arc<Provider>,
    pub most: usize,
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
    /// In a model's words, else by rules; with the fault that kept the model from answering.
    pub async fn answer(&self, app: &App, look: Look, prompt: &Prompt, id: AnswerId) -> (Answer, Option<Fault>) {
        let mut used = Usage::default();
        let asked = tokio::time::timeout(app.settings.ai_timeout, self.ask(app, &look, prompt, &mut used)).await;
        let (reason, fault) = match asked.unwrap_or(Err(Lost::Failed(Fault::Timeout))) {
            Ok(said) => return (Answer { usage: used, ..self.by_model(app, look, prompt, id, said) }, None),
            Err(Lost::Failed(fault)) => (fault.name(), fault),
            Err(Lost::Unusable(why)) => (why, Fault::Invalid),
        };
        let why = match fault {
            Fault::NotConfigured => Ai::without("not_configured"),
            _ => Ai { degraded_reason: Some(reason), ..Ai::without("degraded") },
        };
        (Answer { usage: used, ..model::by_rules(id, look, self.most, app.now(), why) }, Some(fault))
    }

    /// Two calls at most: an answer that was cut gets more room, one that cannot be read is sent back to be mended.
    async fn ask(&self, app: &App, look: &Look, prompt: &Prompt, used: &mut Usage) -> Result<Said, Lost> {
        let mut fields = prompt.fields(ROOM);
        let mut mended = false;
        loop {
            let question = Question { model: self.provider.models()[0].clone(), fields };
            let Completion { text, model, usage, finish_reason, .. } = self.provider.complete(app, &question).await?;
            let first = *used == Usage::default();
            *used = used.and(usage);
            if prompt.is_betrayed_by(&text) {
                return Err(Lost::Unusable("unsafe_answer"));
            }
            let whole = finish_reason.as_deref() != Some("length");
            if let Some((step, drafts)) = whole.then(|| parse::parse(&text)).flatten() {
                let drafts = kept(drafts, look);
                let step = if mended { Step::Mended } else { step };
                return if drafts.is_empty() { Err(Lost::Unusable("ungrounded")) } else { Ok(Said { drafts, step, model }) };
            }
            if !first {
                return Err(Lost::Unusable("unreadable"));
            }
            mended = whole;
            fields = if whole { prompt.mended(&text, ROOM) } else { prompt.fields(2 * ROOM) };
        }
    }

    /// The model's words; what the rules put first for safety stays first.
    fn by_model(&self, app: &App, mut look: Look, prompt: &Prompt, id: AnswerId, mut said: Said) -> Answer {
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
        let mut answer = model::put_together(id, look, drafts, self.most, app.now());
        if said.step == Step::Bullets {
            answer.advice.iter_mut().filter(|item| item.action.is_none()).for_each(|item| item.score = item.score.min(BULLETS));
        }
        answer.source = source;
        answer.model = said.model;
        answer.ai = Ai { used: true, reason: None, degraded_reason: None };
        answer.parse = Some(said.step.name());
        answer.prompt_version = Some(prompt.version);
        answer
    }
}
/// Only what stands on the figures, says it safely, and says it once; of people by their names again.
fn kept(drafts: Vec<Draft>, look: &Look) -> Vec<Draft> {
    let mut kept: Vec<Draft> = vec![];
    for mut draft in drafts {
        let fits =
            score::is_grounded(&draft, &look.facts, &look.given) && is_plain(&draft) && kept.iter().all(|other| !is_alike(other, &draft));
        if fits {
            (draft.title, draft.advice) = (look.people.shown(&draft.title), look.people.shown(&draft.advice));
            draft.action.iter_mut().for_each(|action| action.drill = look.people.shown(&action.drill));
            kept.push(draft);
        }
    }
    kept
}

/// What words without an exercise are worth at most.
const BULLETS: f64 = 0.4;

/// No link, no markup: whoever shows it might fetch what it names.
fn is_plain(draft: &Draft) -> bool {
    let drill = draft.action.as_ref().map(|a| a.drill.as_str()).unwrap_or_default();
    let text = format!("{} {} {drill}", draft.title, draft.advice).to_lowercase();
    !["http", "www.", "](", "![", "<", ">", "`", "javascript:"].iter().any(|mark| text.contains(mark))
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

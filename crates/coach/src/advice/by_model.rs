//! Advice in a model's words: asked with our figures, read, and kept only where every number is ours. Whatever goes wrong, the rules answer.

use super::{
    model::{self, Ai, Answer, AnswerId},
    parse::{self, Step},
    prompt::{self, Prompt},
    score,
};
use crate::{
    disciplines::{Draft, Facts, shooting::Session},
    provider::{Completion, Fault, Provider, Question, Usage},
    voice::Voice,
};
use base::App;
use std::sync::Arc;

const ROOM: u32 = 1_200;

/// Who answers: what the caller wants, where it can be had.
pub struct Coach {
    pub provider: Arc<Provider>,
    pub voice: Voice,
    pub most: usize,
}

/// What a model said, as far as it can be shown.
struct Said {
    drafts: Vec<Draft>,
    step: Step,
    model: String,
    usage: Usage,
}
/// Why a model's words are not shown.
enum Lost {
    /// Without a figure there is nothing to put into words.
    NothingToSay,
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
    /// By a model where there is one, else by rules; with the fault that kept the model from answering.
    pub async fn answer(&self, app: &App, session: &Session, id: AnswerId) -> (Answer, Option<Fault>) {
        let (facts, drafts) = model::ground(session, self.voice);
        let said = match facts.all() {
            [] => Err(Lost::NothingToSay),
            _ => {
                let asked = tokio::time::timeout(app.settings.ai_timeout, self.ask(app, session, &facts));
                asked.await.unwrap_or(Err(Lost::Failed(Fault::Timeout)))
            }
        };
        let (ai, fault) = match said {
            Ok(said) => return (self.by_model(app, session, facts, drafts, id, said), None),
            Err(Lost::NothingToSay) => (Ai::without("no_figures"), None),
            Err(Lost::Failed(Fault::NotConfigured)) => (Ai::without("not_configured"), Some(Fault::NotConfigured)),
            Err(Lost::Failed(fault)) => (Ai { degraded_reason: Some(fault.name()), ..Ai::without("degraded") }, Some(fault)),
            Err(Lost::Unusable(why)) => (Ai { degraded_reason: Some(why), ..Ai::without("degraded") }, Some(Fault::Invalid)),
        };
        let mut answer = model::put_together(id, session, facts, drafts, self.voice, self.most, app.now());
        answer.ai = ai;
        (answer, fault)
    }

    /// Two calls at most: an answer that was cut gets more room, one that cannot be read is asked for again.
    async fn ask(&self, app: &App, session: &Session, facts: &Facts) -> Result<Said, Lost> {
        let prompt = Prompt::new(session, facts.all(), self.voice);
        let mut usage = Usage::default();
        for (room, last) in [(ROOM, false), (2 * ROOM, true)] {
            let question = Question { model: self.provider.models()[0].clone(), fields: prompt.fields(room) };
            let Completion { text, model, usage: used, finish_reason, .. } = self.provider.complete(app, &question).await?;
            usage = usage.and(used);
            if prompt.is_betrayed_by(&text) {
                return Err(Lost::Unusable("unsafe_answer"));
            }
            let whole = finish_reason.as_deref() != Some("length");
            if let Some((step, drafts)) = whole.then(|| parse::parse(&text)).flatten() {
                let drafts = self.kept(drafts, session, facts);
                return if drafts.is_empty() { Err(Lost::Unusable("ungrounded")) } else { Ok(Said { drafts, step, model, usage }) };
            }
            if last {
                break;
            }
        }
        Err(Lost::Unusable("unreadable"))
    }
    /// Only what stands on the figures, says it safely, and says it once.
    fn kept(&self, drafts: Vec<Draft>, session: &Session, facts: &Facts) -> Vec<Draft> {
        let given = model::given(session);
        let mut kept: Vec<Draft> = vec![];
        for draft in drafts {
            let fits = score::is_grounded(&draft, facts, &given) && is_plain(&draft) && kept.iter().all(|other| !is_alike(other, &draft));
            if fits {
                kept.push(draft);
            }
        }
        kept
    }

    /// The model's words; what the rules put first for safety stays first.
    fn by_model(&self, app: &App, session: &Session, facts: Facts, rules: Vec<Draft>, id: AnswerId, said: Said) -> Answer {
        let safety: Vec<Draft> = rules.into_iter().filter(|draft| draft.priority == 1).collect();
        let source = if safety.is_empty() { "ai" } else { "hybrid" };
        let drafts = safety.into_iter().chain(said.drafts).collect();
        let mut answer = model::put_together(id, session, facts, drafts, self.voice, self.most, app.now());
        if said.step == Step::Bullets {
            answer.advice.iter_mut().filter(|item| item.action.is_none()).for_each(|item| item.score = item.score.min(BULLETS));
        }
        answer.source = source;
        answer.model = said.model;
        answer.ai = Ai { used: true, reason: None, degraded_reason: None };
        answer.parse = Some(said.step.name());
        answer.prompt_version = Some(prompt::VERSION);
        answer.usage = said.usage;
        answer
    }
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

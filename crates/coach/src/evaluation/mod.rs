//! What the coach is worth, measured: the same cases for the rules and for any model and prompt (`coulisses ai eval`).
//!
//! ```text
//! cases (sessions, progress, plans; French and English) ──► the coach, as for everybody ──► report ──► table │ JSON; live ones are kept
//! ```

mod cases;
mod report;
mod store;

pub use cases::{Case, cases};
pub use report::Report;

use crate::{
    advice::{
        by_model::{Answered, Coach, Tally},
        model::{Ai, AnswerId, by_rules},
        prompt::Prompt,
    },
    budgets::model::Price,
    disciplines::Look,
    prompts::{self, model::Place},
    provider::{Fault, Provider},
    voice::{Persona, Voice},
};
use base::{App, Error, Result, id, say::Lang};
use std::time::Instant;

/// As many items as people are shown.
const MOST: usize = 4;

/// Every case in both languages. With a model when it is `live`; `tried` is a version of a prompt that is not in use.
pub async fn run(app: &App, live: bool, tried: Option<&Place>) -> Result<Report> {
    let coach = Coach { provider: Provider::of(app), most: MOST };
    if live && !coach.provider.is_configured() {
        return Err(Fault::NotConfigured.into());
    }
    let model = if live { coach.provider.models()[0].as_str() } else { "rules" };
    let priced = !live || Price::of(&app.settings, model).is_some();
    let mut report = Report::new(live, model, priced, app.now());
    for case in cases()? {
        for lang in [Lang::Fr, Lang::En] {
            let voice = Voice { lang, persona: Persona::Neutral };
            let (look, begun) = (case.look(voice)?, Instant::now());
            let asks = live && !look.stops;
            let answered = if asks { asked(app, &coach, look, voice, tried, &mut report).await? } else { ruled(app, look) };
            report.add(&answered, begun.elapsed());
        }
    }
    if live {
        store::keep(app, &report).await?;
    }
    Ok(report)
}
/// The reports before this one, the newest first.
pub async fn earlier(app: &App, than: &Report) -> Result<Vec<Report>> {
    store::before(app, than.at).await
}

fn ruled(app: &App, look: Look) -> Answered {
    let answer = by_rules(AnswerId(id::v4()), look, MOST, app.now(), Ai::without("not_wanted"));
    Answered { answer, fault: None, tally: Tally::default() }
}
async fn asked(app: &App, coach: &Coach, look: Look, voice: Voice, tried: Option<&Place>, report: &mut Report) -> Result<Answered> {
    let used = match tried.filter(|place| place.name == look.domain) {
        Some(place) => prompts::store::find(&app.db, place).await?.into(),
        None => prompts::store::in_use(&app.db, look.domain, voice.lang).await?,
    };
    report.prompts.insert(used.label(), used.sha256.clone());
    let prompt = Prompt::new(&look, voice, true, used);
    let answered = coach.answer(app, look, &prompt, AnswerId(id::v4())).await;
    match answered.fault {
        // Nothing that follows would fare better.
        Some(fault @ (Fault::Auth | Fault::NoQuota)) => Err(Error::from(fault)),
        _ => Ok(answered),
    }
}

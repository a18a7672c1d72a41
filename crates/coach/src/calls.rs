//! A call of a model, from its admission to its row in the history. Whatever ends it, its row is written: a call that is
//! dropped was left by whoever asked.

use crate::{
    budgets::{
        model::{Price, not_allowed},
        store::{Need, Who, limits_of, reserve},
    },
    consent,
    history::{
        Ledger,
        model::{Entry, InteractionId},
    },
    meter::Meter,
    provider::{Completion, Fault, Question, Usage, heard},
};
use base::{App, Error, Result, auth::Principal, id, say};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// Of a stream, so much is looked at for what was said and what it cost.
const MOST_HEARD: usize = 1 << 20;

/// A call at work.
pub struct Call {
    app: App,
    /// None once somebody else writes it down.
    entry: Option<Entry>,
    begun: Instant,
    /// Wakes when its owner ends it.
    stop: Arc<Notify>,
    /// How long the provider was waited for.
    waited: Duration,
    /// What a stream brought so far.
    heard: Vec<u8>,
}

impl Call {
    /// As a completion of this question: admitted, or refused before anything is asked.
    pub async fn chat(app: &App, who: &Principal, question: &mut Question, streamed: bool) -> Result<Self> {
        let standing = consent::Standing::of(app, who.account, who.org).await?;
        standing.allows_chat()?;
        let mut entry = Entry::new(id::v7(app.now()), who.account, who.org, "chat", &question.model, app.now());
        (entry.streamed, entry.keeps) = (streamed, standing.store_content);
        let need = need(app, &question.model, question.estimated_tokens(), question.room());
        // A stream may go on for ten minutes.
        let long = app.settings.ai_timeout + if streamed { STREAM } else { SPARE };
        entry.reserved = held(app, budget(who), &entry, need, long).await?;
        if entry.reserved {
            question.bound();
        }
        entry.says("user", &question.last_said());
        entry.usage.prompt_tokens = question.estimated_tokens();
        Ok(Self::begin(app, entry))
    }
    /// As an answer of the coach, which may need a model's words.
    pub fn coach(app: &App, who: &Principal, id: id::Uuid, model: Option<&str>) -> Self {
        let mut entry = Entry::new(id, who.account, who.org, "coach", model.unwrap_or(RULES), app.now());
        if model.is_some() {
            return Self::begin(app, entry);
        }
        entry.source = "rules";
        Self { app: app.clone(), entry: Some(entry), begun: Instant::now(), stop: Arc::default(), waited: Duration::ZERO, heard: vec![] }
    }
    /// Holds back what the coach may need at most, where somebody limits it.
    pub async fn admit(&mut self, who: &Principal, prompt: u64, room: u64) -> Result<()> {
        let Some(entry) = &mut self.entry else { return Ok(()) };
        let need = need(&self.app, &entry.model, prompt, room);
        entry.reserved = held(&self.app, budget(who), entry, need, self.app.settings.ai_timeout + SPARE).await?;
        entry.usage.prompt_tokens = prompt;
        Ok(())
    }
    /// What there is to write down of an answer, for whoever writes it beside the answer itself.
    pub fn answered(mut self, fault: Option<&'static str>, fill: impl FnOnce(&mut Entry)) -> Option<Entry> {
        let mut entry = self.entry.take()?;
        entry.usage_estimated = false;
        entry.ends(fault);
        fill(&mut entry);
        self.close(&mut entry);
        Some(entry)
    }
    fn begin(app: &App, mut entry: Entry) -> Self {
        let stop = app.stops.begin(entry.id.0, entry.account);
        Ledger::of(app).note(app, Entry { said: vec![], usage: Usage::default(), ..entry.clone() });
        (entry.status, entry.error_code, entry.usage_estimated) = ("cancelled", Some("client_closed"), true);
        Self { app: app.clone(), entry: Some(entry), begun: Instant::now(), stop, waited: Duration::ZERO, heard: vec![] }
    }
    pub fn id(&self) -> Option<InteractionId> {
        self.entry.as_ref().map(|entry| entry.id)
    }
    /// When its owner ends it.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let stop = self.stop.clone();
        async move { stop.notified().await }
    }

    /// A whole answer came.
    pub fn brought(mut self, done: &Completion) {
        let Some(entry) = &mut self.entry else { return };
        entry.says("assistant", &done.text);
        entry.model_used = Some(done.model.clone());
        entry.finish_reason = done.finish_reason.clone();
        entry.upstream_request_id = done.upstream_id.clone();
        (entry.usage, entry.usage_estimated) = (done.usage, false);
        entry.ends(None);
    }
    /// The provider calls it so.
    pub fn is_known_as(&mut self, upstream: String) {
        if let Some(entry) = &mut self.entry {
            entry.upstream_request_id = Some(upstream);
        }
    }
    /// It was ended by a fault, or by its owner.
    pub fn failed(mut self, code: &'static str) {
        self.fails(code);
    }
    /// What it used before it failed.
    pub fn used(&mut self, usage: Usage) {
        if let Some(entry) = self.entry.as_mut().filter(|_| usage != Usage::default()) {
            (entry.usage, entry.usage_estimated) = (usage, false);
        }
    }
    pub fn fails(&mut self, code: &'static str) {
        let Some(entry) = &mut self.entry else { return };
        entry.ends(Some(code));
        if code == CANCELLED {
            entry.status = "cancelled";
        } else if self.heard.is_empty() && code != Fault::Timeout.name() && entry.usage_estimated {
            // Nothing was asked of a model, or it refused: nothing was used.
            (entry.usage, entry.usage_estimated) = (Usage::default(), false);
            entry.asked = !UNASKED.contains(&code);
        }
    }
    /// The provider was waited for; what is left of a call's time is ours.
    pub fn waits(&mut self, waited: Duration) {
        self.waited += waited;
    }
    /// What it used and took, whatever ended it.
    fn close(&self, entry: &mut Entry) {
        self.app.stops.over(entry.id.0);
        // Also where rules answered in the end: what a model wrote in vain was paid for.
        entry.cost_micro_eur = Price::of(&self.app.settings, &entry.model).unwrap_or_default().cost(entry.usage);
        entry.latency_ms = Some(millis(self.begun));
        entry.completed_at = Some(self.app.now());
        let meter = Meter::of(&self.app);
        meter.spent(entry.usage, entry.cost_micro_eur);
        if entry.source == "rules" && entry.status == "ok" {
            meter.by_rules(entry.model_used.as_deref().unwrap_or(RULES), entry.error_code.unwrap_or("ok"));
        }
        if entry.status == "cancelled" {
            meter.cancelled(if entry.error_code == Some(CANCELLED) { "owner" } else { "client" });
        }
        if !entry.streamed && !self.waited.is_zero() {
            meter.overhead(self.begun.elapsed().saturating_sub(self.waited));
        }
    }
    /// A piece of a stream passed by.
    pub fn passes(&mut self, piece: &[u8]) {
        if let Some(entry) = self.entry.as_mut().filter(|entry| entry.first_byte_ms.is_none()) {
            entry.first_byte_ms = Some(millis(self.begun));
            Meter::of(&self.app).overhead(self.begun.elapsed().saturating_sub(self.waited));
        }
        if self.heard.len() + piece.len() <= MOST_HEARD {
            self.heard.extend_from_slice(piece);
        }
    }
    /// The stream came to its end.
    pub fn streamed(&mut self) {
        if let Some(entry) = &mut self.entry {
            entry.ends(None);
        }
    }
}
/// Holds back what a call may need, where somebody limits it. What a call that has just ended held may not be given back yet: nobody
/// is refused before it is.
async fn held(app: &App, who: Who, entry: &Entry, need: Need, long: Duration) -> Result<bool> {
    let id = entry.id;
    let limits = limits_of(&app.db, who).await?;
    if limits.is_empty() {
        return Ok(false);
    }
    if !limits.iter().all(|limit| limit.lets(&entry.model)) {
        return Err(not_allowed());
    }
    for limit in &limits {
        if let Some(rule) = limit.pace() {
            app.limits.take("ai_minute", rule, &format!("{}|{}|{}", limit.layer, limit.scope, limit.subject), app.now()).await?;
        }
    }
    let mut held = reserve(app, &limits, who, id, need, long).await;
    if held.as_ref().is_err_and(|refused| refused.code() == "budget_exceeded") {
        Ledger::of(app).flush().await;
        held = reserve(app, &limits, who, id, need, long).await;
    }
    held.map(|()| true)
}

impl Drop for Call {
    fn drop(&mut self) {
        let Some(mut entry) = self.entry.take() else { return };
        if !self.heard.is_empty() {
            let heard = heard(&self.heard);
            entry.model_used = heard.model;
            entry.finish_reason = heard.finish_reason;
            entry.usage.completion_tokens = heard.text.len().div_ceil(4) as u64;
            if let Some(usage) = heard.usage {
                (entry.usage, entry.usage_estimated) = (usage, false);
            }
            entry.says("assistant", &heard.text);
            if entry.status == "ok" {
                entry.ends(None);
            }
        }
        self.close(&mut entry);
        Ledger::of(&self.app).note(&self.app, entry);
    }
}
/// Faults of ours, before a model was asked.
const UNASKED: [&str; 3] = ["ai_not_configured", "ai_busy", "circuit_open"];
const SPARE: Duration = Duration::from_secs(60);
const STREAM: Duration = Duration::from_secs(660);

fn budget(who: &Principal) -> Who {
    Who { account: who.account, org: who.org }
}
fn need(app: &App, model: &str, prompt: u64, room: u64) -> Need {
    let usage = Usage { prompt_tokens: prompt, completion_tokens: room, total_tokens: prompt + room, cached_tokens: 0 };
    Need { tokens: (prompt + room) as i64, micro_eur: Price::of(&app.settings, model).unwrap_or_default().cost(usage) }
}
/// What limits say; the coach works by rules then.
pub const LIMITED: [&str; 3] = ["budget_exceeded", "rate_limited", "model_not_allowed"];
/// What is asked when no model is.
const RULES: &str = "rules";
/// What a call that its owner ended says of itself.
pub const CANCELLED: &str = "cancelled";
pub fn cancelled() -> Error {
    Error::conflict(CANCELLED, say!("This call was cancelled.", "Cet appel a été annulé."))
}

fn millis(since: Instant) -> i64 {
    i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX)
}

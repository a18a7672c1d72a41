//! `doctor`: looks at what the server will need, changes nothing, and says what to do.

mod here;
mod key;
mod others;
mod store;

use super::{End, Outcome, say};
use crate::setup::Trouble;
use base::Settings;
use serde_json::{Value, json};

/// What a look at one thing gave.
struct Finding {
    /// The setting or the thing: `MAIL_URL`, `disk`.
    of: &'static str,
    state: State,
    says: String,
    /// What to do about it.
    advice: Option<String>,
}
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Good,
    /// Works, but somebody should know.
    Look,
    Bad,
}
impl Finding {
    fn good(of: &'static str, says: impl Into<String>) -> Self {
        Self { of, state: State::Good, says: says.into(), advice: None }
    }
    fn look(of: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { of, state: State::Look, says: says.into(), advice: Some(advice.into()) }
    }
    fn bad(of: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: State::Bad, ..Self::look(of, says, advice) }
    }
    fn line(&self) -> String {
        let mark = match self.state {
            State::Good => "good",
            State::Look => "look",
            State::Bad => "BAD ",
        };
        let advice = self.advice.as_ref().map(|advice| format!("; {advice}")).unwrap_or_default();
        format!("{mark}  {}: {}{advice}", self.of, self.says)
    }
    fn json(&self) -> Value {
        let state = match self.state {
            State::Good => "good",
            State::Look => "look",
            State::Bad => "bad",
        };
        json!({"of": self.of, "state": state, "says": self.says, "advice": self.advice})
    }
}

pub async fn run(settings: &Settings, hints: Vec<String>, as_json: bool) -> Outcome {
    let mut findings = vec![Finding::good("settings", format!("they fit together ({:?})", settings.env()))];
    findings.extend(hints.into_iter().map(|hint| Finding::look("settings", hint, "a name that is not known does nothing")));
    findings.extend(here::look(settings));
    findings.extend(store::look(settings).await);
    findings.extend(others::look(settings).await);
    let bad = findings.iter().any(|finding| finding.state == State::Bad);
    if as_json {
        let all: Vec<_> = findings.iter().map(Finding::json).collect();
        say(&json!({"good": !bad, "findings": all}).to_string());
    } else {
        findings.iter().for_each(|finding| say(&finding.line()));
    }
    if bad { Err(End::Trouble(Trouble::Failed("something needs your hand; see above".to_owned()))) } else { Ok(()) }
}

//! A plan as plain values: what planning knows, without leaning on it. The binary wires one to the other.

use crate::disciplines::Names;
use base::{
    App, Error, Result,
    auth::Role as Standing,
    id::{OrgId, Uuid},
    say,
    say::Lang,
    time::Timestamp,
};
use std::{collections::BTreeSet, pin::Pin};

/// A project's missions from now on, with everything around them that may be said to whoever asks.
#[derive(Clone, Debug, Default)]
pub struct Planning {
    pub now: Timestamp,
    pub name: String,
    pub missions: Vec<Mission>,
    /// Whether somebody was looked for, for every open role.
    pub searched_all: bool,
    pub clashes: Vec<Clash>,
    /// Everybody accepted on these missions, with their minutes.
    pub hours: Vec<(String, i64)>,
    /// Roles that missions need and one person alone can hold.
    pub alone: Vec<(String, String)>,
    /// None for eyes that may not see pay.
    pub cost: Option<Cost>,
}
#[derive(Clone, Debug, Default)]
pub struct Mission {
    pub id: Uuid,
    pub title: String,
    pub start: Timestamp,
    pub published: bool,
    pub roles: Vec<Role>,
}
#[derive(Clone, Debug, Default)]
pub struct Role {
    pub role: String,
    pub quota: i64,
    pub accepted: i64,
    pub declined: i64,
    pub waiting: Vec<Waiting>,
    /// Who could come, the best first.
    pub candidates: Vec<Candidate>,
}
/// Somebody who was asked and has not answered.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub person: String,
    pub since: Timestamp,
    /// Of the invitation that lies open, if one was sent.
    pub invitation: Option<Uuid>,
}
#[derive(Clone, Debug)]
pub struct Candidate {
    pub id: Uuid,
    pub name: String,
}
/// What does not fit, as the rule engine found it.
#[derive(Clone, Debug)]
pub struct Clash {
    pub kind: String,
    pub blocks: bool,
    pub person: String,
    pub mission: Option<(Uuid, String)>,
    pub start: Timestamp,
    /// In hours or days: what there is, and what the rule says.
    pub actual: Option<f64>,
    pub limit: Option<f64>,
}
#[derive(Clone, Debug, Default)]
pub struct Cost {
    pub planned: f64,
    pub budget: Option<f64>,
    pub currency: String,
    /// Calls of people without a rate.
    pub unpriced: i64,
}

impl Planning {
    /// Everybody and everything that is named, once each.
    pub fn names(&self) -> Names {
        let roles = || self.missions.iter().flat_map(|m| &m.roles);
        let waiting = roles().flat_map(|r| r.waiting.iter().map(|w| &w.person));
        let candidates = roles().flat_map(|r| r.candidates.iter().map(|c| &c.name));
        let others = self.clashes.iter().map(|c| &c.person).chain(self.hours.iter().map(|h| &h.0)).chain(self.alone.iter().map(|a| &a.1));
        let titles = self.missions.iter().map(|m| &m.title).chain(self.clashes.iter().filter_map(|c| Some(&c.mission.as_ref()?.1)));
        let needed = roles().map(|r| &r.role).chain(self.alone.iter().map(|a| &a.0));
        Names { people: once(waiting.chain(candidates).chain(others)), missions: once(titles), roles: once(needed) }
    }
}

fn once<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    names.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

/// Who asks for which plan.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub org: OrgId,
    pub standing: Standing,
    pub project: Uuid,
    pub until: Timestamp,
    pub lang: Lang,
}
type Telling = Pin<Box<dyn Future<Output = Result<Planning>> + Send>>;
/// Where plans come from: whoever puts the house together says so, once.
pub struct Source(Box<dyn Fn(App, Asked) -> Telling + Send + Sync>);
impl Source {
    pub fn new<F: Future<Output = Result<Planning>> + Send + 'static>(tell: impl Fn(App, Asked) -> F + Send + Sync + 'static) -> Self {
        Self(Box::new(move |app, asked| Box::pin(tell(app, asked))))
    }
    /// Where there is no planning.
    pub fn none() -> Self {
        Self::new(async |_, _| {
            let say = say!("This module is switched off here (PLANNING=off).", "Ce module est désactivé ici (PLANNING=off).");
            Err(Error::missing("module_off", say))
        })
    }
    pub async fn ask(&self, app: &App, asked: Asked) -> Result<Planning> {
        (self.0)(app.clone(), asked).await
    }
}

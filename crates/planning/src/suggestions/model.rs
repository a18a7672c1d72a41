//! How well somebody fits a call, and why.

use crate::{
    conflicts::store::Known,
    people::model::PersonId,
    projects::model::ProjectId,
    rules::{self, Call, Finding, Kind, Law, Severity},
};
use base::{say, say::Lang};
use serde::Serialize;
use utoipa::ToSchema;

/// Somebody who could come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Suggestion {
    pub user_id: PersonId,
    pub user_name: String,
    /// 0 to 100; 0 for who cannot come.
    pub score: i64,
    /// Sentences for the planner, what counts most first.
    pub reasons: Vec<String>,
    /// Why they cannot come: a kind of conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub blocked_by: Option<Kind>,
    /// What they have accepted for the week of the call.
    pub minutes_that_week: i64,
    /// What the call would cost with them, by their rate of that day; null without one, and where pay is not shown.
    pub cost_cents: Option<i64>,
    pub currency: Option<String>,
}

/// What is looked for.
pub struct Wanted<'a> {
    pub law: &'a Law,
    pub call: Call,
    pub project: Option<ProjectId>,
    pub lang: Lang,
}

const BASE: i64 = 50;
/// For each of the five levels of a skill.
const LEVEL: i64 = 6;
const OFFERED: i64 = 10;
const RESTED: i64 = 10;
const KNOWS_THE_PROJECT: i64 = 5;
const WARNED: i64 = -8;
const ASKED_ELSEWHERE: i64 = -10;
const DECLINED: i64 = -20;
/// A full week, beyond which nobody counts as rested.
const FULL_WEEK: i64 = 48 * 60;

impl Wanted<'_> {
    pub fn score(&self, user_id: PersonId, known: &Known, declined: bool) -> Suggestion {
        let mut person = known.person.clone();
        let minutes_that_week = rules::minutes_of_week(&person, &self.call);
        person.calls.push(self.call.clone());
        let found = rules::findings_of(self.law, &person, person.calls.len() - 1);
        let blocked_by = found.iter().find(|f| self.blocks(f)).map(|f| f.kind);
        let (mut score, mut reasons) = (BASE, vec![]);
        let mut because = |points: i64, sentence: say::Say| {
            score += points;
            reasons.push((points, sentence.to(self.lang).to_owned()));
        };
        found.iter().for_each(|f| because(if f.kind == Kind::TentativeOverlap { ASKED_ELSEWHERE } else { WARNED }, f.say()));
        match known.levels.get(&self.call.role) {
            Some(level) => {
                because(level * LEVEL, say!("Has the skill, at level {level} of 5.", "A la compétence, au niveau {level} sur 5."))
            }
            None if known.levels.is_empty() => because(0, say!("No skills are written down.", "Aucune compétence n’est renseignée.")),
            None => {}
        }
        let (start, end) = (self.call.span.start(), self.call.span.end());
        if known.available.iter().any(|a| a.start() <= start && end <= a.end()) {
            because(OFFERED, say!("Has offered to work then.", "S’est dit disponible à ce moment-là."));
        }
        if known.rows.iter().any(|row| row.project_id.is_some() && row.project_id == self.project) {
            because(KNOWS_THE_PROJECT, say!("Knows the project.", "Connaît le projet."));
        }
        if declined {
            because(DECLINED, say!("Has declined this mission before.", "A déjà décliné cette mission."));
        }
        let (hours, minutes) = (minutes_that_week / 60, minutes_that_week % 60);
        let rested = RESTED * (FULL_WEEK - minutes_that_week).max(0) / FULL_WEEK;
        because(
            rested,
            say!("{hours} h {minutes:02} of work accepted that week.", "{hours} h {minutes:02} de travail acceptées cette semaine-là."),
        );
        reasons.sort_by_key(|(points, _)| -points.abs());
        let reasons = reasons.into_iter().map(|(_, sentence)| sentence).collect();
        let score = if blocked_by.is_some() { 0 } else { score.clamp(0, 100) };
        Suggestion {
            user_id,
            user_name: known.name.clone(),
            score,
            reasons,
            blocked_by,
            minutes_that_week,
            cost_cents: None,
            currency: None,
        }
    }
    /// A skill that somebody is known to lack keeps them out of suggestions, though a manager may ask them all the same.
    fn blocks(&self, found: &Finding) -> bool {
        found.kind == Kind::RoleMismatch || found.kind.severity(self.law) == Severity::Block
    }
}

/// Best first; who cannot come stands last, and names decide between equals.
pub fn ranked(mut all: Vec<Suggestion>) -> Vec<Suggestion> {
    all.sort_by(|a, b| {
        let key = |s: &Suggestion| (s.blocked_by.is_some(), -s.score);
        key(a).cmp(&key(b)).then_with(|| a.user_name.cmp(&b.user_name)).then_with(|| a.user_id.cmp(&b.user_id))
    });
    all
}

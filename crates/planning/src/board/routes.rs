//! One call for a whole board.

use super::{
    model::{self, Absence, Board},
    store,
};
use crate::{assignments, availability, labour_rules, missions, missions::model::Mission, people, projects::model::ProjectId, told::Eye};
use base::{
    App, Error, Result,
    auth::{Member, grant::MissionsRead},
    db::OrgRead,
    http::{Answer, Context, Query},
    id::Uuid,
    say,
    time::{Interval, When, Zone},
};
use serde::Deserialize;
use std::{collections::BTreeSet, time::Duration};
use utoipa::IntoParams;

/// A season is looked at in parts.
const LONGEST: Duration = Duration::from_secs(100 * 86_400);
/// More than any org has in a span of that length.
const ALL: i64 = 50_000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// An instant or a day.
    #[param(value_type = String)]
    pub from: When,
    /// An instant, or a day which is in it as a whole.
    #[param(value_type = String)]
    pub to: When,
}
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// An instant or a day.
    #[param(value_type = String)]
    from: When,
    /// An instant, or a day which is in it as a whole; 100 days at most.
    #[param(value_type = String)]
    to: When,
    /// Only this project.
    project: Option<ProjectId>,
}

/// The span that was asked for, read in a zone.
pub fn span(from: When, to: When, zone: &Zone) -> Result<Interval> {
    let from = from.from(zone).map_err(|m| m.at("from"))?;
    let to = to.until(zone).map_err(|m| m.at("to"))?;
    let long = || Error::field("to", "interval_too_long", say!("Ask for 100 days at most.", "Demandez 100 jours au plus."));
    let span = Interval::new(from, to).map_err(|_| base::time::Misread::Empty.at("to"))?;
    if span.length() <= LONGEST { Ok(span) } else { Err(long()) }
}
/// Everybody's calls in a span, as far as these eyes see.
pub async fn calls(read: &mut OrgRead, of: assignments::store::Of, span: Interval, eye: Eye) -> Result<Vec<assignments::model::Row>> {
    let page = assignments::store::Page {
        after: assignments::store::FIRST,
        rows: ALL,
        of,
        mission: None,
        status: None,
        from: span.start(),
        to: span.end(),
        eye: if let Eye::Tech(account) = eye { Some(account) } else { None },
    };
    let mut rows = assignments::store::list(read, page).await?;
    rows.retain(|a| a.status != assignments::model::Status::Cancelled);
    Ok(rows)
}

/// Everything that a planning board shows of a span. A tech sees what is published, and of absences and conflicts their own.
#[utoipa::path(get, path = "/board", operation_id = "read_board", tag = "board", params(Filter), responses(
    (status = 200, description = "The board", body = Board)))]
pub async fn read(app: App, member: Member<MissionsRead>, context: Context, Query(filter): Query<Filter>) -> Result<Answer> {
    let (mut read, eye) = (member.read(&app), Eye::of(&member));
    let zone = missions::store::zone(&mut read, None).await?;
    let span = span(filter.from, filter.to, &zone)?;
    let missions = missions_of(&mut read, span, filter.project, eye).await?;
    let mut assignments = calls(&mut read, assignments::store::Of::Everybody, span, eye).await?;
    let people: Vec<_> = everybody(&mut read).await?.into_iter().map(people::model::Row::teammate).collect();
    let own = if let Eye::Tech(account) = eye { people::store::of_account(&mut read, account).await? } else { None };
    let mut away = availability::store::unavailable(&mut read, None, span).await?;
    away.retain(|(person, _)| eye.is_manager() || Some(*person) == own);
    let law = labour_rules::store::law(&mut read).await?;
    let breaks = missions.iter().map(|m| (m.id, m.break_minutes)).collect();
    let mut conflicts = model::conflicts(&law, &assignments, &breaks, &away, context.lang);
    conflicts.retain(|c| eye.is_manager() || Some(c.user_id) == own);
    if filter.project.is_some() {
        let shown: BTreeSet<_> = missions.iter().map(|m| m.id).collect();
        model::only_of(&shown, &mut assignments, &mut conflicts);
    }
    let projects = store::projects(&mut read, eye.is_manager()).await?;
    Answer::ok(&Board {
        from: span.start(),
        to: span.end(),
        time_zone: zone.to_string(),
        people,
        projects: projects.into_iter().filter(|p| filter.project.is_none_or(|asked| asked == p.id)).collect(),
        open: model::open(&missions),
        days: model::days(&missions),
        missions,
        assignments: assignments.into_iter().map(|a| a.seen_by(eye)).collect(),
        unavailability: away.into_iter().map(|(user_id, s)| Absence { user_id, start_at: s.start(), end_at: s.end() }).collect(),
        conflicts,
    })
}
async fn missions_of(read: &mut OrgRead, span: Interval, project: Option<ProjectId>, eye: Eye) -> Result<Vec<Mission>> {
    let page = missions::store::Page {
        after: missions::store::FIRST,
        rows: ALL,
        project,
        from: Some(span.start()),
        to: Some(span.end()),
        role: None,
        unfilled: false,
        drafts: eye.is_manager(),
    };
    Ok(missions::store::list(read, page).await?.into_iter().map(missions::model::Row::shown).collect())
}
async fn everybody(read: &mut OrgRead) -> Result<Vec<people::model::Row>> {
    let after = (String::new(), people::model::PersonId(Uuid::nil()));
    people::store::list(read, people::store::Page { after, rows: ALL, q: "", skill: None, tag: None, active: Some(true) }).await
}

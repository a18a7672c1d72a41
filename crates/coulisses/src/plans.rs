//! What the coach may know of a project: planning's facts, handed over as plain values. The two rooms do not know each other.

use base::{
    App, Result,
    auth::Role as Standing,
    db::Query,
    id::Id as _,
    text,
    time::{Interval, Timestamp},
};
use coach::disciplines::staffing::{Asked, Candidate, Clash, Cost, Mission, Planning, Role, Source, Waiting};
use planning::{
    assignments::{model::Status, store::answers},
    conflicts::{
        model::{Conflict, conflicts},
        store::{Crew, crew},
    },
    labour_rules,
    missions::{
        self,
        model::{MissionId, Row},
        store::{FIRST, Page},
    },
    projects::model::ProjectId,
    reports,
    rules::{Severity, Unit},
    suggestions,
};
use std::collections::{BTreeMap, BTreeSet};

/// So many missions of the horizon are looked at, the soonest first.
const MISSIONS: i64 = 200;
/// For so many open roles somebody is looked for, and so many people are named.
const SEARCHED: usize = 12;
const NAMED: usize = 3;

pub fn source() -> Source {
    Source::new(plan)
}

async fn plan(app: App, asked: Asked) -> Result<Planning> {
    let (mut read, now, id) = (app.read_org(asked.org), app.now(), ProjectId(asked.project));
    reports::store::project_exists(&mut read, id).await?;
    let (name, ..) = project(&mut read, id).await?;
    let span = Interval::new(now, asked.until)?;
    let page = Page {
        after: FIRST,
        rows: MISSIONS,
        project: Some(id),
        from: Some(now),
        to: Some(asked.until),
        role: None,
        unfilled: false,
        drafts: true,
    };
    let mut rows = missions::store::list(&mut read, page).await?;
    rows.retain(|row| row.cancelled_at.is_none());
    let crew: Crew = crew(&mut read, None, span).await?;
    let ours: BTreeSet<MissionId> = rows.iter().map(|row| row.id).collect();
    let mut plan = Planning { now, name, missions: missions_of(&mut read, id, &rows, &crew, span).await?, ..Planning::default() };
    candidates(&mut read, &mut plan, asked).await?;
    plan.clashes = clashes(&mut read, &crew, span, &ours, asked).await?;
    plan.hours = hours(&crew, id, span);
    plan.alone = alone(&plan, &crew);
    if asked.standing >= Standing::Manager {
        plan.cost = cost(&app, &mut read, id).await?;
    }
    Ok(plan)
}
async fn project(read: &mut impl Query, id: ProjectId) -> Result<(String, Option<i64>, String)> {
    let all = reports::store::projects(read).await?;
    Ok(all.into_iter().find(|(one, ..)| *one == id).map(|(_, name, budget, currency)| (name, budget, currency)).unwrap_or_default())
}

async fn missions_of(read: &mut impl Query, id: ProjectId, rows: &[Row], crew: &Crew, span: Interval) -> Result<Vec<Mission>> {
    let answers = answers(read, id, span).await?;
    let role = |row: &Row, role: &missions::model::Role| {
        let key = text::fold(&role.role);
        let of = answers.iter().filter(|a| a.mission_id == row.id && a.role_key == key);
        let name = |person| crew.get(person).map(|known| known.name.clone()).unwrap_or_default();
        let waiting = of.clone().filter(|a| a.status == Status::Invited);
        Role {
            role: role.role.clone(),
            quota: role.quota,
            accepted: role.accepted,
            declined: of.clone().filter(|a| a.status == Status::Declined).count() as i64,
            waiting: waiting
                .map(|a| Waiting { person: name(&a.person_id), since: a.invited_at, invitation: a.invitation_id.map(|i| i.uuid()) })
                .collect(),
            candidates: vec![],
        }
    };
    let mission = |row: &Row| Mission {
        id: row.id.uuid(),
        title: row.title.clone(),
        start: row.start_at,
        published: row.published_at.is_some(),
        roles: row.roles.0.iter().map(|one| role(row, one)).collect(),
    };
    Ok(rows.iter().map(mission).collect())
}
/// Who could come, for the open roles that are soonest.
async fn candidates(read: &mut impl Query, plan: &mut Planning, asked: Asked) -> Result<()> {
    let mut searched = 0;
    for mission in &mut plan.missions {
        for role in &mut mission.roles {
            let open = role.quota > role.accepted + role.waiting.len() as i64;
            if !open || searched == SEARCHED {
                continue;
            }
            searched += 1;
            let (_, found) = suggestions::store::suggestions(read, MissionId(mission.id), Some(&role.role), asked.lang).await?;
            let free = found.into_iter().filter(|s| s.blocked_by.is_none() && s.score > 0).take(NAMED);
            role.candidates = free.map(|s| Candidate { id: s.user_id.uuid(), name: s.user_name }).collect();
        }
    }
    // Beyond that nobody was looked for: the rules must not say that nobody is free.
    let unsearched = |role: &Role| role.candidates.is_empty();
    plan.searched_all = searched < SEARCHED || !plan.missions.iter().flat_map(|m| &m.roles).any(unsearched);
    Ok(())
}
async fn clashes(read: &mut impl Query, crew: &Crew, span: Interval, ours: &BTreeSet<MissionId>, asked: Asked) -> Result<Vec<Clash>> {
    let law = labour_rules::store::law(read).await?;
    let all = crew.iter().flat_map(|(person, known)| conflicts(&law, *person, known, span, asked.lang));
    let concerns = |c: &Conflict| !c.overridden && c.clash.missions.iter().any(|call| ours.contains(&call.mission_id));
    let clash = |conflict: Conflict| {
        let mission = conflict.clash.missions.iter().find(|call| ours.contains(&call.mission_id));
        let size = if conflict.clash.unit == Some(Unit::Days) { 1.0 } else { 60.0 };
        Clash {
            kind: conflict.clash.kind.to_string(),
            blocks: conflict.clash.severity == Severity::Block,
            person: conflict.user_name,
            mission: mission.map(|call| (call.mission_id.uuid(), call.title.clone())),
            start: mission.map_or(conflict.clash.window.start, |call| call.start_at),
            actual: conflict.clash.actual.map(|n| n as f64 / size),
            limit: conflict.clash.limit.map(|n| n as f64 / size),
        }
    };
    Ok(all.filter(concerns).map(clash).collect())
}
/// The accepted minutes of each person on the project, within the horizon.
fn hours(crew: &Crew, id: ProjectId, span: Interval) -> Vec<(String, i64)> {
    let minutes = |known: &planning::conflicts::store::Known| -> i64 {
        let firm = known
            .rows
            .iter()
            .filter(|row| row.firm && row.project_id == Some(id) && row.end_at > span.start() && row.start_at < span.end());
        firm.map(|row| row.end_at.since(row.start_at).as_secs() as i64 / 60 - row.break_minutes).sum()
    };
    crew.values().map(|known| (known.name.clone(), minutes(known))).filter(|(_, minutes)| *minutes > 0).collect()
}
/// Roles that are needed, and that the skills of one active person alone fit.
fn alone(plan: &Planning, crew: &Crew) -> Vec<(String, String)> {
    let needed: BTreeMap<String, &str> =
        plan.missions.iter().flat_map(|m| &m.roles).map(|r| (text::fold(&r.role), r.role.as_str())).collect();
    let holders = |key: &String| crew.values().filter(|known| known.active && known.levels.contains_key(key)).collect::<Vec<_>>();
    let one = |(key, role): (String, &str)| match holders(&key)[..] {
        [only] => Some((role.to_owned(), only.name.clone())),
        _ => None,
    };
    needed.into_iter().filter_map(one).collect()
}
/// Of the whole project: a budget knows no horizon.
async fn cost(app: &App, read: &mut impl Query, id: ProjectId) -> Result<Option<Cost>> {
    let ever = Interval::new(Timestamp::from_micros(0), Timestamp::from_micros(i64::MAX))?;
    let (_, budget, currency) = project(read, id).await?;
    let all = reports::costs(app, read, reports::store::Which { span: ever, project: Some(id), person: None }).await?;
    let unpriced = all.iter().map(|cost| cost.totals.unpriced).sum();
    let planned: i64 = all.iter().filter(|cost| cost.currency == currency).map(|cost| cost.totals.planned_cents).sum();
    let euros = |cents: i64| cents as f64 / 100.0;
    Ok(Some(Cost { planned: euros(planned), budget: budget.map(euros), currency, unpriced }))
}

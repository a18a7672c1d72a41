//! How a project stands: who is still missing, what it costs, what does not fit.

use super::{model::ProjectId, store};
use crate::{
    conflicts::{
        model::conflicts,
        store::{Crew, crew},
    },
    labour_rules,
    missions::model::MissionId,
    reports::{self, Cost, store::Which},
};
use base::{
    App, Result,
    auth::{Member, grant::RatesRead, least},
    db::Query,
    http::{Answer, Context, Path},
    org_sql,
    time::{Interval, Timestamp},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = ProjectSummary)]
pub struct Summary {
    pub project_id: ProjectId,
    pub staffing: Staffing,
    /// What its crew costs, in each currency, beside the budget.
    pub cost: Vec<Cost>,
    /// How many conflicts of each kind concern its missions.
    #[schema(value_type = BTreeMap<String, usize>)]
    pub conflicts: BTreeMap<String, usize>,
}
/// Over all missions that are not cancelled.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = ProjectStaffing)]
pub struct Staffing {
    pub missions: usize,
    pub drafts: usize,
    /// Missions with every quota accepted.
    pub filled: usize,
    /// People wanted, over all roles.
    pub wanted: i64,
    pub accepted: i64,
    pub invited: i64,
    /// Places that nobody has accepted yet.
    pub open: i64,
}
/// A role of a mission of the project: whose, when, whether it is published, and quota, accepted, invited.
type Line = (MissionId, Timestamp, Timestamp, bool, i64, i64, i64);

impl Staffing {
    fn of(lines: &[Line]) -> Self {
        let mut sum = Self::default();
        for mission in lines.chunk_by(|a, b| a.0 == b.0) {
            sum.missions += 1;
            sum.drafts += usize::from(!mission[0].3);
            sum.filled += usize::from(mission.iter().all(|(.., quota, accepted, _)| accepted >= quota));
        }
        for (.., quota, accepted, invited) in lines {
            sum.wanted += quota;
            sum.accepted += accepted;
            sum.invited += invited;
            sum.open += (quota - accepted).max(0);
        }
        sum
    }
}

/// How a project stands: staffing, cost and conflicts.
#[utoipa::path(get, path = "/projects/{id}/summary", operation_id = "summarize_project", tag = "projects", params(("id" = ProjectId, Path, description = "The project")),
    responses((status = 200, description = "The summary", body = Summary),
        (status = 304, description = "Nothing changed since the ETag you have")))]
pub async fn read(app: App, member: Member<RatesRead, least::Manager>, context: Context, Path(id): Path<ProjectId>) -> Result<Answer> {
    let mut read = member.read(&app);
    store::find(&mut read, id).await?;
    let lines = lines(&mut read, id).await?;
    let mut summary = Summary { project_id: id, staffing: Staffing::of(&lines), cost: vec![], conflicts: BTreeMap::new() };
    let Some(first) = lines.iter().map(|l| l.1).min() else { return Answer::tagged(&summary) };
    let span = Interval::new(first, lines.iter().map(|l| l.2).max().unwrap_or(first))?;
    summary.cost = reports::costs(&app, &mut read, Which { span, project: Some(id), person: None }).await?;
    let ours: BTreeSet<MissionId> = lines.iter().map(|l| l.0).collect();
    let law = labour_rules::store::law(&mut read).await?;
    let crew: Crew = crew(&mut read, None, span).await?;
    let all = crew.iter().flat_map(|(person, known)| conflicts(&law, *person, known, span, context.lang));
    for found in all.filter(|c| c.clash.missions.iter().any(|call| ours.contains(&call.mission_id))) {
        *summary.conflicts.entry(found.clash.kind.to_string()).or_default() += 1;
    }
    Answer::tagged(&summary)
}

async fn lines(from: &mut impl Query, id: ProjectId) -> Result<Vec<Line>> {
    let query = org_sql!(
        "select m.id, m.start_at, m.end_at, m.published_at is not null, r.quota,
           (select count(*) from assignments a
             where a.org_id = r.org_id and a.mission_id = r.mission_id and a.role_key = r.role_key and a.status = 'ACCEPTED'),
           (select count(*) from assignments i
             where i.org_id = r.org_id and i.mission_id = r.mission_id and i.role_key = r.role_key and i.status = 'INVITED')
         from missions m cross join mission_roles r
         where r.org_id = m.org_id and r.mission_id = m.id and m.org_id = $1 and m.project_id = $2 and m.cancelled_at is null order by m.start_at, m.id"
    );
    Ok(from.all(query, &[&id]).await?)
}

//! The route of suggestions.

use super::{model::Suggestion, store};
use crate::{missions::model::MissionId, reports::day_minutes};
use base::{
    App, Result,
    auth::{Member, grant::AssignmentsRead, least},
    http::{Answer, Context, List, Path},
};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// A role of the mission; the first that still lacks somebody when left out.
    role: Option<String>,
}

/// Who could take a role of a mission, best first, with the reasons.
#[utoipa::path(get, path = "/missions/{id}/suggestions", operation_id = "suggest_people", tag = "missions",
    params(("id" = MissionId, Path, description = "The mission")), responses(
    (status = 200, description = "People; who cannot come stands last and says why", body = Vec<Suggestion>)))]
pub async fn list(
    app: App,
    member: Member<AssignmentsRead, least::Manager>,
    context: Context,
    Path(id): Path<MissionId>,
    list: List<Filter>,
) -> Result<Answer> {
    let mut read = member.read(&app);
    let (call, mut all) = store::suggestions(&mut read, id, list.filter.role.as_deref(), context.lang).await?;
    store::price(&mut read, &call, &mut all, day_minutes(&app)).await?;
    let after = list.after::<usize>()?.map_or(0, |place| place + 1);
    let rows = all.into_iter().enumerate().skip(after).take(list.rows() as usize);
    list.page_of(rows.collect())?.answer(None)
}

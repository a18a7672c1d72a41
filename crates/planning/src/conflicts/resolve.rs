//! Resolving a conflict: somebody else is asked instead.

use super::{model::ConflictId, routes};
use crate::{
    assignments::{model::AssignmentId, reassign},
    missions::model::MissionId,
    people::model::PersonId,
};
use base::{
    App, Error, Result,
    auth::{Member, grant::AssignmentsWrite},
    http::{Answer, Context, Json},
    say,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    pub conflict_id: ConflictId,
    /// The mission of the conflict on which somebody else is asked.
    pub replace_assignment_mission_id: MissionId,
    pub replacement_user_id: PersonId,
}
#[derive(Serialize, ToSchema)]
pub struct Resolved {
    resolved: bool,
    /// The replacement's, who is asked and has not said yes.
    assignment_id: AssignmentId,
}

/// Takes somebody off one mission of a conflict and asks another person in their place.
#[utoipa::path(post, path = "/conflicts/resolve", operation_id = "resolve_conflict", tag = "conflicts", request_body = Replacement, responses(
    (status = 200, description = "One is cancelled, the other asked", body = Resolved),
    (status = 404, description = "There is no such conflict or person here, or no more"),
    (status = 409, description = "`already_assigned` or `person_inactive`: this person cannot be asked")))]
pub async fn resolve(app: App, member: Member<AssignmentsWrite>, context: Context, Json(asked): Json<Replacement>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let conflict = routes::find(&mut tx, asked.conflict_id, &context).await?;
    let call = conflict.clash.missions.iter().find(|m| m.mission_id == asked.replace_assignment_mission_id);
    let replaced = call.and_then(|m| m.assignment_id).ok_or_else(|| {
        let say = say!("This mission is no part of the conflict.", "Cette mission ne fait pas partie du conflit.");
        Error::field("replace_assignment_mission_id", "not_in_conflict", say)
    })?;
    let held = reassign::hold(&mut tx, replaced, asked.replacement_user_id).await?;
    let span = held.row.span()?;
    let assignment_id = reassign::replace(&mut tx, &held, asked.replacement_user_id, span).await?.id;
    tx.answer(Answer::ok(&Resolved { resolved: true, assignment_id })?).await
}

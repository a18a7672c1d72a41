//! Resolving a conflict: somebody else is asked instead.

use super::{model::ConflictId, routes};
use crate::{
    assignments::{
        accept::{self, already_assigned},
        model::{AssignmentId, Status},
        store as assignments,
    },
    missions::{self, model::MissionId},
    people::{self, model::PersonId},
};
use base::{
    App, Error, Result,
    auth::{Member, grant::AssignmentsWrite},
    db::{OnConflict as _, OrgTx},
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
    let assignment_id = replace(&mut tx, &asked, replaced).await?;
    tx.answer(Answer::ok(&Resolved { resolved: true, assignment_id })?).await
}

async fn replace(tx: &mut OrgTx, asked: &Replacement, replaced: AssignmentId) -> Result<AssignmentId> {
    missions::store::lock(tx, asked.replace_assignment_mission_id).await?;
    let mut both = [asked.conflict_id.person, asked.replacement_user_id];
    both.sort();
    for person in both {
        people::store::lock(tx, person).await?;
    }
    if !people::store::find(tx, asked.replacement_user_id).await?.active {
        let say =
            say!("This person is not planned any more (active is false).", "Cette personne n’est plus planifiée (active vaut false).");
        return Err(Error::conflict("person_inactive", say));
    }
    let old = accept::hold(tx, replaced).await?.row;
    accept::cancel(tx, &old, None).await?;
    let new = assignments::insert(tx, old.mission_id, asked.replacement_user_id, &old.role, old.span()?, old.own_times).await;
    let new = new.on_conflict(already_assigned)?;
    let row = assignments::find(tx, new).await?;
    accept::follow(tx, &row, "assignment.created", Status::Invited, false).await?;
    Ok(new)
}

//! Somebody else on a call: the one is not needed any more, the other is asked or booked, both or neither.

use super::{
    accept::{self, By, Held, already_assigned},
    model::{Assignment, AssignmentId, Hand, Reassignment, Row, Status, own_span},
    routes::answered,
    store,
};
use crate::{
    check, missions,
    people::{self, model::PersonId},
};
use base::{
    App, Error, Faults, Result,
    auth::{Member, grant::AssignmentsWrite},
    db::{OnConflict as _, OrgTx},
    http::{Answer, IfMatch, Json, Path},
    say,
    time::Interval,
};

/// Gives a call to somebody else: the answer is theirs. Whoever was asked or booked is told that they are not needed any more.
#[utoipa::path(post, path = "/assignments/{id}/~reassign", operation_id = "reassign_assignment", tag = "assignments",
    params(("id" = AssignmentId, Path, description = "The assignment")), request_body = Reassignment, responses(
    (status = 200, description = "The assignment of whoever comes instead", body = Assignment),
    (status = 400, description = "`schedule_conflict` or `person_unavailable`: they cannot be booked then; asking them is possible"),
    (status = 409, description = "`already_assigned` or `person_inactive`: this person cannot be asked")))]
pub async fn reassign(
    app: App,
    member: Member<AssignmentsWrite>,
    Path(id): Path<AssignmentId>,
    seen: IfMatch,
    Json(new): Json<Reassignment>,
) -> Result<Answer> {
    let mut faults = Faults::default();
    new.gather(&mut faults);
    faults.none()?;
    let mut tx = member.begin(&app).await?;
    let held = hold(&mut tx, id, new.user_id).await?;
    seen.allows(held.row.version)?;
    if held.row.person_id == new.user_id {
        return answered(tx, id).await;
    }
    let mut faults = Faults::default();
    let own = new.start_at.zip(new.end_at).and_then(|(start, end)| own_span(start, end, &held.row.time_zone, "", &mut faults));
    check::none(faults)?;
    let span = own.map_or_else(|| held.row.span(), Ok)?;
    let row = replace(&mut tx, &held, new.user_id, span).await?;
    let made = row.id;
    if new.status == Status::Accepted {
        let by = By { hand: Hand { person: false, manager: true }, overrides: new.overrides, reason: new.reason };
        accept::accept(&mut tx, &Held { row, mission: held.mission }, &by).await?;
    }
    answered(tx, made).await
}

/// The assignment with its mission, held together with both people in the order in which everybody locks.
pub async fn hold(tx: &mut OrgTx, id: AssignmentId, instead: PersonId) -> Result<Held> {
    let seen = store::find(tx, id).await?;
    missions::store::lock(tx, seen.mission_id).await?;
    let mut both = [seen.person_id, instead];
    both.sort();
    for person in both {
        people::store::lock(tx, person).await?;
    }
    accept::hold(tx, id).await
}
/// Takes one off and asks the other: again, if they had been asked before and were then not needed.
pub async fn replace(tx: &mut OrgTx, held: &Held, instead: PersonId, span: Interval) -> Result<Row> {
    let old = &held.row;
    if !people::store::find(tx, instead).await?.active {
        let say =
            say!("This person is not planned any more (active is false).", "Cette personne n’est plus planifiée (active vaut false).");
        return Err(Error::conflict("person_inactive", say));
    }
    if old.status.is_active() {
        accept::cancel(tx, old, None).await?;
    }
    let own = span != held.mission.span()?;
    let before = store::cancelled_of(tx, old.mission_id, instead, &old.role_key).await?;
    let (id, action) = match before {
        Some(id) => {
            store::set(tx, id, Status::Invited, None).await.on_conflict(already_assigned)?;
            store::set_times(tx, id, span, own).await?;
            (id, "assignment.asked_again")
        }
        None => {
            let made = store::insert(tx, old.mission_id, instead, &old.role, span, own).await;
            (made.on_conflict(already_assigned)?, "assignment.created")
        }
    };
    let row = store::find(tx, id).await?;
    accept::follow(tx, &row, action, Status::Invited, false).await?;
    Ok(row)
}

//! A person's own call and end, set apart from the mission's.

use super::{
    accept::{self, By, free, walled},
    model::{self, Assignment, AssignmentId, Hand, NewSpan, Status},
    routes::{NOUN, answered},
    store,
};
use crate::{
    check,
    letters::{self, News},
};
use base::{
    App, Error, Faults, Result,
    auth::{Member, grant::AssignmentsWrite},
    http::{Answer, IfMatch, Json, Path},
};
use serde_json::json;

/// Moves somebody's call.
#[utoipa::path(post, path = "/assignments/{id}/move", operation_id = "move_assignment", tag = "assignments",
    params(("id" = AssignmentId, Path, description = "The assignment")), request_body = NewSpan, responses(
    (status = 200, description = "The assignment", body = Assignment),
    (status = 400, description = "The person cannot come then")))]
pub async fn shift(
    app: App,
    member: Member<AssignmentsWrite>,
    Path(id): Path<AssignmentId>,
    seen: IfMatch,
    Json(new): Json<NewSpan>,
) -> Result<Answer> {
    set(&app, &member, id, &seen, new).await
}

/// Makes somebody's call longer or shorter.
#[utoipa::path(post, path = "/assignments/{id}/resize", operation_id = "resize_assignment", tag = "assignments",
    params(("id" = AssignmentId, Path, description = "The assignment")), request_body = NewSpan, responses(
    (status = 200, description = "The assignment", body = Assignment),
    (status = 400, description = "The person cannot come then")))]
pub async fn resize(
    app: App,
    member: Member<AssignmentsWrite>,
    Path(id): Path<AssignmentId>,
    seen: IfMatch,
    Json(new): Json<NewSpan>,
) -> Result<Answer> {
    set(&app, &member, id, &seen, new).await
}

async fn set(app: &App, member: &Member<AssignmentsWrite>, id: AssignmentId, seen: &IfMatch, new: NewSpan) -> Result<Answer> {
    let mut tx = member.begin(app).await?;
    let held = accept::hold(&mut tx, id).await?;
    let row = &held.row;
    seen.allows(row.version)?;
    let mut faults = Faults::default();
    check::line(&mut faults, "reason", new.reason.as_deref(), 500);
    let span = model::own_span(new.start, new.end, &row.time_zone, "", &mut faults);
    check::none(faults)?;
    let span = span.ok_or_else(|| Error::internal("a span without a fault"))?;
    let accepted = row.status == Status::Accepted;
    let by = By { hand: Hand { person: false, manager: true }, overrides: new.overrides, reason: new.reason };
    let override_reason = if accepted { free(&mut tx, &held.wanted(span), &by).await? } else { None };
    walled(store::set_span(&mut tx, &held, span, override_reason).await)?;
    let times = json!({"before": [row.start_at, row.end_at], "after": [span.start(), span.end()]});
    NOUN.told(&mut tx, "assignment.moved", id, Some(times)).await?;
    if row.status.is_active() {
        letters::tell(&mut tx, row, News::Moved { before: row.span()? }).await?;
    }
    answered(tx, id).await
}

//! The routes of assignments.

use super::{
    accept::{self, By, already_assigned},
    model::{Assignment, AssignmentId, Change, Draft, Hand, Row, Seen, Status, Words, own_span},
    store::{self, Of},
};
use crate::{
    check,
    missions::{self, model::MissionId},
    people::{self, model::PersonId},
    told::{Eye, Noun},
};
use axum::http::header;
use base::{
    App, Error, Faults, Result,
    auth::{
        Grant, Member, Scope,
        grant::{AssignmentsRead, AssignmentsRespond, AssignmentsWrite},
    },
    db::{OnConflict as _, OrgTx},
    http::{Answer, IfMatch, Json, List, Optional, Path, etag},
    say,
    time::{Timestamp, When},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

pub const NOUN: Noun = Noun { tag: "assignments", event: "assignment.changed" };
const MOST: usize = 1_000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// `1`: only your own.
    me: Option<String>,
    mission: Option<MissionId>,
    user: Option<PersonId>,
    status: Option<Status>,
    /// Only what ends after this instant or day.
    #[param(value_type = Option<String>)]
    from: Option<When>,
    /// Only what starts before this instant, or before this day is over.
    #[param(value_type = Option<String>)]
    to: Option<When>,
}

/// The hand of a caller on an assignment.
fn hand<S: Grant>(member: &Member<S>, row: &Row) -> Hand {
    Hand { person: row.account_id == Some(member.account), manager: member.scopes.contains(Scope::AssignmentsWrite) }
}
fn tagged(answer: Answer, version: i64) -> Result<Answer> {
    answer.with(header::ETAG, etag::of_version(version))
}
/// The assignment as it is now, and the end of the transaction.
pub async fn answered(mut tx: OrgTx, id: AssignmentId) -> Result<Answer> {
    let now = store::find(&mut tx, id).await?.whole();
    tx.answer(tagged(Answer::ok(&now)?, now.version)?).await
}

/// Who is where, by start. A tech sees their own, and who accepted on what is published.
#[utoipa::path(get, path = "/assignments", operation_id = "list_assignments", tag = "assignments", responses(
    (status = 200, description = "A page of assignments", body = Vec<Seen>)))]
pub async fn list(app: App, member: Member<AssignmentsRead>, list: List<Filter>) -> Result<Answer> {
    let (mut read, f, eye) = (member.read(&app), &list.filter, Eye::of(&member));
    let own = match f.me.as_deref() {
        Some("1" | "true") => Some(people::store::of_account(&mut read, member.account).await?),
        _ => None,
    };
    let (from, to) = missions::range(&mut read, f.from, f.to).await?;
    let of = match (own, f.user, f.mission) {
        (Some(None), ..) => return list.page_of(Vec::<((), ())>::new())?.answer(None), // nobody's account
        (Some(Some(me)), ..) => Of::Person(me),
        (None, Some(user), _) => Of::Person(user),
        (None, None, Some(mission)) => Of::Mission(mission),
        (None, None, None) => Of::Everybody,
    };
    let page = store::Page {
        after: list.after()?.unwrap_or(store::FIRST),
        rows: list.rows(),
        of,
        mission: f.mission,
        status: f.status,
        from: from.unwrap_or(Timestamp::from_micros(i64::MIN)),
        to: to.unwrap_or(Timestamp::from_micros(i64::MAX)),
        eye: if let Eye::Tech(account) = eye { Some(account) } else { None },
    };
    let rows = store::list(&mut read, page).await?;
    list.page_of(rows.into_iter().map(|r| ((r.start_at, r.id), r.seen_by(eye))).collect())?.answer(None)
}

/// Asks somebody for a mission; `status: ACCEPTED` books them without asking.
#[utoipa::path(post, path = "/assignments", operation_id = "create_assignment", tag = "assignments", request_body = Draft, responses(
    (status = 201, description = "The assignment", body = Assignment),
    (status = 400, description = "The person cannot come then"),
    (status = 404, description = "There is no such mission or person here")))]
pub async fn create(app: App, member: Member<AssignmentsWrite>, Json(new): Json<Draft>) -> Result<Answer> {
    let mut faults = Faults::default();
    new.gather("", &mut faults);
    faults.none()?;
    let mut tx = member.begin(&app).await?;
    let id = book(&mut tx, &member, new, "").await?;
    let made = store::find(&mut tx, id).await?.whole();
    let answer = Answer::created(format!("/api/v1/assignments/{id}"), &made)?;
    tx.answer(tagged(answer, made.version)?).await
}
async fn book(tx: &mut OrgTx, member: &Member<AssignmentsWrite>, new: Draft, at: &str) -> Result<AssignmentId> {
    let mission = missions::store::lock(tx, new.mission_id).await?;
    people::store::lock(tx, new.user_id).await?;
    if !people::store::find(tx, new.user_id).await?.active {
        let say =
            say!("This person is not planned any more (active is false).", "Cette personne n’est plus planifiée (active vaut false).");
        return Err(Error::conflict("person_inactive", say));
    }
    if mission.cancelled_at.is_some() {
        return Err(Error::conflict("mission_cancelled", say!("The mission is cancelled.", "La mission est annulée.")));
    }
    let role = mission.role(new.role.as_deref())?.role.clone();
    let mut faults = Faults::default();
    let own = new.start_at.zip(new.end_at).and_then(|(start, end)| own_span(start, end, &mission.time_zone, at, &mut faults));
    check::none(faults)?;
    let span = own.map_or_else(|| mission.span(), Ok)?;
    let id = store::insert(tx, new.mission_id, new.user_id, &role, span, own.is_some()).await.on_conflict(already_assigned)?;
    let row = store::find(tx, id).await?;
    accept::follow(tx, &row, "assignment.created", Status::Invited, false).await?;
    if new.status == Status::Accepted {
        let by = By { hand: hand(member, &row), overrides: new.overrides, reason: new.reason };
        accept::accept(tx, &accept::Held { row, mission }, &by).await?;
    }
    Ok(id)
}

#[derive(Serialize, ToSchema)]
#[schema(as = AssignmentCreated)]
pub struct Created {
    #[schema(example = "ok")]
    status: &'static str,
    created: usize,
    /// In the order given.
    ids: Vec<AssignmentId>,
}
/// Asks up to 1,000 times, all or nothing.
#[utoipa::path(post, path = "/assignments/~bulk_create", operation_id = "create_assignments", tag = "assignments", request_body = Vec<Draft>, responses(
    (status = 200, description = "All of them", body = Created),
    (status = 400, description = "Somebody cannot come then; `index` says which one of the list"),
    (status = 404, description = "There is no such mission or person here; `index` says which one of the list")))]
pub async fn create_many(app: App, member: Member<AssignmentsWrite>, Json(all): Json<Vec<Draft>>) -> Result<Answer> {
    if !(1..=MOST).contains(&all.len()) {
        return Err(Error::field("", "out_of_range", say!("Send 1 to {MOST} assignments.", "Envoyez de 1 à {MOST} affectations.")));
    }
    let mut faults = Faults::default();
    all.iter().enumerate().for_each(|(i, new)| new.gather(&format!("[{i}]."), &mut faults));
    faults.none()?;
    let mut tx = member.begin(&app).await?;
    hold_all(&mut tx, &all).await?;
    let mut ids = vec![];
    for (i, new) in all.into_iter().enumerate() {
        ids.push(book(&mut tx, &member, new, &format!("[{i}].")).await.map_err(|e| e.with("index", i))?);
    }
    tx.answer(Answer::ok(&Created { status: "ok", created: ids.len(), ids })?).await
}
/// Missions before people, each by id: the order in which everybody locks.
async fn hold_all(tx: &mut OrgTx, all: &[Draft]) -> Result<()> {
    let missions: std::collections::BTreeMap<_, _> = all.iter().enumerate().rev().map(|(i, d)| (d.mission_id, i)).collect();
    for (mission, i) in missions {
        missions::store::lock(tx, mission).await.map_err(|e| e.with("index", i))?;
    }
    let people: std::collections::BTreeMap<_, _> = all.iter().enumerate().rev().map(|(i, d)| (d.user_id, i)).collect();
    for (person, i) in people {
        people::store::lock(tx, person).await.map_err(|e| e.with("index", i))?;
    }
    Ok(())
}

/// One assignment.
#[utoipa::path(get, path = "/assignments/{id}", operation_id = "read_assignment", tag = "assignments", params(("id" = AssignmentId, Path, description = "The assignment")),
    responses((status = 200, description = "The assignment", body = Seen)))]
pub async fn read(app: App, member: Member<AssignmentsRead>, Path(id): Path<AssignmentId>) -> Result<Answer> {
    let (row, eye) = (store::find(&mut member.read(&app), id).await?, Eye::of(&member));
    visible(&row, eye)?;
    let version = row.version;
    tagged(Answer::ok(&row.seen_by(eye))?, version)
}
/// What a list does not show is not here.
fn visible(row: &Row, eye: Eye) -> Result<()> {
    let shown = |account| row.mission_published && (row.account_id == Some(account) || row.status == Status::Accepted);
    match eye {
        Eye::Tech(account) if !shown(account) => Err(Error::not_found(row.id)),
        _ => Ok(()),
    }
}

/// Deletes an assignment that nobody counts on.
#[utoipa::path(delete, path = "/assignments/{id}", operation_id = "delete_assignment", tag = "assignments", params(("id" = AssignmentId, Path, description = "The assignment")),
    responses(
    (status = 204, description = "Gone"),
    (status = 409, description = "It is accepted: cancel it first, so that the person is told")))]
pub async fn remove(app: App, member: Member<AssignmentsWrite>, Path(id): Path<AssignmentId>, seen: IfMatch) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let row = accept::hold(&mut tx, id).await?.row;
    seen.allows(row.version)?;
    if row.status == Status::Accepted {
        let say = say!(
            "The person has accepted. Cancel it first, so that they are told.",
            "La personne a accepté. Annulez d’abord, pour qu’elle soit prévenue."
        );
        return Err(Error::conflict("assignment_accepted", say));
    }
    store::remove(&mut tx, id).await?;
    tx.stale(missions::NOUN.tag);
    NOUN.told(&mut tx, "assignment.deleted", id, Some(json!({"before": row.status}))).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// Takes an assignment to another status: the person answers, a manager decides. The same status again changes nothing.
#[utoipa::path(post, path = "/assignments/{id}/~status", operation_id = "set_assignment_status", tag = "assignments",
    params(("id" = AssignmentId, Path, description = "The assignment")), request_body = Change, responses(
    (status = 200, description = "The assignment", body = Assignment),
    (status = 400, description = "`schedule_conflict` or `person_unavailable`: the person cannot come then"),
    (status = 409, description = "`transition_not_allowed`, `role_full`, `withdrawal_too_late`, `mission_not_published`, `mission_ended`")))]
pub async fn set_status(
    app: App,
    member: Member<AssignmentsRespond>,
    Path(id): Path<AssignmentId>,
    seen: IfMatch,
    Json(change): Json<Change>,
) -> Result<Answer> {
    write(&app, &member, id, &seen, change).await
}
/// Says yes.
#[utoipa::path(post, path = "/assignments/{id}/accept", operation_id = "accept_assignment", tag = "assignments",
    params(("id" = AssignmentId, Path, description = "The assignment")), responses(
    (status = 200, description = "The assignment", body = Assignment),
    (status = 400, description = "`schedule_conflict` or `person_unavailable`: the person cannot come then"),
    (status = 409, description = "`transition_not_allowed`, `role_full`, `mission_not_published`, `mission_ended`")))]
pub async fn accepted(
    app: App,
    member: Member<AssignmentsRespond>,
    Path(id): Path<AssignmentId>,
    words: Optional<Words>,
) -> Result<Answer> {
    let Words { reason, overrides } = words.0;
    write(&app, &member, id, &IfMatch::default(), Change { status: Status::Accepted, reason, overrides }).await
}
/// Says no, or takes back a yes.
#[utoipa::path(post, path = "/assignments/{id}/decline", operation_id = "decline_assignment", tag = "assignments",
    params(("id" = AssignmentId, Path, description = "The assignment")), responses(
    (status = 200, description = "The assignment", body = Assignment),
    (status = 409, description = "`transition_not_allowed` or `withdrawal_too_late`")))]
pub async fn declined(
    app: App,
    member: Member<AssignmentsRespond>,
    Path(id): Path<AssignmentId>,
    words: Optional<Words>,
) -> Result<Answer> {
    let Words { reason, overrides } = words.0;
    write(&app, &member, id, &IfMatch::default(), Change { status: Status::Declined, reason, overrides }).await
}

async fn write(app: &App, member: &Member<AssignmentsRespond>, id: AssignmentId, seen: &IfMatch, change: Change) -> Result<Answer> {
    let mut faults = Faults::default();
    check::line(&mut faults, "reason", change.reason.as_deref().filter(|r| !r.is_empty()), 500);
    faults.none()?;
    let mut tx = member.begin(app).await?;
    let held = accept::hold(&mut tx, id).await?;
    visible(&held.row, Eye::of(member))?;
    seen.allows(held.row.version)?;
    let by = By { hand: hand(member, &held.row), overrides: change.overrides, reason: change.reason };
    accept::change(&mut tx, &held, change.status, &by).await?;
    answered(tx, id).await
}

//! The routes of availability.

use super::{
    model::{self, Availability, AvailabilityId, Draft, Kind, Patch, Ready, Row, Status},
    store,
};
use crate::{
    missions,
    people::{self, model::PersonId},
    told::{self, Eye, Noun},
};
use axum::http::header;
use base::{
    App, Error, Result,
    auth::{
        Grant, Member,
        grant::{AvailabilityApprove, AvailabilityRead, AvailabilityWrite},
    },
    db::{OrgTx, Query as _},
    http::{Answer, IfMatch, Json, List, Path, etag},
    say,
    time::{Timestamp, When},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

const NOUN: Noun = Noun { tag: "availabilities", event: "availability.changed" };

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Whose; a tech sees their own only.
    user_id: Option<PersonId>,
    status: Option<Status>,
    kind: Option<Kind>,
    /// Only what ends after this instant or day.
    #[param(value_type = Option<String>)]
    from: Option<When>,
    /// Only what starts before this instant, or before this day is over.
    #[param(value_type = Option<String>)]
    to: Option<When>,
}

fn tagged(answer: Answer, version: i64) -> Result<Answer> {
    answer.with(header::ETAG, etag::of_version(version))
}
fn shown(app: &App, tx: &OrgTx, row: Row) -> Result<Availability> {
    row.shown(&app.keys, tx.org())
}
/// Somebody else's is not there for who may not see it.
fn may_touch<S: Grant>(member: &Member<S>, row: &Row) -> Result<()> {
    match Eye::of(member) {
        Eye::Tech(account) if row.account_id != Some(account) => Err(Error::not_found(row.id)),
        _ => Ok(()),
    }
}

/// Availability by start; a tech sees their own.
#[utoipa::path(get, path = "/availabilities", operation_id = "list_availabilities", tag = "availability", responses(
    (status = 200, description = "A page of availability", body = Vec<Availability>)))]
pub async fn list(app: App, member: Member<AvailabilityRead>, list: List<Filter>) -> Result<Answer> {
    let (mut read, f) = (member.read(&app), &list.filter);
    let person = match Eye::of(&member) {
        Eye::Manager => f.user_id,
        Eye::Tech(account) => match people::store::of_account(&mut read, account).await? {
            Some(own) if f.user_id.is_none_or(|asked| asked == own) => Some(own),
            _ => return list.page_of(Vec::<((), ())>::new())?.answer(None),
        },
    };
    let (from, to) = missions::range(&mut read, f.from, f.to).await?;
    let page = store::Page {
        after: list.after()?.unwrap_or(store::FIRST),
        rows: list.rows(),
        person,
        status: f.status,
        kind: f.kind,
        from: from.unwrap_or(Timestamp::from_micros(i64::MIN)),
        to: to.unwrap_or(Timestamp::from_micros(i64::MAX)),
    };
    let rows = store::list(&mut read, page).await?.into_iter().map(|r| r.shown(&app.keys, member.org));
    list.page(rows.collect::<Result<Vec<_>>>()?, |a| (a.start_at, a.id))?.answer(None)
}

/// Says when somebody can come, or cannot. It counts once it is approved.
#[utoipa::path(post, path = "/availabilities", operation_id = "create_availability", tag = "availability", request_body = Draft, responses(
    (status = 201, description = "The request", body = Availability),
    (status = 404, description = "There is no such person here"),
    (status = 409, description = "The same span is asked for already")))]
pub async fn create(app: App, member: Member<AvailabilityWrite>, Json(new): Json<Draft>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let own = people::store::of_account(&mut tx, member.account).await?;
    let person = match new.user_id {
        Some(asked) if own != Some(asked) && !Eye::of(&member).is_manager() => {
            let say = say!("You can speak for yourself only.", "Vous ne pouvez parler que pour vous.");
            return Err(Error::forbidden("not_yours", say));
        }
        Some(asked) => asked,
        None => people::store::own(&mut tx, member.account).await?,
    };
    people::store::lock(&mut tx, person).await?;
    let zone = missions::store::zone(&mut tx, None).await?;
    let ready = Ready::read(new.start_at, new.end_at, new.kind, new.note, new.recurrence.as_deref(), &zone)?;
    let row = store::create(&mut tx, person, &ready, &zone).await?;
    let made = shown(&app, &tx, row)?;
    NOUN.told(&mut tx, "availability.requested", made.id, Some(json!({"kind": made.kind}))).await?;
    let answer = Answer::created(format!("/api/v1/availabilities/{}", made.id), &made)?;
    tx.answer(tagged(answer, made.version)?).await
}

/// One span.
#[utoipa::path(get, path = "/availabilities/{id}", operation_id = "read_availability", tag = "availability",
    params(("id" = AvailabilityId, Path, description = "The request")), responses(
    (status = 200, description = "The request", body = Availability)))]
pub async fn read(app: App, member: Member<AvailabilityRead>, Path(id): Path<AvailabilityId>) -> Result<Answer> {
    let row = store::find(&mut member.read(&app), id).await?;
    may_touch(&member, &row)?;
    let version = row.version;
    tagged(Answer::ok(&row.shown(&app.keys, member.org)?)?, version)
}

/// Changes a request that nobody has decided about.
#[utoipa::path(patch, path = "/availabilities/{id}", operation_id = "change_availability", tag = "availability",
    params(("id" = AvailabilityId, Path, description = "The request")), request_body = Patch, responses(
    (status = 200, description = "The request", body = Availability),
    (status = 409, description = "It is decided, or the same span is asked for already")))]
pub async fn change(
    app: App,
    member: Member<AvailabilityWrite>,
    Path(id): Path<AvailabilityId>,
    seen: IfMatch,
    Json(patch): Json<Patch>,
) -> Result<Answer> {
    let (mut tx, old) = held(&app, &member, id).await?;
    seen.allows(old.version)?;
    if old.status != Status::Pending {
        let say = say!("It has been decided. Delete it and ask again.", "C’est décidé. Supprimez-la et refaites une demande.");
        return Err(Error::conflict("already_decided", say));
    }
    let (zone, at) = (old.time_zone.clone(), |when: Option<When>, old| when.unwrap_or(When::Instant(old)));
    let (start, end, kind) = (at(patch.start_at, old.start_at), at(patch.end_at, old.end_at), patch.kind.unwrap_or(old.kind));
    let mut note = shown(&app, &tx, old)?.note;
    patch.note.apply(&mut note);
    let ready = Ready::read(start, end, kind, note, None, &zone)?;
    let row = store::update(&mut tx, id, &ready).await?;
    let now = shown(&app, &tx, row)?;
    NOUN.told(&mut tx, "availability.changed", id, None).await?;
    tx.commit().await?;
    tagged(Answer::ok(&now)?, now.version)
}
/// The request, with its person's row held.
async fn held<S: Grant>(app: &App, member: &Member<S>, id: AvailabilityId) -> Result<(OrgTx, Row)> {
    let mut tx = member.begin(app).await?;
    let row = store::find(&mut tx, id).await?;
    may_touch(member, &row)?;
    people::store::lock(&mut tx, row.person_id).await?;
    let row = store::find(&mut tx, id).await?;
    Ok((tx, row))
}

/// Takes it back.
#[utoipa::path(delete, path = "/availabilities/{id}", operation_id = "delete_availability", tag = "availability",
    params(("id" = AvailabilityId, Path, description = "The request")), responses(
    (status = 204, description = "Gone"),
    (status = 409, description = "It is approved and has begun: ask a manager")))]
pub async fn remove(app: App, member: Member<AvailabilityWrite>, Path(id): Path<AvailabilityId>, seen: IfMatch) -> Result<Answer> {
    let (mut tx, row) = held(&app, &member, id).await?;
    seen.allows(row.version)?;
    if !Eye::of(&member).is_manager() {
        model::may_take_back(row.status, row.start_at, tx.now())?;
    }
    store::remove(&mut tx, id).await?;
    NOUN.told(&mut tx, "availability.deleted", id, Some(json!({"before": row.status}))).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// Approves: from now on it counts.
#[utoipa::path(post, path = "/availabilities/{id}/~approve", operation_id = "approve_availability", tag = "availability",
    params(("id" = AvailabilityId, Path, description = "The request")), responses(
    (status = 200, description = "Approved", body = Availability),
    (status = 409, description = "It overlaps an approved span of the same kind")))]
pub async fn approve(app: App, member: Member<AvailabilityApprove>, Path(id): Path<AvailabilityId>) -> Result<Answer> {
    decide(&app, &member, id, Status::Approved).await
}
/// Rejects: it does not count (any more).
#[utoipa::path(post, path = "/availabilities/{id}/~reject", operation_id = "reject_availability", tag = "availability",
    params(("id" = AvailabilityId, Path, description = "The request")), responses(
    (status = 200, description = "Rejected", body = Availability)))]
pub async fn reject(app: App, member: Member<AvailabilityApprove>, Path(id): Path<AvailabilityId>) -> Result<Answer> {
    decide(&app, &member, id, Status::Rejected).await
}
/// Takes a decision back: the request waits again.
#[utoipa::path(post, path = "/availabilities/{id}/~reopen", operation_id = "reopen_availability", tag = "availability",
    params(("id" = AvailabilityId, Path, description = "The request")), responses(
    (status = 200, description = "It waits", body = Availability)))]
pub async fn reopen(app: App, member: Member<AvailabilityApprove>, Path(id): Path<AvailabilityId>) -> Result<Answer> {
    decide(&app, &member, id, Status::Pending).await
}
async fn decide(app: &App, member: &Member<AvailabilityApprove>, id: AvailabilityId, to: Status) -> Result<Answer> {
    let (mut tx, row) = held(app, member, id).await?;
    model::may_decide(member.role, row.account_id == Some(member.account))?;
    let before = row.status;
    if before == to {
        let now = shown(app, &tx, row)?;
        return tagged(Answer::ok(&now)?, now.version);
    }
    if to == Status::Approved && store::approved_over(&mut tx, &row).await? {
        let say = say!("It overlaps an approved span of the same kind.", "Elle chevauche une période approuvée du même type.");
        return Err(Error::conflict("availability_overlap", say));
    }
    let row = store::decide(&mut tx, id, to, member.account).await?;
    let now = shown(app, &tx, row)?;
    let details = json!({"before": before, "after": to});
    told::person(&mut tx, now.user_id, "availability.decided", json!({"availability_id": id, "status": to})).await?;
    NOUN.told(&mut tx, "availability.decided", id, Some(details)).await?;
    tx.answer(tagged(Answer::ok(&now)?, now.version)?).await
}

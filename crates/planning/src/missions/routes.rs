//! The routes of missions.

use super::{
    model::{Draft, Duplicate, Mission, MissionId, Patch, Row},
    store,
};
use crate::{
    assignments,
    projects::model::ProjectId,
    told::{Eye, Noun, changes},
};
use axum::http::header;
use base::{
    App, Error, Result,
    auth::{
        Member,
        grant::{MissionsRead, MissionsWrite},
    },
    cache::Tag,
    db::{OrgRead, OrgTx},
    http::{Answer, IfMatch, Json, List, Path, Query, etag},
    say,
    time::{Timestamp, When, Zone},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

pub const NOUN: Noun = Noun { tag: "missions", event: "mission.changed" };

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Only missions of this project.
    project: Option<ProjectId>,
    /// Only what ends after this instant or day.
    #[param(value_type = Option<String>)]
    from: Option<When>,
    /// Only what starts before this instant, or before this day is over.
    #[param(value_type = Option<String>)]
    to: Option<When>,
    /// Only missions that need this role.
    role: Option<String>,
    /// Only missions that still lack somebody (`true`).
    unfilled: Option<bool>,
}

/// What to do with people who cannot come any more when a mission moves.
#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnConflict {
    /// Nothing moves.
    #[default]
    Refuse,
    /// They are asked again.
    Release,
}
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Moving {
    /// `release`: people who accepted and cannot come at the new time are asked again; otherwise the move is refused.
    #[serde(default)]
    #[param(inline)]
    on_conflict: OnConflict,
}
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Force {
    /// `true`: also with people who accepted; they are told.
    #[serde(default)]
    pub force: bool,
}

pub fn tagged(answer: Answer, version: i64) -> Result<Answer> {
    answer.with(header::ETAG, etag::of_version(version))
}
fn shown(row: Row) -> Result<Answer> {
    let version = row.version;
    tagged(Answer::ok(&row.shown())?, version)
}

/// A range as people write it; days are those of the organisation's zone.
pub async fn range(read: &mut OrgRead, from: Option<When>, to: Option<When>) -> Result<(Option<Timestamp>, Option<Timestamp>)> {
    let plain = |when: &Option<When>| matches!(when, None | Some(When::Instant(_)));
    let zone = if plain(&from) && plain(&to) { Zone::UTC } else { store::zone(read, None).await? };
    let from = from.map(|w| w.from(&zone)).transpose().map_err(|m| m.at("from"))?;
    let to = to.map(|w| w.until(&zone)).transpose().map_err(|m| m.at("to"))?;
    Ok((from, to))
}

/// The missions by their start. Drafts are for managers.
#[utoipa::path(get, path = "/missions", operation_id = "list_missions", tag = "missions", responses(
    (status = 200, description = "A page of missions; `X-Cache` says whether it lay ready", body = Vec<Mission>)))]
pub async fn list(app: App, member: Member<MissionsRead>, list: List<Filter>) -> Result<Answer> {
    let drafts = Eye::of(&member).is_manager();
    let slot = match app.cache.get(Tag { org: member.org, noun: NOUN.tag }, list.cache_key(if drafts { "all" } else { "published" })) {
        Ok(ready) => return ready.answer(Some("HIT")),
        Err(slot) => slot,
    };
    let (mut read, f) = (member.read(&app), &list.filter);
    let (from, to) = range(&mut read, f.from, f.to).await?;
    let page = store::Page {
        after: list.after()?.unwrap_or(store::FIRST),
        rows: list.rows(),
        project: f.project,
        from,
        to,
        role: f.role.as_deref(),
        unfilled: f.unfilled.unwrap_or(false),
        drafts,
    };
    let rows: Vec<_> = store::list(&mut read, page).await?.into_iter().map(Row::shown).collect();
    let page = list.page(rows, |m| (m.start_at, m.id))?;
    app.cache.put(slot, page.clone());
    page.answer(Some("MISS"))
}

/// Creates a mission; it is published unless `draft` says otherwise.
#[utoipa::path(post, path = "/missions", operation_id = "create_mission", tag = "missions", request_body = Draft, responses(
    (status = 201, description = "The mission", body = Mission),
    (status = 404, description = "There is no such project here")))]
pub async fn create(app: App, member: Member<MissionsWrite>, Json(new): Json<Draft>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let zone = store::zone(&mut tx, new.project_id).await?;
    let id = store::insert(&mut tx, &new.ready(&zone)?).await?;
    created(tx, id).await
}
async fn created(mut tx: OrgTx, id: MissionId) -> Result<Answer> {
    let mission = store::find(&mut tx, id, true).await?.shown();
    NOUN.told(&mut tx, "mission.created", id, Some(json!({"status": mission.status}))).await?;
    let answer = tagged(Answer::created(format!("/api/v1/missions/{id}"), &mission)?, mission.version)?;
    tx.answer(answer).await
}

/// One mission.
#[utoipa::path(get, path = "/missions/{id}", operation_id = "read_mission", tag = "missions", params(("id" = MissionId, Path, description = "The mission")),
    responses((status = 200, description = "The mission", body = Mission)))]
pub async fn read(app: App, member: Member<MissionsRead>, Path(id): Path<MissionId>) -> Result<Answer> {
    shown(store::find(&mut member.read(&app), id, Eye::of(&member).is_manager()).await?)
}

/// Replaces a mission.
#[utoipa::path(put, path = "/missions/{id}", operation_id = "replace_mission", tag = "missions", params(("id" = MissionId, Path, description = "The mission"), Moving),
    request_body = Draft, responses(
    (status = 200, description = "The mission", body = Mission),
    (status = 400, description = "`schedule_conflict`: somebody who accepted cannot come at the new time"),
    (status = 409, description = "Somebody is asked for a role that would go")))]
pub async fn replace(
    app: App,
    member: Member<MissionsWrite>,
    Path(id): Path<MissionId>,
    seen: IfMatch,
    Query(moving): Query<Moving>,
    Json(new): Json<Draft>,
) -> Result<Answer> {
    write(&app, &member, id, (&seen, moving), |_| new).await
}

/// Changes some of a mission.
#[utoipa::path(patch, path = "/missions/{id}", operation_id = "change_mission", tag = "missions", params(("id" = MissionId, Path, description = "The mission"), Moving),
    request_body = Patch, responses(
    (status = 200, description = "The mission", body = Mission),
    (status = 400, description = "`schedule_conflict`: somebody who accepted cannot come at the new time"),
    (status = 409, description = "Somebody is asked for a role that would go")))]
pub async fn change(
    app: App,
    member: Member<MissionsWrite>,
    Path(id): Path<MissionId>,
    seen: IfMatch,
    Query(moving): Query<Moving>,
    Json(patch): Json<Patch>,
) -> Result<Answer> {
    write(&app, &member, id, (&seen, moving), |old| patch.onto(old)).await
}

async fn write(
    app: &App,
    member: &Member<MissionsWrite>,
    id: MissionId,
    (seen, moving): (&IfMatch, Moving),
    new: impl FnOnce(&Row) -> Draft,
) -> Result<Answer> {
    let mut tx = member.begin(app).await?;
    let old = store::lock(&mut tx, id).await?;
    seen.allows(old.version)?;
    let new = new(&old);
    let zone = store::zone(&mut tx, new.project_id).await?;
    let new = new.ready(&zone)?;
    let moved = old.span()? != new.span;
    let along = match moved {
        true => assignments::follow_mission(&mut tx, id, &new, moving.on_conflict == OnConflict::Release).await?,
        false => vec![],
    };
    let mission = store::update(&mut tx, id, &new).await?;
    assignments::tell_moved(&mut tx, &along).await?;
    let details = changes(&old.noted(), &mission.noted(), &["start_at", "end_at", "time_zone", "break_minutes", "project_id"]);
    NOUN.told(&mut tx, "mission.changed", id, details).await?;
    tx.commit().await?;
    shown(mission)
}

/// Deletes a mission.
#[utoipa::path(delete, path = "/missions/{id}", operation_id = "delete_mission", tag = "missions", params(("id" = MissionId, Path, description = "The mission"), Force),
    responses(
    (status = 204, description = "Gone"),
    (status = 409, description = "Somebody accepted: say `force=true`, and they are told")))]
pub async fn remove(
    app: App,
    member: Member<MissionsWrite>,
    Path(id): Path<MissionId>,
    seen: IfMatch,
    Query(Force { force }): Query<Force>,
) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    seen.allows(store::lock(&mut tx, id).await?.version)?;
    assignments::dismiss(&mut tx, &[id], force).await?;
    store::remove(&mut tx, id).await?;
    NOUN.told(&mut tx, "mission.deleted", id, None).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// Copies a mission with its roles, so many calendar days later or in another project. Nobody is asked yet.
#[utoipa::path(post, path = "/missions/{id}/~duplicate", operation_id = "duplicate_mission", tag = "missions",
    params(("id" = MissionId, Path, description = "The mission")), request_body = Duplicate, responses(
    (status = 201, description = "The copy", body = Mission)))]
pub async fn duplicate(app: App, member: Member<MissionsWrite>, Path(id): Path<MissionId>, Json(how): Json<Duplicate>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let original = store::find(&mut tx, id, true).await?;
    let mut copy = original.again();
    if how.project_id.is_some() {
        store::zone(&mut tx, how.project_id).await?;
        copy.project_id = how.project_id;
    }
    if !(-3_660..=3_660).contains(&how.shift_days) {
        let say = say!("Move it by ten years at most.", "Décalez-la de dix ans au plus.");
        return Err(Error::field("shift_days", "out_of_range", say));
    }
    let span = original.time_zone.shift_span(original.span()?, how.shift_days).map_err(|m| m.at("shift_days"))?;
    (copy.start_at, copy.end_at) = (When::Instant(span.start()), When::Instant(span.end()));
    let id = store::insert(&mut tx, &copy.ready(&original.time_zone)?).await?;
    created(tx, id).await
}

/// Shows a draft to the crew.
#[utoipa::path(post, path = "/missions/{id}/~publish", operation_id = "publish_mission", tag = "missions", params(("id" = MissionId, Path, description = "The mission")),
    responses((status = 200, description = "The mission", body = Mission)))]
pub async fn publish(app: App, member: Member<MissionsWrite>, Path(id): Path<MissionId>, seen: IfMatch) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let old = store::lock(&mut tx, id).await?;
    seen.allows(old.version)?;
    if old.published_at.is_some() {
        return shown(old);
    }
    let mission = store::publish(&mut tx, id).await?;
    NOUN.told(&mut tx, "mission.published", id, None).await?;
    let version = mission.version;
    tx.answer(tagged(Answer::ok(&mission.shown())?, version)?).await
}

/// Calls a mission off: it stays in the history, and whoever was asked or booked is told.
#[utoipa::path(post, path = "/missions/{id}/~cancel", operation_id = "cancel_mission", tag = "missions", params(("id" = MissionId, Path, description = "The mission")),
    responses((status = 200, description = "The mission", body = Mission)))]
pub async fn cancel(app: App, member: Member<MissionsWrite>, Path(id): Path<MissionId>, seen: IfMatch) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let old = store::lock(&mut tx, id).await?;
    seen.allows(old.version)?;
    if old.cancelled_at.is_some() {
        return shown(old);
    }
    store::cancel(&mut tx, id).await?;
    let told = assignments::call_off(&mut tx, id).await?;
    NOUN.told(&mut tx, "mission.cancelled", id, Some(json!({"before": old.status(), "assignments": told}))).await?;
    let mission = store::find(&mut tx, id, true).await?;
    let version = mission.version;
    tx.answer(tagged(Answer::ok(&mission.shown())?, version)?).await
}

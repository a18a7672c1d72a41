//! The routes of projects.

use super::{
    model::{Draft, Patch, Project, ProjectId, Status},
    store,
};
use crate::{
    assignments,
    missions::{self, Force},
    told::changes,
};
use axum::http::header;
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{
        Member, Role,
        grant::{ProjectsRead, ProjectsWrite},
        least,
    },
    cache::Tag,
    db::OrgTx,
    http::{Answer, IfMatch, Json, List, Path, Query, etag},
    id::Id as _,
};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

const NOUN: &str = "projects";

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Only projects in this state.
    status: Option<Status>,
}

fn tagged(answer: Answer, project: &Project) -> Result<Answer> {
    answer.with(header::ETAG, etag::of_version(project.version))
}
/// What every change of a project brings with it.
async fn follow_up(tx: &mut OrgTx, action: &'static str, id: ProjectId, details: Option<serde_json::Value>) -> Result<()> {
    tx.audit(Entry { action, subject: Some(id.uuid()), details }).await?;
    tx.stale(NOUN);
    tx.tell("project.changed", json!({"id": id, "action": action}));
    Ok(())
}

/// The projects, newest first. Drafts are for managers.
#[utoipa::path(get, path = "/projects", operation_id = "list_projects", tag = "projects", responses(
    (status = 200, description = "A page of projects; `X-Cache` says whether it lay ready", body = Vec<Project>)))]
pub async fn list(app: App, member: Member<ProjectsRead>, list: List<Filter>) -> Result<Answer> {
    let drafts = member.role >= Role::Manager;
    let key = list.cache_key(if drafts { "all" } else { "published" });
    let slot = match app.cache.get(Tag { org: member.org, noun: NOUN }, key) {
        Ok(ready) => return ready.answer(Some("HIT")),
        Err(slot) => slot,
    };
    let after = list.after()?.unwrap_or(store::NEWEST);
    let page = store::Page { after, rows: list.rows(), status: list.filter.status, drafts };
    let rows = store::list(&mut member.read(&app), page).await?;
    let page = list.page(rows, |p| (p.created_at, p.id))?;
    app.cache.put(slot, page.clone());
    page.answer(Some("MISS"))
}

/// Creates a project.
#[utoipa::path(post, path = "/projects", operation_id = "create_project", tag = "projects", request_body = Draft, responses(
    (status = 201, description = "The project", body = Project),
    (status = 409, description = "A project of this name exists")))]
pub async fn create(app: App, member: Member<ProjectsWrite>, Json(new): Json<Draft>) -> Result<Answer> {
    new.check()?;
    let mut tx = member.begin(&app).await?;
    let project = store::create(&mut tx, &new).await?;
    follow_up(&mut tx, "project.created", project.id, Some(json!({"status": project.status}))).await?;
    let created = Answer::created(format!("/api/v1/projects/{}", project.id), &project)?;
    tx.answer(tagged(created, &project)?).await
}

/// One project.
#[utoipa::path(get, path = "/projects/{id}", operation_id = "read_project", tag = "projects", params(("id" = ProjectId, Path, description = "The project")),
    responses((status = 200, description = "The project", body = Project)))]
pub async fn read(app: App, member: Member<ProjectsRead>, Path(id): Path<ProjectId>) -> Result<Answer> {
    let project = store::find(&mut member.read(&app), id).await?;
    if project.status == Status::Draft && member.role < Role::Manager {
        return Err(Error::not_found(id));
    }
    tagged(Answer::ok(&project)?, &project)
}

/// Replaces a project.
#[utoipa::path(put, path = "/projects/{id}", operation_id = "replace_project", tag = "projects", params(("id" = ProjectId, Path, description = "The project")),
    request_body = Draft, responses(
    (status = 200, description = "The project", body = Project),
    (status = 409, description = "A project of this name exists")))]
pub async fn replace(
    app: App,
    member: Member<ProjectsWrite>,
    Path(id): Path<ProjectId>,
    seen: IfMatch,
    Json(new): Json<Draft>,
) -> Result<Answer> {
    write(&app, &member, id, &seen, |_| new).await
}

/// Changes some of a project.
#[utoipa::path(patch, path = "/projects/{id}", operation_id = "change_project", tag = "projects", params(("id" = ProjectId, Path, description = "The project")),
    request_body = Patch, responses(
    (status = 200, description = "The project", body = Project),
    (status = 409, description = "A project of this name exists")))]
pub async fn change(
    app: App,
    member: Member<ProjectsWrite>,
    Path(id): Path<ProjectId>,
    seen: IfMatch,
    Json(patch): Json<Patch>,
) -> Result<Answer> {
    write(&app, &member, id, &seen, |old| patch.onto(old)).await
}

/// Archives a project: it keeps its history and leaves the board.
#[utoipa::path(post, path = "/projects/{id}/~archive", operation_id = "archive_project", tag = "projects", params(("id" = ProjectId, Path, description = "The project")),
    responses((status = 200, description = "The project", body = Project)))]
pub async fn archive(app: App, member: Member<ProjectsWrite>, Path(id): Path<ProjectId>, seen: IfMatch) -> Result<Answer> {
    write(&app, &member, id, &seen, |old| Patch { status: Some(Status::Archived), ..Patch::default() }.onto(old)).await
}

async fn write(
    app: &App,
    member: &Member<ProjectsWrite>,
    id: ProjectId,
    seen: &IfMatch,
    new: impl FnOnce(&Project) -> Draft,
) -> Result<Answer> {
    let mut tx = member.begin(app).await?;
    let old = store::lock(&mut tx, id).await?;
    seen.allows(old.version)?;
    let new = new(&old);
    new.check()?;
    let project = store::update(&mut tx, id, &new).await?;
    let details =
        changes(&json!(old), &json!(project), &["status", "starts_on", "ends_on", "budget_cents", "currency", "time_zone", "hue"]);
    follow_up(&mut tx, "project.changed", id, details).await?;
    tx.answer(tagged(Answer::ok(&project)?, &project)?).await
}

/// Deletes a project and its missions.
#[utoipa::path(delete, path = "/projects/{id}", operation_id = "delete_project", tag = "projects", params(("id" = ProjectId, Path, description = "The project"), Force),
    responses(
    (status = 200, description = "Gone: `{\"status\": \"ok\"}`"),
    (status = 409, description = "Somebody accepted one of its missions: say `force=true`, and they are told")))]
pub async fn remove(
    app: App,
    member: Member<ProjectsWrite, least::Admin>,
    Path(id): Path<ProjectId>,
    seen: IfMatch,
    Query(Force { force }): Query<Force>,
) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    seen.allows(store::lock(&mut tx, id).await?.version)?;
    let missions = missions::store::lock_of_project(&mut tx, id).await?;
    assignments::dismiss(&mut tx, &missions, force).await?;
    store::remove(&mut tx, id).await?;
    tx.stale(missions::NOUN.tag);
    follow_up(&mut tx, "project.deleted", id, Some(json!({"missions": missions.len()}))).await?;
    tx.commit().await?;
    Answer::ok(&json!({"status": "ok"}))
}

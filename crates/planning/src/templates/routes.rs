//! The routes of templates.

use super::{
    model::{Draft, Generate, Patch, Template, TemplateId},
    store,
};
use crate::{
    missions::{self, Created},
    told::Noun,
};
use axum::http::header;
use base::{
    App, Result,
    auth::{
        Member,
        grant::{MissionsRead, MissionsWrite},
    },
    http::{Answer, IfMatch, Json, List, Path, etag},
    text,
};
use serde::Deserialize;
use utoipa::IntoParams;

const NOUN: Noun = Noun { tag: "templates", event: "template.changed" };

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {}

fn tagged(answer: Answer, template: &Template) -> Result<Answer> {
    answer.with(header::ETAG, etag::of_version(template.version))
}

/// The templates, by name.
#[utoipa::path(get, path = "/templates", operation_id = "list_templates", tag = "templates", responses(
    (status = 200, description = "A page of templates", body = Vec<Template>)))]
pub async fn list(app: App, member: Member<MissionsRead>, list: List<Filter>) -> Result<Answer> {
    let after: String = list.after()?.unwrap_or_default();
    let rows = store::list(&mut member.read(&app), &after, list.rows()).await?;
    list.page(rows, |t| text::fold(&t.name))?.answer(None)
}

/// Creates a template.
#[utoipa::path(post, path = "/templates", operation_id = "create_template", tag = "templates", request_body = Draft, responses(
    (status = 201, description = "The template", body = Template),
    (status = 409, description = "A template of this name exists")))]
pub async fn create(app: App, member: Member<MissionsWrite>, Json(new): Json<Draft>) -> Result<Answer> {
    new.check()?;
    let mut tx = member.begin(&app).await?;
    let template = store::create(&mut tx, &new).await?;
    NOUN.told(&mut tx, "template.created", template.id, None).await?;
    let created = Answer::created(format!("/api/v1/templates/{}", template.id), &template)?;
    tx.answer(tagged(created, &template)?).await
}

/// One template.
#[utoipa::path(get, path = "/templates/{id}", operation_id = "read_template", tag = "templates", params(("id" = TemplateId, Path, description = "The template")),
    responses((status = 200, description = "The template", body = Template)))]
pub async fn read(app: App, member: Member<MissionsRead>, Path(id): Path<TemplateId>) -> Result<Answer> {
    let template = store::find(&mut member.read(&app), id).await?;
    tagged(Answer::ok(&template)?, &template)
}

/// Replaces a template.
#[utoipa::path(put, path = "/templates/{id}", operation_id = "replace_template", tag = "templates", params(("id" = TemplateId, Path, description = "The template")),
    request_body = Draft, responses(
    (status = 200, description = "The template", body = Template),
    (status = 409, description = "A template of this name exists")))]
pub async fn replace(
    app: App,
    member: Member<MissionsWrite>,
    Path(id): Path<TemplateId>,
    seen: IfMatch,
    Json(new): Json<Draft>,
) -> Result<Answer> {
    write(&app, &member, id, &seen, |_| new).await
}

/// Changes some of a template.
#[utoipa::path(patch, path = "/templates/{id}", operation_id = "change_template", tag = "templates", params(("id" = TemplateId, Path, description = "The template")),
    request_body = Patch, responses(
    (status = 200, description = "The template", body = Template),
    (status = 409, description = "A template of this name exists")))]
pub async fn change(
    app: App,
    member: Member<MissionsWrite>,
    Path(id): Path<TemplateId>,
    seen: IfMatch,
    Json(patch): Json<Patch>,
) -> Result<Answer> {
    write(&app, &member, id, &seen, |old| patch.onto(old)).await
}

async fn write(
    app: &App,
    member: &Member<MissionsWrite>,
    id: TemplateId,
    seen: &IfMatch,
    new: impl FnOnce(&Template) -> Draft,
) -> Result<Answer> {
    let mut tx = member.begin(app).await?;
    let old = store::lock(&mut tx, id).await?;
    seen.allows(old.version)?;
    let new = new(&old);
    new.check()?;
    let template = store::update(&mut tx, id, &new).await?;
    NOUN.told(&mut tx, "template.changed", id, None).await?;
    tx.answer(tagged(Answer::ok(&template)?, &template)?).await
}

/// Deletes a template; missions made from it stay.
#[utoipa::path(delete, path = "/templates/{id}", operation_id = "delete_template", tag = "templates", params(("id" = TemplateId, Path, description = "The template")),
    responses((status = 204, description = "Gone")))]
pub async fn remove(app: App, member: Member<MissionsWrite>, Path(id): Path<TemplateId>, seen: IfMatch) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    seen.allows(store::lock(&mut tx, id).await?.version)?;
    store::remove(&mut tx, id).await?;
    NOUN.told(&mut tx, "template.deleted", id, None).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// Puts the template's missions into a project, on every day of the rule: all of them, or none.
#[utoipa::path(post, path = "/templates/{id}/~generate", operation_id = "generate_missions", tag = "templates", params(("id" = TemplateId, Path, description = "The template")),
    request_body = Generate, responses(
    (status = 200, description = "The missions", body = Created)))]
pub async fn generate(app: App, member: Member<MissionsWrite>, Path(id): Path<TemplateId>, Json(asked): Json<Generate>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let template = store::find(&mut tx, id).await?;
    let zone = missions::store::zone(&mut tx, Some(asked.project_id)).await?;
    let ready = template.missions(&asked, &zone)?;
    missions::write_all(tx, asked.project_id, &ready).await
}

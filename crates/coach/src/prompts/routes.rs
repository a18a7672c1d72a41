//! Versions of prompts, for whoever administers the instance.

use super::{
    model::{New, Place, Version},
    store,
};
use base::{
    App, Result,
    audit::Entry,
    auth::{
        Admin,
        grant::{AdminRead, AdminWrite},
    },
    http::{Answer, Json, List, NoFilter, Path},
};
use serde_json::json;

fn address(version: &Version) -> String {
    format!("/api/v1/admin/ai/prompts/{}/versions/{}", version.name, version.version)
}
/// Which version, and which words: never the words themselves.
fn entry(action: &'static str, version: &Version) -> Entry<'static> {
    let details = json!({"prompt": version.name, "version": version.version, "locale": version.locale, "sha256": version.sha256});
    Entry { action, subject: None, details: Some(details) }
}

/// The versions of all prompts, by name.
#[utoipa::path(get, path = "/admin/ai/prompts", operation_id = "list_ai_prompts", tag = "ai", responses(
    (status = 200, description = "The versions, those of the binary first", body = Vec<Version>)))]
pub async fn list(app: App, _: Admin<AdminRead>, list: List<NoFilter>) -> Result<Answer> {
    let after = list.after()?.unwrap_or_default();
    let versions = store::list(&app.db, &after, list.rows()).await?;
    list.page(versions, |one| (one.name.clone(), one.version))?.answer(None)
}
/// Adds a version. It is not in use before it is activated.
#[utoipa::path(post, path = "/admin/ai/prompts", operation_id = "add_ai_prompt", tag = "ai", request_body = New, responses(
    (status = 201, description = "The version", body = Version)))]
pub async fn add(app: App, admin: Admin<AdminWrite>, Json(new): Json<New>) -> Result<Answer> {
    let new = new.check()?;
    let mut tx = admin.begin(&app).await?;
    let version = store::add(&mut tx, new, admin.account).await?;
    tx.audit(entry("ai.prompt_added", &version)).await?;
    tx.answer(Answer::created(address(&version), &version)?).await
}
/// One version.
#[utoipa::path(get, path = "/admin/ai/prompts/{name}/versions/{version}", operation_id = "read_ai_prompt", tag = "ai",
    params(("name" = String, Path, description = "The prompt"), ("version" = i64, Path, description = "Which version")),
    responses((status = 200, description = "The version", body = Version)))]
pub async fn read(app: App, _: Admin<AdminRead>, Path(place): Path<Place>) -> Result<Answer> {
    Answer::tagged(&store::find(&app.db, &place).await?)
}
/// Puts a version to use, from the next call of a model on: the way forward, and the way back.
#[utoipa::path(post, path = "/admin/ai/prompts/{name}/versions/{version}/~activate", operation_id = "activate_ai_prompt", tag = "ai",
    params(("name" = String, Path, description = "The prompt"), ("version" = i64, Path, description = "Which version")),
    responses((status = 200, description = "The version, now in use", body = Version)))]
pub async fn activate(app: App, admin: Admin<AdminWrite>, Path(place): Path<Place>) -> Result<Answer> {
    let mut tx = admin.begin(&app).await?;
    let version = store::activate(&mut tx, &place).await?;
    tx.audit(entry("ai.prompt_activated", &version)).await?;
    tx.answer(Answer::ok(&version)?).await
}

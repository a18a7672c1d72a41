//! Service accounts: members that are nobody, so that a program does not end with the person who set it up.

use super::{
    model::{NewService, Service},
    store,
};
use crate::members;
use base::{
    App, Result,
    audit::Entry,
    auth::{Member, grant::KeysWrite},
    http::{Answer, Json, Path},
    id::{AccountId, Id as _},
};
use serde_json::json;

/// The service accounts of the organisation.
#[utoipa::path(get, path = "/service-accounts", operation_id = "list_service_accounts", tag = "keys", responses(
    (status = 200, description = "The service accounts", body = Vec<Service>)))]
pub async fn list(app: App, member: Member<KeysWrite>) -> Result<Answer> {
    Answer::ok(&store::services(&mut member.read(&app)).await?)
}

/// Makes a service account. Nobody can sign in as it; only keys act as it.
#[utoipa::path(post, path = "/service-accounts", operation_id = "create_service_account", tag = "keys", request_body = NewService, responses(
    (status = 201, description = "The service account", body = Service)))]
pub async fn create(app: App, member: Member<KeysWrite>, Json(new): Json<NewService>) -> Result<Answer> {
    member.fresh(&app)?;
    new.check()?;
    members::model::may_grant(member.role, new.role)?;
    let mut tx = member.begin(&app).await?;
    let service = store::create_service(&mut tx, &new).await?;
    let details = Some(json!({"role": new.role}));
    tx.audit(Entry { action: "service_account.created", subject: Some(service.id.uuid()), details }).await?;
    tx.answer(Answer::created(format!("/api/v1/service-accounts/{}", service.id), &service)?).await
}

/// Removes a service account with its keys.
#[utoipa::path(delete, path = "/service-accounts/{id}", operation_id = "remove_service_account", tag = "keys",
    params(("id" = AccountId, Path, description = "The service account")), responses((status = 204, description = "Gone, and its keys with it")))]
pub async fn remove(app: App, member: Member<KeysWrite>, Path(id): Path<AccountId>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    members::model::may_decide_about(member.role, store::service(&mut tx, id).await?.role)?;
    store::remove_service(&mut tx, id).await?;
    tx.audit(Entry { action: "service_account.removed", subject: Some(id.uuid()), details: None }).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

//! Create an organisation, list one's own, read and change the token's.

use super::{
    model::{ChangeOrg, DEFAULT_ZONE, Mine, NewOrg, Org},
    store,
};
use crate::members;
use axum::http::header;
use base::{
    App, Result,
    audit::Entry,
    auth::{
        Caller, Member, Role,
        grant::{OrgRead, OrgWrite, UserRead, UserWrite},
    },
    http::{Answer, IfMatch, Json, Path, etag},
    id::{Id as _, OrgId},
};

fn answer(answer: Answer, org: &Org) -> Result<Answer> {
    answer.with(header::ETAG, etag::of_version(org.version))
}

/// Creates an organisation; the caller owns it.
#[utoipa::path(post, path = "/orgs", operation_id = "create_org", tag = "orgs", request_body = NewOrg, responses(
    (status = 201, description = "The organisation", body = Org)))]
pub async fn create(app: App, caller: Caller<UserWrite>, Json(new): Json<NewOrg>) -> Result<Answer> {
    new.check()?;
    let mut tx = caller.begin(&app).await?;
    let org = store::create(&mut tx, &new.name, new.time_zone.as_deref().unwrap_or(DEFAULT_ZONE)).await?;
    members::store::add(&mut tx, org.org_id, caller.account, Role::Owner).await?;
    tx.audit_in(org.org_id, Entry { action: "org.created", subject: Some(org.org_id.uuid()), details: None }).await?;
    let account = caller.account;
    tx.after_commit(move |app| app.forget_rights(account));
    let created = Answer::created(format!("/api/v1/orgs/{}", org.org_id), &org)?;
    tx.answer(answer(created, &org)?).await
}

/// The caller's organisations.
#[utoipa::path(get, path = "/orgs", operation_id = "list_orgs", tag = "orgs", responses(
    (status = 200, description = "The organisations, the first joined first", body = Vec<Mine>)))]
pub async fn mine(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    Answer::ok(&store::of_account(&app.db, caller.account).await?)
}

/// The organisation of the token.
#[utoipa::path(get, path = "/orgs/{id}", operation_id = "read_org", tag = "orgs", params(("id" = OrgId, Path, description = "The organisation")),
    responses((status = 200, description = "The organisation", body = Org)))]
pub async fn read(app: App, member: Member<OrgRead>, Path(id): Path<OrgId>) -> Result<Answer> {
    member.only_in(id)?;
    let org = store::read(&mut member.read(&app)).await?;
    answer(Answer::ok(&org)?, &org)
}

/// Changes the organisation of the token.
#[utoipa::path(patch, path = "/orgs/{id}", operation_id = "update_org", tag = "orgs", params(("id" = OrgId, Path, description = "The organisation")),
    request_body = ChangeOrg, responses((status = 200, description = "The organisation", body = Org)))]
pub async fn change(
    app: App,
    member: Member<OrgWrite>,
    Path(id): Path<OrgId>,
    seen: IfMatch,
    Json(change): Json<ChangeOrg>,
) -> Result<Answer> {
    member.only_in(id)?;
    change.check()?;
    let mut tx = member.begin(&app).await?;
    let mut org = store::read(&mut tx).await?;
    seen.allows(org.version)?;
    org.name = change.name.unwrap_or(org.name);
    org.time_zone = change.time_zone.unwrap_or(org.time_zone);
    let org = store::change(&mut tx, &org).await?;
    tx.audit(Entry { action: "org.changed", subject: Some(id.uuid()), details: None }).await?;
    tx.tell("org.changed", &org);
    tx.commit().await?;
    answer(Answer::ok(&org)?, &org)
}

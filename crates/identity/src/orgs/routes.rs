//! Create an organisation, list one's own, read and change the token's.

use super::{
    model::{ChangeOrg, DEFAULT_ZONE, Mine, NewOrg, Org, Transfer},
    store,
};
use crate::members;
use axum::http::header;
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{
        Caller, Member, Role,
        grant::{OrgDelete, OrgRead, OrgWrite, UserRead, UserWrite},
    },
    http::{Answer, IfMatch, Json, Path, etag},
    id::{Id as _, OrgId},
    say,
};
use serde_json::json;

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

/// Hands the organisation over: the other member owns it, the caller stays as administrator. Asks for a recent sign-in.
#[utoipa::path(post, path = "/orgs/{id}/~transfer", operation_id = "transfer_org", tag = "orgs", params(("id" = OrgId, Path, description = "The organisation")),
    request_body = Transfer, responses((status = 200, description = "The organisation", body = Org)))]
pub async fn transfer(app: App, member: Member<OrgDelete>, Path(id): Path<OrgId>, Json(to): Json<Transfer>) -> Result<Answer> {
    member.only_in(id)?;
    member.fresh(&app)?;
    let (from, to) = (member.account, to.account_id);
    if from == to {
        return Err(Error::field("account_id", "already_owner", say!("You own it already.", "Elle est déjà à vous.")));
    }
    let mut tx = member.begin(&app).await?;
    // Whoever owned it when they asked may have handed it over in another window since.
    if !members::store::owners(&mut tx).await?.contains(&from) {
        return Err(Error::conflict("not_the_owner", say!("You do not own it any more.", "Elle n’est plus à vous.")));
    }
    members::store::find(&mut tx, to).await?;
    members::store::set_role(&mut tx, to, Role::Owner).await?;
    if !members::store::owners(&mut tx).await?.contains(&to) {
        let say = say!("Their account is disabled. Choose somebody else.", "Son compte est désactivé. Choisissez quelqu’un d’autre.");
        return Err(Error::conflict("account_disabled", say));
    }
    members::store::set_role(&mut tx, from, Role::Admin).await?;
    let org = store::read(&mut tx).await?;
    tx.audit(Entry { action: "org.transferred", subject: Some(to.uuid()), details: Some(json!({"from": from})) }).await?;
    tx.global().after_commit(move |app| [from, to].into_iter().for_each(|account| app.forget_rights(account)));
    tx.answer(answer(Answer::ok(&org)?, &org)?).await
}

/// Deletes the organisation: everybody is out at once, what lies in it is removed later. Asks for a recent sign-in.
#[utoipa::path(delete, path = "/orgs/{id}", operation_id = "delete_org", tag = "orgs", params(("id" = OrgId, Path, description = "The organisation")),
    responses((status = 204, description = "Gone")))]
pub async fn remove(app: App, member: Member<OrgDelete>, Path(id): Path<OrgId>, seen: IfMatch) -> Result<Answer> {
    member.only_in(id)?;
    member.fresh(&app)?;
    let mut tx = member.begin(&app).await?;
    seen.allows(store::read(&mut tx).await?.version)?;
    store::remove(&mut tx).await?;
    members::store::revoke_all(&mut tx).await?;
    let gone = members::store::remove_all(&mut tx).await?;
    tx.audit(Entry { action: "org.deleted", subject: Some(id.uuid()), details: Some(json!({"members": gone.len()})) }).await?;
    // Nobody is left to read the organisation's own log.
    tx.global().audit(Entry { action: "org.deleted", subject: Some(id.uuid()), details: None }).await?;
    tx.global().after_commit(move |app| gone.into_iter().for_each(|account| app.forget_rights(account)));
    tx.commit().await?;
    Ok(Answer::empty())
}

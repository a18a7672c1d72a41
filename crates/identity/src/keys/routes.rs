//! List, make and revoke the API keys of an organisation.

use super::{
    model::{Key, MadeKey, NewKey},
    store,
};
use crate::members;
use base::{
    App, Result,
    audit::Entry,
    auth::{Member, grant::KeysWrite},
    http::{Answer, Json, Path},
    id::{Id as _, KeyId},
};
use serde_json::json;

/// The keys that are still good, the newest first.
#[utoipa::path(get, path = "/keys", operation_id = "list_keys", tag = "keys", responses(
    (status = 200, description = "The keys", body = Vec<Key>)))]
pub async fn list(app: App, member: Member<KeysWrite>) -> Result<Answer> {
    let rows = store::list(&mut member.read(&app), app.now()).await?;
    Answer::ok(&rows.into_iter().map(store::Row::shown).collect::<Vec<_>>())
}

/// Makes a key, for its maker or for a service account.
#[utoipa::path(post, path = "/keys", operation_id = "create_key", tag = "keys", request_body = NewKey, responses(
    (status = 201, description = "The key, shown once", body = MadeKey),
    (status = 404, description = "There is no such service account here"),
    (status = 409, description = "The organisation has too many keys")))]
pub async fn create(app: App, member: Member<KeysWrite>, Json(new): Json<NewKey>) -> Result<Answer> {
    member.fresh(&app)?;
    let scopes = new.check(member.scopes)?;
    // Its answer holds the key: a repeated `Idempotency-Key` must not find it in the store.
    let mut tx = app.begin_org(member.org, member.actor.clone()).await?;
    let acts_as = match new.service_account_id {
        None => member.account,
        Some(id) => {
            // Whoever could make a key for an equal would have their rights.
            members::model::may_grant(member.role, store::service(&mut tx, id).await?.role)?;
            id
        }
    };
    let (row, key) = store::create(&mut tx, &new, acts_as, scopes, member.account).await?;
    let details = Some(json!({"scopes": row.scopes, "account": acts_as, "expires_at": row.expires_at}));
    tx.audit(Entry { action: "key.created", subject: Some(row.id.uuid()), details }).await?;
    tx.commit().await?;
    Answer::created(format!("/api/v1/keys/{}", row.id), &MadeKey { key, shown: row.shown() })
}

/// Ends a key: its next use is 401.
#[utoipa::path(delete, path = "/keys/{id}", operation_id = "revoke_key", tag = "keys",
    params(("id" = KeyId, Path, description = "The key")), responses((status = 204, description = "It opens nothing any more")))]
pub async fn revoke(app: App, member: Member<KeysWrite>, Path(id): Path<KeyId>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let account = store::revoke(&mut tx, id).await?;
    tx.audit(Entry { action: "key.revoked", subject: Some(id.uuid()), details: None }).await?;
    tx.global().after_commit(move |app| app.forget_rights(account));
    tx.commit().await?;
    Ok(Answer::empty())
}

//! An administrator acts in somebody's place: for half an hour, for a reason that is mailed, and with less than that person may do.

use super::{
    model::{Impersonate, closed, not_in_their_place},
    store,
};
use crate::{
    accounts::{self, store::Row as Account},
    notices::{self, Notice},
    orgs,
    sessions::{Device, InPlaceOf, in_place_of, model::Tokens},
};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{Admin, grant::AdminImpersonate},
    db::Tx,
    http::{Answer, Json, Path},
    id::{AccountId, Id as _, OrgId},
};
use serde_json::json;

/// Opens a session in somebody's place. They and the owners of the organisation are told why, and every line it leaves in the audit
/// names the administrator. Who gets in, keys, the audit, and what only concerns the person stay out of reach.
#[utoipa::path(post, path = "/admin/accounts/{id}/~impersonate", operation_id = "admin_impersonate", tag = "admin",
    request_body = Impersonate, params(("id" = AccountId, Path, description = "The account")), responses(
    (status = 200, description = "Tokens for half an hour at most; the access token names the administrator in `act`", body = Tokens),
    (status = 409, description = "The account is closed, or administers the platform")))]
pub async fn impersonate(
    app: App,
    admin: Admin<AdminImpersonate>,
    Path(id): Path<AccountId>,
    device: Device,
    Json(wanted): Json<Impersonate>,
) -> Result<Answer> {
    admin.strongly()?;
    admin.fresh(&app)?;
    let reason = wanted.checked()?;
    // Its answer holds tokens: a repeated `Idempotency-Key` must not find them in the store.
    let mut tx = app.begin(admin.actor.clone()).await?;
    let account = accounts::store::lock(&mut tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    if !account.active() {
        return Err(closed());
    }
    if account.platform_role.is_some() {
        return Err(not_in_their_place());
    }
    notices::tell(&mut tx, &account, Notice::Impersonated { reason }).await?;
    let entry = || Entry {
        action: "account.impersonated",
        subject: Some(id.uuid()),
        details: Some(json!({"reason": reason, "org": wanted.org_id})),
    };
    tx.audit(entry()).await?;
    if let Some(org) = wanted.org_id {
        tell_owners(&mut tx, &account, org, reason).await?;
        tx.audit_in(org, entry()).await?;
    }
    in_place_of(tx, InPlaceOf { account: &account, org: wanted.org_id, impersonator: admin.account, device: &device }).await
}
async fn tell_owners(tx: &mut Tx, account: &Account, org: OrgId, reason: &str) -> Result<()> {
    let app = tx.app().clone();
    let of_account = orgs::store::of_account(&app.db, account.id).await?;
    let name = of_account.into_iter().find(|mine| mine.org_id == org).map(|mine| mine.name).ok_or_else(|| Error::not_found(org))?;
    for owner in store::owners(tx, org).await?.into_iter().filter(|owner| *owner != account.id) {
        if let Some(owner) = accounts::store::by_id(&app.db, owner).await? {
            notices::tell(tx, &owner, Notice::MemberImpersonated { org: &name, reason }).await?;
        }
    }
    Ok(())
}

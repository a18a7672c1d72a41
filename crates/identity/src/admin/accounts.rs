//! Accounts in an administrator's hands: found, looked at, closed and opened, signed out.

use super::{
    model::{Account, ChangeAccount, Filter, PlatformRole, Status, closed, no_mailbox},
    store::{self, NEWEST, Page},
};
use crate::{
    accounts, leaving,
    notices::{self, Notice},
    one_time, orgs,
    passwords::model::Accepted,
    sessions::{self, model::Session},
};
use axum::http::StatusCode;
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{
        Admin,
        grant::{AdminRead, AdminWrite},
    },
    db::Tx,
    http::{Answer, Json, List, Path},
    id::{AccountId, Id as _, Uuid},
};
use serde_json::json;

/// The accounts, the newest first.
#[utoipa::path(get, path = "/admin/accounts", operation_id = "admin_list_accounts", tag = "admin", responses(
    (status = 200, description = "A page of accounts", body = Vec<Account>)))]
pub async fn list(app: App, _: Admin<AdminRead>, list: List<Filter>) -> Result<Answer> {
    let looked = &list.filter;
    let id = match &looked.email {
        // Nobody has the nil id: what is no address, or nobody's, finds nothing.
        Some(email) => Some(by_email(&app, email).await?.unwrap_or(AccountId(Uuid::nil()))),
        None => None,
    };
    let name = looked.name.as_deref().unwrap_or_default();
    let before = list.after()?.unwrap_or(NEWEST);
    let page = Page { before, rows: list.rows(), id, name, status: looked.status, role: looked.platform_role };
    let rows = store::accounts(&app.db, page).await?;
    let shown = rows.into_iter().map(|row| row.shown(&app)).collect::<Result<Vec<_>>>()?;
    list.page(shown, |a| (a.created_at, a.id))?.answer(None)
}
async fn by_email(app: &App, email: &str) -> Result<Option<AccountId>> {
    let Some(email) = accounts::model::normal_email(email) else { return Ok(None) };
    Ok(accounts::store::by_email(app, &email).await?.map(|row| row.id))
}

async fn alone(app: &App, id: AccountId) -> Result<Answer> {
    let mut account = store::account(&app.db, id).await?.shown(app)?;
    account.orgs = Some(orgs::store::of_account(&app.db, id).await?);
    Answer::ok(&account)
}

/// One account, with the organisations it belongs to.
#[utoipa::path(get, path = "/admin/accounts/{id}", operation_id = "admin_read_account", tag = "admin",
    params(("id" = AccountId, Path, description = "The account")), responses((status = 200, description = "The account", body = Account)))]
pub async fn read(app: App, _: Admin<AdminRead>, Path(id): Path<AccountId>) -> Result<Answer> {
    alone(&app, id).await
}

/// Closes or opens an account, and makes or unmakes a platform administrator. The last of them stays.
#[utoipa::path(patch, path = "/admin/accounts/{id}", operation_id = "admin_change_account", tag = "admin", request_body = ChangeAccount,
    params(("id" = AccountId, Path, description = "The account")), responses(
    (status = 200, description = "The account", body = Account),
    (status = 409, description = "The last platform administrator stays")))]
pub async fn change(app: App, admin: Admin<AdminWrite>, Path(id): Path<AccountId>, Json(change): Json<ChangeAccount>) -> Result<Answer> {
    let mut tx = admin.begin(&app).await?;
    let before = store::lock(&mut tx, id).await?;
    let mut after = before;
    if let Some(active) = change.is_active {
        after.0 = if active { Status::Active } else { Status::Disabled };
    }
    change.platform_role.apply(&mut after.1);
    if after.1 != before.1 {
        admin.fresh(&app)?;
    }
    let admin_in_force = |(status, role): (Status, Option<PlatformRole>)| status == Status::Active && role.is_some();
    if admin_in_force(before) && !admin_in_force(after) {
        store::another_admin(&mut tx, id).await?;
    }
    store::change(&mut tx, id, after.0, after.1).await?;
    follow_up(&mut tx, id, before, after).await?;
    tx.commit().await?;
    alone(&app, id).await
}
type Standing = (Status, Option<PlatformRole>);
async fn follow_up(tx: &mut Tx, id: AccountId, before: Standing, after: Standing) -> Result<()> {
    let subject = Some(id.uuid());
    if before.0 != after.0 {
        let action = if after.0 == Status::Active { "account.enabled" } else { "account.disabled" };
        tx.audit(Entry { action, subject, details: None }).await?;
        if after.0 == Status::Active {
            leaving::store::forget(tx, id).await?;
        }
        // Opened again, it begins with nothing that was signed in before.
        sessions::store::end_all(tx, id, None, "disabled").await?;
    }
    if before.1 != after.1 {
        let details = Some(json!({"before": before.1, "after": after.1}));
        tx.audit(Entry { action: "account.platform_role_changed", subject, details }).await?;
        sessions::store::end_impersonations(tx, id, "disabled").await?;
    }
    Ok(())
}

/// Mails an account a link to choose a new password. It goes to its mailbox alone: no administrator sees it, and the old password
/// stays until the link is used.
#[utoipa::path(post, path = "/admin/accounts/{id}/~reset", operation_id = "admin_start_reset", tag = "admin",
    params(("id" = AccountId, Path, description = "The account")), responses(
    (status = 202, description = "The mail is on its way", body = Accepted),
    (status = 409, description = "The account is closed, or has no mailbox"),
    (status = 429, description = "Too many mails to this address")))]
pub async fn reset(app: App, admin: Admin<AdminWrite>, Path(id): Path<AccountId>) -> Result<Answer> {
    accounts::local_only(&app)?;
    let mut tx = admin.begin(&app).await?;
    let account = accounts::store::lock(&mut tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    if !account.active() {
        return Err(closed());
    }
    let email = account.email(&app)?;
    if notices::unreachable(&email) {
        return Err(no_mailbox());
    }
    app.limits.take("reset", app.settings.reset_limit, &email, app.now()).await?;
    let token = one_time::make(&mut tx, one_time::Kind::Reset, Some(id), &()).await?;
    notices::tell(&mut tx, &account, Notice::ResetStarted { token: &token }).await?;
    tx.audit(Entry { action: "password.reset_started", subject: Some(id.uuid()), details: None }).await?;
    tx.answer(Answer::json(StatusCode::ACCEPTED, &Accepted::plain())?).await
}

/// The open sessions of an account.
#[utoipa::path(get, path = "/admin/accounts/{id}/sessions", operation_id = "admin_list_sessions", tag = "admin",
    params(("id" = AccountId, Path, description = "The account")), responses((status = 200, description = "The sessions", body = Vec<Session>)))]
pub async fn sessions(app: App, admin: Admin<AdminRead>, Path(id): Path<AccountId>) -> Result<Answer> {
    store::account(&app.db, id).await?;
    let rows = sessions::store::of_account(&app, id).await?;
    Answer::ok(&rows.into_iter().map(|row| row.shown(&app, admin.session)).collect::<Vec<_>>())
}

/// Ends every session of an account.
#[utoipa::path(delete, path = "/admin/accounts/{id}/sessions", operation_id = "admin_end_sessions", tag = "admin",
    params(("id" = AccountId, Path, description = "The account")), responses((status = 204, description = "Signed out everywhere")))]
pub async fn end_sessions(app: App, admin: Admin<AdminWrite>, Path(id): Path<AccountId>) -> Result<Answer> {
    let mut tx = admin.begin(&app).await?;
    store::lock(&mut tx, id).await?;
    let ended = sessions::store::end_all(&mut tx, id, None, "admin").await?;
    tx.audit(Entry { action: "sessions.ended", subject: Some(id.uuid()), details: Some(json!({"sessions": ended})) }).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

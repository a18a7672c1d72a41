//! Organisations from outside: what there is, and closing one for a while.

use super::{model::Org, store};
use base::{
    App, Result,
    audit::Entry,
    auth::{
        Admin,
        grant::{AdminRead, AdminWrite},
    },
    http::{Answer, List, NoFilter, Path},
    id::{Id as _, OrgId, Uuid},
    time::Timestamp,
};

/// The organisations, the newest first: their names and sizes, nothing of what lies in them.
#[utoipa::path(get, path = "/admin/orgs", operation_id = "admin_list_orgs", tag = "admin", responses(
    (status = 200, description = "A page of organisations", body = Vec<Org>)))]
pub async fn list(app: App, _: Admin<AdminRead>, list: List<NoFilter>) -> Result<Answer> {
    let newest = (Timestamp::from_micros(i64::MAX), OrgId(Uuid::max()));
    let rows = store::orgs(&app.db, list.after()?.unwrap_or(newest), list.rows()).await?;
    list.page(rows, |o| (o.created_at, o.org_id))?.answer(None)
}

/// Closes an organisation: its members are refused until it is resumed.
#[utoipa::path(post, path = "/admin/orgs/{id}/~suspend", operation_id = "admin_suspend_org", tag = "admin",
    params(("id" = OrgId, Path, description = "The organisation")), responses((status = 204, description = "Closed")))]
pub async fn suspend(app: App, admin: Admin<AdminWrite>, Path(id): Path<OrgId>) -> Result<Answer> {
    set(&app, &admin, id, "org.suspended", Some(app.now())).await
}
/// Opens a closed organisation again.
#[utoipa::path(post, path = "/admin/orgs/{id}/~resume", operation_id = "admin_resume_org", tag = "admin",
    params(("id" = OrgId, Path, description = "The organisation")), responses((status = 204, description = "Open")))]
pub async fn resume(app: App, admin: Admin<AdminWrite>, Path(id): Path<OrgId>) -> Result<Answer> {
    set(&app, &admin, id, "org.resumed", None).await
}
async fn set(app: &App, admin: &Admin<AdminWrite>, id: OrgId, action: &'static str, at: Option<Timestamp>) -> Result<Answer> {
    let mut tx = admin.begin(app).await?;
    let members = store::suspend(&mut tx, id, at).await?;
    tx.audit(Entry { action, subject: Some(id.uuid()), details: None }).await?;
    tx.audit_in(id, Entry { action, subject: Some(id.uuid()), details: None }).await?;
    tx.after_commit(move |app| members.into_iter().for_each(|account| app.forget_rights(account)));
    tx.answer(Answer::empty()).await
}

//! Three readers of one log.

use super::{
    model::{Filter, Line},
    store::{self, Key},
};
use crate::orgs;
use base::{
    App, Result,
    audit::Chain,
    auth::{
        Admin, Caller, Member,
        grant::{AdminRead, AuditRead, UserRead},
    },
    http::{Answer, List},
    id::{OrgId, Uuid},
    time::{Timestamp, Zone},
};

/// What was done in the organisation, the newest first. Times without an offset are the organisation's.
#[utoipa::path(get, path = "/audit", operation_id = "list_audit", tag = "audit", responses(
    (status = 200, description = "A page of the log", body = Vec<Line>)))]
pub async fn of_org(app: App, member: Member<AuditRead>, list: List<Filter>) -> Result<Answer> {
    let mut from = member.read(&app);
    let zone = orgs::store::read(&mut from).await?.time_zone.parse().unwrap_or(Zone::UTC);
    let rows = store::chain(&mut from, &list.filter.looked(&zone)?, list.after()?.unwrap_or(i64::MAX), list.rows()).await?;
    let lines: Vec<Line> = rows.into_iter().map(|row| row.shown(&app, false)).collect();
    list.page(lines, |line| line.seq)?.answer(None)
}

/// What the caller did, wherever it was, the newest first.
#[utoipa::path(get, path = "/me/activity", operation_id = "list_my_activity", tag = "me", responses(
    (status = 200, description = "A page of the log", body = Vec<Line>)))]
pub async fn own(app: App, caller: Caller<UserRead>, list: List<Filter>) -> Result<Answer> {
    let last = (Timestamp::from_micros(i64::MAX), OrgId(Uuid::max()), i64::MAX);
    let before: Key = list.after()?.unwrap_or(last);
    let rows = store::of_actor(&app.db, caller.account, &list.filter.looked(&Zone::UTC)?, before, list.rows()).await?;
    let lines: Vec<Line> = rows.into_iter().map(|row| row.shown(&app, true)).collect();
    list.page(lines, |line| (line.at, line.org_id.unwrap_or(Chain::Instance.key()), line.seq))?.answer(None)
}

/// What was done to the instance, its accounts and sign-ins, the newest first. What happens inside organisations is theirs.
#[utoipa::path(get, path = "/admin/audit", operation_id = "list_instance_audit", tag = "admin", responses(
    (status = 200, description = "A page of the log", body = Vec<Line>)))]
pub async fn of_instance(app: App, _: Admin<AdminRead>, list: List<Filter>) -> Result<Answer> {
    let mut from = app.read_org(Chain::Instance.key());
    let rows = store::chain(&mut from, &list.filter.looked(&Zone::UTC)?, list.after()?.unwrap_or(i64::MAX), list.rows()).await?;
    let lines: Vec<Line> = rows.into_iter().map(|row| row.shown(&app, true)).collect();
    list.page(lines, |line| line.seq)?.answer(None)
}

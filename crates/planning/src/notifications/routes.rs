//! The routes of notifications: one's own.

use super::{
    model::{Notification, NotificationId, Row},
    store,
};
use crate::people;
use base::{
    App, Result,
    auth::{
        Member,
        grant::{AssignmentsRead, AssignmentsRespond},
    },
    http::{Answer, List, Path},
};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Only what you have not read yet (`true`).
    unread: Option<bool>,
}

/// What you were told, the newest first; nothing for an account that is nobody of the plan.
#[utoipa::path(get, path = "/notifications", operation_id = "list_notifications", tag = "notifications", responses(
    (status = 200, description = "A page of notifications", body = Vec<Notification>)))]
pub async fn list(app: App, member: Member<AssignmentsRead>, list: List<Filter>) -> Result<Answer> {
    let mut from = member.read(&app);
    let Some(own) = people::store::of_account(&mut from, member.account).await? else {
        return list.page_of(Vec::<((), ())>::new())?.answer(None);
    };
    let after = list.after()?.unwrap_or(store::NEWEST);
    let rows = store::list(&mut from, own, list.filter.unread.unwrap_or(false), after, list.rows()).await?;
    let shown = rows.into_iter().map(Row::shown).collect::<Result<Vec<_>>>()?;
    list.page(shown, |n| (n.created_at, n.id))?.answer(None)
}

/// Says that you have read one.
#[utoipa::path(post, path = "/notifications/{id}/~read", operation_id = "read_notification", tag = "notifications",
    params(("id" = NotificationId, Path, description = "The notification")), responses(
    (status = 200, description = "The notification", body = Notification)))]
pub async fn read(app: App, member: Member<AssignmentsRespond>, Path(id): Path<NotificationId>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let own = people::store::own(&mut tx, member.account).await?;
    let row = store::read(&mut tx, own, id).await?;
    tx.answer(Answer::ok(&row.shown()?)?).await
}

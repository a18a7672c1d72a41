//! The routes of call sheets.

use super::{
    model::{CallSheet, Revision, changes},
    print, store,
};
use crate::{projects::model::ProjectId, told::Eye};
use axum::http::{HeaderValue, StatusCode, header};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{
        Member,
        grant::{AssignmentsRead, AssignmentsWrite},
    },
    db::Query,
    http::{Answer, Context, Path, Query as Asks, etag},
    id::Id as _,
    say,
    time::Date,
};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Of {
    /// The day; today, where the project is, when left out.
    date: Option<Date>,
}

async fn put_together(app: &App, read: &mut impl Query, id: ProjectId, of: &Of, eye: Eye) -> Result<CallSheet> {
    let project = store::project(read, id, eye).await?;
    let date = of.date.unwrap_or_else(|| project.1.date(app.now()));
    let sheet = store::sheet(read, &app.keys, &project, date, eye).await?;
    let Some((revision, before)) = store::last(read, id, date).await? else {
        return Ok(CallSheet { sheet, revision: None, changes: vec![], seen: vec![] });
    };
    let seen = store::seen(read, id, date, revision.number, eye).await?;
    Ok(CallSheet { changes: changes(&before, &sheet), sheet, revision: Some(revision), seen })
}

/// Who is where at what time on one day, what changed since the last revision, and who has seen that one.
#[utoipa::path(get, path = "/projects/{id}/callsheet", operation_id = "read_callsheet", tag = "callsheet",
    params(("id" = ProjectId, Path, description = "The project"), Of),
    responses((status = 200, description = "The call sheet", body = CallSheet),
        (status = 304, description = "Nothing changed since the ETag you have")))]
pub async fn read(app: App, member: Member<AssignmentsRead>, Path(id): Path<ProjectId>, Asks(of): Asks<Of>) -> Result<Answer> {
    Answer::tagged(&put_together(&app, &mut member.read(&app), id, &of, Eye::of(&member)).await?)
}

/// The call sheet on paper.
#[utoipa::path(get, path = "/projects/{id}/callsheet.pdf", operation_id = "print_callsheet", tag = "callsheet",
    params(("id" = ProjectId, Path, description = "The project"), Of),
    responses((status = 200, description = "A4, as an attachment", content_type = "application/pdf", body = Vec<u8>),
        (status = 304, description = "Nothing changed since the ETag you have")))]
pub async fn print(
    app: App,
    member: Member<AssignmentsRead>,
    Path(id): Path<ProjectId>,
    Asks(of): Asks<Of>,
    context: Context,
) -> Result<Answer> {
    let sheet = put_together(&app, &mut member.read(&app), id, &of, Eye::of(&member)).await?;
    let name = format!("attachment; filename=\"callsheet-{}.pdf\"", sheet.sheet.date);
    let body = print::pdf(&sheet, context.lang)?;
    let tag = etag::of_bytes(&body);
    Answer::bytes(StatusCode::OK, HeaderValue::from_static("application/pdf"), body.into())
        .with(header::ETAG, tag)?
        .with(header::CONTENT_DISPOSITION, name)
}

/// Gives the call sheet out: a new revision, unless nothing changed since the last one.
#[utoipa::path(post, path = "/projects/{id}/callsheet/~publish", operation_id = "publish_callsheet", tag = "callsheet",
    params(("id" = ProjectId, Path, description = "The project"), Of),
    responses((status = 200, description = "The revision; the last one when nothing changed", body = Revision)))]
pub async fn publish(app: App, member: Member<AssignmentsWrite>, Path(id): Path<ProjectId>, Asks(of): Asks<Of>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    store::lock(&mut tx, id).await?;
    let CallSheet { sheet, revision, changes, .. } = put_together(&app, &mut tx, id, &of, Eye::Manager).await?;
    let revision = match revision {
        Some(last) if changes.is_empty() => last,
        last => {
            let made = store::publish(&mut tx, &sheet.without_contact(), last.map_or(1, |l| l.number + 1)).await?;
            let details = json!({"revision": made.number});
            tx.audit(Entry { action: "callsheet.published", subject: Some(id.uuid()), details: Some(details) }).await?;
            tx.tell("callsheet.published", json!({"id": id, "revision": made.number}));
            made
        }
    };
    tx.answer(Answer::ok(&revision)?).await
}

/// Says that you have seen the last revision.
#[utoipa::path(post, path = "/projects/{id}/callsheet/~seen", operation_id = "see_callsheet", tag = "callsheet",
    params(("id" = ProjectId, Path, description = "The project"), Of),
    responses((status = 204, description = "Noted")))]
pub async fn seen(app: App, member: Member<AssignmentsRead>, Path(id): Path<ProjectId>, Asks(of): Asks<Of>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let (_, zone) = store::project(&mut tx, id, Eye::of(&member)).await?;
    let date = of.date.unwrap_or_else(|| zone.date(app.now()));
    let (revision, _) = store::last(&mut tx, id, date).await?.ok_or_else(|| {
        let say = say!("No call sheet of this day was published yet.", "Aucune feuille de service de ce jour n’a encore été publiée.");
        Error::missing("not_published", say)
    })?;
    store::saw(&mut tx, id, date, revision.number, member.account).await?;
    tx.answer(Answer::empty()).await
}

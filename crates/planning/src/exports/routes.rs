//! The routes of exports.

use super::{
    model::{Kind, Wanted},
    sheet::{Format, Writer},
    source::{ROWS, Source},
    stream::{Sink, attachment},
};
use crate::{
    calendar::events,
    ics,
    people::{self, model::PersonId},
    reports::store::Which,
    told::Eye,
};
use axum::response::Response;
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{Member, grant::ExportsCreate},
    db::OrgRead,
    http::{Context, Query},
    say,
    say::Lang,
    time::{Interval, Timestamp},
};
use serde_json::json;

/// What is exported, after what the caller may have.
struct Export {
    kind: Kind,
    which: Which,
    /// Without its ending.
    name: String,
    /// Whether it shows more than the caller's own.
    others: bool,
}

impl Export {
    async fn of(app: &App, member: &Member<ExportsCreate>, wanted: &Wanted, kind: Kind) -> Result<Self> {
        wanted.org_id.map_or(Ok(()), |org| member.only_in(org))?;
        let mut read = member.read(app);
        let others = Eye::of(member).is_manager();
        let person = if others { wanted.user_id } else { Some(own(&mut read, member, wanted, kind).await?) };
        let zone = crate::reports::store::zone(&mut read).await?;
        let days = wanted.asked().days(zone.date(app.now()))?;
        let which = Which { person, ..wanted.asked().which(&mut read, &zone, days).await? };
        let name = if kind.has_days() { format!("{kind}-{}-{}", days.0, days.1) } else { kind.to_string() };
        Ok(Self { kind, which, name, others })
    }
    /// Who took what out of the organisation is remembered.
    async fn audited(&self, app: &App, member: &Member<ExportsCreate>, form: &str) -> Result<()> {
        let mut tx = member.begin(app).await?;
        let details = json!({"type": self.kind, "format": form, "own": !self.others});
        tx.audit(Entry { action: "export.created", subject: None, details: Some(details) }).await?;
        tx.commit().await
    }
}

/// A technician exports what is theirs.
async fn own(read: &mut OrgRead, member: &Member<ExportsCreate>, wanted: &Wanted, kind: Kind) -> Result<PersonId> {
    let own = people::store::own(read, member.account).await?;
    if kind == Kind::Assignments && wanted.user_id.is_none_or(|asked| asked == own) {
        return Ok(own);
    }
    let say = say!(
        "You can export your own assignments (type=assignments). The rest is for managers.",
        "Vous pouvez exporter vos propres affectations (type=assignments). Le reste est réservé aux responsables."
    );
    Err(Error::forbidden("not_yours", say))
}

async fn sheet(app: App, member: Member<ExportsCreate>, wanted: Wanted, lang: Lang, format: Format) -> Result<Response> {
    let export = Export::of(&app, &member, &wanted, wanted.kind.unwrap_or_default()).await?;
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Xlsx => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        Format::Pdf => ("application/pdf", "pdf"),
    };
    export.audited(&app, &member, ending).await?;
    // What can fail fails here, while the answer can still say so.
    let mut source = Source::open(&app, member.read(&app), export.kind, export.which, lang).await?;
    let first = source.page().await?;
    let writer = Writer::begin(format, &export.kind.title(lang), export.kind.columns(lang), lang)?;
    attachment(kind, &format!("{}.{ending}", export.name), move |sink| pour(source, first, writer, sink))
}
async fn pour(mut source: Source, first: Vec<Vec<super::sheet::Cell>>, mut writer: Writer, sink: Sink) -> Result<()> {
    let mut rows = first;
    while !rows.is_empty() {
        for row in &rows {
            writer.row(row)?;
        }
        if !sink.send(writer.take()).await {
            return Ok(());
        }
        rows = source.page().await?;
    }
    sink.send(writer.end()?).await;
    Ok(())
}

/// As CSV, for spreadsheets: `;`, UTF-8 with its mark, no cell that runs as a formula.
#[utoipa::path(get, path = "/exports/csv", operation_id = "export_csv", tag = "exports", params(Wanted), responses(
    (status = 200, description = "The table, as an attachment", content_type = "text/csv", body = String),
    (status = 404, description = "There is no such project, or no person is linked to your account")))]
pub async fn csv(app: App, member: Member<ExportsCreate>, context: Context, Query(wanted): Query<Wanted>) -> Result<Response> {
    sheet(app, member, wanted, context.lang, Format::Csv).await
}

/// As a spreadsheet, with its sums.
#[utoipa::path(get, path = "/exports/xlsx", operation_id = "export_xlsx", tag = "exports", params(Wanted), responses(
    (status = 200, description = "The table, as an attachment", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>),
    (status = 404, description = "There is no such project, or no person is linked to your account")))]
pub async fn xlsx(app: App, member: Member<ExportsCreate>, context: Context, Query(wanted): Query<Wanted>) -> Result<Response> {
    sheet(app, member, wanted, context.lang, Format::Xlsx).await
}

/// On paper, with its sums.
#[utoipa::path(get, path = "/exports/pdf", operation_id = "export_pdf", tag = "exports", params(Wanted), responses(
    (status = 200, description = "The table, as an attachment", content_type = "application/pdf", body = Vec<u8>),
    (status = 404, description = "There is no such project, or no person is linked to your account")))]
pub async fn pdf(app: App, member: Member<ExportsCreate>, context: Context, Query(wanted): Query<Wanted>) -> Result<Response> {
    sheet(app, member, wanted, context.lang, Format::Pdf).await
}

/// As a calendar: `type=assignments` or `type=missions`.
#[utoipa::path(get, path = "/exports/ics", operation_id = "export_ics", tag = "exports", params(Wanted), responses(
    (status = 200, description = "The calendar, as an attachment", content_type = "text/calendar", body = String),
    (status = 404, description = "There is no such project, or no person is linked to your account")))]
pub async fn ics(app: App, member: Member<ExportsCreate>, context: Context, Query(wanted): Query<Wanted>) -> Result<Response> {
    let kind = wanted.kind.unwrap_or(Kind::Assignments);
    if !matches!(kind, Kind::Assignments | Kind::Missions) {
        let say = say!("Only assignments and missions are a calendar.", "Seules les affectations et les missions forment un calendrier.");
        return Err(Error::field("type", "not_a_calendar", say));
    }
    let export = Export::of(&app, &member, &wanted, kind).await?;
    export.audited(&app, &member, "ics").await?;
    let (which, span): (_, Interval) = (export.which, export.which.span);
    let which = events::Which {
        person: which.person,
        project: which.project,
        from: span.start(),
        until: span.end(),
        cancelled_since: Timestamp::from_micros(i64::MAX),
        named: export.others,
    };
    let (mut read, title) = (member.read(&app), kind.title(context.lang));
    let pour = async move |sink: Sink| {
        let (mut writer, mut after) = (ics::Writer::begin(&title, ics::Method::Publish), Some(events::FIRST));
        while let Some(key) = after {
            let (page, next) = match kind {
                Kind::Missions => events::missions(&mut read, &which, key, ROWS).await?,
                _ => events::calls(&mut read, &which, key, ROWS).await?,
            };
            page.iter().for_each(|event| writer.event(event));
            if !sink.send(writer.take().into_bytes()).await {
                return Ok(());
            }
            after = next;
        }
        sink.send(writer.end().into_bytes()).await;
        Ok(())
    };
    attachment("text/calendar; charset=utf-8", &format!("{}.ics", export.name), pour)
}

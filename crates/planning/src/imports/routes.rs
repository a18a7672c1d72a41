//! The routes of imports.

use super::{MOST, missions, missions::Place, people};
use crate::{missions::store as missions_store, people::store as people_store, projects::model::ProjectId};
use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
    http::header,
};
use base::{
    App, Error, Result,
    auth::{
        Member,
        grant::{MissionsWrite, PeopleWrite},
    },
    db::{OrgTx, Query},
    http::{Answer, Context, Op, Part, Query as Asks},
    org_sql, say,
    say::Lang,
    table::{Problem, Table, Told, csv},
    time::Zone,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// The body layer has already refused anything larger.
const LARGEST: usize = 64 << 20;

/// A CSV, read into the lines of a spreadsheet.
pub struct Sheet(Vec<(usize, csv::Record)>);
impl FromRequest<App> for Sheet {
    type Rejection = Error;
    async fn from_request(request: Request, _: &App) -> Result<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !matches!(&*essence, "text/csv" | "text/plain" | "application/csv" | "application/vnd.ms-excel") {
            let say = say!("Send the table as text/csv (Content-Type).", "Envoyez le tableau en text/csv (Content-Type).");
            return Err(Error::unsupported("unsupported_media_type", say));
        }
        let body = to_bytes(request.into_body(), LARGEST).await.map_err(Error::internal)?;
        csv::read(&body).map(Self)
    }
}
impl Part for Sheet {
    fn describe(op: &mut Op<'_>) {
        op.answers(&[400, 415, 422]);
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct How {
    /// Only looks: tells every problem, and writes nothing.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Serialize, ToSchema)]
pub struct Report {
    pub dry_run: bool,
    /// How many rows the table has.
    pub rows: usize,
    pub created: usize,
    /// Of a dry run; a real run with errors is 422 and writes nothing.
    pub errors: Vec<Told>,
}

/// What the problems lead to: nothing to say, the report of a dry run, or the refusal.
fn judge(rows: usize, how: &How, mut problems: Vec<Problem>, lang: Lang) -> Result<Option<Report>> {
    problems.sort_by_key(|p| p.row);
    let errors: Vec<_> = problems.iter().map(|p| p.told(lang)).collect();
    if how.dry_run {
        return Ok(Some(Report { dry_run: true, rows, created: 0, errors }));
    }
    if errors.is_empty() {
        return Ok(None);
    }
    let count = errors.len();
    let say = say!(
        "Nothing was imported: {count} cells do not fit. See `errors`.",
        "Rien n’a été importé : {count} cellules ne conviennent pas. Voir `errors`."
    );
    Err(Error::invalid("import_failed", say).with("errors", errors))
}
fn done(rows: usize, created: usize) -> Result<Answer> {
    Answer::ok(&Report { dry_run: false, rows, created, errors: vec![] })
}

/// Imports people from a CSV: all of them, or none and every problem with its row and column.
#[utoipa::path(post, path = "/users/~import", operation_id = "import_users", tag = "imports", params(How),
    request_body(content = String, content_type = "text/csv", description = "Columns: first_name, last_name or name, email, phone, employment_type, skills, tags, active, bio; as our exports call them, in English or French"),
    responses((status = 200, description = "What was done, or would be", body = Report)))]
pub async fn people(app: App, member: Member<PeopleWrite>, Asks(how): Asks<How>, context: Context, Sheet(lines): Sheet) -> Result<Answer> {
    let (table, mut problems) = Table::new(lines, people::COLUMNS, &[], MOST)?;
    let (drafts, more) = people::read(&table);
    problems.extend(more);
    let mut tx = member.begin(&app).await?;
    let taken = addresses(&mut tx).await?;
    for (row, (_, draft)) in table.rows().zip(&drafts) {
        if let Some(address) = draft.email()
            && app.keys.blind_indexes("email", &address)?.iter().any(|index| taken.contains(index))
        {
            let say = say!("Another person has this e-mail address.", "Une autre personne a déjà cette adresse e-mail.");
            problems.push(row.problem("email", "email_taken", say));
        }
    }
    if let Some(report) = judge(table.count(), &how, problems, context.lang)? {
        return Answer::ok(&report);
    }
    for (_, draft) in &drafts {
        people_store::create(&mut tx, draft).await?;
    }
    told(&mut tx, "people", "people.imported", "person.changed", drafts.len()).await?;
    tx.answer(done(table.count(), drafts.len())?).await
}
async fn addresses(from: &mut impl Query) -> Result<BTreeSet<String>> {
    let query = org_sql!("select email_index from people where org_id = $1 and email_index is not null");
    Ok(from.all::<(String,)>(query, &[]).await?.into_iter().map(|(index,)| index).collect())
}

/// Imports missions from a CSV: all of them, or none and every problem with its row and column.
#[utoipa::path(post, path = "/missions/~import", operation_id = "import_missions", tag = "imports", params(How),
    request_body(content = String, content_type = "text/csv", description = "Columns: title, start_at, end_at, time_zone, location, project, roles, break_minutes, note; as our exports call them, in English or French"),
    responses((status = 200, description = "What was done, or would be", body = Report)))]
pub async fn missions(
    app: App,
    member: Member<MissionsWrite>,
    Asks(how): Asks<How>,
    context: Context,
    Sheet(lines): Sheet,
) -> Result<Answer> {
    let (table, mut problems) = Table::new(lines, missions::COLUMNS, missions::REQUIRED, MOST)?;
    let mut tx = member.begin(&app).await?;
    let place = Place { zone: missions_store::zone(&mut tx, None).await?, projects: projects(&mut tx).await? };
    let (all, more) = missions::read(&table, &place);
    problems.extend(more);
    if let Some(report) = judge(table.count(), &how, problems, context.lang)? {
        return Answer::ok(&report);
    }
    for mission in &all {
        missions_store::insert(&mut tx, mission).await?;
    }
    told(&mut tx, "missions", "missions.imported", "mission.changed", all.len()).await?;
    tx.answer(done(table.count(), all.len())?).await
}
async fn projects(from: &mut impl Query) -> Result<std::collections::BTreeMap<String, (ProjectId, Option<Zone>)>> {
    let query = org_sql!("select id, name_key, time_zone from projects where org_id = $1");
    let all: Vec<(ProjectId, String, Option<Zone>)> = from.all(query, &[]).await?;
    Ok(all.into_iter().map(|(id, key, zone)| (key, (id, zone))).collect())
}

async fn told(tx: &mut OrgTx, tag: &'static str, action: &'static str, event: &'static str, created: usize) -> Result<()> {
    tx.audit(base::audit::Entry { action, subject: None, details: Some(json!({"created": created})) }).await?;
    tx.stale(tag);
    tx.tell(event, json!({"action": action, "created": created}));
    Ok(())
}

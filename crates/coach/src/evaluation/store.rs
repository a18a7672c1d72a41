//! Reports of live evaluations, so that models and versions of prompts compare.

use super::Report;
use base::{App, Error, Result, id, sql, time::Timestamp};

/// So many are shown beside a new one.
const SHOWN: i64 = 10;

pub async fn keep(app: &App, report: &Report) -> Result<()> {
    let text = serde_json::to_string(report).map_err(Error::internal)?;
    let mut tx = app.db.begin().await?;
    let insert = sql!("insert into ai_evaluations (id, report, created_at) values ($1, $2, $3)");
    tx.exec(insert, &[&id::v4().to_string(), &text, &report.at]).await?;
    Ok(tx.commit().await?)
}
/// The newest first; one that an older binary wrote in another form is passed over.
pub async fn before(app: &App, at: Timestamp) -> Result<Vec<Report>> {
    let query = sql!("select report from ai_evaluations where created_at < $1 order by created_at desc, id limit $2");
    let rows: Vec<(String,)> = app.db.all(query, &[&at, &SHOWN]).await?;
    Ok(rows.into_iter().filter_map(|(text,)| serde_json::from_str(&text).ok()).collect())
}

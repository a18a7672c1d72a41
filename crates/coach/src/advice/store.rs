//! Answers of the coach, kept as long as everything that was said, sealed: only whoever asked reads them.

use super::model::AnswerId;
use crate::history::store::content_kept;
use base::{
    App, Error, Result,
    crypto::Sealed,
    db::RawTx,
    id::{AccountId, Id as _},
    retention::BATCH,
    sql,
    time::Timestamp,
};
use serde::Serialize;

/// An answer as it lies here.
#[derive(Serialize)]
pub struct Kept {
    id: AnswerId,
    created_at: Timestamp,
    content: serde_json::Value,
}

fn place(id: AnswerId) -> String {
    format!("coach_answers|content|{}", id.uuid())
}

pub async fn keep(tx: &mut RawTx, app: &App, id: AnswerId, account: AccountId, content: &str) -> Result<()> {
    let now = app.now();
    let sealed = Sealed::seal(&app.keys, &place(id), &content.to_owned())?;
    let insert = sql!("insert into coach_answers (id, account_id, content_sealed, created_at, expires_at) values ($1, $2, $3, $4, $5)");
    tx.exec(insert, &[&id, &account, &sealed, &now, &now.plus(content_kept(app))]).await?;
    Ok(())
}
/// Everything that the coach still holds of an account, the newest first.
pub async fn of_account(app: &App, account: AccountId) -> Result<Vec<Kept>> {
    let query = sql!(
        "select id, content_sealed, created_at from coach_answers where account_id = $1 and expires_at > $2 order by created_at desc, id"
    );
    let rows: Vec<(AnswerId, Sealed<String>, Timestamp)> = app.db.all(query, &[&account, &app.now()]).await?;
    let kept = rows.into_iter().map(|(id, sealed, created_at)| {
        let content = serde_json::from_str(&sealed.open(&app.keys, &place(id))?).map_err(Error::internal)?;
        Ok(Kept { id, created_at, content })
    });
    kept.collect()
}
/// Answers whose time is over.
pub async fn forget_old(app: &App) -> Result<u64> {
    let (now, mut tx) = (app.now(), app.db.begin().await?);
    let old = sql!("delete from coach_answers where id in (select id from coach_answers where expires_at <= $1 limit $2)");
    let gone = tx.exec(old, &[&now, &BATCH]).await?;
    tx.commit().await?;
    Ok(gone)
}
pub async fn find(app: &App, id: AnswerId, account: AccountId) -> Result<Option<String>> {
    let query = sql!("select content_sealed from coach_answers where id = $1 and account_id = $2 and expires_at > $3");
    let found: Option<(Sealed<String>,)> = app.db.opt(query, &[&id, &account, &app.now()]).await?;
    found.map(|(sealed,)| sealed.open(&app.keys, &place(id))).transpose()
}

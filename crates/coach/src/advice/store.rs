//! Answers of the coach, kept for thirty days, sealed: only whoever asked reads them.

use super::model::AnswerId;
use base::{
    App, Result,
    crypto::Sealed,
    db::Tx,
    id::{AccountId, Id as _},
    sql,
};
use std::time::Duration;

const KEPT: Duration = Duration::from_secs(30 * 86_400);

fn place(id: AnswerId) -> String {
    format!("coach_answers|content|{}", id.uuid())
}

pub async fn keep(tx: &mut Tx, id: AnswerId, account: AccountId, content: &str) -> Result<()> {
    let now = tx.now();
    let sealed = Sealed::seal(&tx.app().keys, &place(id), &content.to_owned())?;
    let insert = sql!("insert into coach_answers (id, account_id, content_sealed, created_at, expires_at) values ($1, $2, $3, $4, $5)");
    tx.exec(insert, &[&id, &account, &sealed, &now, &now.plus(KEPT)]).await?;
    Ok(())
}
pub async fn find(app: &App, id: AnswerId, account: AccountId) -> Result<Option<String>> {
    let query = sql!("select content_sealed from coach_answers where id = $1 and account_id = $2 and expires_at > $3");
    let found: Option<(Sealed<String>,)> = app.db.opt(query, &[&id, &account, &app.now()]).await?;
    found.map(|(sealed,)| sealed.open(&app.keys, &place(id))).transpose()
}

//! Wrong guesses in the store: they survive a restart, and all replicas see them.

use super::model::{Count, FORGOTTEN};
use base::{App, Result, db::Tx, sql};

/// Where guesses at an address are counted, whether or not it has an account.
pub fn at_address(app: &App, email: &str) -> Result<String> {
    app.keys.blind_index("guess", &format!("address|{email}"))
}
/// Where those of a known device are.
pub fn at_device(app: &App, id: &str) -> Result<String> {
    app.keys.blind_index("guess", &format!("device|{id}"))
}

pub async fn count(app: &App, place: &str) -> Result<Option<Count>> {
    let row = app.db.opt::<(i64, base::time::Timestamp)>(sql!("select failures, last_at from guesses where place = $1"), &[&place]).await?;
    Ok(row.map(|(failures, last_at)| Count { failures, last_at }))
}
pub async fn one_more(tx: &mut Tx, place: &str) -> Result<()> {
    let now = tx.now();
    let insert = sql!(
        "insert into guesses (place, failures, last_at) values ($1, 1, $2)
         on conflict (place) do update set failures = case when guesses.last_at <= $3 then 1 else guesses.failures + 1 end, last_at = $2"
    );
    tx.exec(insert, &[&place, &now, &now.minus(FORGOTTEN)]).await?;
    Ok(())
}
pub async fn none(tx: &mut Tx, place: &str) -> Result<()> {
    tx.exec(sql!("delete from guesses where place = $1"), &[&place]).await?;
    Ok(())
}
/// Whoever came in through the mailbox has shown more than a password would have.
pub async fn forget(tx: &mut Tx, email: &str) -> Result<()> {
    let place = at_address(tx.app(), email)?;
    none(tx, &place).await
}

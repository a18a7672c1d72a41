//! The kinds of hashes that passwords lie under here: ours, those that another system brought, those of an earlier setting.
//!
//! Each takes its own time. So that nobody learns from the time whose account there is, every sign-in does one hash of each kind
//! that somebody still has; an imported password becomes one of ours when its owner signs in, and with the last one its kind goes.

use base::{App, Result, db::Tx, sql};
use std::collections::BTreeSet;

/// By which the kinds are told from what else the instance remembers of itself.
const NAME: &str = "password_kind|";

/// What a sign-in has to work at.
pub async fn known(app: &App) -> Result<BTreeSet<String>> {
    let rows: Vec<(String,)> = app.db.all(sql!("select value from instance where name like 'password_kind|%'"), &[]).await?;
    Ok(rows.into_iter().map(|(kind,)| kind).collect())
}
/// From now on somebody may have a hash of this kind. Written even when it is known: whoever forgets a kind waits for us.
pub async fn note(tx: &mut Tx, kind: &str) -> Result<()> {
    let name = format!("{NAME}{kind}");
    let keep = sql!("insert into instance (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value");
    tx.exec(keep, &[&name, &kind]).await?;
    Ok(())
}
/// The kind of the hashes made from now on, so that a later setting still knows of it.
pub async fn note_own(app: &App) -> Result<()> {
    let own = app.hasher.own_kind();
    if known(app).await?.contains(&own) {
        return Ok(());
    }
    let mut tx = app.begin(Default::default()).await?;
    note(&mut tx, &own).await?;
    tx.commit().await
}
/// Kinds that nobody has any more.
pub async fn forget_unused(app: &App) -> Result<u64> {
    let (own, mut gone) = (app.hasher.own_kind(), 0);
    for kind in known(app).await?.into_iter().filter(|kind| *kind != own) {
        let mut tx = app.begin(Default::default()).await?;
        let name = format!("{NAME}{kind}");
        tx.opt::<(String,)>(sql!("select name from instance where name = $1 {for_update}"), &[&name]).await?;
        // bcrypt writes one kind as 2a, 2b or 2y.
        let like = format!("{}%", kind.replacen("$2b$", "$2_$", 1));
        let (left,): (i64,) = tx.one(sql!("select count(*) from accounts where password_phc like $1"), &[&like]).await?;
        if left == 0 {
            gone += tx.exec(sql!("delete from instance where name = $1"), &[&name]).await?;
        }
        tx.commit().await?;
    }
    Ok(gone)
}

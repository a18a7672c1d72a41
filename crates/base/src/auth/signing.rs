//! The keys that sign access tokens: published before they are used, kept until the last token is over, then gone.
//!
//! ```text
//! published ─► 10 minutes ─► signs ─► 30 days, the next one is published meanwhile ─► verifies ─► deleted
//! ```
//!
//! Every replica looks once a minute. Whoever finds that a new key is due makes it; a locked row lets only one of them.

use super::token::SigningKey;
use crate::{
    App,
    audit::Entry,
    crypto::{self, Sealed},
    db::{Actor, Tx},
    error::{Error, Result},
    settings::{JwtAlg, Settings},
    sql,
    time::Timestamp,
};
use std::{sync::Arc, time::Duration};

const SIGNS: Duration = Duration::from_secs(30 * 86_400);
/// Longer than any replica or client of the JWKS takes to notice it.
const PUBLISHED: Duration = Duration::from_secs(600);
const LOOK_EVERY: Duration = Duration::from_secs(60);

crate::entity! {
    struct Row { kid: String, sealed: Sealed<String>, active_at: Timestamp }
}

/// What a key is good for at some instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    SignsFrom(Timestamp),
    Signs,
    VerifiesUntil(Timestamp),
}

/// What each key is good for, given since when each signs, the oldest first.
fn uses(since: &[Timestamp], now: Timestamp, life: Duration) -> Vec<Use> {
    let signer = since.iter().rposition(|at| *at <= now).unwrap_or(0);
    let one = |(i, at): (usize, &Timestamp)| match since.get(i + 1) {
        _ if i == signer => Use::Signs,
        Some(next) if i < signer => Use::VerifiesUntil(next.plus(life)),
        _ => Use::SignsFrom(*at),
    };
    since.iter().enumerate().map(one).collect()
}
/// From when a new key is to sign, when it is time to make one.
fn due(since: &[Timestamp], now: Timestamp) -> Option<Timestamp> {
    let Some(newest) = since.last() else { return Some(now) };
    let end = newest.plus(SIGNS);
    (end <= now.plus(PUBLISHED)).then(|| end.max(now.plus(PUBLISHED)))
}
/// How long what a key signed last may be used, and then some.
fn longest_life(settings: &Settings) -> Duration {
    let minutes = settings.access_token_minutes.max(settings.mobile_access_token_minutes);
    Duration::from_secs(60 * u64::from(minutes)) + PUBLISHED
}

/// Makes what is due, forgets what is over, and hands the rest to [`super::Tokens`].
pub async fn refresh(app: &App) -> Result<()> {
    if app.settings.jwt_alg != JwtAlg::EdDsa {
        return Ok(());
    }
    let mut rows: Vec<Row> = app.db.all(sql!(Row, "select {cols} from signing_keys order by active_at, kid"), &[]).await?;
    let (since, now) = (since(&rows), app.now());
    let over = |u: &Use| matches!(u, Use::VerifiesUntil(end) if *end <= now);
    if due(&since, now).is_some() || uses(&since, now, longest_life(&app.settings)).iter().any(over) {
        rows = advance(app).await?;
    }
    hold(app, &rows)
}
fn since(rows: &[Row]) -> Vec<Timestamp> {
    rows.iter().map(|row| row.active_at).collect()
}

/// One replica at a time: the second one finds that nothing is due any more.
async fn lock(tx: &mut Tx) -> Result<Vec<Row>> {
    tx.opt::<(String,)>(sql!("select value from instance where name = 'secret_fingerprint' {for_update}"), &[]).await?;
    Ok(tx.all(sql!(Row, "select {cols} from signing_keys order by active_at, kid"), &[]).await?)
}
async fn advance(app: &App) -> Result<Vec<Row>> {
    let mut tx = app.begin(Actor::default()).await?;
    let rows = lock(&mut tx).await?;
    let now = tx.now();
    if let Some(from) = due(&since(&rows), now) {
        make(&mut tx, from).await?;
    }
    for (row, good_for) in rows.iter().zip(uses(&since(&rows), now, longest_life(&app.settings))) {
        if matches!(good_for, Use::VerifiesUntil(end) if end <= now) {
            remove(&mut tx, &row.kid).await?;
        }
    }
    let rows = tx.all(sql!(Row, "select {cols} from signing_keys order by active_at, kid"), &[]).await?;
    tx.commit().await?;
    Ok(rows)
}
async fn make(tx: &mut Tx, from: Timestamp) -> Result<()> {
    let (kid, now) = (crypto::hex(&crypto::random::<8>()), tx.now());
    let sealed = Sealed::seal(&tx.app().keys, &place(&kid), &crypto::hex(&SigningKey::generate()?))?;
    let insert = sql!("insert into signing_keys (kid, sealed, created_at, active_at) values ($1, $2, $3, $4)");
    tx.exec(insert, &[&kid, &sealed, &now, &from]).await?;
    tracing::info!(kid, %from, "made a signing key");
    Ok(())
}
async fn remove(tx: &mut Tx, kid: &str) -> Result<()> {
    tx.exec(sql!("delete from signing_keys where kid = $1"), &[&kid]).await?;
    tracing::info!(kid, "a signing key is over");
    Ok(())
}
fn place(kid: &str) -> String {
    format!("signing_keys|sealed|{kid}")
}

/// The one that signs comes first; the private half is opened once.
fn hold(app: &App, rows: &[Row]) -> Result<()> {
    let mut keys = Vec::new();
    for (row, good_for) in rows.iter().zip(uses(&since(rows), app.now(), longest_life(&app.settings))) {
        let key = match app.tokens.known(&row.kid) {
            Some(key) => key,
            None => open(app, row)?,
        };
        let at = if good_for == Use::Signs { 0 } else { keys.len() };
        keys.insert(at, key);
    }
    app.tokens.hold(keys);
    Ok(())
}
fn open(app: &App, row: &Row) -> Result<Arc<SigningKey>> {
    let pkcs8 = crypto::unhex(&row.sealed.open(&app.keys, &place(&row.kid))?);
    let pkcs8 = pkcs8.ok_or_else(|| Error::internal(format!("the signing key {} is damaged", row.kid)))?;
    SigningKey::ed25519(&row.kid, &pkcs8)
}

/// For ever: what another replica or a command changed is known here within a minute.
pub async fn keep(app: App) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if let Err(error) = refresh(&app).await {
            tracing::warn!(%error, "the signing keys could not be read");
        }
    }
}

/// Every key and what it is good for, the oldest first.
pub async fn list(app: &App) -> Result<Vec<(String, Use)>> {
    let rows: Vec<Row> = app.db.all(sql!(Row, "select {cols} from signing_keys order by active_at, kid"), &[]).await?;
    let uses = uses(&since(&rows), app.now(), longest_life(&app.settings));
    Ok(rows.into_iter().map(|row| row.kid).zip(uses).collect())
}
/// A new key before its time. `revoke_old`: it signs at once, and nothing that the others signed is accepted any more.
pub async fn rotate(app: &App, revoke_old: bool) -> Result<()> {
    let mut tx = app.begin(Actor::default()).await?;
    let old = lock(&mut tx).await?;
    let now = tx.now();
    if revoke_old {
        for row in &old {
            remove(&mut tx, &row.kid).await?;
        }
    }
    make(&mut tx, if revoke_old { now } else { now.plus(PUBLISHED) }).await?;
    let details = Some(serde_json::json!({"revoked": if revoke_old { old.len() } else { 0 }}));
    tx.audit(Entry { action: "signing_key.rotated", subject: None, details }).await?;
    tx.commit().await?;
    refresh(app).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);
    fn at(hours: i64) -> Timestamp {
        Timestamp::from_micros(hours * 3_600_000_000)
    }

    #[test]
    fn a_key_signs_and_then_verifies_until_its_last_token_is_over() {
        let since = [at(0), at(720), at(1_440)];
        let uses_at = |hours| uses(&since, at(hours), HOUR);
        assert_eq!(uses_at(719), [Use::Signs, Use::SignsFrom(at(720)), Use::SignsFrom(at(1_440))]);
        assert_eq!(uses_at(720), [Use::VerifiesUntil(at(721)), Use::Signs, Use::SignsFrom(at(1_440))]);
        assert_eq!(uses_at(1_440), [Use::VerifiesUntil(at(721)), Use::VerifiesUntil(at(1_441)), Use::Signs]);
        assert_eq!(uses(&since, at(-1), HOUR)[0], Use::Signs, "a clock that is behind still has a key");
    }
    #[test]
    fn the_next_key_is_made_ten_minutes_before_it_signs() {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        assert_eq!(due(&[], at(5)), Some(at(5)), "the first one signs at once");
        assert_eq!(due(&[at(0)], at(720).minus(minutes(11))), None);
        assert_eq!(due(&[at(0)], at(720).minus(minutes(10))), Some(at(720)));
        assert_eq!(due(&[at(0), at(720)], at(720)), None);
        assert_eq!(due(&[at(0)], at(2_000)), Some(at(2_000).plus(minutes(10))), "after a long sleep it is published first, too");
    }
}

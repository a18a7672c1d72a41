//! One-time tokens in the store.

use super::model::{self, Kind, Token};
use base::{
    App, Error, Result,
    crypto::{self, Sealed, Secret},
    db::Tx,
    entity,
    id::AccountId,
    sql,
    time::Timestamp,
};
use serde::{Serialize, de::DeserializeOwned};

entity! {
    struct Row {
        account_id: Option<AccountId>, payload_sealed: Sealed<String>, expires_at: Timestamp, used_at: Option<Timestamp>,
    }
}

fn place(hash: &str) -> String {
    format!("one_time_tokens|payload|{hash}")
}
fn hash_of(token: &Secret) -> String {
    crypto::sha256_hex(token.expose().as_bytes())
}

/// A new token, to be sent and forgotten; what it is about lies sealed beside its hash.
pub async fn make(tx: &mut Tx, kind: Kind, account: Option<AccountId>, about: &impl Serialize) -> Result<Secret> {
    let (token, now) = (Secret::new(crypto::token()), tx.now());
    let hash = hash_of(&token);
    let about = serde_json::to_string(about).map_err(Error::internal)?;
    let payload = Sealed::seal(&tx.app().keys, &place(&hash), &about)?;
    let insert = sql!(
        "insert into one_time_tokens (hash, kind, account_id, payload_sealed, expires_at, created_at) values ($1, $2, $3, $4, $5, $6)"
    );
    tx.exec(insert, &[&hash, &kind.name(), &account, &payload, &now.plus(kind.life()), &now]).await?;
    Ok(token)
}

/// What a good token is about, without using it: work that must not be done in a transaction comes first.
pub async fn peek<T: DeserializeOwned>(app: &App, kind: Kind, token: &Secret) -> Result<Token<T>> {
    let hash = hash_of(token);
    let query = sql!(Row, "select {cols} from one_time_tokens where hash = $1 and kind = $2");
    let row: Row = app.db.opt(query, &[&hash, &kind.name()]).await?.ok_or_else(model::unknown)?;
    model::check(row.used_at, row.expires_at, app.now())?;
    read(app, &hash, &row)
}

/// Uses a token: of two that try at once, one succeeds.
pub async fn redeem<T: DeserializeOwned>(tx: &mut Tx, kind: Kind, token: &Secret) -> Result<Token<T>> {
    let (hash, now, app) = (hash_of(token), tx.now(), tx.app().clone());
    let query = sql!(Row, "select {cols} from one_time_tokens where hash = $1 and kind = $2 {for_update}");
    let row: Row = tx.opt(query, &[&hash, &kind.name()]).await?.ok_or_else(model::unknown)?;
    model::check(row.used_at, row.expires_at, now)?;
    tx.exec(sql!("update one_time_tokens set used_at = $2 where hash = $1"), &[&hash, &now]).await?;
    read(&app, &hash, &row)
}

fn read<T: DeserializeOwned>(app: &App, hash: &str, row: &Row) -> Result<Token<T>> {
    let about = row.payload_sealed.open(&app.keys, &place(hash))?;
    Ok(Token { account: row.account_id, about: serde_json::from_str(&about).map_err(Error::internal)? })
}

/// None of an account's tokens is good for anything any more.
pub async fn void(tx: &mut Tx, account: AccountId) -> Result<()> {
    let now = tx.now();
    tx.exec(sql!("update one_time_tokens set used_at = $2 where account_id = $1 and used_at is null"), &[&account, &now]).await?;
    Ok(())
}

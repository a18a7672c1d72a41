//! Calls in the store: written by the ledger, read and hidden by their account, gone with their time.

use super::model::{Entry, Interaction, InteractionId, Message};
use crate::budgets;
use base::{
    App, Error, Result,
    crypto::Sealed,
    db::{RawTx, Tx},
    id,
    id::AccountId,
    retention::BATCH,
    sql,
    time::Timestamp,
};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
/// Thirteen months of rows.
const KEPT: Duration = DAY.saturating_mul(396);
/// Nothing runs longer: whatever still says so was left by a server that died.
const LONGEST_CALL: Duration = Duration::from_secs(900);

/// How long what was said is kept, where it is.
pub fn content_kept(app: &App) -> Duration {
    DAY.saturating_mul(app.settings.ai_content_days)
}
fn place(message: id::Uuid) -> String {
    format!("ai_messages|content|{message}")
}

/// Writes a call as it stands now, and what was said once it has ended.
pub async fn keep(tx: &mut RawTx, app: &App, entry: &Entry) -> Result<()> {
    let (prompt, completion) = (entry.usage.prompt_tokens as i64, entry.usage.completion_tokens as i64);
    let upsert = sql!(
        "insert into ai_interactions (id, account_id, in_org, kind, model, model_used, source, status, error_code, finish_reason, parse_step,
           prompt_version, prompt_sha256, streamed, prompt_tokens, completion_tokens, usage_estimated, cost_micro_eur, first_byte_ms, latency_ms, created_at,
           completed_at, cached_tokens, upstream_request_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
         on conflict (id) do update set model_used = excluded.model_used, source = excluded.source, status = excluded.status,
           error_code = excluded.error_code, finish_reason = excluded.finish_reason, parse_step = excluded.parse_step,
           prompt_version = excluded.prompt_version, prompt_sha256 = excluded.prompt_sha256,
           prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens, usage_estimated = excluded.usage_estimated,
           cost_micro_eur = excluded.cost_micro_eur, first_byte_ms = excluded.first_byte_ms, latency_ms = excluded.latency_ms,
           completed_at = excluded.completed_at, cached_tokens = excluded.cached_tokens,
           upstream_request_id = excluded.upstream_request_id where excluded.completed_at is not null
         returning hidden_at is null"
    );
    let written: Option<(bool,)> = tx
        .opt(
            upsert,
            &[
                &entry.id,
                &entry.account,
                &entry.org,
                &entry.kind,
                &entry.model,
                &entry.model_used,
                &entry.source,
                &entry.status,
                &entry.error_code,
                &entry.finish_reason,
                &entry.parse_step,
                &entry.prompt_version,
                &entry.prompt_sha256,
                &entry.streamed,
                &prompt,
                &completion,
                &entry.usage_estimated,
                &entry.cost_micro_eur,
                &entry.first_byte_ms,
                &entry.latency_ms,
                &entry.created_at,
                &entry.completed_at,
                &(entry.usage.cached_tokens as i64),
                &entry.upstream_request_id,
            ],
        )
        .await?;
    if entry.reserved && entry.completed_at.is_some() {
        budgets::store::settle(tx, entry).await?;
    }
    if written.is_some_and(|(shown,)| shown) && entry.completed_at.is_some() {
        let expires = entry.created_at.plus(content_kept(app));
        for (seq, (role, text)) in entry.said.iter().enumerate() {
            let message = id::v7(entry.created_at);
            let sealed = Sealed::seal(&app.keys, &place(message), text)?;
            let insert =
                sql!("insert into ai_messages (id, interaction_id, seq, role, content_sealed, expires_at) values ($1, $2, $3, $4, $5, $6)");
            tx.exec(insert, &[&message.to_string(), &entry.id, &(seq as i64), role, &sealed, &expires]).await?;
        }
    }
    Ok(())
}

/// The calls of an account before this one, the newest first.
pub async fn list(app: &App, account: AccountId, before: (Timestamp, InteractionId), rows: i64) -> Result<Vec<Interaction>> {
    let query = sql!(
        Interaction,
        "select {cols} from ai_interactions where account_id = $1 and hidden_at is null and (created_at, id) < ($2, $3)
         order by created_at desc, id desc limit $4"
    );
    Ok(app.db.all(query, &[&account, &before.0, &before.1, &rows]).await?)
}
/// Later than every call.
pub const NEWEST: (Timestamp, InteractionId) = (Timestamp::from_micros(i64::MAX), InteractionId(id::Uuid::max()));

pub async fn find(app: &App, account: AccountId, id: InteractionId) -> Result<Interaction> {
    let query = sql!(Interaction, "select {cols} from ai_interactions where id = $1 and account_id = $2 and hidden_at is null");
    app.db.opt(query, &[&id, &account]).await?.ok_or_else(|| Error::not_found(id))
}
pub async fn messages(app: &App, id: InteractionId) -> Result<Vec<Message>> {
    let query = sql!("select id, role, content_sealed from ai_messages where interaction_id = $1 and expires_at > $2 order by seq");
    let rows: Vec<(String, String, Sealed<String>)> = app.db.all(query, &[&id, &app.now()]).await?;
    let open = |(message, role, sealed): (String, String, Sealed<String>)| {
        let message = id::parse(&message).map_err(Error::internal)?;
        Ok(Message { role, content: sealed.open(&app.keys, &place(message))? })
    };
    rows.into_iter().map(open).collect()
}

/// Takes a call off its account's list, and what was said out of the store. Whether it was there.
pub async fn hide(tx: &mut Tx, account: AccountId, id: InteractionId) -> Result<bool> {
    let now = tx.now();
    let hide = sql!("update ai_interactions set hidden_at = $3 where id = $1 and account_id = $2 and hidden_at is null");
    let found = tx.exec(hide, &[&id, &account, &now]).await? > 0;
    if found {
        tx.exec(sql!("delete from ai_messages where interaction_id = $1"), &[&id]).await?;
        tx.exec(sql!("delete from coach_answers where id = $1 and account_id = $2"), &[&id, &account]).await?;
    }
    Ok(found)
}
pub async fn hide_all(tx: &mut Tx, account: AccountId) -> Result<()> {
    let now = tx.now();
    let said = sql!("delete from ai_messages where interaction_id in (select id from ai_interactions where account_id = $1)");
    tx.exec(said, &[&account]).await?;
    tx.exec(sql!("delete from coach_answers where account_id = $1"), &[&account]).await?;
    let hide = sql!("update ai_interactions set hidden_at = $2 where account_id = $1 and hidden_at is null");
    tx.exec(hide, &[&account, &now]).await?;
    Ok(())
}

/// Words and rows whose time is over.
pub async fn forget_old(app: &App) -> Result<u64> {
    let (now, mut tx) = (app.now(), app.db.begin().await?);
    let said = sql!("delete from ai_messages where id in (select id from ai_messages where expires_at <= $1 limit $2)");
    let gone = tx.exec(said, &[&now, &BATCH]).await?;
    let rows = sql!("delete from ai_interactions where id in (select id from ai_interactions where created_at <= $1 limit $2)");
    let gone = gone + tx.exec(rows, &[&now.minus(KEPT), &BATCH]).await?;
    tx.commit().await?;
    Ok(gone)
}
/// What a server that died left running. `all` when nobody else can be at work on this store.
pub async fn close_abandoned(app: &App, all: bool) -> Result<u64> {
    let now = app.now();
    let before = if all { now } else { now.minus(LONGEST_CALL) };
    let mut tx = app.db.begin().await?;
    let close = sql!(
        "update ai_interactions set status = 'error', error_code = 'abandoned', completed_at = $2 where status = 'running' and created_at <= $1"
    );
    let closed = tx.exec(close, &[&before, &now]).await?;
    tx.commit().await?;
    Ok(closed)
}

/// The whole history of an account, for whoever takes it along.
pub async fn of_account(app: &App, account: AccountId) -> Result<Vec<(Interaction, Vec<Message>)>> {
    let mut all = vec![];
    for one in list(app, account, NEWEST, 10_000).await? {
        let said = messages(app, one.id).await?;
        all.push((one, said));
    }
    Ok(all)
}
/// The interaction that an answer of the coach is.
pub fn of_answer(id: impl base::id::Id) -> InteractionId {
    InteractionId(id.uuid())
}

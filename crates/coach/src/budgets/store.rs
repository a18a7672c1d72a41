//! Limits and what is left of them, in the store: admitted by conditional updates, settled by whoever deletes the reservation.

use super::model::{Layer, Left, Row, Span, exceeded, in_force};
use crate::history::model::{Entry, InteractionId};
use base::{
    App, Result,
    db::{Db, RawTx},
    id::{AccountId, OrgId},
    retention::BATCH,
    sql,
    time::Timestamp,
};
use std::time::Duration;

/// What a call may use at most.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    pub tokens: i64,
    pub micro_eur: i64,
}
/// Whose call it is.
#[derive(Clone, Copy, Debug)]
pub struct Who {
    pub account: AccountId,
    pub org: Option<OrgId>,
}

/// The limits of the operator and of the caller's organisation that hold for this call.
pub async fn limits_of(db: &Db, who: Who) -> Result<Vec<Row>> {
    let org = who.org.map(|org| org.to_string()).unwrap_or_default();
    let query = sql!(
        Row,
        "select {cols} from ai_limits where layer in ('', $1)
           and (scope = 'instance' or (scope = 'org' and subject = $1) or (scope = 'user' and subject in ($2, '*')))"
    );
    Ok(in_force(db.all(query, &[&org, &who.account]).await?, who.account))
}

/// Holds back what a call may need, of every limit or of none.
pub async fn reserve(app: &App, limits: &[Row], who: Who, id: InteractionId, need: Need, for_long: Duration) -> Result<()> {
    let now = app.now();
    // On its own: it stands even if this call is refused.
    let expired: Vec<(String,)> =
        app.db.all(sql!("select interaction_id from ai_reservations where expires_at <= $1 limit 1"), &[&now]).await?;
    if !expired.is_empty() {
        sweep(app, false).await?;
    }
    let mut tx = app.db.begin().await?;
    for row in limits {
        for span in [Span::Day, Span::Month] {
            if let Some(caps) = row.in_span(span) {
                take(&mut tx, row, span, caps, who, need, now).await?;
                let keep = sql!(
                    "insert into ai_reservations (interaction_id, layer, scope, subject, span, begins_at, tokens, micro_eur, expires_at)
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                );
                let (begins, expires) = (span.begins(now), now.plus(for_long));
                tx.exec(keep, &[&id, &row.layer, &row.scope, &row.subject, &span.name(), &begins, &need.tokens, &need.micro_eur, &expires])
                    .await?;
            }
        }
    }
    Ok(tx.commit().await?)
}
async fn take(tx: &mut RawTx, row: &Row, span: Span, caps: [Option<i64>; 3], who: Who, need: Need, now: Timestamp) -> Result<()> {
    for fresh in [false, true] {
        let update = sql!(
            "update ai_quotas set requests = requests + 1, reserved_tokens = reserved_tokens + $6, reserved_micro_eur = reserved_micro_eur + $7
             where layer = $1 and scope = $2 and subject = $3 and span = $4 and begins_at = $5
               and (cast($8 as bigint) is null or requests < $8)
               and (cast($9 as bigint) is null or tokens + reserved_tokens + $6 <= $9)
               and (cast($10 as bigint) is null or cost_micro_eur + reserved_micro_eur + $7 <= $10)"
        );
        let (begins, [requests, tokens, cost]) = (span.begins(now), caps);
        let key = (&row.layer, &row.scope, &row.subject, span.name());
        let taken =
            tx.exec(update, &[key.0, key.1, key.2, &key.3, &begins, &need.tokens, &need.micro_eur, &requests, &tokens, &cost]).await?;
        if taken > 0 {
            return Ok(());
        }
        if fresh || !begin(tx, row, span, who, now).await? {
            break;
        }
    }
    Err(exceeded(span, now))
}
/// The row of a span, when it is not there yet, with what the history says was spent before there was a limit.
async fn begin(tx: &mut RawTx, row: &Row, span: Span, who: Who, now: Timestamp) -> Result<bool> {
    let begins = span.begins(now);
    let (account, org) = match (row.scope.as_str(), row.layer.as_str()) {
        ("instance", _) => (None, None),
        ("org", _) => (None, who.org),
        (_, "") => (Some(who.account), None),
        _ => (Some(who.account), who.org),
    };
    let (requests, tokens, cost) = spent(tx, account, org, begins).await?;
    let insert = sql!(
        "insert into ai_quotas (layer, scope, subject, span, begins_at, requests, tokens, cost_micro_eur) values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (layer, scope, subject, span, begins_at) do nothing"
    );
    Ok(tx.exec(insert, &[&row.layer, &row.scope, &row.subject, &span.name(), &begins, &requests, &tokens, &cost]).await? > 0)
}
async fn spent(tx: &mut RawTx, account: Option<AccountId>, org: Option<OrgId>, since: Timestamp) -> Result<(i64, i64, i64)> {
    let sum = sql!(
        "select count(*), cast(coalesce(sum(prompt_tokens + completion_tokens), 0) as bigint), cast(coalesce(sum(cost_micro_eur), 0) as bigint)
         from ai_interactions where created_at >= $1 and (source <> 'rules' or completion_tokens + prompt_tokens > 0) and status <> 'running'
           and (cast($2 as text) is null or account_id = $2) and (cast($3 as text) is null or in_org = $3)"
    );
    Ok(tx.one(sum, &[&since, &account, &org]).await?)
}

/// Spends what was used, and gives the rest back: once, by whoever finds the reservation.
pub async fn settle(tx: &mut RawTx, entry: &Entry) -> Result<()> {
    let tokens = (entry.usage.prompt_tokens + entry.usage.completion_tokens) as i64;
    // Where no model was asked, the request does not count either.
    let requests = if entry.asked { 0 } else { -1 };
    let gone =
        sql!("delete from ai_reservations where interaction_id = $1 returning layer, scope, subject, span, begins_at, tokens, micro_eur");
    let held: Vec<Held> = tx.all(gone, &[&entry.id]).await?;
    spend(tx, held, |_| (requests, tokens, entry.cost_micro_eur)).await
}
/// The calls whose server died: what they held back counts as spent, since nobody knows what the provider did.
async fn release(tx: &mut RawTx, now: Timestamp) -> Result<u64> {
    let gone =
        sql!("delete from ai_reservations where expires_at <= $1 returning layer, scope, subject, span, begins_at, tokens, micro_eur");
    let held: Vec<Held> = tx.all(gone, &[&now]).await?;
    let released = held.len() as u64;
    spend(tx, held, |one| (0, one.5, one.6)).await?;
    Ok(released)
}
type Held = (String, String, String, String, Timestamp, i64, i64);
async fn spend(tx: &mut RawTx, mut held: Vec<Held>, used: impl Fn(&Held) -> (i64, i64, i64)) -> Result<()> {
    held.sort();
    for one in held {
        let (requests, tokens, cost) = used(&one);
        let (layer, scope, subject, span, begins, reserved, held_back) = one;
        let update = sql!(
            "update ai_quotas set tokens = tokens + $6, cost_micro_eur = cost_micro_eur + $7, reserved_tokens = reserved_tokens - $8,
               reserved_micro_eur = reserved_micro_eur - $9, requests = requests + $10
             where layer = $1 and scope = $2 and subject = $3 and span = $4 and begins_at = $5"
        );
        tx.exec(update, &[&layer, &scope, &subject, &span, &begins, &tokens, &cost, &reserved, &held_back, &requests]).await?;
    }
    Ok(())
}
/// Gives back what dead servers held; `alone` when nobody else can be at work on this store.
pub async fn sweep(app: &App, alone: bool) -> Result<u64> {
    let until = if alone { Timestamp::from_micros(i64::MAX) } else { app.now() };
    let mut tx = app.db.begin().await?;
    let released = release(&mut tx, until).await?;
    tx.commit().await?;
    Ok(released)
}
/// Counts of spans that nobody asks about any more.
pub async fn forget_old(app: &App) -> Result<u64> {
    const KEPT: Duration = Duration::from_secs(396 * 86_400);
    let mut tx = app.db.begin().await?;
    let old = sql!(
        "delete from ai_quotas where (layer, scope, subject, span, begins_at) in
           (select layer, scope, subject, span, begins_at from ai_quotas where begins_at <= $1 limit $2)"
    );
    let gone = tx.exec(old, &[&app.now().minus(KEPT), &BATCH]).await?;
    tx.commit().await?;
    Ok(gone)
}

pub async fn limits(db: &Db, layer: Layer) -> Result<Vec<Row>> {
    let query = sql!(Row, "select {cols} from ai_limits where layer = $1 order by scope, subject");
    Ok(db.all(query, &[&layer.key()]).await?)
}
pub async fn replace(tx: &mut base::db::Tx, layer: Layer, rows: &[Row]) -> Result<()> {
    let now = tx.now();
    tx.exec(sql!("delete from ai_limits where layer = $1"), &[&layer.key()]).await?;
    for row in rows {
        let insert = sql!(
            "insert into ai_limits (layer, scope, subject, requests_day, tokens_day, cost_month_micro_eur, requests_minute, models, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        );
        let Row { layer, scope, subject, requests_day, tokens_day, cost_month_micro_eur, requests_minute, models } = row;
        tx.exec(insert, &[layer, scope, subject, requests_day, tokens_day, cost_month_micro_eur, requests_minute, models, &now]).await?;
    }
    Ok(())
}

/// What was used: of one account, of an organisation, or of everybody.
pub async fn used(db: &Db, account: Option<AccountId>, org: Option<OrgId>, since: Timestamp) -> Result<(i64, i64, i64, i64)> {
    let sum = sql!(
        "select count(*), cast(coalesce(sum(prompt_tokens), 0) as bigint), cast(coalesce(sum(completion_tokens), 0) as bigint),
           cast(coalesce(sum(cost_micro_eur), 0) as bigint)
         from ai_interactions where created_at >= $1 and (source <> 'rules' or completion_tokens + prompt_tokens > 0) and status <> 'running'
           and (cast($2 as text) is null or account_id = $2) and (cast($3 as text) is null or in_org = $3)"
    );
    Ok(db.one(sum, &[&since, &account, &org]).await?)
}
/// How each limit that holds for somebody stands.
pub async fn left(app: &App, who: Who) -> Result<Vec<Left>> {
    let (now, mut all) = (app.now(), vec![]);
    for row in limits_of(&app.db, who).await? {
        for span in [Span::Day, Span::Month] {
            let Some([requests, tokens, cost]) = row.in_span(span) else { continue };
            let query = sql!(
                "select requests, tokens, cost_micro_eur, reserved_tokens, reserved_micro_eur from ai_quotas
                 where layer = $1 and scope = $2 and subject = $3 and span = $4 and begins_at = $5"
            );
            let key: (&str, Timestamp) = (span.name(), span.begins(now));
            let stands: Option<(i64, i64, i64, i64, i64)> =
                app.db.opt(query, &[&row.layer, &row.scope, &row.subject, &key.0, &key.1]).await?;
            let (asked, used, spent, held, held_cost) = stands.unwrap_or_default();
            all.push(Left {
                scope: row.scope.clone(),
                by_org: !row.layer.is_empty(),
                period: span.name(),
                requests: requests.map(|most| (most - asked).max(0)),
                tokens: tokens.map(|most| (most - used - held).max(0)),
                cost_micro_eur: cost.map(|most| (most - spent - held_cost).max(0)),
                reserved_tokens: held,
                reserved_micro_eur: held_cost,
                resets_at: span.ends(now),
            });
        }
    }
    Ok(all)
}

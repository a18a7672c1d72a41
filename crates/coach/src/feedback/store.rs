//! Followed advice in the store.

use super::model::{Feedback, Open, Row, measurable, milli};
use crate::advice::model::{Answer, AnswerId};
use base::{
    App, Result,
    db::{RawTx, Tx},
    id::AccountId,
    retention::BATCH,
    sql,
};
use std::time::Duration;

/// The items of an answer, so that they can be followed.
pub async fn note(tx: &mut RawTx, app: &App, account: AccountId, answer: &Answer) -> Result<()> {
    for item in &answer.advice {
        let goal = measurable(item, &answer.facts);
        let (metric, unit) = goal.map(|(fact, ..)| (fact.metric, fact.unit)).unzip();
        let distance = goal.and_then(|(fact, ..)| fact.distance_m).map(milli);
        let (baseline, target) = goal.map(|(_, now, goal)| (milli(now), milli(goal))).unzip();
        let (shots, hand) = goal.and_then(|(fact, ..)| fact.about.kind).map(|kind| (i64::from(kind.shots), kind.hand)).unzip();
        let insert = sql!(
            "insert into coach_advice (answer_id, item, account_id, metric, unit, distance, shots, hand, session, baseline, target, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        );
        let (session, now) = (&answer.occasion, app.now());
        tx.exec(insert, &[&answer.id, &item.id, &account, &metric, &unit, &distance, &shots, &hand, session, &baseline, &target, &now])
            .await?;
    }
    Ok(())
}
/// What a session measures of advice that was followed before it.
pub async fn measure(tx: &mut RawTx, app: &App, account: AccountId, answer: &Answer) -> Result<()> {
    let open = sql!(
        Open,
        "select {cols} from coach_advice where account_id = $1 and status = 'followed' and measured is null and metric is not null
         order by created_at desc limit 500"
    );
    let open: Vec<Open> = tx.all(open, &[&account]).await?;
    for one in open {
        let Some(value) = one.measured_by(answer) else { continue };
        let measure = sql!("update coach_advice set measured = $3, measured_at = $4 where answer_id = $1 and item = $2");
        tx.exec(measure, &[&one.answer_id, &one.item, &value, &app.now()]).await?;
    }
    Ok(())
}
/// How many items it was about.
pub async fn give(tx: &mut Tx, account: AccountId, answer: AnswerId, feedback: &Feedback) -> Result<u64> {
    let now = tx.now();
    let update = sql!(
        "update coach_advice set status = $4, useful = $5, answered_at = $6, measured = null, measured_at = null
         where answer_id = $1 and account_id = $2 and (cast($3 as text) is null or item = $3)"
    );
    Ok(tx.exec(update, &[&answer, &account, &feedback.item, &feedback.status.name(), &feedback.useful, &now]).await?)
}
pub async fn of_answer(app: &App, account: AccountId, answer: AnswerId) -> Result<Vec<Row>> {
    let query = sql!(Row, "select {cols} from coach_advice where answer_id = $1 and account_id = $2 order by item");
    Ok(app.db.all(query, &[&answer, &account]).await?)
}
/// The last advice with a goal that somebody said something of, the newest first.
pub async fn answered(app: &App, account: AccountId, most: i64) -> Result<Vec<Row>> {
    let query = sql!(
        Row,
        "select {cols} from coach_advice where account_id = $1 and status <> 'open' and metric is not null order by created_at desc, item limit $2"
    );
    Ok(app.db.all(query, &[&account, &most]).await?)
}
pub async fn of_account(app: &App, account: AccountId) -> Result<Vec<Row>> {
    let query = sql!(Row, "select {cols} from coach_advice where account_id = $1 order by created_at desc, item limit 10000");
    Ok(app.db.all(query, &[&account]).await?)
}
/// What is older than the rows of the history.
pub async fn forget_old(app: &App) -> Result<u64> {
    const KEPT: Duration = Duration::from_secs(396 * 86_400);
    let mut tx = app.db.begin().await?;
    let old = sql!(
        "delete from coach_advice where (answer_id, item) in (select answer_id, item from coach_advice where created_at <= $1 limit $2)"
    );
    let gone = tx.exec(old, &[&app.now().minus(KEPT), &BATCH]).await?;
    tx.commit().await?;
    Ok(gone)
}

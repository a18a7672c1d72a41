//! One reminder, when half of an invitation's life is over and nobody has answered.

use super::{
    model::{State, Token},
    store, url,
};
use crate::{
    assignments,
    letters::{self, News},
};
use base::{
    App, Error, Result,
    db::{Actor, OrgTx},
    jobs::Job,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub const JOB: &str = "planning.remind";

/// The outbox keeps it sealed: it holds the link.
#[derive(Serialize, Deserialize)]
struct Reminder {
    token: String,
    /// Where the invitation went, when that was not the person's own address.
    to: Option<String>,
}

/// Leaves the reminder of an invitation that was just sent.
pub async fn later(tx: &mut OrgTx, token: &Token, expires_at: Timestamp, to: Option<String>) -> Result<()> {
    let mut job = Job::new(JOB, Reminder { token: token.text(), to })?;
    job.not_before = Some(tx.now().plus(expires_at.since(tx.now()) / 2));
    tx.job(&job).await
}

/// What is gone, answered, replaced or over needs no reminder.
pub async fn remind(app: App, payload: Value) -> Result<()> {
    let Reminder { token: text, to } = serde_json::from_value(payload).map_err(Error::internal)?;
    let token = Token::read(&text).ok_or_else(|| Error::internal("a reminder without a token"))?;
    let mut tx = app.begin_org(token.org, Actor::default()).await?;
    let assignment = match store::find(&mut tx, token.id).await {
        Err(e) if e.code() == "not_found" => return Ok(()),
        found => found?.assignment_id,
    };
    let held = assignments::hold(&mut tx, assignment).await?;
    let open = store::find(&mut tx, token.id).await?.state(tx.now()) == State::Open;
    let awaited = held.mission.published_at.is_some() && held.mission.cancelled_at.is_none() && tx.now() < held.row.start_at;
    if open && awaited && store::reminded(&mut tx, token.id).await? {
        letters::ask(&mut tx, &held.row, to, News::Reminder, &url(&app, &token)).await?;
    }
    tx.commit().await
}

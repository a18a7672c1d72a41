//! What somebody asks for by naming an address. It is answered by mail alone and done by a job: whoever asks learns
//! neither from the answer nor from the time it took whether the address has an account.

use crate::{
    accounts::{
        model::Pending,
        store::{self as accounts, Row as Account},
    },
    notices::{self, Notice},
    one_time::{self, Kind},
};
use base::{
    App, Error, Result,
    audit::Entry,
    crypto::Secret,
    db::{Actor, Tx},
    id::Id as _,
    jobs::Job,
    limits::Rule,
};
use serde::{Deserialize, Serialize};
use std::{net::IpAddr, time::Duration};

pub const JOB: &str = "account.asked";
/// Mails that one network address may cause.
const FROM_ONE_PLACE: Rule = Rule::per(10, Duration::from_secs(3_600));

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Asked {
    /// A new password.
    Reset { email: String },
    /// A link that signs in.
    Magic { email: String },
    /// An account.
    SignUp(Pending),
}

/// So many mails to one address and from one place, and no more.
pub async fn may_ask(app: &App, what: &'static str, rule: Rule, email: &str, client: IpAddr) -> Result<()> {
    app.limits.take(what, rule, email, app.now()).await?;
    app.limit_address("mails", FROM_ONE_PLACE, client).await
}
pub async fn ask(tx: &mut Tx, asked: &Asked) -> Result<()> {
    tx.job(&Job::new(JOB, asked)?).await
}
/// Does the job.
pub async fn answer(app: App, payload: serde_json::Value) -> Result<()> {
    let asked = serde_json::from_value(payload).map_err(Error::internal)?;
    let mut tx = app.begin(Actor::default()).await?;
    match asked {
        Asked::Reset { email } => drop(reset(&mut tx, &email).await?),
        Asked::Magic { email } => magic(&mut tx, &email).await?,
        Asked::SignUp(pending) => sign_up(&mut tx, pending).await?,
    }
    tx.commit().await
}

async fn somebody(app: &App, email: &str) -> Result<Option<Account>> {
    Ok(accounts::by_email(app, email).await?.filter(Account::active))
}
/// The token of a mail that says how to set a new password; none for an address that nobody has.
pub async fn reset(tx: &mut Tx, email: &str) -> Result<Option<Secret>> {
    let Some(account) = somebody(tx.app(), email).await? else { return Ok(None) };
    let token = one_time::make(tx, Kind::Reset, Some(account.id), &()).await?;
    notices::tell(tx, &account, Notice::Reset { token: &token }).await?;
    tx.audit(Entry { action: "password.reset_asked", subject: Some(account.id.uuid()), details: None }).await?;
    Ok(Some(token))
}
async fn magic(tx: &mut Tx, email: &str) -> Result<()> {
    let Some(account) = somebody(tx.app(), email).await? else { return Ok(()) };
    let token = one_time::make(tx, Kind::Magic, Some(account.id), &()).await?;
    notices::tell(tx, &account, Notice::Magic { token: &token }).await?;
    tx.audit(Entry { action: "magic_link.asked", subject: Some(account.id.uuid()), details: None }).await
}
/// Whoever has an account is told so; nobody else ever is.
async fn sign_up(tx: &mut Tx, pending: Pending) -> Result<()> {
    if accounts::by_email(tx.app(), &pending.email).await?.is_some() {
        return notices::write(tx, pending.email, Notice::AlreadyHere).await;
    }
    let token = one_time::make(tx, Kind::SignUp, None, &pending).await?;
    notices::write(tx, pending.email, Notice::SignUp { token: &token }).await
}

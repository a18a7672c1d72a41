//! What was used, and what may be.

use super::{
    model::{Layer, Limit, Limits, Span, Used},
    store,
};
use crate::history::Ledger;
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{Caller, Principal, Role, Scope, grant::AiUse},
    http::{Answer, Json, Query},
    say,
};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// `day` or `month` (the one that runs, UTC); `month` when left out
    period: Option<String>,
    /// `me`, `org` (its administrators) or `instance` (operators); `me` when left out
    scope: Option<String>,
}

fn not_yours() -> Error {
    let say = say!(
        "Only an organisation’s administrators and the operator may do this.",
        "Seuls les administrateurs d’une organisation et l’exploitant peuvent le faire."
    );
    Error::forbidden("role_too_low", say)
}
/// The operator's layer for who administers the instance, their organisation's for its administrators.
fn layer(caller: &Principal) -> Result<Layer> {
    if caller.scopes.contains(Scope::AdminWrite) {
        return Ok(Layer::Operator);
    }
    caller.org.filter(|_| caller.role.is_some_and(|role| role >= Role::Admin)).map(Layer::Org).ok_or_else(not_yours)
}

/// What was used of models, and what is left of every limit that holds for you.
#[utoipa::path(get, path = "/ai/usage", operation_id = "read_ai_usage", tag = "ai", params(Asked), responses(
    (status = 200, description = "The usage", body = Used)))]
pub async fn usage(app: App, caller: Caller<AiUse>, Query(asked): Query<Asked>) -> Result<Answer> {
    let period = asked.period.as_deref().unwrap_or("month");
    let span =
        Span::named(period).ok_or_else(|| Error::field("period", "unknown_period", say!("Use day or month.", "Utilisez day ou month.")))?;
    let (account, org) = match asked.scope.as_deref().unwrap_or("me") {
        "me" => (Some(caller.account), None),
        "org" => (None, Some(caller.org.filter(|_| caller.role.is_some_and(|role| role >= Role::Admin)).ok_or_else(not_yours)?)),
        "instance" if caller.scopes.contains(Scope::AdminRead) => (None, None),
        "instance" => return Err(not_yours()),
        _ => return Err(Error::field("scope", "unknown_scope", say!("Use me, org or instance.", "Utilisez me, org ou instance."))),
    };
    Ledger::of(&app).flush().await;
    let begins_at = span.begins(app.now());
    let (requests, prompt_tokens, completion_tokens, cost_micro_eur) = store::used(&app.db, account, org, begins_at).await?;
    let limits = store::left(&app, store::Who { account: caller.account, org: caller.org }).await?;
    let period = span.name();
    let ends_at = span.ends(app.now());
    Answer::ok(&Used { period, begins_at, ends_at, requests, prompt_tokens, completion_tokens, cost_micro_eur, limits })
}

/// The limits that you may set: the operator's, or your organisation's own.
#[utoipa::path(get, path = "/admin/ai/limits", operation_id = "read_ai_limits", tag = "ai", responses(
    (status = 200, description = "The limits", body = Limits)))]
pub async fn limits(app: App, caller: Caller<AiUse>) -> Result<Answer> {
    let rows = store::limits(&app.db, layer(&caller)?).await?;
    Answer::tagged(&Limits { limits: rows.into_iter().map(Limit::from).collect() })
}
/// Replaces them, all at once. They hold from the next call on.
#[utoipa::path(put, path = "/admin/ai/limits", operation_id = "set_ai_limits", tag = "ai", request_body = Limits, responses(
    (status = 200, description = "The limits", body = Limits)))]
pub async fn set_limits(app: App, caller: Caller<AiUse>, Json(limits): Json<Limits>) -> Result<Answer> {
    let layer = layer(&caller)?;
    caller.in_person()?;
    let rows = limits.read(layer)?;
    let mut tx = app.begin(caller.actor.clone()).await?;
    store::replace(&mut tx, layer, &rows).await?;
    let entry = Entry { action: "ai.limits_set", ..Entry::default() };
    match layer {
        Layer::Operator => tx.audit(entry).await?,
        Layer::Org(org) => tx.audit_in(org, entry).await?,
    }
    tx.commit().await?;
    Answer::ok(&Limits { limits: rows.into_iter().map(Limit::from).collect() })
}

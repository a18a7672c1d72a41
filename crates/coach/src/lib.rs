//! The coach: facts first, then advice that is tied to them; a model may find the words, never the figures.

pub mod advice;
pub mod budgets;
pub mod calls;
mod check;
pub mod completions;
pub mod consent;
pub mod disciplines;
pub mod evaluation;
pub mod feedback;
pub mod history;
mod meter;
pub mod prompts;
pub mod provider;
pub mod voice;

use base::{App, Error, Result, id::AccountId};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;

/// Under `/api/v1`.
pub fn router() -> OpenApiRouter<App> {
    advice::router()
        .merge(completions::router())
        .merge(history::router())
        .merge(budgets::router())
        .merge(consent::router())
        .merge(prompts::router())
        .merge(check::router())
        .merge(feedback::router())
}
/// At the root, where the published mobile app looks for them.
pub fn root() -> OpenApiRouter<App> {
    advice::root().merge(completions::root())
}

/// What a server does with what one before it left unfinished; `alone` when nobody else can be at work on this store.
pub async fn sweep(app: &App, alone: bool) -> Result<u64> {
    Ok(budgets::store::sweep(app, alone).await? + history::store::close_abandoned(app, alone).await?)
}
/// Until what was said so far is written down: before the store is closed.
pub async fn flush(app: &App) {
    history::Ledger::of(app).flush().await;
}

/// What the coach holds of an account, for whoever takes it along.
pub async fn held(app: App, account: AccountId) -> Result<serde_json::Value> {
    let answers = advice::store::of_account(&app, account).await?;
    let calls: Vec<_> = history::store::of_account(&app, account)
        .await?
        .into_iter()
        .map(|(call, messages)| json!({"call": call, "messages": messages}))
        .collect();
    let answers = serde_json::to_value(answers).map_err(Error::internal)?;
    let followed = feedback::store::of_account(&app, account).await?.into_iter().map(feedback::model::Followed::from);
    let followed = serde_json::to_value(followed.collect::<Vec<_>>()).map_err(Error::internal)?;
    Ok(json!({"answers": answers, "interactions": calls, "followed": followed}))
}

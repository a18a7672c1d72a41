//! The coach: facts first, then advice that is tied to them; a model may find the words, never the figures.

pub mod advice;
pub mod completions;
pub mod disciplines;
pub mod provider;
pub mod voice;

use base::{App, Error, Result, id::AccountId};
use utoipa_axum::router::OpenApiRouter;

/// Under `/api/v1`.
pub fn router() -> OpenApiRouter<App> {
    advice::router().merge(completions::router())
}
/// At the root, where the published mobile app looks for them.
pub fn root() -> OpenApiRouter<App> {
    advice::root().merge(completions::root())
}

/// What the coach holds of an account, for whoever takes it along.
pub async fn held(app: App, account: AccountId) -> Result<serde_json::Value> {
    let answers = advice::store::of_account(&app, account).await?;
    serde_json::to_value(answers).map(|answers| serde_json::json!({"answers": answers})).map_err(Error::internal)
}

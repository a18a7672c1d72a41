//! One's own history: list, read, take off the list; and end a call that runs.

use super::{
    Ledger,
    model::{Interaction, InteractionId, Whole},
    store,
};
use crate::advice;
use base::{
    App, Error, Result,
    auth::{
        Caller,
        grant::{AiUse, UserRead, UserWrite},
    },
    http::{Answer, List, NoFilter, Path},
    id::AccountId,
    say,
};
use std::time::Duration;

async fn page(app: &App, account: AccountId, list: List<NoFilter>) -> Result<Answer> {
    Ledger::of(app).flush().await;
    let before = list.after()?.unwrap_or(store::NEWEST);
    list.page(store::list(app, account, before, list.rows()).await?, |one| (one.created_at, one.id))?.answer(None)
}
async fn hide_all(app: &App, caller: &base::auth::Principal) -> Result<Answer> {
    Ledger::of(app).flush().await;
    let mut tx = app.begin(caller.actor.clone()).await?;
    store::hide_all(&mut tx, caller.account).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// What you asked of models and of the coach, the newest first.
#[utoipa::path(get, path = "/ai/interactions", operation_id = "list_interactions", tag = "ai", responses(
    (status = 200, description = "The calls", body = Vec<Interaction>)))]
pub async fn list(app: App, caller: Caller<AiUse>, list: List<NoFilter>) -> Result<Answer> {
    page(&app, caller.account, list).await
}
/// What you asked of models and of the coach, the newest first.
#[utoipa::path(get, path = "/me/ai/interactions", operation_id = "list_my_interactions", tag = "ai", responses(
    (status = 200, description = "The calls", body = Vec<Interaction>)))]
pub async fn my_list(app: App, caller: Caller<UserRead>, list: List<NoFilter>) -> Result<Answer> {
    page(&app, caller.account, list).await
}
/// Forgets everything you asked and were answered.
#[utoipa::path(delete, path = "/ai/interactions", operation_id = "delete_interactions", tag = "ai", responses(
    (status = 204, description = "It is forgotten; what it cost still counts")))]
pub async fn forget_all(app: App, caller: Caller<AiUse>) -> Result<Answer> {
    hide_all(&app, &caller).await
}
/// Forgets everything you asked and were answered.
#[utoipa::path(delete, path = "/me/ai/interactions", operation_id = "delete_my_interactions", tag = "ai", responses(
    (status = 204, description = "It is forgotten; what it cost still counts")))]
pub async fn forget_mine(app: App, caller: Caller<UserWrite>) -> Result<Answer> {
    hide_all(&app, &caller).await
}

/// One call, with what was said for as long as that is kept.
#[utoipa::path(get, path = "/ai/interactions/{id}", operation_id = "read_interaction", tag = "ai",
    params(("id" = InteractionId, Path, description = "The call")), responses((status = 200, description = "The call", body = Whole)))]
pub async fn read(app: App, caller: Caller<AiUse>, Path(id): Path<InteractionId>) -> Result<Answer> {
    Ledger::of(&app).flush().await;
    let interaction = store::find(&app, caller.account, id).await?;
    let answer = advice::store::find(&app, advice::model::AnswerId(id.0), caller.account).await?;
    let answer = answer.map(|text| serde_json::from_str(&text)).transpose().map_err(Error::internal)?;
    Answer::tagged(&Whole { messages: store::messages(&app, id).await?, interaction, answer })
}
/// Forgets one call.
#[utoipa::path(delete, path = "/ai/interactions/{id}", operation_id = "delete_interaction", tag = "ai",
    params(("id" = InteractionId, Path, description = "The call")), responses((status = 204, description = "It is forgotten")))]
pub async fn forget(app: App, caller: Caller<AiUse>, Path(id): Path<InteractionId>) -> Result<Answer> {
    Ledger::of(&app).flush().await;
    let mut tx = app.begin(caller.actor.clone()).await?;
    if !store::hide(&mut tx, caller.account, id).await? {
        return Err(Error::not_found(id));
    }
    tx.commit().await?;
    Ok(Answer::empty())
}
/// Ends a call of yours that runs, here or on another replica: its stream stops, and the provider is left.
#[utoipa::path(post, path = "/ai/interactions/{id}/~cancel", operation_id = "cancel_interaction", tag = "ai",
    params(("id" = InteractionId, Path, description = "The call")), responses((status = 204, description = "It is told to stop")))]
pub async fn cancel(app: App, caller: Caller<AiUse>, Path(id): Path<InteractionId>) -> Result<Answer> {
    if app.stops.stop(id.0, caller.account) {
        return Ok(Answer::empty());
    }
    Ledger::of(&app).flush().await;
    let runs = store::find(&app, caller.account, id).await?.status == "running";
    if runs && app.stop_elsewhere(id.0, caller.account) {
        return Ok(Answer::empty());
    }
    if runs && app.settings.redis_url.is_some() {
        let say = say!(
            "The server where this call runs cannot be reached at the moment. Try again.",
            "Le serveur où cet appel est en cours est injoignable pour l’instant. Réessayez."
        );
        return Err(Error::unavailable("replica_unreachable", Duration::from_secs(2), say));
    }
    let say = say!("This call does not run any more.", "Cet appel n’est plus en cours.");
    Err(Error::conflict("not_running", say))
}

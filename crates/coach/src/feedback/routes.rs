//! Say what became of advice, and read what was measured.

use super::{
    model::{Feedback, Followed},
    store,
};
use crate::advice::model::AnswerId;
use base::{
    App, Error, Result,
    auth::{Caller, grant::AiUse},
    http::{Answer, Json, Path},
};

async fn shown(app: &App, caller: &Caller<AiUse>, id: AnswerId) -> Result<Answer> {
    let rows = store::of_answer(app, caller.account, id).await?;
    if rows.is_empty() {
        return Err(Error::not_found(id));
    }
    Answer::ok(&rows.into_iter().map(Followed::from).collect::<Vec<_>>())
}

/// Says what became of the advice of an answer: of all its items, or of one.
#[utoipa::path(post, path = "/coach/advice/{id}/feedback", operation_id = "give_feedback", tag = "coach", request_body = Feedback,
    params(("id" = AnswerId, Path, description = "The answer")),
    responses((status = 200, description = "The items, and how they went", body = Vec<Followed>)))]
pub async fn give(app: App, caller: Caller<AiUse>, Path(id): Path<AnswerId>, Json(feedback): Json<Feedback>) -> Result<Answer> {
    let mut tx = app.begin(caller.actor.clone()).await?;
    if store::give(&mut tx, caller.account, id, &feedback).await? == 0 {
        return Err(Error::not_found(id));
    }
    tx.commit().await?;
    shown(&app, &caller, id).await
}
/// How the items of an answer went.
#[utoipa::path(get, path = "/coach/advice/{id}/feedback", operation_id = "read_feedback", tag = "coach",
    params(("id" = AnswerId, Path, description = "The answer")),
    responses((status = 200, description = "The items", body = Vec<Followed>)))]
pub async fn read(app: App, caller: Caller<AiUse>, Path(id): Path<AnswerId>) -> Result<Answer> {
    shown(&app, &caller, id).await
}

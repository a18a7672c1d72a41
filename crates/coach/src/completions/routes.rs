//! Ask a model: one prompt, a conversation, whole or streamed; and which models there are.

use super::model::{Card, Chat, Completed, Models, Prompt};
use crate::{
    budgets::model::Price,
    calls::{CANCELLED, Call, cancelled},
    provider::{self, Completion, Fault, Provider, Question},
};
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base::{
    App, Error, Result,
    auth::{Caller, grant::AiUse},
    http::{Answer, Context, Json},
};
use std::{sync::Arc, time::Instant};

/// One of the account's turns: taken only once the question is good, so that a mistake costs nothing.
async fn turn(app: &App, caller: &Caller<AiUse>) -> Result<()> {
    app.limits.take("ai", app.settings.ai_limit, &caller.account.to_string(), app.now()).await
}
/// Whoever may not ask is told before it costs a turn, and whoever has no turn before it costs a budget.
async fn admitted(app: &App, caller: &Caller<AiUse>, provider: &Provider, question: &mut Question, stream: bool) -> Result<Call> {
    if !provider.is_configured() {
        return Err(Fault::NotConfigured.into());
    }
    turn(app, caller).await?;
    Call::chat(app, caller, question, stream).await
}
/// The way to a call's row in the history, on its answer.
const INTERACTION: HeaderName = HeaderName::from_static("x-interaction-id");

async fn streamed(app: App, provider: Arc<Provider>, question: Question, call: Call, context: &Context) -> Result<Response> {
    let id = call.id().map(|id| id.to_string()).unwrap_or_default();
    let body = provider::stream(provider, app, question, call, context.request_id.to_string()).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
        (INTERACTION, HeaderValue::try_from(id).map_err(Error::internal)?),
    ];
    Ok((headers, body).into_response())
}
/// A whole answer, unless its owner ends it before it comes.
async fn whole(app: &App, provider: &Provider, question: &Question, mut call: Call) -> Result<Completion> {
    let asked = Instant::now();
    let done = tokio::select! {
        biased;
        () = call.stopped() => {
            call.failed(CANCELLED);
            return Err(cancelled());
        }
        done = provider.complete(app, question) => done,
    };
    call.waits(asked.elapsed());
    match done {
        Ok(done) => {
            call.brought(&done);
            Ok(done)
        }
        Err(fault) => {
            call.failed(fault.name());
            Err(fault.into())
        }
    }
}

/// A completion of one prompt.
#[utoipa::path(post, path = "/ai/completions", operation_id = "complete", tag = "ai", request_body = Prompt, responses(
    (status = 200, description = "What the model wrote", body = Completed),
    (status = 502, description = "The provider failed"), (status = 504, description = "The provider took too long")))]
pub async fn complete(app: App, caller: Caller<AiUse>, context: Context, Json(prompt): Json<Prompt>) -> Result<Response> {
    let (provider, stream) = (Provider::of(&app), prompt.stream == Some(true));
    let mut question = prompt.question(&provider, app.settings.ai_prompt_max_chars)?;
    let call = admitted(&app, &caller, &provider, &mut question, stream).await?;
    if stream {
        return streamed(app, provider, question, call, &context).await;
    }
    let id = call.id().map(|id| id.to_string()).unwrap_or_default();
    let done = whole(&app, &provider, &question, call).await?;
    let answer = Completed { completion: done.text, id: done.id, model: done.model, usage: done.usage, source: "ai" };
    Ok(Answer::ok(&answer)?.with(INTERACTION, id)?.into_response())
}

/// The next message of a conversation, in OpenAI's shape.
#[utoipa::path(post, path = "/ai/chat/completions", operation_id = "chat", tag = "ai", request_body = Chat, responses(
    (status = 200, description = "The provider's answer as it came, whole or as events", body = serde_json::Value),
    (status = 502, description = "The provider failed"), (status = 504, description = "The provider took too long")))]
pub async fn chat(app: App, caller: Caller<AiUse>, context: Context, Json(chat): Json<Chat>) -> Result<Response> {
    let (provider, stream) = (Provider::of(&app), chat.stream == Some(true));
    let mut question = chat.question(&provider, app.settings.ai_prompt_max_chars)?;
    let call = admitted(&app, &caller, &provider, &mut question, stream).await?;
    if stream {
        return streamed(app, provider, question, call, &context).await;
    }
    let id = call.id().map(|id| id.to_string()).unwrap_or_default();
    let done = whole(&app, &provider, &question, call).await?;
    Ok(Answer::bytes(StatusCode::OK, HeaderValue::from_static("application/json"), done.bytes).with(INTERACTION, id)?.into_response())
}

/// The models that may be asked, the usual one first.
#[utoipa::path(get, path = "/ai/models", operation_id = "list_models", tag = "ai", responses(
    (status = 200, description = "The models", body = Models)))]
pub async fn models(app: App, _: Caller<AiUse>) -> Result<Answer> {
    let provider = Provider::of(&app);
    let card = |id: &String| {
        let state = match () {
            () if !provider.is_configured() => "not_configured",
            () if provider.is_resting(&app, id) => "resting",
            () => "ready",
        };
        Card {
            id: id.clone(),
            object: "model",
            created: 0,
            owned_by: "provider",
            state,
            price: Price::of(&app.settings, id).map(Into::into),
        }
    };
    Answer::ok(&Models { object: "list", data: provider.models().iter().map(card).collect() })
}

//! Ask the coach, read an answer again, and who it can speak as.

use super::{
    by_model::Coach,
    model::{self, Analysis, AnalyzeSession, AnswerId, Ask, Engine, Item},
    store,
};
use crate::{
    calls::Call,
    disciplines::shooting::Input,
    history::{self, Ledger, model::Entry},
    provider::Provider,
    voice::{Offered, Persona, Voice},
};
use axum::http::{HeaderValue, StatusCode, header};
use base::{
    App, Error, Result,
    auth::{Anyone, Caller, grant::AiUse},
    http::{Answer, Context, Json, Path},
    id, say,
    say::Lang,
};

fn voice(persona: Persona, locale: Option<&str>, context: &Context) -> Result<Voice> {
    let lang = match locale {
        None => context.lang,
        Some(tag) if tag.starts_with("fr") => Lang::Fr,
        Some(tag) if tag.starts_with("en") => Lang::En,
        Some(_) => return Err(Error::field("locale", "unknown_locale", say!("Use fr or en.", "Utilisez fr ou en."))),
    };
    Ok(Voice { lang, persona })
}
/// One of the account's turns: taken only once the question is good, so that a mistake costs nothing.
async fn turn(app: &App, caller: &Caller<AiUse>) -> Result<()> {
    app.limits.take("coach", app.settings.coach_limit, &caller.account.to_string(), app.now()).await
}
async fn answer(app: &App, caller: &Caller<AiUse>, input: &Input, voice: Voice, most: usize, engine: Engine) -> Result<model::Answer> {
    let session = input.read()?;
    turn(app, caller).await?;
    let (id, coach) = (AnswerId(id::v4()), Coach { provider: Provider::of(app), voice, most });
    let asked = Some(coach.provider.models()[0].as_str()).filter(|_| engine != Engine::Rules && coach.provider.is_configured());
    let call = Call::coach(app, caller, id.0, asked);
    let (answer, fault) = match engine {
        Engine::Rules => (model::by_rules(id, &session, voice, most, app.now()), None),
        Engine::Auto | Engine::Ai => coach.answer(app, &session, id).await,
    };
    if let Some(fault) = fault.filter(|_| engine == Engine::Ai) {
        call.failed(fault.name());
        return Err(fault.into());
    }
    let entry = call.answered(answer.ai.degraded_reason, |entry| {
        (entry.source, entry.model_used, entry.parse_step) = (answer.source, Some(answer.model.clone()), answer.parse);
        (entry.usage, entry.prompt_version) = (answer.usage, answer.prompt_version.map(str::to_owned));
        if answer.source == "rules" {
            entry.status = "ok";
        }
    });
    // An answer that cannot be written down is an answer all the same.
    if let Err(error) = remember(app, caller, &answer, entry).await {
        tracing::warn!(%error, "an answer of the coach was not written down");
        Ledger::of(app).lost(1);
    }
    Ok(answer)
}
async fn remember(app: &App, caller: &Caller<AiUse>, answer: &model::Answer, entry: Option<Entry>) -> Result<()> {
    let content = serde_json::to_string(answer).map_err(Error::internal)?;
    let mut tx = app.db.begin().await?;
    store::keep(&mut tx, app, answer.id, caller.account, &content).await?;
    if let Some(entry) = entry {
        history::store::keep(&mut tx, app, &entry).await?;
    }
    Ok(tx.commit().await?)
}

/// Advice on a session, best first.
#[utoipa::path(post, path = "/coach/advice", operation_id = "coach_advice", tag = "coach", request_body = Ask, responses(
    (status = 200, description = "The advice; `Location` is the whole answer with its facts", body = Vec<Item>),
    (status = 502, description = "`engine` was `ai`, and the provider failed"),
    (status = 504, description = "`engine` was `ai`, and the provider took too long")))]
pub async fn advice(app: App, caller: Caller<AiUse>, context: Context, Json(ask): Json<Ask>) -> Result<Answer> {
    ask.check()?;
    let (most, persona) = (ask.items()?, Persona::named(ask.persona.as_deref())?);
    let voice = voice(persona, ask.locale.as_deref(), &context)?;
    let answer = answer(&app, &caller, &ask.session.unwrap_or_default(), voice, most, ask.engine).await?;
    Answer::ok(&answer.advice)?.with(header::LOCATION, format!("/api/v1/coach/advice/{}", answer.id))
}
/// An answer again, whole.
#[utoipa::path(get, path = "/coach/advice/{id}", operation_id = "read_advice", tag = "coach",
    params(("id" = AnswerId, Path, description = "The answer")), responses((status = 200, description = "The answer", body = model::Answer)))]
pub async fn read(app: App, caller: Caller<AiUse>, Path(id): Path<AnswerId>) -> Result<Answer> {
    let content = store::find(&app, id, caller.account).await?.ok_or_else(|| Error::not_found(id))?;
    Ok(Answer::bytes(StatusCode::OK, HeaderValue::from_static("application/json"), content.into()))
}

/// Analyses a session for the published app: Markdown, with the facts and the advice behind it.
#[utoipa::path(post, path = "/coach/analyze-session", operation_id = "analyze_session", tag = "coach", request_body = AnalyzeSession,
    responses((status = 200, description = "The analysis", body = Analysis)))]
pub async fn analyze_session(app: App, caller: Caller<AiUse>, context: Context, Json(ask): Json<AnalyzeSession>) -> Result<Answer> {
    let persona = Persona::named(ask.prompt_variant.as_deref())?;
    // The published app says no language, and its users read French.
    let voice = voice(persona, ask.locale.as_deref().or(Some("fr")), &context)?;
    let answer = answer(&app, &caller, &ask.session, voice, 4, Engine::Auto).await?;
    let analysis = model::markdown(&answer, voice);
    Answer::ok(&Analysis { analysis, interaction_id: answer.id, answer })
}

/// Who the coach can speak as.
#[utoipa::path(get, path = "/coach/personas", operation_id = "list_personas", tag = "coach", responses(
    (status = 200, description = "The personas", body = Vec<Offered>)))]
pub async fn personas(_: Anyone) -> Result<Answer> {
    Answer::ok(&Persona::ALL.map(Persona::offered))
}

//! Ask the coach, read an answer again, and who it can speak as.

use super::{
    by_model::{Coach, MOST_ROOM},
    model::{self, Ai, Analysis, AnalyzeSession, AnswerId, Ask, Engine, Item},
    prompt::Prompt,
    store,
};
use crate::{
    calls::Call,
    consent::{Standing, refused},
    disciplines::{Look, shooting},
    history::{self, Ledger, model::Entry},
    provider::{Fault, Provider},
    voice::{Offered, Persona, Voice},
};
use axum::http::{HeaderValue, StatusCode, header};
use base::{
    App, Error, Result,
    auth::{Anyone, Caller, Principal, grant::AiUse},
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
async fn turn(app: &App, caller: &Principal) -> Result<()> {
    app.limits.take("coach", app.settings.coach_limit, &caller.account.to_string(), app.now()).await
}
/// What is wanted of an answer.
struct Wanted {
    voice: Voice,
    most: usize,
    engine: Engine,
}
async fn answer(app: &App, caller: &Principal, look: Look, wanted: Wanted) -> Result<model::Answer> {
    let Wanted { voice, most, engine } = wanted;
    turn(app, caller).await?;
    let (id, coach) = (AnswerId(id::v4()), Coach { provider: Provider::of(app), most });
    let standing = Standing::of(app, caller.account, caller.org).await?;
    let prompt = Prompt::new(&look, voice, standing.send_notes);
    let mut refusal = match engine {
        Engine::Rules => Some("not_wanted"),
        _ if !coach.provider.is_configured() => Some("not_configured"),
        _ if look.facts.all().is_empty() => Some("no_figures"),
        _ => standing.refusal(),
    };
    let model = Some(coach.provider.models()[0].as_str()).filter(|_| refusal.is_none());
    let mut call = Call::coach(app, caller, id.0, model);
    if refusal.is_none() {
        match call.admit(caller, prompt.estimated_tokens(), MOST_ROOM).await {
            Err(error) if engine == Engine::Ai || error.code() != "budget_exceeded" => {
                call.failed(error.code());
                return Err(error);
            }
            refused => refusal = refused.err().map(|error| error.code()),
        }
    }
    let (answer, fault) = match refusal {
        Some(why) => (model::by_rules(id, look, most, app.now(), Ai::without(why)), None),
        None => coach.answer(app, look, &prompt, id).await,
    };
    if engine == Engine::Ai {
        let error = match refusal {
            Some("not_configured") => Some(Fault::NotConfigured.into()),
            Some(code @ ("consent_required" | "ai_disabled_by_org")) => Some(refused(code)),
            _ => fault.map(Error::from),
        };
        if let Some(error) = error {
            call.used(answer.usage);
            call.failed(error.code());
            return Err(error);
        }
    }
    let entry = call.answered(answer.ai.degraded_reason, |entry| {
        (entry.source, entry.model_used, entry.parse_step) = (answer.source, Some(answer.model.clone()), answer.parse);
        (entry.usage, entry.prompt_version) = (answer.usage, answer.prompt_version.map(str::to_owned));
        if answer.source == "rules" {
            (entry.status, entry.asked) = ("ok", refusal.is_none());
        }
    });
    remember(app, caller, &answer, entry, standing.store_content).await;
    Ok(answer)
}
/// An answer that cannot be written down is an answer all the same.
async fn remember(app: &App, caller: &Principal, answer: &model::Answer, entry: Option<Entry>, keeps: bool) {
    if let Err(error) = written(app, caller, answer, entry.as_ref(), keeps).await {
        tracing::warn!(%error, "an answer of the coach was not written down");
        // What was held back for it must come back, as soon as the store can be written to.
        match entry {
            Some(entry) => Ledger::of(app).note(app, entry),
            None => Ledger::of(app).lost(1),
        }
    }
}
async fn written(app: &App, caller: &Principal, answer: &model::Answer, entry: Option<&Entry>, keeps: bool) -> Result<()> {
    let content = serde_json::to_string(answer).map_err(Error::internal)?;
    let mut tx = app.db.begin().await?;
    if keeps {
        store::keep(&mut tx, app, answer.id, caller.account, &content).await?;
    }
    if let Some(entry) = entry {
        history::store::keep(&mut tx, app, entry).await?;
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
    let look = shooting::look(ask.session.unwrap_or_default().read()?, voice);
    let answer = answer(&app, &caller, look, Wanted { voice, most, engine: ask.engine }).await?;
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
    let look = shooting::look(ask.session.read()?, voice);
    let answer = answer(&app, &caller, look, Wanted { voice, most: 4, engine: Engine::Auto }).await?;
    let analysis = model::markdown(&answer, voice);
    Answer::ok(&Analysis { analysis, interaction_id: answer.id, answer })
}

/// Who the coach can speak as.
#[utoipa::path(get, path = "/coach/personas", operation_id = "list_personas", tag = "coach", responses(
    (status = 200, description = "The personas", body = Vec<Offered>)))]
pub async fn personas(_: Anyone) -> Result<Answer> {
    Answer::ok(&Persona::ALL.map(Persona::offered))
}

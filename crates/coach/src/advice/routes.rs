//! Ask the coach, read an answer again, and who it can speak as.

use super::{
    by_model::{Answered, Coach, MOST_ROOM, Tally},
    events::{self, Wants},
    figures::Figure,
    model::{self, Ai, Analysis, AnalyzeProgress, AnalyzeProject, AnalyzeSession, AnswerId, Ask, Engine, Item},
    parse,
    prompt::{self, Prompt},
    store,
};
use crate::{
    calls::{CANCELLED, Call, LIMITED, cancelled},
    consent::{Standing, refused},
    disciplines::{
        Look,
        shooting::{self, Input, progress},
        staffing,
    },
    feedback::{self, model::Followed},
    history::{self, Ledger, model::Entry},
    meter::Meter,
    prompts,
    provider::{Fault, Provider, Usage},
    voice::{Offered, Persona, Voice},
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base::{
    App, Error, Result,
    auth::{Anyone, Caller, Member, Principal, Role, grant::AiUse, least},
    http::{Answer, Context, Json, Path},
    id, say,
    say::Lang,
};
use serde_json::json;
use std::time::Duration;

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
/// Whole or as events, after the account's turn was taken.
async fn reply(
    app: App,
    caller: &Principal,
    look: Look,
    wanted: Wanted,
    wants: Wants,
    form: fn(Analysis) -> Result<Answer>,
) -> Result<Response> {
    if let Some((id, after)) = wants.after.filter(|_| wants.events)
        && let Some(kept) = store::find(&app, id, caller.account).await?
        && let Some(rest) = events::again(id, &serde_json::from_str(&kept).map_err(Error::internal)?, app.now(), after)
    {
        return Ok(rest);
    }
    turn(&app, caller).await?;
    let (id, voice) = (AnswerId(id::v7(app.now())), wanted.voice);
    if wants.events {
        let (beginning, caller) = (events::beginning(id, &look.facts.all()), caller.clone());
        let answering = Box::pin(async move { answer(&app, &caller, id, look, wanted).await });
        return Ok(events::live(id, beginning, voice, answering));
    }
    let analysis = Analysis::of(answer(&app, caller, id, look, wanted).await?, voice);
    if wants.envelope {
        let body = serde_json::to_vec(&analysis).map_err(Error::internal)?;
        return Ok(Answer::bytes(StatusCode::OK, HeaderValue::from_static(events::ENVELOPE), body.into()).into_response());
    }
    Ok(form(analysis)?.into_response())
}
async fn answer(app: &App, caller: &Principal, id: AnswerId, mut look: Look, wanted: Wanted) -> Result<model::Answer> {
    let Wanted { voice, most, engine } = wanted;
    let domain = look.domain;
    let coach = Coach { provider: Provider::of(app), most };
    let standing = Standing::of(app, caller.account, caller.org).await?;
    let mut refusal = match engine {
        Engine::Rules => Some("not_wanted"),
        _ if !coach.provider.is_configured() => Some("not_configured"),
        _ if look.facts.all().is_empty() && !look.is_in_words() => Some("no_figures"),
        _ if look.stops => Some("safety_first"),
        _ => standing.refusal(),
    };
    let model = Some(coach.provider.models()[0].as_str()).filter(|_| refusal.is_none());
    let mut call = Call::coach(app, caller, id.0, model);
    let mut prompt = None;
    if refusal.is_none() {
        remembered(app, caller, &mut look).await?;
        let used = prompts::store::in_use(&app.db, domain, voice.lang).await?;
        let asked = prompt.insert(Prompt::new(&look, voice, standing.send_notes, used));
        match call.admit(caller, asked.estimated_tokens(), MOST_ROOM).await {
            Err(error) if engine == Engine::Ai || !LIMITED.contains(&error.code()) => {
                call.failed(error.code());
                return Err(error);
            }
            refused => refusal = refused.err().map(|error| error.code()),
        }
    }
    let by_rules = |look, why| Answered { answer: model::by_rules(id, look, most, app.now(), why), fault: None, tally: Tally::default() };
    let Answered { answer, fault, tally } = match (refusal, &prompt) {
        (None, Some(prompt)) => tokio::select! {
            biased;
            () = call.stopped() => {
                call.failed(CANCELLED);
                return Err(cancelled());
            }
            answered = coach.answer(app, look, prompt, id) => answered,
        },
        (why, _) => by_rules(look, Ai::without(why.unwrap_or("not_wanted"))),
    };
    count(app, &tally);
    call.waits(tally.waited);
    if engine == Engine::Ai {
        let error = match refusal {
            Some("not_configured") => Some(Fault::NotConfigured.into()),
            Some(code @ ("consent_required" | "ai_disabled_by_org")) => Some(refused(code)),
            _ => fault.map(Error::from),
        };
        if let Some(error) = error {
            call.used(tally.usage);
            call.failed(error.code());
            return Err(error);
        }
    }
    let entry = call.answered(answer.ai.degraded_reason, |entry| {
        (entry.source, entry.model_used, entry.parse_step) = (answer.source, Some(answer.model.clone()), answer.parse);
        (entry.usage, entry.upstream_request_id) = (tally.usage, tally.upstream_id);
        if let Some(prompt) = prompt.as_ref().filter(|_| refusal.is_none()) {
            (entry.prompt_version, entry.prompt_sha256) = (Some(prompt.used.label()), Some(prompt.used.sha256.clone()));
            if answer.ai.degraded_reason == Some(Fault::Timeout.name()) && entry.usage == Usage::default() {
                // It was asked and never said what it used.
                (entry.usage.prompt_tokens, entry.usage_estimated) = (prompt.estimated_tokens() / 2, true);
            }
        }
        if answer.source == "rules" {
            (entry.status, entry.asked) = ("ok", refusal.is_none());
        }
    });
    let kept = remember(app, caller, &answer, voice, entry, standing.store_content.then_some(domain)).await;
    Ok(model::Answer { kept, ..answer })
}
/// How many pieces of earlier advice a model is told of.
const BEFORE: i64 = 5;
/// What became of the last advice that this person answered, in its figures.
async fn remembered(app: &App, caller: &Principal, look: &mut Look) -> Result<()> {
    let known = prompt::metrics(look.domain);
    for row in feedback::store::answered(app, caller.account, BEFORE).await? {
        let one = Followed::from(row);
        if !one.metric.as_deref().is_some_and(|metric| known.contains(&metric)) {
            continue;
        }
        let unit = one.unit.as_deref().unwrap_or_default();
        let told = [one.baseline, one.target, one.measured, one.effect.map(f64::abs)].into_iter().flatten();
        look.given.extend(told.map(|value| Figure::of(value, unit)));
        look.before.push(json!({"metric": one.metric, "unit": one.unit, "status": one.status, "useful": one.useful,
            "baseline": one.baseline, "target": one.target, "measured": one.measured, "effect": one.effect}));
    }
    Ok(())
}
/// How a model's answer was read, and what of it is not shown.
fn count(app: &App, tally: &Tally) {
    let meter = Meter::of(app);
    if tally.answers > 0 {
        meter.parsed(tally.step.map(parse::Step::name));
    }
    tally.dropped.iter().for_each(|gate| meter.dropped(gate.name()));
}
/// An answer that cannot be written down is an answer all the same. Whether it can be read again.
async fn remember(app: &App, caller: &Principal, answer: &model::Answer, voice: Voice, entry: Option<Entry>, keeps: Option<&str>) -> bool {
    if let Err(error) = written(app, caller, answer, voice, entry.as_ref(), keeps).await {
        tracing::warn!(%error, "an answer of the coach was not written down");
        // What was held back for it must come back, as soon as the store can be written to.
        match entry {
            Some(entry) => Ledger::of(app).note(app, entry),
            None => Ledger::of(app).lost(1),
        }
        return false;
    }
    keeps.is_some()
}
async fn written(
    app: &App,
    caller: &Principal,
    answer: &model::Answer,
    voice: Voice,
    entry: Option<&Entry>,
    keeps: Option<&str>,
) -> Result<()> {
    let content = serde_json::to_string(&Analysis::of(answer.clone(), voice)).map_err(Error::internal)?;
    let mut tx = app.db.begin().await?;
    if let Some(domain) = keeps {
        store::keep(&mut tx, app, answer.id, caller.account, &content).await?;
        if domain == "shooting" {
            feedback::store::measure(&mut tx, app, caller.account, answer).await?;
        }
        feedback::store::note(&mut tx, app, caller.account, answer).await?;
    }
    if let Some(entry) = entry {
        history::store::keep(&mut tx, app, entry).await?;
    }
    Ok(tx.commit().await?)
}

/// Advice on a session, best first.
#[utoipa::path(post, path = "/coach/advice", operation_id = "coach_advice", tag = "coach", request_body = Ask, responses(
    (status = 200, description = "The advice; `Location` is the whole answer with its facts, where it is kept", content((Vec<Item> = "application/json"), (Analysis = "application/vnd.coulisses.advice+json"), (String = "text/event-stream"))),
    (status = 404, description = "There is no such project here"),
    (status = 502, description = "`engine` was `ai`, and the provider failed"),
    (status = 504, description = "`engine` was `ai`, and the provider took too long")))]
pub async fn advice(app: App, caller: Caller<AiUse>, context: Context, wants: Wants, Json(ask): Json<Ask>) -> Result<Response> {
    ask.check()?;
    let (most, persona) = (ask.items()?, Persona::named(ask.persona.as_deref())?);
    let voice = voice(persona, ask.locale.as_deref(), &context)?;
    let look = match &ask.project_id {
        Some(project) => Look { goal: ask.words(), ..staffed(&app, &caller, project, ask.horizon_days, voice).await? },
        None => shooting::sent(ask.session.as_ref().unwrap_or(&Input::default()), ask.words(), voice)?,
    };
    reply(app, &caller, look, Wanted { voice, most, engine: ask.engine }, wants, listed).await
}
/// The list, with the way to the whole answer, where that is kept.
fn listed(analysis: Analysis) -> Result<Answer> {
    let (id, list) = (analysis.answer.id, Answer::ok(&analysis.answer.advice)?);
    if analysis.answer.kept { list.with(header::LOCATION, format!("/api/v1/coach/advice/{id}")) } else { Ok(list) }
}
fn whole(analysis: Analysis) -> Result<Answer> {
    Answer::ok(&analysis)
}
/// A project's plan as whoever asks may see it, looked at.
async fn staffed(app: &App, caller: &Principal, project: &str, days: Option<u32>, voice: Voice) -> Result<Look> {
    let (org, standing) = caller.in_org(Role::Manager)?;
    let days = days.unwrap_or(14);
    if !(1..=90).contains(&days) {
        let say = say!("Look 1 to 90 days ahead.", "Regardez de 1 à 90 jours devant vous.");
        return Err(Error::field("horizon_days", "out_of_range", say));
    }
    let unknown = || Error::missing("not_found", say!("There is no such project here.", "Ce projet n’existe pas ici."));
    let project = id::parse(project).map_err(|_| unknown())?;
    let until = app.now().plus(Duration::from_secs(86_400) * days);
    let asked = staffing::Asked { org, standing, project, until, lang: voice.lang };
    let plan = app.rooms.get(staffing::Source::none).ask(app, asked).await?;
    Ok(staffing::look(&plan, voice))
}

/// Advice on the staffing of a project: who is missing, what clashes, what it costs. The coach does nothing by itself: an
/// action's `link` is a call that you may make.
#[utoipa::path(post, path = "/coach/analyze-project", operation_id = "analyze_project", tag = "coach", request_body = AnalyzeProject, responses(
    (status = 200, description = "The analysis; with `Accept: text/event-stream` as events", content((Analysis = "application/json"), (String = "text/event-stream"))),
    (status = 404, description = "There is no such project here"),
    (status = 502, description = "`engine` was `ai`, and the provider failed"),
    (status = 504, description = "`engine` was `ai`, and the provider took too long")))]
pub async fn analyze_project(
    app: App,
    member: Member<AiUse, least::Manager>,
    context: Context,
    wants: Wants,
    Json(ask): Json<AnalyzeProject>,
) -> Result<Response> {
    let most = model::wanted(ask.max_items, 6, "max_items")?;
    let voice = voice(Persona::named(ask.persona.as_deref())?, ask.locale.as_deref(), &context)?;
    let look = staffed(&app, &member, &ask.project_id, ask.horizon_days, voice).await?;
    reply(app, &member, look, Wanted { voice, most, engine: ask.engine }, wants, whole).await
}
/// An answer again, whole.
#[utoipa::path(get, path = "/coach/advice/{id}", operation_id = "read_advice", tag = "coach",
    params(("id" = AnswerId, Path, description = "The answer")), responses((status = 200, description = "The answer", body = Analysis)))]
pub async fn read(app: App, caller: Caller<AiUse>, Path(id): Path<AnswerId>) -> Result<Answer> {
    let content = store::find(&app, id, caller.account).await?.ok_or_else(|| Error::not_found(id))?;
    Ok(Answer::bytes(StatusCode::OK, HeaderValue::from_static("application/json"), content.into()))
}

/// Analyses a session for the published app: Markdown, with the facts and the advice behind it.
#[utoipa::path(post, path = "/coach/analyze-session", operation_id = "analyze_session", tag = "coach", request_body = AnalyzeSession,
    responses((status = 200, description = "The analysis; with `Accept: text/event-stream` as events", content((Analysis = "application/json"), (String = "text/event-stream")))))]
pub async fn analyze_session(
    app: App,
    caller: Caller<AiUse>,
    context: Context,
    wants: Wants,
    Json(ask): Json<AnalyzeSession>,
) -> Result<Response> {
    let persona = Persona::named(ask.prompt_variant.as_deref())?;
    // The published app says no language, and its users read French.
    let voice = voice(persona, ask.locale.as_deref().or(Some("fr")), &context)?;
    let look = shooting::sent(&ask.session, vec![], voice)?;
    reply(app, &caller, look, Wanted { voice, most: 4, engine: Engine::Auto }, wants, whole).await
}

/// Several sessions over time: whether anything changed that chance does not explain.
#[utoipa::path(post, path = "/coach/analyze-progress", operation_id = "analyze_progress", tag = "coach", request_body = AnalyzeProgress, responses(
    (status = 200, description = "The analysis; with `Accept: text/event-stream` as events", content((Analysis = "application/json"), (String = "text/event-stream"))),
    (status = 502, description = "`engine` was `ai`, and the provider failed"),
    (status = 504, description = "`engine` was `ai`, and the provider took too long")))]
pub async fn analyze_progress(
    app: App,
    caller: Caller<AiUse>,
    context: Context,
    wants: Wants,
    Json(ask): Json<AnalyzeProgress>,
) -> Result<Response> {
    let most = model::wanted(ask.max_items, 4, "max_items")?;
    let voice = voice(Persona::named(ask.persona.as_deref())?, ask.locale.as_deref(), &context)?;
    let look = progress::look(&progress::read(&ask.sessions)?, voice);
    reply(app, &caller, look, Wanted { voice, most, engine: ask.engine }, wants, whole).await
}

/// Who the coach can speak as.
#[utoipa::path(get, path = "/coach/personas", operation_id = "list_personas", tag = "coach", responses(
    (status = 200, description = "The personas", body = Vec<Offered>)))]
pub async fn personas(_: Anyone) -> Result<Answer> {
    Answer::ok(&Persona::ALL.map(Persona::offered))
}

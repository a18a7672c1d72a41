//! An answer as events: the figures at once, then the text, the items, and the whole.
//!
//! Events are made of the answer alone, so that whoever lost the connection can be told the rest again: an event's id is the answer's with
//! its place, and a request that brings it back (`Last-Event-ID`) within a minute is answered from what is kept, and asks nobody.

use super::model::{Analysis, Answer, AnswerId};
use crate::voice::Voice;
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use base::{
    App, Error, Result,
    http::{Op, Part},
    say::Lang,
    time::Timestamp,
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::{convert::Infallible, pin::Pin, time::Duration};

/// How long an answer is told again.
const AGAIN: Duration = Duration::from_secs(60);
const EVENTS: &str = "text/event-stream";
/// The whole answer at once, where a list is usual.
pub const ENVELOPE: &str = "application/vnd.coulisses.advice+json";

/// How an answer is wanted.
pub struct Wants {
    pub events: bool,
    pub envelope: bool,
    /// The answer that was being told, and the last of its events that arrived.
    pub after: Option<(AnswerId, usize)>,
}
impl axum::extract::FromRequestParts<App> for Wants {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &App) -> Result<Self> {
        let said = |name: HeaderName| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let first = said(header::ACCEPT).split([',', ';']).next().unwrap_or_default().trim();
        let after =
            said(HeaderName::from_static("last-event-id")).split_once('/').and_then(|(id, n)| Some((id.parse().ok()?, n.parse().ok()?)));
        Ok(Self { events: first.eq_ignore_ascii_case(EVENTS), envelope: first.eq_ignore_ascii_case(ENVELOPE), after })
    }
}
impl Part for Wants {
    fn describe(op: &mut Op<'_>) {
        op.header("Last-Event-ID", "With `Accept: text/event-stream`: the last event that arrived; the rest is told again for a minute");
    }
}

/// One event; its place is counted from 1.
fn event(id: AnswerId, place: usize, kind: &str, data: &Value) -> Bytes {
    format!("id: {id}/{place}\nevent: {kind}\ndata: {data}\n\n").into()
}
/// What can be said before there is an answer.
pub fn beginning(id: AnswerId, facts: &impl serde::Serialize) -> Vec<Bytes> {
    vec![event(id, 1, "facts", &json!({"facts": facts})), event(id, 2, "status", &json!({"stage": "answering"}))]
}
/// All of an answer's events, in order.
fn all(id: AnswerId, answer: &Value) -> Vec<Bytes> {
    let text = answer["analysis"].as_str().unwrap_or_default();
    let mut all = beginning(id, &answer["facts"]);
    let mut add = |kind: &str, data: &Value| all.push(event(id, all.len() + 1, kind, data));
    text.split_inclusive('\n').for_each(|line| add("delta", &json!({"text": line})));
    answer["advice"].as_array().into_iter().flatten().for_each(|item| add("item", item));
    add("done", answer);
    all
}
/// The same of an answer that has just been made.
fn of(answer: Answer, voice: Voice) -> Vec<Bytes> {
    let id = answer.id;
    all(id, &serde_json::to_value(Analysis::of(answer, voice)).unwrap_or_default())
}
fn failed(id: AnswerId, error: &Error, lang: Lang) -> Bytes {
    event(
        id,
        3,
        "error",
        &json!({"code": error.code(), "detail": error.say().to(lang), "retry_after": error.kind().after().map(|a| a.as_secs())}),
    )
}

type Answering = Pin<Box<dyn Future<Output = Result<Answer>> + Send>>;

/// The figures now, the rest when it is there. Whoever leaves ends the call.
pub fn live(id: AnswerId, beginning: Vec<Bytes>, voice: Voice, answering: Answering) -> Response {
    let shown = beginning.len();
    let rest = stream::once(answering).flat_map(move |answer| {
        stream::iter(match answer {
            Ok(answer) => of(answer, voice).split_off(shown),
            Err(error) => vec![failed(id, &error, voice.lang)],
        })
    });
    response(stream::iter(beginning).chain(rest))
}
/// What is left of an answer that is kept, if it is young enough.
pub fn again(id: AnswerId, kept: &Value, now: Timestamp, after: usize) -> Option<Response> {
    let made: Timestamp = kept["generated_at"].as_str()?.parse().ok()?;
    if now.since(made) > AGAIN {
        return None;
    }
    Some(response(stream::iter(all(id, kept).into_iter().skip(after))))
}
fn response(events: impl stream::Stream<Item = Bytes> + Send + 'static) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Body::from_stream(events.map(Ok::<_, Infallible>))).into_response()
}

//! Live events of the org, as a stream that a browser can follow (`text/event-stream`).

use axum::{
    http::HeaderMap,
    response::{
        IntoResponse as _, Response,
        sse::{Event as Frame, KeepAlive, Sse},
    },
};
use base::{
    App, Result,
    auth::{Member, Scope, grant::EventsRead},
    events::Event,
    http::{Op, Part},
    op,
};
use futures_core::Stream;
use serde_json::json;
use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Interval, MissedTickBehavior, interval},
};
use utoipa_axum::router::OpenApiRouter;

/// How often it is asked whether whoever follows still may: a map is looked at, rarely more.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(follow))
}

/// `Last-Event-ID`: what the browser heard last before the line broke.
pub struct LastHeard(Option<String>);
impl<S: Sync> axum::extract::FromRequestParts<S> for LastHeard {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> std::result::Result<Self, Infallible> {
        let text = |headers: &HeaderMap| headers.get("last-event-id")?.to_str().ok().map(str::to_owned);
        Ok(Self(text(&parts.headers)))
    }
}
impl Part for LastHeard {
    fn describe(op: &mut Op<'_>) {
        op.header("Last-Event-ID", "The last event you heard; what came after it in the last five minutes is said again");
    }
}

/// Follows the changes of the organisation. `resync` means: too much was missed, read everything again. An event's data name what
/// changed (`id`, `action`), and to managers and up who did it (`by`, an account).
#[utoipa::path(get, path = "/events", operation_id = "follow_events", tag = "events", responses(
    (status = 200, description = "A stream of events", content_type = "text/event-stream", body = String)))]
pub async fn follow(app: App, member: Member<EventsRead>, last: LastHeard) -> Result<Response> {
    let (missed, live) = app.events.listen(member.org, last.0.as_deref());
    let first = match missed {
        Some(missed) => missed.iter().map(|e| frame(e, knows(&member))).collect(),
        None => vec![resync()],
    };
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let line = Line { live, look, member, app };
    let stream = Frames { first: first.into_iter(), next: Some(Box::pin(hear(line))) };
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response())
}

/// Whether they may read the list of members.
fn knows(member: &Member<EventsRead>) -> bool {
    member.scopes.contains(Scope::MembersRead)
}
/// Who did it (`by`, an account) is for those only who know everybody.
fn frame(event: &Event, knows: bool) -> Frame {
    let mut data = event.data.clone();
    if let (Some(by), Some(told), true) = (event.by, data.as_object_mut(), knows) {
        told.insert("by".to_owned(), json!(by));
    }
    Frame::default().id(&event.id).event(&event.kind).data(data.to_string())
}
fn resync() -> Frame {
    Frame::default().event("resync").data("{}")
}

/// One follower: what they hear, and by which right.
struct Line {
    live: Receiver<Arc<Event>>,
    look: Interval,
    member: Member<EventsRead>,
    app: App,
}
type Heard = (Option<Frame>, Line);
/// The next frame; none when the stream is over.
async fn hear(mut line: Line) -> Heard {
    let heard = loop {
        tokio::select! {
            heard = line.live.recv() => break heard,
            // A server that stops ends its streams; the browser comes back, to another replica.
            () = line.app.state.drained() => break Err(RecvError::Closed),
            // Whoever was removed hears nothing more, though nothing closes the line from outside.
            _ = line.look.tick() => if !line.member.stands(&line.app).await { break Err(RecvError::Closed) },
        }
    };
    let heard = match heard {
        Ok(event) => Some(frame(&event, knows(&line.member))),
        Err(RecvError::Lagged(_)) => Some(resync()),
        Err(RecvError::Closed) => None,
    };
    (heard, line)
}

/// What was missed, then what happens.
struct Frames {
    first: std::vec::IntoIter<Frame>,
    next: Option<Pin<Box<dyn Future<Output = Heard> + Send>>>,
}
impl Stream for Frames {
    type Item = std::result::Result<Frame, Infallible>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<Option<Self::Item>> {
        if let Some(frame) = self.first.next() {
            return std::task::Poll::Ready(Some(Ok(frame)));
        }
        let Some(next) = &mut self.next else { return std::task::Poll::Ready(None) };
        let (frame, line) = std::task::ready!(next.as_mut().poll(cx));
        self.next = frame.is_some().then(|| Box::pin(hear(line)) as Pin<Box<dyn Future<Output = Heard> + Send>>);
        std::task::Poll::Ready(frame.map(Ok))
    }
}

//! The routes of feeds: the list behind a session, and the feed itself behind nothing but its address.

use super::{
    events::{self, FIRST, Which},
    model::{Feed, FeedId, Made, NewFeed, Scope, Token},
    store,
};
use crate::{
    ics::{Method, Writer},
    people::model::PersonId,
    projects::model::ProjectId,
    told::Eye,
};
use axum::http::{HeaderValue, StatusCode, header};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{
        Anyone, Member,
        grant::{AssignmentsRead, AssignmentsRespond},
    },
    db::OrgTx,
    http::{Answer, Json, List, Path, etag},
    id::Id as _,
    say,
    time::Timestamp,
};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use utoipa::IntoParams;

const DAY: u64 = 86_400;
/// How much of the past a feed shows.
const PAST: Duration = Duration::from_secs(90 * DAY);
/// For how long it shows what was cancelled.
const CANCELLED: Duration = Duration::from_secs(30 * DAY);
/// How many events are read at once; a feed itself has no pages.
const ROWS: i64 = 500;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {}

async fn audited(tx: &mut OrgTx, action: &'static str, id: FeedId, scope: Option<Scope>) -> Result<()> {
    tx.audit(Entry { action, subject: Some(id.uuid()), details: scope.map(|scope| json!({"scope": scope})) }).await
}

/// The feeds, newest first, without their addresses. A technician sees those they made.
#[utoipa::path(get, path = "/calendar/feeds", operation_id = "list_feeds", tag = "calendar",
    responses((status = 200, description = "A page of feeds", body = Vec<Feed>)))]
pub async fn list(app: App, member: Member<AssignmentsRead>, list: List<Filter>) -> Result<Answer> {
    let after = list.after()?.unwrap_or(store::NEWEST);
    let feeds = store::list(&mut member.read(&app), Eye::of(&member), after, list.rows()).await?;
    list.page(feeds, |f| (f.created_at, f.id))?.answer(None)
}

/// Makes a feed. Its address is told now and never again: whoever knows it reads it, without signing in.
#[utoipa::path(post, path = "/calendar/feeds", operation_id = "create_feed", tag = "calendar", request_body = NewFeed, responses(
    (status = 201, description = "The feed and its address", body = Made),
    (status = 404, description = "There is no such person or project that you may follow")))]
pub async fn create(app: App, member: Member<AssignmentsRespond>, Json(new): Json<NewFeed>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    store::may_follow(&mut tx, Eye::of(&member), &new).await?;
    let token = Token::new(member.org);
    let Feed { id, scope, subject_id, created_at } = store::create(&mut tx, &new, &token, member.account).await?;
    audited(&mut tx, "feed.created", id, Some(scope)).await?;
    let made = Made { id, url: token.url(&app.settings.public_url()), scope, subject_id, created_at };
    // Not kept for a repeated Idempotency-Key: only the hash of the address may stay.
    tx.commit().await?;
    Answer::created(format!("/api/v1/calendar/feeds/{id}"), &made)
}

/// Revokes a feed: its address leads nowhere from now on.
#[utoipa::path(delete, path = "/calendar/feeds/{feed_id}", operation_id = "revoke_feed", tag = "calendar",
    params(("feed_id" = FeedId, Path, description = "The feed")), responses((status = 204, description = "Gone")))]
pub async fn revoke(app: App, member: Member<AssignmentsRespond>, Path(id): Path<FeedId>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    store::revoke(&mut tx, Eye::of(&member), id).await?;
    audited(&mut tx, "feed.revoked", id, None).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// A feed, for calendar programs.
#[utoipa::path(get, path = "/calendar/{token}", operation_id = "read_feed", tag = "calendar",
    params(("token" = String, Path, description = "The secret of the address, and `.ics`")),
    responses((status = 200, description = "The calendar", content_type = "text/calendar", body = String),
        (status = 404, description = "There is no such feed, or it was revoked")))]
pub async fn feed(app: App, _: Anyone, Path(part): Path<String>) -> Result<Answer> {
    let nowhere = || {
        Error::missing(
            "not_found",
            say!(
                "There is no calendar at this address. It may have been revoked.",
                "Il n’y a pas de calendrier à cette adresse. Il a peut-être été révoqué."
            ),
        )
    };
    let token = Token::read(&part).ok_or_else(nowhere)?;
    let mut read = app.read_org(token.org);
    let (scope, subject, name) = store::open(&mut read, &token).await?.ok_or_else(nowhere)?;
    let now = app.now();
    let which = Which {
        person: (scope == Scope::Person).then_some(PersonId(subject.0)),
        project: (scope == Scope::Project).then_some(ProjectId(subject.0)),
        from: now.minus(PAST),
        until: Timestamp::from_micros(i64::MAX),
        cancelled_since: now.minus(CANCELLED),
        named: false,
    };
    let (mut writer, mut after) = (Writer::begin(&name, Method::Publish), Some(FIRST));
    while let Some(key) = after {
        let (events, next) = match scope {
            Scope::Person => events::calls(&mut read, &which, key, ROWS).await?,
            Scope::Project => events::missions(&mut read, &which, key, ROWS).await?,
        };
        events.iter().for_each(|event| writer.event(event));
        after = next;
    }
    let body = writer.end();
    let tag = etag::of_bytes(body.as_bytes());
    Answer::bytes(StatusCode::OK, HeaderValue::from_static("text/calendar; charset=utf-8"), body.into())
        .with(header::ETAG, tag)?
        .with(header::CACHE_CONTROL, "private, max-age=300")?
        .with(header::CONTENT_DISPOSITION, "inline; filename=\"calendar.ics\"")
}

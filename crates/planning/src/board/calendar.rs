//! Calendars: as the published front end asks for them, and of one person.

use super::routes::{Span, calls, span};
use crate::{
    assignments::{
        model::{AssignmentId, Status},
        store::Of,
    },
    availability, missions,
    people::{self, model::PersonId},
    projects::model::ProjectId,
    told::Eye,
};
use base::{
    App, Error, Result,
    auth::{
        Member,
        grant::{AssignmentsRead, AvailabilityRead},
    },
    http::{Answer, Json, Path, Query},
    id::{Id as _, OrgId, Uuid},
    say,
    time::{Timestamp, When, Zone},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the front end sends.
#[derive(Deserialize, ToSchema)]
#[schema(as = BoardAsked)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Asked {
    from: When,
    to: When,
    /// In which times without an offset are meant; the organisation's when left out.
    tz: Option<String>,
    /// All but CANCELLED when left out.
    status: Option<Vec<Status>>,
    user_id: Option<PersonId>,
    org_id: Option<OrgId>,
    project_id: Option<ProjectId>,
}
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    id: AssignmentId,
    title: String,
    start: Timestamp,
    end: Timestamp,
    status: Status,
    user_id: PersonId,
    user_name: String,
    org_id: OrgId,
    project_id: Option<ProjectId>,
}

/// The calls in a span, for a calendar. Reading: it changes nothing although it is a POST.
#[utoipa::path(post, path = "/calendar", operation_id = "read_calendar", tag = "board", request_body = Asked, responses(
    (status = 200, description = "The calls", body = Vec<Entry>)))]
pub async fn entries(app: App, member: Member<AssignmentsRead>, Json(asked): Json<Asked>) -> Result<Answer> {
    if let Some(org) = asked.org_id {
        member.only_in(org)?;
    }
    let mut read = member.read(&app);
    let zone: Zone = match asked.tz.as_deref().map(str::parse) {
        Some(Ok(zone)) => zone,
        Some(Err(_)) => {
            let say = say!(
                "This is no IANA time zone; use one like Europe/Paris.",
                "Ce n’est pas un fuseau horaire IANA ; utilisez par exemple Europe/Paris."
            );
            return Err(Error::field("tz", "unknown_time_zone", say));
        }
        None => missions::store::zone(&mut read, None).await?,
    };
    let span = span(asked.from, asked.to, &zone)?;
    let of = asked.user_id.map_or(Of::Everybody, Of::Person);
    let mut rows = calls(&mut read, of, span, Eye::of(&member)).await?;
    rows.retain(|a| asked.status.as_ref().is_none_or(|s| s.is_empty() || s.contains(&a.status)));
    rows.retain(|a| asked.project_id.is_none() || a.project_id == asked.project_id);
    let entry = |a: crate::assignments::model::Row| Entry {
        id: a.id,
        start: a.start_at,
        end: a.end_at,
        status: a.status,
        user_id: a.person_id,
        user_name: people::model::full_name(&a.first_name, &a.last_name),
        org_id: member.org,
        project_id: a.project_id,
        title: a.mission_title,
    };
    Answer::ok(&rows.into_iter().map(entry).collect::<Vec<_>>())
}

/// Something in somebody's calendar: a call, or approved availability.
#[derive(Serialize, ToSchema)]
#[schema(as = BoardItem)]
pub struct Item {
    #[schema(value_type = String)]
    id: Uuid,
    /// `assignment`, `available` or `unavailable`
    kind: String,
    status: String,
    title: Option<String>,
    start_at: Timestamp,
    end_at: Timestamp,
    note: Option<String>,
}

/// Calls and approved availability of a person in a span; a tech reads their own.
#[utoipa::path(get, path = "/users/{id}/calendar", operation_id = "read_person_calendar", tag = "board",
    params(("id" = PersonId, Path, description = "The person"), Span), responses(
    (status = 200, description = "By start", body = Vec<Item>)))]
pub async fn of_person(app: App, member: Member<AvailabilityRead>, Path(id): Path<PersonId>, Query(asked): Query<Span>) -> Result<Answer> {
    let (mut read, eye) = (member.read(&app), Eye::of(&member));
    let person = people::store::find(&mut read, id).await?;
    if matches!(eye, Eye::Tech(account) if person.account_id != Some(account)) {
        let say = say!("You can read your own calendar only.", "Vous ne pouvez lire que votre propre calendrier.");
        return Err(Error::forbidden("not_yours", say));
    }
    let zone = missions::store::zone(&mut read, None).await?;
    let span = span(asked.from, asked.to, &zone)?;
    let mut items: Vec<Item> = vec![];
    for a in calls(&mut read, Of::Person(id), span, eye).await? {
        let (kind, status) = ("assignment".to_owned(), a.status.to_string());
        items.push(Item {
            id: a.id.uuid(),
            kind,
            status,
            title: Some(a.mission_title),
            start_at: a.start_at,
            end_at: a.end_at,
            note: None,
        });
    }
    let page = availability::store::Page {
        after: availability::store::FIRST,
        rows: 10_000,
        person: Some(id),
        status: Some(availability::model::Status::Approved),
        kind: None,
        from: span.start(),
        to: span.end(),
    };
    for row in availability::store::list(&mut read, page).await? {
        let v = row.shown(&app.keys, member.org)?;
        let (kind, status) = (v.kind.to_string(), v.status.to_string());
        items.push(Item { id: v.id.uuid(), kind, status, title: None, start_at: v.start_at, end_at: v.end_at, note: v.note });
    }
    items.sort_by_key(|i| (i.start_at, i.id));
    Answer::ok(&items)
}

//! What the holder of a link can do: read what it is about, say yes, say no. No account is needed.

use super::{
    model::{InvitationId, State, Token, invalid_token},
    store,
};
use crate::{
    assignments::{
        self, By,
        model::{AssignmentId, Row, Status},
    },
    calendar::events,
    conflicts::{
        self,
        model::{CallOf, Clash},
    },
    ics, labour_rules,
    missions::{self, model::Row as Mission},
    rules::{Call, Kind},
};
use axum::http::{HeaderValue, StatusCode, header};
use base::{
    App, Error, Faults, Result,
    auth::Anyone,
    crypto,
    db::Query as Reading,
    http::{Answer, Context, Optional, Path, Query},
    say, text,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// From the link of the invitation.
    token: String,
}
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    reason: Option<String>,
}

/// What somebody is asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = InvitationAsked)]
pub struct Asked {
    pub invitation_id: InvitationId,
    pub assignment_id: AssignmentId,
    pub status: Status,
    pub expires_at: Timestamp,
    pub org_name: String,
    pub user_name: String,
    pub mission_title: String,
    pub project_title: Option<String>,
    pub location: Option<String>,
    pub role: String,
    pub start_at: Timestamp,
    pub end_at: Timestamp,
    pub time_zone: String,
    /// Its times changed since it was accepted: say yes again.
    pub reconfirm: bool,
    /// Whom to ask.
    pub contact: Option<Contact>,
    /// What a yes would meet: other calls of the same person, an absence of theirs, a role that is full by now.
    pub clashes: Vec<Clash>,
}
/// Somebody who owns the organisation, as its planning knows them.
#[derive(Serialize, ToSchema)]
pub struct Contact {
    pub name: String,
    pub phone: Option<String>,
    pub email: Option<String>,
}
#[derive(Serialize, ToSchema)]
pub struct Answered {
    invitation_id: InvitationId,
    assignment_id: AssignmentId,
    accepted: bool,
    status: Status,
    message: String,
}

/// What an invitation is about. Reading changes nothing. A link that is over still says whose it was: `org_name`, `mission_title`, `contact`.
#[utoipa::path(get, path = "/invitations/verify", operation_id = "verify_invitation", tag = "invitations", params(Link), responses(
    (status = 200, description = "What is asked", body = Asked),
    (status = 400, description = "`invalid_token`, `invitation_expired`, `invitation_revoked`, `invitation_declined` or `invitation_cancelled`")))]
pub async fn verify(app: App, _: Anyone, context: Context, Query(link): Query<Link>) -> Result<Answer> {
    let token = Token::read(&link.token).ok_or_else(invalid_token)?;
    let mut read = app.read_org(token.org);
    let invitation = store::find(&mut read, token.id).await.map_err(|_| invalid_token())?;
    genuine(&token, &invitation.token_hash)?;
    let (org_name, contact) = (store::org_name(&mut read).await?, store::contact(&mut read, &app.keys, token.org).await?);
    if let Err(over) = invitation.state(app.now()).answerable() {
        return Err(over.with("org_name", org_name).with("mission_title", invitation.mission_title).with("contact", contact));
    }
    let a = assignments::store::find(&mut read, invitation.assignment_id).await?;
    let mission = missions::store::find(&mut read, a.mission_id, true).await?;
    let clashes = if a.status == Status::Invited { clashes(&mut read, &a, &mission, &context).await? } else { vec![] };
    let asked = Asked {
        invitation_id: invitation.id,
        assignment_id: a.id,
        status: a.status,
        expires_at: invitation.expires_at,
        org_name,
        user_name: crate::people::model::full_name(&a.first_name, &a.last_name),
        mission_title: a.mission_title,
        project_title: a.project_title,
        location: mission.location,
        role: a.role,
        start_at: a.start_at,
        end_at: a.end_at,
        time_zone: a.time_zone.to_string(),
        reconfirm: a.reconfirm_at.is_some(),
        contact,
        clashes,
    };
    Answer::ok(&asked)
}
/// What stands in the way of a yes, of what is the person's own business.
async fn clashes(from: &mut impl Reading, a: &Row, mission: &Mission, context: &Context) -> Result<Vec<Clash>> {
    let span = a.span()?;
    let role = mission.roles.0.iter().find(|r| text::fold(&r.role) == a.role_key);
    let call = Call {
        span,
        break_minutes: mission.break_minutes,
        zone: a.time_zone.clone(),
        firm: true,
        role: a.role_key.clone(),
        over_quota: role.is_some_and(|r| r.accepted >= r.quota),
    };
    let law = labour_rules::store::law(from).await?;
    let mut known = conflicts::store::one(from, a.person_id, span).await?;
    let at = conflicts::model::place(&mut known, call, Some(a.mission_id));
    let mut found = conflicts::model::clashes(&law, &known, at, Some(&CallOf::tried(mission)), context.lang);
    found.retain(|c| matches!(c.kind, Kind::Overlap | Kind::TentativeOverlap | Kind::Unavailable | Kind::RoleFull));
    // Only the others: what is asked stands above.
    found.iter_mut().for_each(|c| c.missions.retain(|m| m.mission_id != a.mission_id));
    Ok(found)
}

/// The call for a calendar: the same event as in the mail and the feed.
#[utoipa::path(get, path = "/invitations/{id}/event.ics", operation_id = "read_invitation_event", tag = "invitations",
    params(("id" = InvitationId, Path, description = "The invitation"), Link), responses(
    (status = 200, description = "The call", content_type = "text/calendar", body = String),
    (status = 400, description = "As for `verify`, or `invitation_mismatch`")))]
pub async fn event(app: App, _: Anyone, Path(id): Path<InvitationId>, Query(link): Query<Link>) -> Result<Answer> {
    let token = Token::read(&link.token).ok_or_else(invalid_token)?;
    let mut read = app.read_org(token.org);
    let assignment = named(&mut read, &token, id).await?;
    store::find(&mut read, id).await?.state(app.now()).answerable()?;
    let event = events::call(&mut read, assignment).await?;
    let body = ics::single(&store::org_name(&mut read).await?, &event);
    Answer::bytes(StatusCode::OK, HeaderValue::from_static("text/calendar; charset=utf-8"), body.into())
        .with(header::CONTENT_DISPOSITION, "attachment; filename=\"invitation.ics\"")
}
fn genuine(token: &Token, hash: &str) -> Result<()> {
    if crypto::same(token.hash().as_bytes(), hash.as_bytes()) { Ok(()) } else { Err(invalid_token()) }
}

/// Says yes. Twice is as good as once.
#[utoipa::path(post, path = "/invitations/{id}/accept", operation_id = "accept_invitation", tag = "invitations",
    params(("id" = InvitationId, Path, description = "The invitation"), Link), responses(
    (status = 200, description = "You are expected", body = Answered),
    (status = 400, description = "`invalid_token`, `invitation_expired`, `invitation_revoked`, `invitation_declined`, `invitation_cancelled`, `schedule_conflict` or `person_unavailable`"),
    (status = 409, description = "`role_full`, `mission_not_published`, `mission_ended`")))]
pub async fn accept(app: App, anyone: Anyone, Path(id): Path<InvitationId>, Query(link): Query<Link>) -> Result<Answer> {
    answer(&app, anyone, id, &link, Status::Accepted, None).await
}
/// Says no, or takes back a yes in time.
#[utoipa::path(post, path = "/invitations/{id}/decline", operation_id = "decline_invitation", tag = "invitations",
    params(("id" = InvitationId, Path, description = "The invitation"), Link), responses(
    (status = 200, description = "The manager knows", body = Answered),
    (status = 400, description = "`invalid_token`, `invitation_expired`, `invitation_revoked` or `invitation_cancelled`"),
    (status = 409, description = "`withdrawal_too_late`")))]
pub async fn decline(
    app: App,
    anyone: Anyone,
    Path(id): Path<InvitationId>,
    Query(link): Query<Link>,
    words: Optional<Reason>,
) -> Result<Answer> {
    answer(&app, anyone, id, &link, Status::Declined, words.0.reason).await
}

async fn answer(app: &App, anyone: Anyone, id: InvitationId, link: &Link, to: Status, reason: Option<String>) -> Result<Answer> {
    let mut faults = Faults::default();
    crate::check::line(&mut faults, "reason", reason.as_deref().filter(|r| !r.is_empty()), 500);
    faults.none()?;
    let token = Token::read(&link.token).ok_or_else(invalid_token)?;
    let mut tx = app.begin_org(token.org, anyone.actor.clone()).await?;
    let assignment = named(&mut tx, &token, id).await?;
    let held = assignments::hold(&mut tx, assignment).await?;
    // Read again: nobody changes it while the assignment's mission and person are held.
    let state = store::find(&mut tx, id).await?.state(tx.now());
    if !(state == State::Declined && to == Status::Declined && held.row.status == Status::Declined) {
        state.answerable()?;
        assignments::change(&mut tx, &held, to, &By::link(reason)).await?;
    }
    let french = anyone.context.lang == base::say::Lang::Fr;
    let message = match (to == Status::Accepted, french) {
        (true, false) => "Thank you: you are expected.",
        (true, true) => "Merci : on vous attend.",
        (false, false) => "Thank you for telling: the manager knows.",
        (false, true) => "Merci de l’avoir dit : le responsable est prévenu.",
    };
    tx.commit().await?;
    Answer::ok(&Answered {
        invitation_id: id,
        assignment_id: assignment,
        accepted: to == Status::Accepted,
        status: to,
        message: message.to_owned(),
    })
}
/// The assignment that a token speaks of, when it is the one of this address.
async fn named(from: &mut impl Reading, token: &Token, id: InvitationId) -> Result<AssignmentId> {
    if token.id != id {
        store::find(from, id).await?; // what is nowhere is 404
        let say = say!("This link belongs to another invitation.", "Ce lien appartient à une autre invitation.");
        return Err(Error::malformed("invitation_mismatch", say));
    }
    let found = store::find(from, id).await?;
    genuine(token, &found.token_hash)?;
    Ok(found.assignment_id)
}

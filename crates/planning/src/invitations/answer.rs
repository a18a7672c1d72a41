//! What the holder of a link can do: read what it is about, say yes, say no. No account is needed.

use super::{
    model::{InvitationId, State, Token, invalid_token},
    store,
};
use crate::{
    assignments::{
        self, By,
        model::{AssignmentId, Status},
    },
    missions,
};
use base::{
    App, Error, Faults, Result,
    auth::Anyone,
    crypto,
    db::OrgTx,
    http::{Answer, Optional, Path, Query},
    say,
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
}
#[derive(Serialize, ToSchema)]
pub struct Answered {
    invitation_id: InvitationId,
    assignment_id: AssignmentId,
    accepted: bool,
    status: Status,
    message: String,
}

/// What an invitation is about. Reading changes nothing.
#[utoipa::path(get, path = "/invitations/verify", operation_id = "verify_invitation", tag = "invitations", params(Link), responses(
    (status = 200, description = "What is asked", body = Asked),
    (status = 400, description = "`invalid_token`, `invitation_expired`, `invitation_revoked`, `invitation_declined` or `invitation_cancelled`")))]
pub async fn verify(app: App, _: Anyone, Query(link): Query<Link>) -> Result<Answer> {
    let token = Token::read(&link.token).ok_or_else(invalid_token)?;
    let mut read = app.read_org(token.org);
    let invitation = store::find(&mut read, token.id).await.map_err(|_| invalid_token())?;
    genuine(&token, &invitation.token_hash)?;
    invitation.state(app.now()).answerable()?;
    let a = assignments::store::find(&mut read, invitation.assignment_id).await?;
    let mission = missions::store::find(&mut read, a.mission_id, true).await?;
    let asked = Asked {
        invitation_id: invitation.id,
        assignment_id: a.id,
        status: a.status,
        expires_at: invitation.expires_at,
        org_name: store::org_name(&mut read).await?,
        user_name: crate::people::model::full_name(&a.first_name, &a.last_name),
        mission_title: a.mission_title,
        project_title: a.project_title,
        location: mission.location,
        role: a.role,
        start_at: a.start_at,
        end_at: a.end_at,
        time_zone: a.time_zone.to_string(),
        reconfirm: a.reconfirm_at.is_some(),
    };
    Answer::ok(&asked)
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
async fn named(tx: &mut OrgTx, token: &Token, id: InvitationId) -> Result<AssignmentId> {
    if token.id != id {
        store::find(tx, id).await?; // what is nowhere is 404
        let say = say!("This link belongs to another invitation.", "Ce lien appartient à une autre invitation.");
        return Err(Error::malformed("invitation_mismatch", say));
    }
    let found = store::find(tx, id).await?;
    genuine(token, &found.token_hash)?;
    Ok(found.assignment_id)
}

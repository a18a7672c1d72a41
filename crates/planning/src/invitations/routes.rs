//! The routes of invitations for managers: make, list, revoke, send.

use super::{
    model::{Invitation, InvitationId, Token},
    remind, store,
};
use crate::{
    assignments::{
        self,
        model::{AssignmentId, Status},
    },
    letters::{self, News},
    missions,
    people::{self, model::PersonId},
    told::Noun,
};
use axum::http::StatusCode;
use base::{
    App, Error, Result,
    auth::{
        Member,
        grant::{InvitationsRead, InvitationsWrite},
    },
    db::OrgTx,
    http::{Answer, Json, List, Path},
    say, text,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

const NOUN: Noun = Noun { tag: "invitations", event: "invitation.changed" };

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    assignment: Option<AssignmentId>,
}
#[derive(Deserialize, ToSchema)]
#[schema(as = InvitationDraft)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    assignment_id: AssignmentId,
}
/// The link is shown once: only its hash is kept.
#[derive(Serialize, ToSchema)]
#[schema(as = InvitationMade)]
pub struct Made {
    id: InvitationId,
    assignment_id: AssignmentId,
    token: String,
    url: String,
    expires_at: Timestamp,
}

#[derive(Deserialize, ToSchema, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Email,
    Telegram,
}
/// As the seed's front end sends it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Send {
    user_id: PersonId,
    assignment_id: AssignmentId,
    /// The person's own address when left out.
    user_email: Option<String>,
    #[serde(rename = "telegram_chat_id")]
    _telegram_chat_id: Option<String>,
    /// Not read: the mission knows its name.
    #[serde(rename = "mission_name")]
    _mission_name: Option<String>,
    channels: Vec<Channel>,
    /// Only look whether it could be sent.
    #[serde(default)]
    dry_run: bool,
}
#[derive(Serialize, ToSchema)]
pub struct Sent {
    ok: bool,
    /// By channel: `queued`, or `dry_run`.
    #[schema(value_type = Object)]
    results: Value,
    links: Links,
}
#[derive(Serialize, ToSchema)]
pub struct Links {
    accept_url: Option<String>,
    decline_url: Option<String>,
}

/// Where a person answers: always at `PUBLIC_URL`, whatever the request calls this server.
pub fn url(app: &App, token: &Token) -> String {
    format!("{}/invite?token={}", app.settings.public_url(), token.text())
}
/// A link, known to nobody but who is given it now.
pub struct Link {
    pub token: Token,
    pub url: String,
    pub expires_at: Timestamp,
}
/// A new link for an assignment, which is held; the one before ends.
pub async fn link(tx: &mut OrgTx, assignment: AssignmentId) -> Result<Link> {
    let (token, expires_at) = store::create(tx, assignment).await?;
    NOUN.told(tx, "invitation.created", token.id, None).await?;
    Ok(Link { url: url(tx.app(), &token), token, expires_at })
}

/// The invitations, newest first.
#[utoipa::path(get, path = "/invitations", operation_id = "list_invitations", tag = "invitations", responses(
    (status = 200, description = "A page of invitations", body = Vec<Invitation>)))]
pub async fn list(app: App, member: Member<InvitationsRead>, list: List<Filter>) -> Result<Answer> {
    let after = list.after()?.unwrap_or(store::NEWEST);
    let rows = store::list(&mut member.read(&app), after, list.filter.assignment, list.rows()).await?;
    let now = app.now();
    list.page(rows.into_iter().map(|r| r.shown(now)).collect(), |i| (i.created_at, i.id))?.answer(None)
}

/// One invitation.
#[utoipa::path(get, path = "/invitations/{id}", operation_id = "read_invitation", tag = "invitations", params(("id" = InvitationId, Path, description = "The invitation")),
    responses((status = 200, description = "The invitation", body = Invitation)))]
pub async fn read(app: App, member: Member<InvitationsRead>, Path(id): Path<InvitationId>) -> Result<Answer> {
    Answer::ok(&store::find(&mut member.read(&app), id).await?.shown(app.now()))
}

/// Makes the link with which the person can answer; the one before ends.
#[utoipa::path(post, path = "/invitations", operation_id = "create_invitation", tag = "invitations", request_body = Draft, responses(
    (status = 201, description = "The invitation with its link, shown this once", body = Made),
    (status = 404, description = "There is no such assignment here"),
    (status = 409, description = "The assignment is not INVITED")))]
pub async fn create(app: App, member: Member<InvitationsWrite>, Json(new): Json<Draft>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let (_, Link { token, url, expires_at }) = make(&mut tx, new.assignment_id).await?;
    let made = Made { id: token.id, assignment_id: new.assignment_id, token: token.text(), url, expires_at };
    tx.answer(Answer::created(format!("/api/v1/invitations/{}", made.id), &made)?).await
}
async fn make(tx: &mut OrgTx, assignment: AssignmentId) -> Result<(assignments::Held, Link)> {
    let held = assignments::hold(tx, assignment).await?;
    // Whoever has to say yes again after a change of times gets a new link, too.
    if held.row.status != Status::Invited && held.row.reconfirm_at.is_none() {
        let status = held.row.status;
        let say = say!("The assignment is {status}: there is nothing to ask.", "L’affectation est {status} : il n’y a rien à demander.");
        return Err(Error::conflict("not_invited", say).with("status", status));
    }
    let link = link(tx, assignment).await?;
    Ok((held, link))
}

/// Ends a link.
#[utoipa::path(delete, path = "/invitations/{id}", operation_id = "revoke_invitation", tag = "invitations", params(("id" = InvitationId, Path, description = "The invitation")),
    responses((status = 200, description = "Ended: `{\"status\": \"ok\"}`")))]
pub async fn revoke(app: App, member: Member<InvitationsWrite>, Path(id): Path<InvitationId>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let assignment = store::find(&mut tx, id).await?.assignment_id;
    assignments::hold(&mut tx, assignment).await?;
    store::revoke(&mut tx, id).await?;
    NOUN.told(&mut tx, "invitation.revoked", id, None).await?;
    tx.commit().await?;
    Answer::ok(&json!({"status": "ok"}))
}

/// Sends a new link by mail; the one before ends.
#[utoipa::path(post, path = "/invitations/{id}/~resend", operation_id = "resend_invitation", tag = "invitations",
    params(("id" = InvitationId, Path, description = "The invitation")), responses(
    (status = 202, description = "On its way", body = Sent),
    (status = 400, description = "The person has no e-mail address"),
    (status = 409, description = "The assignment is not INVITED")))]
pub async fn resend(app: App, member: Member<InvitationsWrite>, Path(id): Path<InvitationId>) -> Result<Answer> {
    let old = store::find(&mut member.read(&app), id).await?;
    by_mail(&app, &member, old.assignment_id, old.person_id, None).await
}

/// Sends somebody the link with which they can answer.
#[utoipa::path(post, path = "/invitations/send", operation_id = "send_invitation", tag = "invitations", request_body = Send, responses(
    (status = 202, description = "On its way", body = Sent),
    (status = 400, description = "`email_missing` or `channel_not_configured`"),
    (status = 404, description = "There is no such assignment here"),
    (status = 409, description = "The assignment is not INVITED")))]
pub async fn send(app: App, member: Member<InvitationsWrite>, Json(send): Json<Send>) -> Result<Answer> {
    if send.channels.is_empty() {
        return Err(Error::field("channels", "required", say!("Name a channel: email.", "Indiquez un canal : email.")));
    }
    if send.channels.contains(&Channel::Telegram) {
        let say = say!("Telegram is not set up here. Use email.", "Telegram n’est pas configuré ici. Utilisez email.");
        return Err(Error::malformed("channel_not_configured", say));
    }
    let row = assignments::store::find(&mut member.read(&app), send.assignment_id).await?;
    if row.person_id != send.user_id {
        let say = say!("The assignment is somebody else’s.", "L’affectation est celle de quelqu’un d’autre.");
        return Err(Error::field("user_id", "other_person", say));
    }
    let to = match send.user_email.as_deref().map(text::email) {
        Some(None) => {
            return Err(Error::field(
                "user_email",
                "invalid_email",
                say!("This is not an e-mail address.", "Ce n’est pas une adresse e-mail."),
            ));
        }
        other => other.flatten(),
    };
    if send.dry_run {
        if to.is_none() {
            address(&app, &member, send.user_id).await?;
        }
        return answer("dry_run", None);
    }
    by_mail(&app, &member, send.assignment_id, send.user_id, to).await
}
async fn address(app: &App, member: &Member<InvitationsWrite>, person: PersonId) -> Result<String> {
    let row = people::store::find(&mut member.read(app), person).await?;
    row.whole(&app.keys, member.org)?.email.ok_or_else(|| {
        Error::malformed(
            "email_missing",
            say!("The person has no e-mail address. Enter one first.", "La personne n’a pas d’adresse e-mail. Saisissez-la d’abord."),
        )
    })
}

async fn by_mail(
    app: &App,
    member: &Member<InvitationsWrite>,
    assignment: AssignmentId,
    person: PersonId,
    to: Option<String>,
) -> Result<Answer> {
    let address = match &to {
        Some(to) => to.clone(),
        None => address(app, member, person).await?,
    };
    app.limits.take("invite", app.settings.invite_limit, &format!("{}|{person}", member.org), app.now()).await?;
    let mut tx = member.begin(app).await?;
    let (held, link) = make(&mut tx, assignment).await?;
    store::sent(&mut tx, link.token.id, &address).await?;
    letters::ask(&mut tx, &held.row, to.clone(), News::Asked, &link.url).await?;
    remind::later(&mut tx, &link.token, link.expires_at, to).await?;
    tx.stale(missions::NOUN.tag);
    tx.answer(answer("queued", Some(link.url))?).await
}
fn answer(result: &str, url: Option<String>) -> Result<Answer> {
    let links = Links { decline_url: url.as_ref().map(|u| format!("{u}&answer=decline")), accept_url: url };
    Answer::json(StatusCode::ACCEPTED, &Sent { ok: true, results: json!({"email": result}), links })
}

//! Invitations that nobody has answered yet: see them, take one back, send one again.

use super::{
    model::{self, InvitationId, Invited, Pending},
    routes::{mail, may_mail},
    store,
};
use crate::orgs;
use base::{
    App, Result,
    audit::Entry,
    auth::{
        Member,
        grant::{MembersRead, MembersWrite},
    },
    crypto,
    http::{Answer, List, NoFilter, Path},
    id::{Id as _, Uuid},
    jobs::{self, Job},
};

/// The invitations that can still be accepted, and those whose time ran out; the oldest first.
#[utoipa::path(get, path = "/orgs/invitations", operation_id = "list_member_invitations", tag = "members", responses(
    (status = 200, description = "A page of invitations", body = Vec<Pending>)))]
pub async fn list(app: App, member: Member<MembersRead>, list: List<NoFilter>) -> Result<Answer> {
    let after = list.after()?.unwrap_or(InvitationId(Uuid::nil()));
    let rows = store::pending(&mut member.read(&app), after, list.rows()).await?;
    let shown = rows.into_iter().map(|row| row.shown(&app)).collect::<Result<Vec<_>>>()?;
    list.page(shown, |p| p.id)?.answer(None)
}

/// Takes an invitation back: its link is of no use any more.
#[utoipa::path(delete, path = "/orgs/invitations/{id}", operation_id = "revoke_member_invitation", tag = "members",
    params(("id" = InvitationId, Path, description = "The invitation")), responses((status = 204, description = "Taken back")))]
pub async fn revoke(app: App, member: Member<MembersWrite>, Path(id): Path<InvitationId>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let invitation = store::lock_pending(&mut tx, id).await?;
    model::may_grant(member.role, invitation.role)?;
    store::revoke(&mut tx, id).await?;
    tx.audit(Entry { action: "member.invitation_revoked", subject: Some(id.uuid()), details: None }).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// Sends an invitation again: a new link and a new term; the old link is of no use any more.
#[utoipa::path(post, path = "/orgs/invitations/{id}/~resend", operation_id = "resend_member_invitation", tag = "members",
    params(("id" = InvitationId, Path, description = "The invitation")), responses(
    (status = 200, description = "The invitation", body = Invited),
    (status = 429, description = "Too many invitations to this address")))]
pub async fn resend(app: App, member: Member<MembersWrite>, Path(id): Path<InvitationId>) -> Result<Answer> {
    let token = crypto::token();
    // Its answer may hold a token: a repeated `Idempotency-Key` must not find it in the store.
    let mut tx = app.begin_org(member.org, member.actor.clone()).await?;
    let invitation = store::lock_pending(&mut tx, id).await?;
    model::may_grant(member.role, invitation.role)?;
    let to = invitation.shown(&app)?.email;
    may_mail(&app, member.org, &to).await?;
    let expires_at = tx.now().plus(app.settings.invites_ttl);
    store::renew(&mut tx, id, &crypto::sha256_hex(token.as_bytes()), member.account, expires_at).await?;
    let org = orgs::store::read(&mut tx).await?;
    tx.job(&Job::new(jobs::MAIL, mail(&app, &org.name, to, &token))?).await?;
    tx.audit(Entry {
        action: "member.invited",
        subject: Some(id.uuid()),
        details: Some(serde_json::json!({"role": invitation.role, "again": true})),
    })
    .await?;
    tx.commit().await?;
    Answer::ok(&Invited { id, expires_at, token: app.settings.development().then_some(token) })
}

//! List, invite, join, change and remove members.

use super::{
    model::{self, ChangeRole, Invite, Invited, Join, Joined, Members, Membership},
    store,
};
use crate::{accounts, orgs};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{
        Caller, Member, Role,
        grant::{MembersRead, MembersWrite, OrgRead, UserWrite},
    },
    crypto,
    http::{Answer, Json, Path},
    id::{AccountId, Id as _, OrgId},
    jobs::{self, Job},
    mail::Mail,
    say,
};
use serde_json::json;

/// Everybody in the organisation.
#[utoipa::path(get, path = "/orgs/members", operation_id = "list_members", tag = "members", responses(
    (status = 200, description = "The members", body = Members)))]
pub async fn list(app: App, member: Member<MembersRead>) -> Result<Answer> {
    Answer::ok(&Members { members: store::list(&mut member.read(&app)).await? })
}

/// Invites somebody by mail.
#[utoipa::path(post, path = "/orgs/members/~invite", operation_id = "invite_member", tag = "members", request_body = Invite, responses(
    (status = 201, description = "The invitation", body = Invited),
    (status = 429, description = "Too many invitations to this address")))]
pub async fn invite(app: App, member: Member<MembersWrite>, Json(invite): Json<Invite>) -> Result<Answer> {
    model::may_grant(member.role, invite.role)?;
    let Some(email) = accounts::model::normal_email(&invite.email) else {
        return Err(Error::field("email", "invalid_email", say!("This is not an e-mail address.", "Ce n’est pas une adresse e-mail.")));
    };
    may_mail(&app, member.org, &email).await?;
    let token = crypto::token();
    let mut tx = member.begin(&app).await?;
    let expires_at = tx.now().plus(app.settings.invites_ttl);
    let id = store::invite(&mut tx, &email, invite.role, &crypto::sha256_hex(token.as_bytes()), member.account, expires_at).await?;
    let org = orgs::store::read(&mut tx).await?;
    tx.job(&Job::new(jobs::MAIL, mail(&app, &org.name, email, &token))?).await?;
    tx.audit(Entry { action: "member.invited", subject: Some(id.uuid()), details: Some(json!({"role": invite.role})) }).await?;
    let token = app.settings.development().then_some(token);
    let invited = Invited { id, expires_at, token };
    tx.answer(Answer::created(format!("/api/v1/orgs/invitations/{id}"), &invited)?).await
}

/// So many mails to one address, whatever number of invitations they are of.
pub(super) async fn may_mail(app: &App, org: OrgId, email: &str) -> Result<()> {
    app.limits.take("member_invite", app.settings.invite_limit, &format!("{org}|{email}"), app.now()).await
}
pub(super) fn mail(app: &App, org: &str, to: String, token: &str) -> Mail {
    let link = format!("{}/join#{token}", app.settings.public_url());
    Mail {
        to,
        subject: format!("{org} vous invite · {org} invites you"),
        text: format!(
            "Bonjour,\n\n{org} vous invite sur Coulisses. Ouvrez ce lien pour accepter :\n{link}\n\n—\n\nHello,\n\n{org} invites you to Coulisses. Open this link to accept:\n{link}\n"
        ),
        html: None,
        attachments: vec![],
    }
}

/// Joins the organisation that an invitation is for; only the invited address can.
#[utoipa::path(post, path = "/orgs/members/~join", operation_id = "join_org", tag = "members", request_body = Join, responses(
    (status = 200, description = "The membership", body = Joined),
    (status = 400, description = "The invitation is unknown, used, expired or void")))]
pub async fn join(app: App, caller: Caller<UserWrite>, Json(join): Json<Join>) -> Result<Answer> {
    let mut tx = caller.begin(&app).await?;
    let found = store::by_token(&mut tx, &crypto::sha256_hex(join.token.expose().as_bytes())).await?;
    let Some(invitation) = found else {
        return Err(Error::malformed("invalid_token", say!("This invitation is not valid.", "Cette invitation n’est pas valable.")));
    };
    if invitation.revoked_at.is_some() {
        return Err(revoked());
    }
    if invitation.accepted_at.is_some() {
        return Err(Error::malformed("token_used", say!("This invitation has been used.", "Cette invitation a déjà servi.")));
    }
    if invitation.expires_at <= tx.now() {
        let say = say!("This invitation has expired. Ask for a new one.", "Cette invitation a expiré. Demandez-en une nouvelle.");
        return Err(Error::malformed("token_expired", say));
    }
    let email = accounts::store::by_id(&app.db, caller.account).await?.ok_or_else(|| Error::not_found(caller.account))?.email(&app)?;
    // An address that a provider only claims is shown by the account, but is not its own.
    let own = accounts::store::by_email(&app, &email).await?.is_some_and(|holder| holder.id == caller.account);
    if !own || !app.keys.blind_indexes("email", &email)?.contains(&invitation.email_index) {
        let say = say!(
            "This invitation is for another address. Sign in with that one.",
            "Cette invitation est destinée à une autre adresse. Connectez-vous avec celle-ci."
        );
        return Err(Error::forbidden("wrong_account", say));
    }
    // Whoever invited may have lost the right to since.
    let inviter = store::role_of(&app.db, invitation.org_id, invitation.invited_by).await?;
    if !inviter.is_some_and(|role| role.may_grant(invitation.role)) {
        return Err(revoked());
    }
    store::add(&mut tx, invitation.org_id, caller.account, invitation.role).await?;
    store::accepted(&mut tx, &invitation).await?;
    let entry = Entry { action: "member.joined", subject: Some(caller.account.uuid()), details: Some(json!({"role": invitation.role})) };
    tx.audit_in(invitation.org_id, entry).await?;
    let account = caller.account;
    tx.job(&Job::new(jobs::JOINED, jobs::Joined { org: invitation.org_id, account, email })?).await?;
    tx.after_commit(move |app| app.forget_rights(account));
    let joined = Joined { org_id: invitation.org_id, account_id: caller.account, role: invitation.role };
    tx.answer(Answer::ok(&joined)?).await
}

fn revoked() -> Error {
    let say =
        say!("This invitation is no longer valid. Ask for a new one.", "Cette invitation n’est plus valable. Demandez-en une nouvelle.");
    Error::malformed("invitation_revoked", say)
}

/// Gives a member another role.
#[utoipa::path(patch, path = "/orgs/members/{account_id}", operation_id = "change_member", tag = "members",
    params(("account_id" = AccountId, Path, description = "The member")), request_body = ChangeRole, responses(
    (status = 200, description = "The membership", body = Membership),
    (status = 409, description = "The last owner stays owner")))]
pub async fn change(
    app: App,
    member: Member<MembersWrite>,
    Path(account): Path<AccountId>,
    Json(change): Json<ChangeRole>,
) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let before = store::find(&mut tx, account).await?.role;
    model::may_decide_about(member.role, before)?;
    model::may_grant(member.role, change.role)?;
    if before == Role::Owner && change.role != Role::Owner {
        store::another_owner(&mut tx, account).await?;
    }
    let membership = store::set_role(&mut tx, account, change.role).await?;
    let details = Some(json!({"before": before, "after": change.role}));
    tx.audit(Entry { action: "member.role_changed", subject: Some(account.uuid()), details }).await?;
    tx.global().after_commit(move |app| app.forget_rights(account));
    tx.commit().await?;
    Answer::ok(&membership)
}

/// Removes a member, or leaves.
#[utoipa::path(delete, path = "/orgs/members/{account_id}", operation_id = "remove_member", tag = "members",
    params(("account_id" = AccountId, Path, description = "The member")), responses(
    (status = 204, description = "Gone"),
    (status = 409, description = "The last owner stays")))]
pub async fn remove(app: App, member: Member<OrgRead>, Path(account): Path<AccountId>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    if account != member.account {
        model::may_grant(member.role, Role::Tech)?;
    }
    let role = store::find(&mut tx, account).await?.role;
    if account != member.account {
        model::may_decide_about(member.role, role)?;
    }
    if role == Role::Owner {
        store::another_owner(&mut tx, account).await?;
    }
    store::remove(&mut tx, account).await?;
    tx.audit(Entry { action: "member.removed", subject: Some(account.uuid()), details: Some(json!({"role": role})) }).await?;
    tx.global().after_commit(move |app| app.forget_rights(account));
    tx.commit().await?;
    Ok(Answer::empty())
}

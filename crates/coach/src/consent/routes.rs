//! Read and change one's consent; switch models off for an organisation.

use super::{
    model::{Choice, Consent, OrgAi},
    store,
};
use base::{
    App, Result,
    audit::Entry,
    auth::{
        Caller, Member,
        grant::{OrgRead, OrgWrite, UserRead, UserWrite},
    },
    http::{Answer, Json},
};

/// What you agreed to.
#[utoipa::path(get, path = "/me/ai-consent", operation_id = "read_ai_consent", tag = "ai", responses(
    (status = 200, description = "The consent", body = Consent)))]
pub async fn read(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    Answer::tagged(&store::read(&app, caller.account).await?)
}
/// Agrees, or takes it back; it holds from the next question on.
#[utoipa::path(put, path = "/me/ai-consent", operation_id = "set_ai_consent", tag = "ai", request_body = Choice, responses(
    (status = 200, description = "The consent", body = Consent)))]
pub async fn set(app: App, caller: Caller<UserWrite>, Json(choice): Json<Choice>) -> Result<Answer> {
    caller.in_person()?;
    let mut tx = caller.begin(&app).await?;
    store::set(&mut tx, caller.account, choice).await?;
    tx.audit(Entry { action: "ai.consent_changed", subject: Some(caller.account.0), details: None }).await?;
    tx.commit().await?;
    Answer::ok(&store::read(&app, caller.account).await?)
}

/// Whether your organisation uses models.
#[utoipa::path(get, path = "/orgs/ai", operation_id = "read_org_ai", tag = "ai", responses(
    (status = 200, description = "Whether it does", body = OrgAi)))]
pub async fn read_org(app: App, member: Member<OrgRead>) -> Result<Answer> {
    Answer::tagged(&OrgAi { enabled: store::org_enabled(&mut member.read(&app)).await? })
}
/// Switches models on or off for everybody in your organisation.
#[utoipa::path(put, path = "/orgs/ai", operation_id = "set_org_ai", tag = "ai", request_body = OrgAi, responses(
    (status = 200, description = "Whether it does from now on", body = OrgAi)))]
pub async fn set_org(app: App, member: Member<OrgWrite>, Json(ai): Json<OrgAi>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    store::set_org(&mut tx, ai.enabled).await?;
    let action = if ai.enabled { "ai.enabled" } else { "ai.disabled" };
    tx.audit(Entry { action, ..Entry::default() }).await?;
    tx.commit().await?;
    Answer::ok(&ai)
}

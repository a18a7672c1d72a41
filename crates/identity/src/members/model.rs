//! Memberships and invitations, and who may decide about whom.

use base::{
    Error, Result,
    auth::Role,
    entity, id,
    id::{AccountId, OrgId},
    say,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

id!(pub InvitationId "invitation" "invitation");

entity! {
    #[derive(Debug, Serialize, ToSchema)]
    pub struct Membership { pub account_id: AccountId, pub role: Role, pub version: i64, pub created_at: Timestamp, pub updated_at: Timestamp }
}
entity! {
    #[derive(Debug, Serialize, ToSchema)]
    pub struct Listed { pub account_id: AccountId, pub role: Role, pub display_name: Option<String>, pub created_at: Timestamp }
}
#[derive(Serialize, ToSchema)]
pub struct Members {
    pub members: Vec<Listed>,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    #[schema(example = "hugo@lanternes.example")]
    pub email: String,
    pub role: Role,
}
#[derive(Serialize, ToSchema)]
pub struct Invited {
    pub id: InvitationId,
    pub expires_at: Timestamp,
    /// In development only; otherwise it is in the mail alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}
/// An invitation without an answer.
#[derive(Serialize, ToSchema)]
pub struct Pending {
    pub id: InvitationId,
    pub email: String,
    pub role: Role,
    pub invited_by: AccountId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    pub token: base::crypto::Secret,
}
#[derive(Serialize, ToSchema)]
pub struct Joined {
    pub org_id: OrgId,
    pub account_id: AccountId,
    pub role: Role,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRole {
    pub role: Role,
}

/// Whether `by` may give `role` to somebody.
pub fn may_grant(by: Role, role: Role) -> Result<()> {
    if by.may_grant(role) {
        return Ok(());
    }
    let say = say!("As {by} you cannot give the role {role}.", "En tant que {by}, vous ne pouvez pas donner le rôle {role}.");
    Err(Error::forbidden("role_too_high", say))
}
/// Whether `by` may change or remove somebody who is `role`.
pub fn may_decide_about(by: Role, role: Role) -> Result<()> {
    if by == Role::Owner || by > role {
        return Ok(());
    }
    let say = say!(
        "As {by} you cannot change somebody who is {role}.",
        "En tant que {by}, vous ne pouvez pas modifier une personne qui est {role}."
    );
    Err(Error::forbidden("role_too_high", say))
}
#[track_caller]
pub fn owner_is_a_person() -> Error {
    let say = say!(
        "A service account cannot own an organisation. Choose a person.",
        "Un compte de service ne peut pas posséder une organisation. Choisissez une personne."
    );
    Error::conflict("owner_is_a_person", say)
}
pub fn last_owner() -> Error {
    let say = say!(
        "This is the last owner. Make somebody else owner first.",
        "C’est la dernière personne propriétaire. Nommez d’abord quelqu’un d’autre propriétaire."
    );
    Error::conflict("last_owner", say)
}

//! What is handed out of an account, and what stands in the way of leaving.

use crate::{accounts::model::Account, audit::model::Line, oauth::model::Identity, orgs::model::Mine, sessions::model::Session};
use base::{Error, id::OrgId, say, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// How long a deletion can be undone.
pub const UNDO: Duration = Duration::from_secs(14 * 86_400);
/// How much of the log is handed out, the newest first.
pub const LINES: i64 = 10_000;

/// Everything of an account.
#[derive(Serialize, ToSchema)]
pub struct Export {
    pub exported_at: Timestamp,
    pub account: Account,
    /// At which providers its owner is known.
    pub identities: Vec<Identity>,
    pub organisations: Vec<Mine>,
    pub sessions: Vec<Session>,
    /// What the account did, the newest first.
    pub activity: Vec<Line>,
    /// What the other rooms hold of it: `planning` (the person, assignments, availability and rates in each organisation), `coach`.
    #[schema(value_type = Object)]
    pub rooms: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize, ToSchema)]
pub struct Leaving {
    /// Until then the link of the mail undoes it.
    pub purge_at: Timestamp,
    /// In development only; otherwise it is in the mail alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_token: Option<String>,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    pub token: base::crypto::Secret,
}

/// Organisations that would be left without an owner.
pub fn sole_owner(orgs: &[OrgId]) -> Error {
    let n = orgs.len();
    let say = say!(
        "You are the only owner of {n} organisations. Hand them over or delete them first.",
        "Vous êtes seul propriétaire de {n} organisations. Transmettez-les ou supprimez-les d’abord."
    );
    Error::conflict("sole_owner", say).with("orgs", orgs)
}

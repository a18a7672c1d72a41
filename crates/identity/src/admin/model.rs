//! Accounts, organisations and the instance as its administrators see them.

use crate::orgs::model::Mine;
use base::{
    Error, Faults, entity,
    id::{self, AccountId, OrgId, Uuid},
    patch::Change,
    say,
    text::fits_line,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::{IntoParams, ToSchema};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlatformRole {
    Admin,
}
impl fmt::Display for PlatformRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("admin")
    }
}
impl FromStr for PlatformRole {
    type Err = id::NotAnId;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        if s == "admin" { Ok(Self::Admin) } else { Err(id::NotAnId) }
    }
}
base::text_column!(PlatformRole);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AdminStatus)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Active,
    /// Cannot sign in.
    Disabled,
}
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Active { "active" } else { "disabled" })
    }
}
impl FromStr for Status {
    type Err = id::NotAnId;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        [Self::Active, Self::Disabled].into_iter().find(|v| v.to_string() == s).ok_or(id::NotAnId)
    }
}
base::text_column!(Status);

/// An account, as far as it is the instance's business.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminAccount)]
pub struct Account {
    pub id: AccountId,
    pub email: String,
    pub display_name: Option<String>,
    pub is_active: bool,
    pub platform_role: Option<PlatformRole>,
    pub two_factor: bool,
    pub created_at: Timestamp,
    pub last_seen_at: Option<Timestamp>,
    /// Where it belongs; only when it is looked at alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orgs: Option<Vec<Mine>>,
}

/// What is looked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// The whole address: addresses lie encrypted, a part of one finds nothing.
    pub email: Option<String>,
    /// The beginning of the display name.
    pub name: Option<String>,
    #[param(value_type = Option<String>)]
    pub status: Option<Status>,
    #[param(value_type = Option<String>)]
    pub platform_role: Option<PlatformRole>,
}

/// What an administrator may change of an account: never a password, which they cannot even see.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeAccount {
    pub is_active: Option<bool>,
    #[serde(default)]
    #[schema(value_type = Option<PlatformRole>)]
    pub platform_role: Change<PlatformRole>,
}

entity! {
    /// An organisation from outside.
    #[derive(Serialize, ToSchema)]
    #[schema(as = AdminOrg)]
    pub struct Org {
        #[serde(rename = "id")] pub org_id: OrgId,
        pub name: String, pub created_at: Timestamp, pub suspended_at: Option<Timestamp>, pub members: i64,
    }
}

entity! {
    /// Figures of the whole instance.
    #[derive(Serialize, ToSchema)]
    pub struct Stats {
        pub accounts: i64, pub disabled_accounts: i64, pub platform_admins: i64, pub orgs: i64, pub suspended_orgs: i64, pub open_sessions: i64,
    }
}
#[derive(Serialize, ToSchema)]
pub struct AllStats {
    #[serde(flatten)]
    pub stats: Stats,
    /// The outbox: what waits, and what failed for good.
    pub jobs_waiting: i64,
    pub jobs_dead: i64,
}

entity! {
    /// A job that was given up. What it holds (an address, a link) is not shown.
    #[derive(Serialize, ToSchema)]
    pub struct DeadJob {
        pub id: String, pub kind: String, pub org_id: Option<OrgId>, pub attempts: i64,
        /// The code of the last failure.
        pub last_error: Option<String>,
        /// When it was due first, and when it was given up. It is kept for 30 days from then.
        #[serde(rename = "due_at")] pub created_at: Timestamp,
        pub dead_at: Timestamp,
    }
}
/// Which jobs go back into the queue: one, or all of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    #[schema(value_type = Option<String>)]
    pub id: Option<Uuid>,
}
#[derive(Serialize, ToSchema)]
pub struct Replayed {
    pub replayed: u64,
}
pub fn not_dead() -> Error {
    let say = say!(
        "No job with this id was given up: it went out, waits, or is older than 30 days. Look at the list again.",
        "Aucune tâche abandonnée ne porte cet identifiant : elle est partie, attend, ou a plus de 30 jours. Relisez la liste."
    );
    Error::missing("not_found", say)
}

/// The instance and what it was told.
#[derive(Serialize, ToSchema)]
pub struct Instance {
    pub version: &'static str,
    pub now: Timestamp,
    /// The process that answered, and whether it hears the others.
    pub replica: String,
    pub bus_up: bool,
    pub engine: &'static str,
    pub migrations: Vec<Migration>,
    pub settings: Vec<Setting>,
}
#[derive(Serialize, ToSchema)]
pub struct Migration {
    pub version: i64,
    pub name: &'static str,
    pub applied_at: Option<Timestamp>,
}
#[derive(Serialize, ToSchema)]
pub struct Setting {
    pub name: &'static str,
    /// Secrets are not shown.
    pub value: String,
    pub origin: String,
}

/// In whose place, where, and why: the account and the owners of the organisation read the reason.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Impersonate {
    #[schema(min_length = 10, max_length = 300)]
    pub reason: String,
    /// One of the account's organisations; none to see the account alone.
    pub org_id: Option<OrgId>,
}
impl Impersonate {
    /// The reason, when it is one.
    pub fn checked(&self) -> Result<&str, Error> {
        let reason = self.reason.trim();
        let mut faults = Faults::default();
        let fits = reason.chars().count() >= 10 && fits_line(reason, 300);
        faults.require(fits, "reason", "invalid_reason", || {
            say!(
                "Say why in 10 to 300 characters: it is mailed to them.",
                "Dites pourquoi en 10 à 300 caractères : la raison leur est envoyée."
            )
        });
        faults.none().map(|()| reason)
    }
}

pub fn not_in_their_place() -> Error {
    let say = say!(
        "Nobody acts in the place of a platform administrator.",
        "Personne n’agit à la place d’une personne qui administre la plateforme."
    );
    Error::conflict("not_in_their_place", say)
}
pub fn closed() -> Error {
    let say = say!("This account is closed. Open it first.", "Ce compte est fermé. Rouvrez-le d’abord.");
    Error::conflict("account_closed", say)
}
pub fn no_mailbox() -> Error {
    let say = say!(
        "This account has no mailbox: it signs in with a provider that keeps its address to itself.",
        "Ce compte n’a pas de boîte aux lettres : il se connecte par un fournisseur qui garde son adresse pour lui."
    );
    Error::conflict("no_mailbox", say)
}
pub fn last_admin() -> Error {
    let say = say!(
        "This is the last platform administrator. Make somebody else one first.",
        "C’est la dernière personne à administrer la plateforme. Nommez d’abord quelqu’un d’autre."
    );
    Error::conflict("last_platform_admin", say)
}

//! What an API key and a service account are, and what may be one.

use base::{
    Error, Faults, Result,
    auth::{Role, Scope, Scopes},
    id::{AccountId, KeyId},
    say, text,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

const DAY: Duration = Duration::from_secs(86_400);
const USUAL_DAYS: u32 = 90;
const MOST_DAYS: u32 = 365;
/// More than anybody has programs; a script that makes keys in a loop stops here.
pub const MOST_KEYS: i64 = 200;

/// A key as it is listed: never the key itself.
#[derive(Serialize, ToSchema)]
pub struct Key {
    pub id: KeyId,
    pub name: String,
    /// Who it acts as: its maker, or a service account.
    pub account_id: AccountId,
    pub scopes: Vec<String>,
    pub created_by: AccountId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Not to the second: it is written down once a minute at most.
    pub last_used_at: Option<Timestamp>,
}
#[derive(Serialize, ToSchema)]
pub struct MadeKey {
    /// What the program sends as bearer token. It is never shown again.
    pub key: String,
    #[serde(flatten)]
    pub shown: Key,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    #[schema(example = "Ticketing")]
    pub name: String,
    #[schema(example = json!(["projects:read"]))]
    pub scopes: Vec<String>,
    /// 1 to 365; 90 when left out.
    pub expires_in_days: Option<u32>,
    /// The service account that it acts as; its maker when left out.
    pub service_account_id: Option<AccountId>,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewService {
    #[schema(example = "Ticketing")]
    pub name: String,
    pub role: Role,
}
#[derive(Serialize, ToSchema)]
pub struct Service {
    pub id: AccountId,
    pub name: String,
    pub role: Role,
    pub created_at: Timestamp,
}

impl NewKey {
    pub fn life(&self) -> Duration {
        DAY * self.expires_in_days.unwrap_or(USUAL_DAYS)
    }
    /// The scopes of the key: some that its maker has and that a key may have.
    pub fn check(&self, makers: Scopes) -> Result<Scopes> {
        let mut faults = Faults::default();
        check_name(&mut faults, &self.name);
        let days = self.expires_in_days.unwrap_or(USUAL_DAYS);
        faults.require((1..=MOST_DAYS).contains(&days), "expires_in_days", "out_of_range", || {
            say!("A key lasts 1 to {MOST_DAYS} days.", "Une clé dure de 1 à {MOST_DAYS} jours.")
        });
        faults.require(!self.scopes.is_empty(), "scopes", "required", || {
            say!("Name at least one scope, such as projects:read.", "Indiquez au moins un droit, comme projects:read.")
        });
        let mut all = vec![];
        for (i, name) in self.scopes.iter().enumerate() {
            match Scope::named(name) {
                Some(scope) if scope.for_keys() && makers.contains(scope) => all.push(scope),
                Some(scope) if scope.for_keys() => faults.add(format!("scopes[{i}]"), "scope_not_yours", not_yours()),
                Some(_) => faults.add(format!("scopes[{i}]"), "scope_not_for_keys", not_for_keys()),
                None => faults.add(format!("scopes[{i}]"), "unknown_scope", unknown()),
            }
        }
        faults.none()?;
        Ok(all.into_iter().collect())
    }
}
fn not_yours() -> base::say::Say {
    say!(
        "You do not have this right here, so a key of yours cannot either.",
        "Vous n’avez pas ce droit ici : votre clé ne peut pas l’avoir."
    )
}
fn not_for_keys() -> base::say::Say {
    say!("This right is for people only. Leave it out.", "Ce droit est réservé aux personnes. Retirez-le.")
}
fn unknown() -> base::say::Say {
    say!("There is no such scope. See docs/guide/scopes.md.", "Ce droit n’existe pas. Voir docs/guide/scopes.md.")
}
impl NewService {
    pub fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        check_name(&mut faults, &self.name);
        faults.require(self.role != Role::Owner, "role", "owner_is_a_person", || {
            say!(
                "Owners are people. Choose admin, manager or tech.",
                "Les propriétaires sont des personnes. Choisissez admin, manager ou tech."
            )
        });
        faults.none()
    }
}
fn check_name(faults: &mut Faults, name: &str) {
    let fits = (1..=100).contains(&name.trim().chars().count()) && text::is_one_line(name);
    faults.require(fits, "name", "invalid_name", || {
        say!("Use 1 to 100 characters on one line.", "Utilisez de 1 à 100 caractères sur une seule ligne.")
    });
}
pub fn too_many() -> Error {
    let say = say!(
        "This organisation has {MOST_KEYS} keys, which is the most. Revoke those that are not used.",
        "Cette organisation a {MOST_KEYS} clés, le maximum. Révoquez celles qui ne servent plus."
    );
    Error::conflict("too_many_keys", say)
}

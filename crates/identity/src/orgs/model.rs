//! What an organisation is, and what may be one.

use base::{
    Faults, Result,
    auth::Role,
    entity,
    id::{AccountId, OrgId},
    say, text, time,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

entity! {
    #[derive(Debug, Serialize, ToSchema)]
    pub struct Org {
        #[serde(rename = "id")] pub org_id: OrgId,
        pub name: String, pub time_zone: String, pub version: i64, pub created_at: Timestamp, pub updated_at: Timestamp,
    }
}
entity! {
    /// An organisation of the caller's, with their role in it.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct Mine { #[serde(rename = "id")] pub org_id: OrgId, pub name: String, pub role: Role }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrg {
    #[schema(example = "Théâtre des Lanternes")]
    pub name: String,
    #[schema(example = "Europe/Paris")]
    pub time_zone: Option<String>,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeOrg {
    pub name: Option<String>,
    pub time_zone: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The member who is to own the organisation.
    pub account_id: AccountId,
}

pub const DEFAULT_ZONE: &str = "Europe/Paris";

impl NewOrg {
    pub fn check(&self) -> Result<()> {
        check(Some(&self.name), self.time_zone.as_deref())
    }
}
impl ChangeOrg {
    pub fn check(&self) -> Result<()> {
        check(self.name.as_deref(), self.time_zone.as_deref())
    }
}
fn check(name: Option<&str>, zone: Option<&str>) -> Result<()> {
    let mut faults = Faults::default();
    let name_fits = name.is_none_or(|n| (1..=120).contains(&n.trim().chars().count()) && text::is_one_line(n));
    faults.require(name_fits, "name", "invalid_name", || {
        say!("Use 1 to 120 characters on one line.", "Utilisez de 1 à 120 caractères sur une seule ligne.")
    });
    faults.require(zone.is_none_or(time::is_zone), "time_zone", "unknown_time_zone", || {
        say!(
            "This is no IANA time zone; use one like Europe/Paris.",
            "Ce n’est pas un fuseau horaire IANA ; utilisez par exemple Europe/Paris."
        )
    });
    faults.none()
}

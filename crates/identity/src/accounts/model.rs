//! What an account is, and what may be one.

use crate::{
    passwords,
    profiles::model::{Level, check_name},
    sessions::model::Client,
};
use base::{
    Error, Faults, Result, Settings,
    auth::Role,
    crypto::Secret,
    id::{AccountId, OrgId},
    say,
    say::Say,
    text,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An account as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Account {
    pub id: AccountId,
    pub email: String,
    /// Whether its owner proved to read the mailbox.
    pub email_verified: bool,
    pub display_name: Option<String>,
    /// Where the provider that the account is signed in with shows its owner's picture.
    pub avatar_url: Option<String>,
    /// What stands in for a picture.
    pub initials: String,
    pub pseudo: Option<String>,
    pub bio: Option<String>,
    pub experience_level: Option<Level>,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
    /// How this session was signed in: `local`, `google`, ….
    pub provider: String,
    pub is_active: bool,
    pub platform_role: Option<String>,
    pub created_at: Timestamp,
    /// The organisation of the token, if it has one.
    pub org_id: Option<OrgId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    #[schema(example = "lea@lanternes.example")]
    pub email: String,
    #[schema(example = "trois-Lanternes-vertes-1987")]
    pub password: Secret,
    pub display_name: Option<String>,
    /// What the link of an invitation to an organisation carries: with `SIGNUP=invite` nobody signs up without one.
    pub invitation: Option<Secret>,
}
/// A sign-up that waits for its mailbox to be proved.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pending {
    pub email: String,
    pub display_name: Option<String>,
    pub password_phc: String,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    pub email: String,
    pub password: Secret,
    /// `web` gets cookies only, `mobile` and `cli` JSON only; left out, both.
    pub client: Option<Client>,
    /// Whether a browser may stay signed in after it was closed for a while.
    #[serde(default)]
    pub remember: bool,
    /// The scopes wanted, with spaces between; all that the role holds when left out.
    pub scope: Option<String>,
}
/// The account of a token, briefly.
#[derive(Serialize, ToSchema)]
pub struct Brief {
    pub id: AccountId,
    pub email: String,
    pub display_name: Option<String>,
    pub org_id: Option<OrgId>,
    pub role: Option<Role>,
    pub scope: String,
    /// The platform administrator who acts in the account's place; a page says so on every screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impersonator: Option<AccountId>,
}

impl NewAccount {
    /// The address in its one spelling, or everything that does not fit.
    pub fn check(&self, settings: &Settings) -> Result<String> {
        let mut faults = Faults::default();
        let email = normal_email(&self.email);
        faults.require(email.is_some(), "email", "invalid_email", no_address);
        passwords::model::length(&mut faults, "password", &self.password, settings);
        check_name(&mut faults, "display_name", self.display_name.as_deref());
        faults.none()?;
        Ok(email.unwrap_or_default())
    }
}
fn no_address() -> Say {
    say!("This is not an e-mail address.", "Ce n’est pas une adresse e-mail.")
}
/// The one spelling of an address that was sent, or the field that does not fit.
pub fn address(raw: &str) -> Result<String> {
    normal_email(raw).ok_or_else(|| Error::field("email", "invalid_email", no_address()))
}
pub use base::text::email as normal_email;
/// How what was typed at sign-in is looked up: an address that cannot exist as well, so that it is refused like any other.
pub fn spelling(raw: &str) -> String {
    normal_email(raw).unwrap_or_else(|| text::nfc(raw.trim()).to_lowercase().chars().take(254).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(normal_email("  Léa@Lanternes.Example ").as_deref(), Some("léa@lanternes.example"));
        for bad in ["", "a", "@b.c", "a@", "a@b", "a b@c.d", "a@b..c", "a@b.c\r\nBcc:x@y.z", "a@-b.c", "<a@b.c>", "a@@b.c"] {
            assert_eq!(normal_email(bad), None, "{bad}");
        }
    }
    #[test]
    fn everything_that_does_not_fit_is_said_at_once() {
        let settings = Settings::load(&base::settings::Source::default()).unwrap();
        let new = NewAccount { email: "x".into(), password: Secret::new("short"), display_name: Some("a\nb".into()), invitation: None };
        let error = new.check(&settings).unwrap_err();
        let fields: Vec<_> = error.fields().iter().map(|f| f.field.as_str()).collect();
        assert_eq!(fields, ["email", "password", "display_name"]);
        let long = NewAccount { email: "a@b.c".into(), password: Secret::new("x".repeat(257)), display_name: None, invitation: None };
        assert_eq!(long.check(&settings).unwrap_err().fields()[0].code, "too_long");
    }
}

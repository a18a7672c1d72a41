//! What an account is, and what may be one.

use crate::sessions::model::Client;
use base::{
    Faults, Result,
    auth::Role,
    crypto::Secret,
    id::{AccountId, OrgId},
    say, text,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An account as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Account {
    pub id: AccountId,
    pub email: String,
    pub display_name: Option<String>,
    /// Where the provider that the account is signed in with shows its owner's picture.
    pub avatar_url: Option<String>,
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
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    pub display_name: Option<String>,
}

impl NewAccount {
    /// The address in its one spelling, or everything that does not fit.
    pub fn check(&self, shortest: usize) -> Result<String> {
        let mut faults = Faults::default();
        let email = normal_email(&self.email);
        faults.require(email.is_some(), "email", "invalid_email", || {
            say!("This is not an e-mail address.", "Ce n’est pas une adresse e-mail.")
        });
        let (letters, bytes) = (self.password.expose().chars().count(), self.password.expose().len());
        faults.require(letters >= shortest, "password", "too_short", || {
            say!("Choose a password of {shortest} characters or more.", "Choisissez un mot de passe d’au moins {shortest} caractères.")
        });
        faults.require(letters <= 256 && bytes <= 1_024, "password", "too_long", || {
            say!("Choose a password of 256 characters or fewer.", "Choisissez un mot de passe de 256 caractères au plus.")
        });
        check_name(&mut faults, self.display_name.as_deref());
        faults.none()?;
        Ok(email.unwrap_or_default())
    }
}
impl Rename {
    pub fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        check_name(&mut faults, self.display_name.as_deref());
        faults.none()
    }
}
fn check_name(faults: &mut Faults, name: Option<&str>) {
    let fits = name.is_none_or(|n| (1..=100).contains(&n.trim().chars().count()) && text::is_one_line(n));
    faults.require(fits, "display_name", "invalid_name", || {
        say!("Use 1 to 100 characters on one line.", "Utilisez de 1 à 100 caractères sur une seule ligne.")
    });
}

pub use base::text::email as normal_email;

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
        let new = NewAccount { email: "x".into(), password: Secret::new("short"), display_name: Some("a\nb".into()) };
        let error = new.check(12).unwrap_err();
        let fields: Vec<_> = error.fields().iter().map(|f| f.field.as_str()).collect();
        assert_eq!(fields, ["email", "password", "display_name"]);
        let long = NewAccount { email: "a@b.c".into(), password: Secret::new("x".repeat(257)), display_name: None };
        assert_eq!(long.check(12).unwrap_err().fields()[0].code, "too_long");
    }
}

//! What a new password must be, and what is sent to set one.

use base::{
    Faults, Result, Settings,
    crypto::{self, Secret},
    say,
    settings::Scheme,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Nobody types more; and a hash takes as long for a thousand bytes as for ten.
const LONGEST: (usize, usize) = (256, 1_024);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskReset {
    #[schema(example = "lea@lanternes.example")]
    pub email: String,
}
/// The same whoever asked.
#[derive(Serialize, ToSchema)]
pub struct Accepted {
    pub status: &'static str,
    /// In development only: what the mail's link carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_token: Option<String>,
}
impl Accepted {
    pub const fn plain() -> Self {
        Self { status: "accepted", reset_token: None }
    }
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    pub token: Secret,
    #[schema(example = "deux-Lanternes-rouges-1988")]
    pub new_password: Secret,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// Left out by an account that has no password yet.
    pub current_password: Option<Secret>,
    #[schema(example = "deux-Lanternes-rouges-1988")]
    pub new_password: Secret,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TryPassword {
    #[schema(example = "trois-Lanternes-vertes-1987")]
    pub password: Secret,
    /// What a stranger may know of the account: its address, its name.
    #[serde(default)]
    pub about: Vec<String>,
}
/// Whether a password would be taken.
#[derive(Serialize, ToSchema)]
pub struct Judged {
    pub fits: bool,
    /// What is missing, and what would do better; the worst first.
    pub advice: Vec<String>,
}

/// Long enough and not too long; everything else is a question of [`super::policy`].
pub fn length(faults: &mut Faults, field: &str, password: &Secret, settings: &Settings) {
    let shortest = settings.password_min_length;
    let (letters, bytes) = (password.expose().chars().count(), password.expose().len());
    faults.require(letters >= shortest, field, "too_short", || {
        say!("Choose a password of {shortest} characters or more.", "Choisissez un mot de passe d’au moins {shortest} caractères.")
    });
    faults.require(letters <= LONGEST.0 && bytes <= LONGEST.1, field, "too_long", || {
        say!("Choose a password of 256 characters or fewer.", "Choisissez un mot de passe de 256 caractères au plus.")
    });
    let most = crypto::BCRYPT_BYTES;
    faults.require(settings.password_scheme != Scheme::Bcrypt || bytes <= most, field, "too_long", || {
        say!("Choose a password of {most} bytes or fewer.", "Choisissez un mot de passe de {most} octets au plus.")
    });
}
pub fn fits(field: &str, password: &Secret, settings: &Settings) -> Result<()> {
    let mut faults = Faults::default();
    length(&mut faults, field, password, settings);
    faults.none()
}

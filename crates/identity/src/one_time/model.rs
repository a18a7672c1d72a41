//! What a token is good for, and what is said of one that is not.

use base::{Error, Result, id::AccountId, say, time::Timestamp};
use std::time::Duration;

/// What a token does; made for one thing, it opens nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Makes the account that was asked for.
    SignUp,
    /// Proves the mailbox of an account.
    Verify,
    /// Sets a new password.
    Reset,
    /// Sets the first password of an administrator who was made on the command line.
    SetUp,
    /// Signs in.
    Magic,
    /// Agrees to another address: from the mailbox that it is to be, and from the one that it was.
    NewEmail,
    OldEmail,
}
impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::SetUp => "set_up",
            Self::Magic => "magic",
            Self::NewEmail => "new_email",
            Self::OldEmail => "old_email",
        }
    }
    pub const fn life(self) -> Duration {
        let minutes = match self {
            Self::SignUp | Self::Verify => 24 * 60,
            Self::Reset => 30,
            Self::Magic => 15,
            Self::SetUp | Self::NewEmail | Self::OldEmail => 60,
        };
        Duration::from_secs(60 * minutes)
    }
}

/// A token that was good.
#[derive(Debug, PartialEq, Eq)]
pub struct Token<T> {
    pub account: Option<AccountId>,
    pub about: T,
}
impl<T> Token<T> {
    /// Of a kind that always has an account.
    pub fn account(&self) -> Result<AccountId> {
        self.account.ok_or_else(unknown)
    }
}

/// How a token stands that was found.
pub fn check(used_at: Option<Timestamp>, expires_at: Timestamp, now: Timestamp) -> Result<()> {
    if used_at.is_some() {
        let say = say!("This link has been used. Ask for a new one.", "Ce lien a déjà servi. Demandez-en un nouveau.");
        return Err(Error::malformed("token_used", say));
    }
    if expires_at <= now {
        let say = say!("This link has expired. Ask for a new one.", "Ce lien a expiré. Demandez-en un nouveau.");
        return Err(Error::malformed("token_expired", say));
    }
    Ok(())
}
/// The code of [`unknown`].
pub const UNKNOWN: &str = "invalid_token";
#[track_caller]
pub fn unknown() -> Error {
    let say = say!(
        "This link is not valid. Open the newest mail, or ask for a new one.",
        "Ce lien n’est pas valable. Ouvrez le message le plus récent, ou demandez-en un nouveau."
    );
    Error::malformed(UNKNOWN, say)
}

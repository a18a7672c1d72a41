//! What a store can answer besides rows, the same for both engines.

use crate::{error, say};
use std::{fmt, time::Duration};

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug)]
pub enum Error {
    /// A unique index (or an exclusion constraint) refused the row.
    Conflict,
    /// A foreign key, a check or a trigger refused the row; the engine's words are for the log.
    Constraint(String),
    /// A text holds a character that Postgres cannot keep (NUL).
    Unstorable,
    /// `one` found nothing.
    NoRow,
    /// Serialization failure, deadlock or busy: the transaction may win when run again.
    Retry,
    /// A lock that must not be waited for is held by somebody else.
    Locked,
    /// The disk is full.
    Full,
    /// The store cannot be reached, or does not answer in time.
    Down(Box<dyn std::error::Error + Send + Sync>),
    /// The store cannot be used like this, and says what to change: for the operator, at start.
    Refused(String),
    /// Anything else is a mistake of ours.
    Broken(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict => f.write_str("a row with this key exists"),
            Self::Constraint(s) => write!(f, "a constraint refused the row: {s}"),
            Self::Unstorable => f.write_str("a text holds a character that cannot be stored"),
            Self::NoRow => f.write_str("no such row"),
            Self::Retry => f.write_str("lost a race with another transaction"),
            Self::Locked => f.write_str("locked by another transaction"),
            Self::Full => f.write_str("the disk is full"),
            Self::Down(e) => write!(f, "the store does not answer: {}", Chain(&**e)),
            Self::Refused(s) => f.write_str(s),
            Self::Broken(e) => write!(f, "store: {}", Chain(&**e)),
        }
    }
}
impl std::error::Error for Error {}

/// An error with its causes: the drivers keep the useful half of a sentence in the source.
struct Chain<'a>(&'a dyn std::error::Error);
impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        std::iter::successors(self.0.source(), |e| e.source()).try_for_each(|cause| write!(f, ": {cause}"))
    }
}

impl From<Error> for error::Error {
    #[track_caller]
    fn from(e: Error) -> Self {
        let second = Duration::from_secs(1);
        match e {
            Error::Retry | Error::Locked => Self::new(
                error::Kind::Retry,
                "busy",
                say!("Somebody else was changing the same thing. Try again.", "Quelqu’un modifiait la même chose. Réessayez."),
            )
            .with_source(e),
            Error::Full => Self::new(
                error::Kind::StorageFull,
                "storage_full",
                say!(
                    "The server has no space left to write. Reading still works; tell the operator.",
                    "Le serveur n’a plus de place pour écrire. La lecture fonctionne encore ; prévenez l’exploitant."
                ),
            )
            .with_source(e),
            Error::Down(_) => Self::unavailable(
                "store_unavailable",
                second,
                say!(
                    "The data store does not answer. Try again in a moment.",
                    "La base de données ne répond pas. Réessayez dans un instant."
                ),
            )
            .with_source(e),
            Error::Unstorable => Self::malformed(
                "character_not_storable",
                say!(
                    "A text contains a NUL character, which cannot be stored. Remove it and send the request again.",
                    "Un texte contient un caractère NUL, qui ne peut pas être enregistré. Retirez-le et renvoyez la requête."
                ),
            )
            .with_source(e),
            Error::Conflict | Error::Constraint(_) | Error::NoRow | Error::Refused(_) | Error::Broken(_) => Self::internal(e),
        }
    }
}

/// SQLite names no constraint: a violation is given its meaning where it can happen.
pub trait OnConflict<T> {
    /// What it means here that a row with this key exists.
    fn on_conflict(self, meaning: impl FnOnce() -> error::Error) -> error::Result<T>;
    /// What it means here that a foreign key, a check or a trigger said no.
    fn on_constraint(self, meaning: impl FnOnce(&str) -> error::Error) -> error::Result<T>;
}
impl<T> OnConflict<T> for Result<T> {
    #[track_caller]
    fn on_conflict(self, meaning: impl FnOnce() -> error::Error) -> error::Result<T> {
        self.map_err(|e| if matches!(e, Error::Conflict) { meaning() } else { e.into() })
    }
    #[track_caller]
    fn on_constraint(self, meaning: impl FnOnce(&str) -> error::Error) -> error::Result<T> {
        self.map_err(|e| if let Error::Constraint(s) = &e { meaning(s) } else { e.into() })
    }
}

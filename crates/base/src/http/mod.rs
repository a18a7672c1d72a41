//! The kit around the handlers: what comes in is checked, what goes out has one shape.

mod answer;
mod body;
mod config;
mod context;
mod cookies;
mod cors;
pub mod etag;
mod extract;
mod headers;
mod host;
mod idempotency;
mod observe;
mod op;
mod page;
pub mod problem;
mod refusal;
mod retry;
pub mod serve;
mod shed;
mod socket;
mod stack;
mod state;
#[cfg(test)]
mod tests;
pub mod verb;

pub use answer::Answer;
pub use config::{BodyLimits, Config, Cors, networks};
pub use context::Context;
pub use cookies::Cookie;
pub use etag::IfMatch;
pub use extract::{Form, FromPath, Json, Maybe, Optional, Path, Query};
pub use idempotency::{Repeatable, Running, Stored};
pub use op::{Handler, Op, Part, describe, shared_answers};
pub use page::{List, NoFilter, X_CACHE};
pub use stack::{Stack, stack};
pub use state::State;

/// The SHA-256 of a request's body, set by the body layer when an `Idempotency-Key` came with it.
#[derive(Clone, Debug)]
pub struct BodyDigest(pub String);

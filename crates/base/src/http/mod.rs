//! The kit around the handlers: what comes in is checked, what goes out has one shape.

mod answer;
mod body;
mod context;
mod cors;
pub mod etag;
mod extract;
mod idempotency;
mod op;
mod page;
pub mod problem;
mod serve;
mod shell;
mod state;
mod verb;

pub use answer::Answer;
pub use context::Context;
pub use etag::IfMatch;
pub use extract::{FromPath, Json, Path, Query};
pub use idempotency::{Repeatable, Running, Stored};
pub use op::{Handler, Op, Part, describe};
pub use page::{List, X_CACHE};
pub use serve::{Serving, Stop, serve};
pub use shell::Shell;
pub use state::State;
pub use verb::public;

/// The SHA-256 of a request's body, set by the body layer when an `Idempotency-Key` came with it.
#[derive(Clone, Debug)]
pub struct BodyDigest(pub String);

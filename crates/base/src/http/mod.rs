//! The kit around the handlers: what comes in is checked, what goes out has one shape.

mod answer;
mod context;
pub mod etag;
mod extract;
mod idempotency;
mod op;
mod page;
pub mod problem;
mod state;

pub use answer::Answer;
pub use context::Context;
pub use etag::IfMatch;
pub use extract::{FromPath, Json, Path, Query};
pub use idempotency::{Repeatable, Running, Stored};
pub use op::{Handler, Op, Part, describe};
pub use page::{List, X_CACHE};
pub use state::State;

/// The SHA-256 of a request's body, set by the body layer when an `Idempotency-Key` came with it.
#[derive(Clone, Debug)]
pub struct BodyDigest(pub String);

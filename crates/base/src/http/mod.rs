//! The kit around the handlers: what comes in is checked, what goes out has one shape.

mod answer;
mod context;
mod idempotency;
pub mod problem;
mod state;

pub use answer::Answer;
pub use context::Context;
pub use idempotency::Stored;
pub use state::State;

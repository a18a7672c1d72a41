//! A shooting session: series of shots on a target, as the published app sends them.

mod facts;
mod input;
mod rules;
pub mod stats;
#[cfg(test)]
mod tests;

pub use facts::facts;
pub use input::{Hand, Input, Series, Session};
pub use rules::{advice, missing};

/// Stamped on every answer that the rules gave.
pub const RULES: &str = "rules/shooting@1";

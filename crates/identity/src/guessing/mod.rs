//! Guessing at passwords gets slower with every wrong one, for addresses that have an account and for those that have none
//! alike, so that neither a list of passwords nor a list of addresses gets anybody far.
//!
//! ```text
//! unknown device:  5 tries ─► 1 s ─► 2 s ─► 4 s ─► … ─► 15 min ─► after 100, only by a link in a mail
//! known device:   10 tries of its own, so that a stranger's guesses do not lock its owner out; then as above
//! one network:    20 failures at once, 10 a minute, 100 an hour
//! ```

mod attempt;
mod device;
pub mod model;
mod store;
#[cfg(test)]
mod tests;

pub use attempt::Attempt;
pub use store::forget;

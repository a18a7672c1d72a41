//! The one integration-test binary: a file per noun.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod cli;

//! Tokens that travel by mail: good for one thing, once, for a while. Only their hashes are stored.
//!
//! ```text
//! made ─► mailed ─► used once
//!             ├──► over, with its time
//!             └──► void, when the account's password changes
//! ```

pub mod model;
pub mod store;

pub use model::{Kind, Token};
pub use store::{make, peek, redeem, void};

//! Who is calling, and what the type of a handler's first argument lets them do.
//!
//! [`Anyone`], [`Caller`], [`Member`] and [`Admin`] are extractors: a handler that takes `Member<ProjectsWrite>` can
//! only run for a member of the token's org whose live role *and* whose token allow `projects:write`. The OpenAPI
//! security text, the role matrix and the coverage test come from the same type.

mod guard;
mod key;
mod rights;
mod role;
mod scope;
pub mod signing;
mod token;

pub use guard::{Admin, Anyone, Caller, Member, Principal};
pub use key::ApiKey;
pub use rights::Rights;
pub use role::{Least, Role, least};
pub use scope::{Grant, Holder, Scope, Scopes, grant};
pub use token::{Claims, Signed, Tokens, Verified};

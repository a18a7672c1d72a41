//! Sign-in with providers: against a real OpenID provider, a Graph stand-in, and an issuer that forges.

pub mod browser;
mod callback;
mod facebook;
mod forged;
pub mod forger;
mod linking;
mod native;
mod published;

//! Sign-in with providers: against a real OpenID provider, a Graph stand-in, and an issuer that forges.

mod browser;
mod callback;
mod facebook;
mod forged;
mod forger;
mod linking;
mod native;
mod published;

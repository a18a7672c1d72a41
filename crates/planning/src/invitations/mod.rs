//! Invitations: a signed link with which a person answers without an account.

pub mod store;

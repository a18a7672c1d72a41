//! The binary, and the only place that knows all features.

mod backups;
pub mod commands;
mod console;
pub mod demo;
pub mod openapi;
pub mod ops;
mod plans;
pub mod retention;
pub mod router;
pub mod secret;
pub mod setup;
mod systemd;

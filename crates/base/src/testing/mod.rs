//! What tests of every crate share: both engines, people, a manual clock.

pub mod db;
pub mod redis;

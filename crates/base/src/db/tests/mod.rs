//! The store's own tests, every one on both engines.

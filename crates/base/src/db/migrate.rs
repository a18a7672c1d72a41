//! Versioned, reversible, one text per step for both engines.

//! Redis/Valkey behind a deadline and a breaker: never a source of truth, never a reason to wait.

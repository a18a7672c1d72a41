//! What replicas tell each other: one process needs nobody, several share a Redis/Valkey channel.

//! What replicas tell each other: one process needs nobody, several share a Redis/Valkey channel.

use crate::{
    events::Event,
    id::{AccountId, OrgId},
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// One thing said to the other replicas.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Stale {
        org: OrgId,
        noun: String,
    },
    Event(Event),
    /// Something of this account changed: its rights are to be read again.
    Rights(AccountId),
}

#[derive(Clone)]
pub enum Bus {
    /// One process: what it says to others, nobody hears.
    Memory,
    /// Through [`crate::redis`], from a bounded queue: whoever speaks never waits.
    Redis(mpsc::Sender<Message>),
}
impl Bus {
    pub fn publish(&self, message: Message) {
        if let Self::Redis(queue) = self
            && queue.try_send(message).is_err()
        {
            tracing::warn!("the bus is full or gone: other replicas learn of a change a few seconds late");
        }
    }
}

//! What runs here and its owner may end from anywhere: by its id, whichever replica they reach.

use crate::{
    App,
    bus::{Bus, Message},
    id::{AccountId, Uuid},
};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::Notify;

#[derive(Default)]
pub struct Stops(Mutex<HashMap<Uuid, (AccountId, Arc<Notify>)>>);
impl Stops {
    /// Something of this account begins; what is answered wakes when it is to end.
    pub fn begin(&self, id: Uuid, account: AccountId) -> Arc<Notify> {
        let stop = Arc::<Notify>::default();
        self.0.lock().insert(id, (account, stop.clone()));
        stop
    }
    /// It has ended, however it did.
    pub fn over(&self, id: Uuid) {
        self.0.lock().remove(&id);
    }
    /// Whether there was one of this account here.
    pub fn stop(&self, id: Uuid, account: AccountId) -> bool {
        let running = self.0.lock();
        let found = running.get(&id).filter(|(owner, _)| *owner == account);
        found.inspect(|(_, stop)| stop.notify_one()).is_some()
    }
}
impl App {
    /// Tells the other replicas to end it. Whether they can be told.
    pub fn stop_elsewhere(&self, id: Uuid, account: AccountId) -> bool {
        let reached = matches!(self.bus, Bus::Redis(..)) && self.bus.up();
        if reached {
            self.bus.publish(Message::Stop { id, account });
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::v4;

    #[tokio::test]
    async fn only_its_owner_ends_it_and_only_while_it_runs() {
        let (stops, id, owner) = (Stops::default(), v4(), AccountId(v4()));
        let told = stops.begin(id, owner);
        assert!(!stops.stop(id, AccountId(v4())) && !stops.stop(v4(), owner));
        assert!(stops.stop(id, owner));
        told.notified().await;
        stops.over(id);
        assert!(!stops.stop(id, owner));
    }
}

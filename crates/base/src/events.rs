//! Live events: what changed in an org, to every console that listens.

use crate::{
    bus::{Bus, Message},
    id::OrgId,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::broadcast;

/// How long, and how many of, an org's events can be heard again by whoever was away.
const REPLAY: Duration = Duration::from_secs(300);
const REPLAYED: usize = 512;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    pub org: OrgId,
    pub kind: Cow<'static, str>,
    pub data: serde_json::Value,
    /// Unique across replicas; a client sends it back as `Last-Event-ID`.
    pub id: String,
}

struct Room {
    said: VecDeque<(Instant, Arc<Event>)>,
    listeners: broadcast::Sender<Arc<Event>>,
}

pub struct Events {
    rooms: Mutex<HashMap<OrgId, Room>>,
    bus: Bus,
}

impl Events {
    pub fn new(bus: Bus) -> Self {
        Self { rooms: Mutex::default(), bus }
    }
    /// Here and on the other replicas.
    pub fn publish(&self, event: Event) {
        self.bus.publish(Message::Event(event.clone()));
        self.hear(event);
    }
    /// Here only: another replica said it, or [`Events::publish`] did.
    pub fn hear(&self, event: Event) {
        let mut rooms = self.rooms.lock();
        let now = Instant::now();
        let room = rooms.entry(event.org).or_insert_with(|| Room { said: VecDeque::new(), listeners: broadcast::channel(256).0 });
        let event = Arc::new(event);
        while room.said.len() >= REPLAYED || room.said.front().is_some_and(|(at, _)| now.duration_since(*at) > REPLAY) {
            room.said.pop_front();
        }
        room.said.push_back((now, event.clone()));
        let _ = room.listeners.send(event); // nobody may be listening
        if rooms.len() > 10_000 {
            rooms.retain(|_, r| r.listeners.receiver_count() > 0 || r.said.back().is_some_and(|(at, _)| now.duration_since(*at) < REPLAY));
        }
    }
    /// What was missed since `last` (`None`: it is too long ago to know), and everything from now on.
    pub fn listen(&self, org: OrgId, last: Option<&str>) -> (Option<Vec<Arc<Event>>>, broadcast::Receiver<Arc<Event>>) {
        let mut rooms = self.rooms.lock();
        let room = rooms.entry(org).or_insert_with(|| Room { said: VecDeque::new(), listeners: broadcast::channel(256).0 });
        let missed = match last {
            None => Some(vec![]),
            Some(last) => {
                room.said.iter().position(|(_, e)| e.id == last).map(|i| room.said.iter().skip(i + 1).map(|(_, e)| e.clone()).collect())
            }
        };
        (missed, room.listeners.subscribe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::v4;

    fn event(org: OrgId, id: &str) -> Event {
        Event { org, kind: "project.changed".into(), data: serde_json::Value::Null, id: id.to_owned() }
    }
    #[tokio::test]
    async fn an_org_hears_its_own_events_and_what_it_missed() {
        let events = Events::new(Bus::Memory);
        let (here, elsewhere) = (OrgId(v4()), OrgId(v4()));
        let (_, mut live) = events.listen(here, None);
        let (_, mut other) = events.listen(elsewhere, None);
        events.publish(event(here, "a"));
        events.publish(event(here, "b"));
        assert_eq!(live.recv().await.unwrap().id, "a");
        assert!(other.try_recv().is_err(), "another org hears nothing");
        let missed = events.listen(here, Some("a")).0.unwrap();
        assert_eq!(missed.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["b"]);
        assert!(events.listen(here, Some("unknown")).0.is_none(), "too long ago: read everything again");
    }
}

//! Live events: what changed in an org, to every console that listens.
//!
//! They are hints to read again, never the truth itself: one may be said twice, and whoever cannot be told
//! everything is told [`RESYNC`]. Everything kept for them is bounded.

use crate::{
    bus::{Bus, Message},
    id::{self, AccountId, OrgId},
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

/// The kind of an event that means: too much was missed, read everything again.
pub const RESYNC: &str = "resync";

/// How long, and how many of, an org's events can be heard again by whoever was away; and of all orgs together.
const REPLAY: Duration = Duration::from_secs(300);
const REPLAYED: usize = 256;
const REPLAYED_IN_ALL: usize = 16_384;
/// An event with more to say says only that something changed.
const LARGEST: usize = 8 << 10;
/// Two replicas hear two events in either order when they lie closer together than this.
const OVERLAP: Duration = Duration::from_secs(1);
/// How far a listener may lag behind before it has to read everything again.
const LAG: usize = 64;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    pub org: OrgId,
    pub kind: Cow<'static, str>,
    pub data: serde_json::Value,
    /// Who did it: told to those only who may know the members.
    #[serde(default)]
    pub by: Option<AccountId>,
    /// Unique across replicas; a client sends it back as `Last-Event-ID`.
    pub id: String,
}

struct Room {
    said: VecDeque<Said>,
    listeners: broadcast::Sender<Arc<Event>>,
}
struct Said {
    number: u64,
    at: Instant,
    event: Arc<Event>,
}
impl Default for Room {
    fn default() -> Self {
        Self { said: VecDeque::new(), listeners: broadcast::channel(LAG).0 }
    }
}

#[derive(Default)]
struct House {
    rooms: HashMap<OrgId, Room>,
    /// Everything that can be heard again, the oldest first: where it was said, and its number there.
    order: VecDeque<(Instant, OrgId, u64)>,
    count: u64,
    listens: u32,
}

pub struct Events {
    house: Mutex<House>,
    bus: Bus,
}

impl Events {
    pub fn new(bus: Bus) -> Self {
        Self { house: Mutex::default(), bus }
    }
    /// Here and on the other replicas.
    pub fn publish(&self, mut event: Event) {
        if serde_json::to_string(&event.data).map_or(true, |data| data.len() > LARGEST) {
            event.data = serde_json::Value::Null;
        }
        self.bus.publish(Message::Event(event.clone()));
        self.hear(event);
    }
    /// Here only: another replica said it, or [`Events::publish`] did.
    pub fn hear(&self, event: Event) {
        self.house.lock().say(Arc::new(event), Instant::now());
    }
    /// What was missed since `last` (`None`: it is too long ago to know), and everything from now on.
    pub fn listen(&self, org: OrgId, last: Option<&str>) -> (Option<Vec<Arc<Event>>>, broadcast::Receiver<Arc<Event>>) {
        let mut house = self.house.lock();
        house.listens = house.listens.wrapping_add(1);
        if house.listens.is_multiple_of(1_024) {
            house.rooms.retain(|_, room| room.needed());
        }
        let room = house.rooms.entry(org).or_default();
        (last.map_or(Some(vec![]), |last| room.since(last)), room.listeners.subscribe())
    }
    /// Other replicas may have said what was not heard here: nobody can be told what it was.
    pub fn resync(&self) {
        let mut house = self.house.lock();
        house.order.clear();
        house.rooms.retain(|org, room| {
            room.said.clear();
            let id = id::v4().to_string();
            let _ = room.listeners.send(Arc::new(Event { org: *org, kind: RESYNC.into(), data: serde_json::json!({}), by: None, id }));
            room.needed()
        });
    }
}

impl House {
    fn say(&mut self, event: Arc<Event>, now: Instant) {
        self.count += 1;
        let (org, number) = (event.org, self.count);
        let room = self.rooms.entry(org).or_default();
        if room.said.len() >= REPLAYED {
            room.said.pop_front(); // its place in the order stays, and finds nothing when its time comes
        }
        room.said.push_back(Said { number, at: now, event: event.clone() });
        let _ = room.listeners.send(event); // nobody may be listening
        self.order.push_back((now, org, number));
        while self.order.len() > REPLAYED_IN_ALL || self.order.front().is_some_and(|(at, ..)| now.duration_since(*at) > REPLAY) {
            self.forget_oldest();
        }
    }
    fn forget_oldest(&mut self) {
        let Some((_, org, number)) = self.order.pop_front() else { return };
        let Some(room) = self.rooms.get_mut(&org) else { return };
        if room.said.front().is_some_and(|said| said.number == number) {
            room.said.pop_front();
        }
        if !room.needed() {
            self.rooms.remove(&org);
        }
    }
}

impl Room {
    fn needed(&self) -> bool {
        !self.said.is_empty() || self.listeners.receiver_count() > 0
    }
    /// All that came after `last`, and what came just before it: on the replica that the client heard it from,
    /// that may have come after it.
    fn since(&self, last: &str) -> Option<Vec<Arc<Event>>> {
        let seen = self.said.iter().find(|said| said.event.id == last)?;
        let new = |said: &&Said| said.number != seen.number && said.at + OVERLAP >= seen.at;
        Some(self.said.iter().filter(new).map(|said| said.event.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::v4;

    fn event(org: OrgId, id: &str) -> Event {
        Event { org, kind: "project.changed".into(), data: serde_json::Value::Null, by: None, id: id.to_owned() }
    }
    fn ids(events: &[Arc<Event>]) -> Vec<&str> {
        events.iter().map(|e| e.id.as_str()).collect()
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
        assert_eq!(ids(&events.listen(here, Some("a")).0.unwrap()), ["b"]);
        assert!(events.listen(here, Some("unknown")).0.is_none(), "too long ago: read everything again");
        assert!(events.listen(elsewhere, Some("a")).0.is_none(), "another org's event is unknown here");
    }
    #[test]
    fn what_was_said_just_before_is_said_again_and_older_things_are_not() {
        let (mut house, org, start) = (House::default(), OrgId(v4()), Instant::now());
        for (id, ms) in [("a", 0), ("b", 1_500), ("c", 2_000), ("d", 9_000)] {
            house.say(Arc::new(event(org, id)), start + Duration::from_millis(ms));
        }
        // Another replica may have heard "c" before "b".
        assert_eq!(ids(&house.rooms[&org].since("c").unwrap()), ["b", "d"]);
    }
    #[test]
    fn what_is_kept_has_an_end_in_number_and_in_time() {
        let (mut house, start) = (House::default(), Instant::now());
        let orgs: Vec<_> = (0..200).map(|_| OrgId(v4())).collect();
        for i in 0..3 * REPLAYED_IN_ALL {
            house.say(Arc::new(event(orgs[i * i % orgs.len()], &i.to_string())), start);
        }
        assert!(house.order.len() <= REPLAYED_IN_ALL);
        assert!(house.rooms.values().all(|r| r.said.len() <= REPLAYED));
        assert!(house.rooms.values().map(|r| r.said.len()).sum::<usize>() <= REPLAYED_IN_ALL);
        house.say(Arc::new(event(orgs[0], "late")), start + REPLAY + Duration::from_secs(1));
        assert_eq!((house.order.len(), house.rooms.len()), (1, 1), "the rooms of silent orgs are gone");
    }
    #[tokio::test]
    async fn whoever_is_too_slow_lags_and_holds_nobody_up() {
        let (events, org) = (Events::new(Bus::Memory), OrgId(v4()));
        let (_, mut slow) = events.listen(org, None);
        for i in 0..=LAG {
            events.publish(event(org, &i.to_string()));
        }
        assert!(matches!(slow.recv().await, Err(broadcast::error::RecvError::Lagged(_))));
    }
    #[tokio::test]
    async fn after_a_gap_everybody_reads_everything_again() {
        let (events, org) = (Events::new(Bus::Memory), OrgId(v4()));
        let (_, mut live) = events.listen(org, None);
        events.publish(event(org, "a"));
        events.resync();
        assert_eq!(live.recv().await.unwrap().id, "a");
        assert_eq!(live.recv().await.unwrap().kind, RESYNC);
        assert!(events.listen(org, Some("a")).0.is_none());
    }
    #[test]
    fn a_long_event_is_cut_to_a_hint() {
        let (events, org) = (Events::new(Bus::Memory), OrgId(v4()));
        let (_, mut live) = events.listen(org, None);
        events.publish(Event { data: "x".repeat(LARGEST).into(), ..event(org, "long") });
        assert!(live.try_recv().unwrap().data.is_null());
    }
    #[test]
    fn rooms_that_nobody_needs_are_cleared() {
        let events = Events::new(Bus::Memory);
        for _ in 0..5_000 {
            events.listen(OrgId(v4()), None);
        }
        assert!(events.house.lock().rooms.len() <= 1_024);
    }
}

//! What replicas tell each other: one process needs nobody, several share a Redis/Valkey channel.
//!
//! Every replica says something twice a second, if only that it is there, and hears itself: while its own voice
//! comes back, the bus is whole in both directions ([`Bus::up`]). When it was not, whatever others said meanwhile
//! is unknown, and [`Message::Resync`] tells everybody to forget what they know.

use crate::{
    App, crypto,
    events::Event,
    id::{AccountId, OrgId, Uuid},
    redis::Redis,
};
use futures_core::Stream as _;
use redis::aio::PubSubStream;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

const CHANNEL: &str = "coulisses:bus";
const BEAT: Duration = Duration::from_millis(500);
/// Three beats missed: the bus is broken, even if no connection says so.
const SILENCE: Duration = Duration::from_millis(1_500);
/// A replica that fell silent without [`Message::Bye`] may still be writing where nobody hears it; after this
/// long it is taken for dead. No cached answer should live longer.
const MOURNING: Duration = Duration::from_secs(60);
/// More than this waiting to be said, and the others are told to forget everything instead.
const QUEUE: usize = 4_096;
const LETTER: usize = 64;

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
    /// This account ends something of its own that may run elsewhere.
    Stop {
        id: Uuid,
        account: AccountId,
    },
    /// Something was said that could not be heard: anything may have changed.
    Resync,
    /// The last thing a replica says when it stops.
    Bye,
}

#[derive(Serialize, Deserialize)]
struct Letter {
    from: String,
    says: Vec<Message>,
}

#[derive(Clone)]
pub enum Bus {
    /// One process: what it says to others, nobody hears.
    Memory,
    /// Through a bounded queue: whoever speaks never waits.
    Redis(mpsc::Sender<Message>, Arc<Link>),
}

/// How it stands with the bus, shared by who speaks and who listens.
#[derive(Default)]
pub struct Link {
    whole: AtomicBool,
    /// Something could not be said; the next letter begins with [`Message::Resync`].
    missed: AtomicBool,
}

impl Bus {
    /// The bus, and the ear that must be kept listening: `tokio::spawn(ear.listen(app))`.
    pub fn over(redis: &Redis) -> (Self, Ear) {
        let (queue, says) = mpsc::channel(QUEUE);
        let (me, link) = (crypto::hex(&crypto::random::<8>()), Arc::<Link>::default());
        tokio::spawn(speak(redis.clone(), me.clone(), says, link.clone()));
        (Self::Redis(queue, link.clone()), Ear { redis: redis.clone(), me, link })
    }
    pub fn publish(&self, message: Message) {
        if let Self::Redis(queue, link) = self
            && queue.try_send(message).is_err()
        {
            link.missed.store(true, Ordering::Relaxed);
        }
    }
    /// Whether this process hears what others change. If not, nothing it knows should live for long.
    pub fn up(&self) -> bool {
        match self {
            Self::Memory => true,
            Self::Redis(_, link) => link.whole.load(Ordering::Relaxed),
        }
    }
}

/// Sends what is queued, several messages a letter, and an empty letter when there is nothing to say.
async fn speak(redis: Redis, me: String, mut queue: mpsc::Receiver<Message>, link: Arc<Link>) {
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let mut says = Vec::new();
        tokio::select! {
            n = queue.recv_many(&mut says, LETTER) => if n == 0 { return },
            _ = beat.tick() => {}
        }
        if link.missed.swap(false, Ordering::Relaxed) {
            says.insert(0, Message::Resync);
        }
        let (silent, last) = (says.is_empty(), matches!(says.last(), Some(Message::Bye)));
        let text = serde_json::to_vec(&Letter { from: me.clone(), says }).unwrap_or_default();
        let said = redis.call(async |mut c| redis::cmd("PUBLISH").arg(CHANNEL).arg(text).query_async::<()>(&mut c).await).await;
        if said.is_err() && !silent {
            link.missed.store(true, Ordering::Relaxed);
        }
        if last {
            return;
        }
    }
}

/// Hears what the other replicas say.
pub struct Ear {
    redis: Redis,
    me: String,
    link: Arc<Link>,
}
impl Ear {
    pub async fn listen(self, app: App) {
        self.listen_with(|message| app.hear(message)).await;
    }
    /// For ever, subscribing again whenever the line broke.
    pub async fn listen_with(self, hear: impl Fn(Message)) {
        loop {
            if let Ok(Ok(heard)) = timeout(SILENCE, self.subscribe()).await {
                self.follow(heard, &hear).await;
            }
            self.link.whole.store(false, Ordering::Relaxed);
            sleep(BEAT).await;
        }
    }
    async fn subscribe(&self) -> redis::RedisResult<PubSubStream> {
        let mut pubsub = self.redis.client().get_async_pubsub().await?;
        pubsub.subscribe(CHANNEL).await?;
        Ok(pubsub.into_on_message())
    }
    /// Until the line breaks, or stays silent for longer than this process itself would be.
    async fn follow(&self, mut line: PubSubStream, hear: &impl Fn(Message)) {
        let mut heard = HashMap::from([(self.me.clone(), None)]);
        let began = Instant::now();
        loop {
            let next = std::future::poll_fn(|cx| Pin::new(&mut line).poll_next(cx));
            match timeout(BEAT, next).await {
                Ok(Some(letter)) => self.read(letter.get_payload_bytes(), &mut heard, hear),
                Ok(None) => return,
                Err(_) => {}
            }
            let silent = |since: Option<Instant>| since.unwrap_or(began).elapsed();
            let mine = heard.get(&self.me).copied().flatten();
            if silent(mine) > SILENCE * 2 {
                return;
            }
            heard.retain(|who, since| *who == self.me || silent(*since) < MOURNING);
            let whole = mine.is_some() && heard.values().all(|since| silent(*since) < SILENCE);
            if whole && !self.link.whole.load(Ordering::Relaxed) {
                hear(Message::Resync); // before anything is trusted again
            }
            self.link.whole.store(whole, Ordering::Relaxed);
        }
    }
    fn read(&self, letter: &[u8], heard: &mut HashMap<String, Option<Instant>>, hear: &impl Fn(Message)) {
        let Ok(letter) = serde_json::from_slice::<Letter>(letter) else {
            return hear(Message::Resync); // a newer replica says something that is not understood here
        };
        let mine = letter.from == self.me;
        heard.insert(letter.from.clone(), Some(Instant::now()));
        for message in letter.says.into_iter().filter(|_| !mine) {
            if matches!(message, Message::Bye) {
                heard.remove(&letter.from);
            }
            hear(message);
        }
    }
}

impl App {
    /// What another replica said, done here.
    pub fn hear(&self, message: Message) {
        match message {
            Message::Stale { org, noun } => self.cache.stale_elsewhere(org, &noun),
            Message::Event(event) => self.events.hear(event),
            Message::Rights(account) => self.rights.forget(account),
            Message::Stop { id, account } => {
                self.stops.stop(id, account);
            }
            Message::Resync => {
                self.cache.forget_all();
                self.rights.forget_all();
                self.events.resync();
            }
            Message::Bye => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cache::{Cache, Cached, Tag},
        crypto::Secret,
        id::v4,
        testing::redis::{Server, until},
    };
    use parking_lot::Mutex;
    use std::sync::atomic::AtomicUsize;

    /// What of the process hangs on the bus. Every test has a server of its own: a replica that vanishes with
    /// one test makes those of another careful.
    struct Replica {
        bus: Bus,
        cache: Arc<Cache>,
        heard: Arc<Mutex<Vec<String>>>,
        resyncs: Arc<AtomicUsize>,
        listening: tokio::task::JoinHandle<()>,
    }
    impl Drop for Replica {
        fn drop(&mut self) {
            self.listening.abort();
        }
    }
    async fn replica(url: &str) -> Replica {
        let redis = Redis::connect(&Secret::new(url)).await.unwrap().unwrap();
        let (bus, ear) = Bus::over(&redis);
        let (heard, resyncs) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicUsize>::default());
        let cache = Arc::new(Cache::new(Duration::from_secs(60), bus.clone()));
        let listening = tokio::spawn({
            let (heard, resyncs, cache) = (heard.clone(), resyncs.clone(), cache.clone());
            ear.listen_with(move |message| match message {
                Message::Stale { org, noun } => cache.stale_elsewhere(org, &noun),
                Message::Event(event) => heard.lock().push(event.id),
                Message::Resync => {
                    cache.forget_all();
                    resyncs.fetch_add(1, Ordering::SeqCst);
                }
                Message::Rights(_) | Message::Stop { .. } | Message::Bye => {}
            })
        });
        until("the bus is whole", || bus.up()).await;
        Replica { bus, cache, heard, resyncs, listening }
    }
    fn answer(text: &str) -> Cached {
        Cached { body: text.to_owned().into(), etag: String::new(), link: None }
    }
    fn fill(cache: &Cache, tag: Tag) {
        if let Err(slot) = cache.get(tag, "k".into()) {
            cache.put(slot, answer("x"));
        }
        assert!(cache.get(tag, "k".into()).is_ok());
    }
    fn event(id: &str) -> Message {
        Message::Event(Event { org: OrgId(v4()), kind: "x".into(), data: serde_json::Value::Null, by: None, id: id.into() })
    }

    #[tokio::test]
    async fn what_one_replica_changes_another_forgets() {
        let Some(server) = Server::start() else { return };
        let (one, other) = (replica(&server.url()).await, replica(&server.url()).await);
        let tag = Tag { org: OrgId(v4()), noun: "projects" };
        fill(&other.cache, tag);
        one.cache.stale(&[tag]);
        until("the other forgets", || other.cache.get(tag, "k".into()).is_err()).await;
        one.bus.publish(event("hello"));
        until("the other hears", || other.heard.lock().contains(&"hello".to_owned())).await;
        assert!(!one.heard.lock().contains(&"hello".to_owned()), "nobody is told what they said themselves");
    }
    #[tokio::test]
    async fn a_thousand_messages_at_once_all_arrive_in_order() {
        let Some(server) = Server::start() else { return };
        let (one, other) = (replica(&server.url()).await, replica(&server.url()).await);
        let ids: Vec<String> = (0..1_000).map(|i| format!("{}-{i}", v4())).collect();
        ids.iter().for_each(|id| one.bus.publish(event(id)));
        let mine = || other.heard.lock().iter().filter(|id| ids.contains(id)).cloned().collect::<Vec<_>>();
        until("all arrive", || mine().len() == ids.len()).await;
        assert_eq!(mine(), ids);
    }
    #[tokio::test]
    async fn while_the_bus_is_broken_answers_live_two_seconds_and_then_everything_is_forgotten() {
        let Some(server) = Server::start() else { return };
        let (one, other) = (replica(&server.url()).await, replica(&server.url()).await);
        let (tag, before) = (Tag { org: OrgId(v4()), noun: "projects" }, other.resyncs.load(Ordering::SeqCst));
        fill(&other.cache, tag);
        server.pause();
        one.cache.stale(&[tag]); // nobody hears it
        let paused = Instant::now();
        until("the old answer is not given any more", || other.cache.get(tag, "k".into()).is_err()).await;
        assert!(paused.elapsed() < Duration::from_millis(2_800), "{:?}", paused.elapsed());
        assert!(!other.bus.up());
        fill(&other.cache, tag); // the cache still helps, for two seconds at a time
        server.resume();
        until("the bus is whole again", || one.bus.up() && other.bus.up()).await;
        assert!(other.resyncs.load(Ordering::SeqCst) > before);
        assert!(other.cache.get(tag, "k".into()).is_err(), "what was kept meanwhile is forgotten");
    }
    #[tokio::test]
    async fn whoever_was_deaf_for_a_moment_forgets_what_it_may_have_missed() {
        let Some(server) = Server::start() else { return };
        let (one, other) = (replica(&server.url()).await, replica(&server.url()).await);
        let tag = Tag { org: OrgId(v4()), noun: "projects" };
        fill(&other.cache, tag);
        let redis = Redis::connect(&Secret::new(server.url())).await.unwrap().unwrap();
        until("there is a line", || redis.up()).await;
        let kill = async |mut c| redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").query_async::<()>(&mut c).await;
        redis.call(kill).await.unwrap();
        one.cache.stale(&[tag]); // said, and heard by nobody
        until("it is noticed", || !other.bus.up()).await;
        until("the bus is whole again", || other.bus.up()).await;
        assert!(other.cache.get(tag, "k".into()).is_err());
    }
    #[tokio::test]
    async fn whoever_has_too_much_to_say_tells_everybody_to_forget_everything() {
        let Some(server) = Server::start() else { return };
        let (one, other) = (replica(&server.url()).await, replica(&server.url()).await);
        let before = other.resyncs.load(Ordering::SeqCst);
        for _ in 0..=QUEUE {
            one.bus.publish(event("x"));
        }
        until("the other is told", || other.resyncs.load(Ordering::SeqCst) > before).await;
        assert!(other.bus.up());
    }
    #[tokio::test]
    async fn what_is_not_understood_may_have_been_anything() {
        let Some(server) = Server::start() else { return };
        let one = replica(&server.url()).await;
        let before = one.resyncs.load(Ordering::SeqCst);
        let redis = Redis::connect(&Secret::new(server.url())).await.unwrap().unwrap();
        until("there is a line", || redis.up()).await;
        let newer = r#"{"from":"9","says":["SomethingNew"]}"#;
        redis.call(async |mut c| redis::cmd("PUBLISH").arg(CHANNEL).arg(newer).query_async::<()>(&mut c).await).await.unwrap();
        until("it is told", || one.resyncs.load(Ordering::SeqCst) > before).await;
    }
    #[tokio::test]
    async fn a_server_that_was_killed_comes_back_and_the_bus_with_it() {
        let Some(mut server) = Server::start() else { return };
        let (one, other) = (replica(&server.url()).await, replica(&server.url()).await);
        server.restart();
        until("it is noticed", || !one.bus.up() && !other.bus.up()).await;
        until("both are whole again", || one.bus.up() && other.bus.up()).await;
        one.bus.publish(event("after"));
        until("the other hears", || other.heard.lock().contains(&"after".to_owned())).await;
    }
    #[tokio::test]
    async fn a_replica_that_falls_silent_makes_the_others_careful_and_one_that_says_bye_does_not() {
        let Some(server) = Server::start() else { return };
        let (one, other) = (replica(&server.url()).await, replica(&server.url()).await);
        let third = replica(&server.url()).await;
        third.bus.publish(Message::Bye);
        tokio::time::sleep(SILENCE + BEAT * 2).await;
        assert!(one.bus.up() && other.bus.up(), "who left can change nothing");
        drop(third);
        drop(other); // as a crash: it says nothing any more, not even goodbye
        until("the one that stays is careful", || !one.bus.up()).await;
    }
}

//! Redis/Valkey behind a deadline and a breaker: never a source of truth, never a reason to wait.
//!
//! One connection carries every call. Five failures in a row, or a lost connection, and calls are told so at
//! once ([`Down`]: do it some other way), while a task of its own looks every two seconds for the server.

use crate::crypto::Secret;
use parking_lot::RwLock;
use redis::{AsyncConnectionConfig, Client, RedisResult, aio::MultiplexedConnection};
use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until, timeout},
};

/// For a whole call, however many round trips it makes: a time limit for each of them adds up.
const DEADLINE: Duration = Duration::from_millis(50);
const FAILURES: u32 = 5;
const LOOK_AGAIN: Duration = Duration::from_secs(2);
const CONNECT: Duration = Duration::from_millis(500);
/// A start does not wait longer than this for a server that is away.
const FIRST_CONNECT: Duration = Duration::from_millis(150);

/// The server did not answer in time, or is known to be away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Down;

#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    client: Client,
    /// None while the breaker is open.
    line: RwLock<Option<Arc<Line>>>,
    broken: Arc<Notify>,
}
/// A connection, and how often in a row it failed: late failures of an old one are not held against the next.
struct Line {
    connection: MultiplexedConnection,
    failures: AtomicU32,
}

impl Redis {
    /// A server that is away is no reason not to start; a URL that is none is.
    /// `memory://` and `fakeredis://` mean that everything stays in this process: None.
    pub async fn connect(url: &Secret) -> Result<Option<Self>, String> {
        if ["memory:", "fakeredis:"].iter().any(|scheme| url.expose().starts_with(scheme)) {
            return Ok(None);
        }
        // The parser's own message could quote the password.
        let client = Client::open(url.expose()).map_err(|_| "is not a URL like redis://:password@host:6379/0, rediss://… or memory://")?;
        let redis = Self(Arc::new(Inner { client, line: RwLock::new(None), broken: Arc::default() }));
        if timeout(FIRST_CONNECT, redis.0.open()).await != Ok(true) {
            tracing::warn!("Redis does not answer: limits and caches are this process's own until it does");
        }
        tokio::spawn(keep(Arc::downgrade(&redis.0)));
        Ok(Some(redis))
    }
    /// Whether calls are let through at this moment.
    pub fn up(&self) -> bool {
        self.0.line.read().is_some()
    }
    /// Does `work` on the shared connection, within the deadline or not at all.
    pub async fn call<T, F>(&self, work: impl FnOnce(MultiplexedConnection) -> F) -> Result<T, Down>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let line = self.0.line.read().clone().ok_or(Down)?;
        let lost = match timeout(DEADLINE, work(line.connection.clone())).await {
            Ok(Ok(value)) => {
                line.failures.store(0, Ordering::Relaxed);
                return Ok(value);
            }
            Ok(Err(error)) => error.is_unrecoverable_error(),
            Err(_) => false,
        };
        if lost || line.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES {
            self.0.close(&line);
        }
        Err(Down)
    }
    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }
}

impl Inner {
    fn close(&self, broken: &Arc<Line>) {
        let mut line = self.line.write();
        if line.as_ref().is_some_and(|l| Arc::ptr_eq(l, broken)) {
            *line = None;
            self.broken.notify_one();
            tracing::warn!("Redis does not answer: limits and caches are this process's own until it does");
        }
    }
    /// Whether there is a connection that answers now.
    async fn open(&self) -> bool {
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connect = async {
            let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
            redis::cmd("PING").query_async::<()>(&mut connection).await?;
            RedisResult::Ok(connection)
        };
        let Ok(Ok(connection)) = timeout(CONNECT, connect).await else { return false };
        *self.line.write() = Some(Arc::new(Line { connection, failures: AtomicU32::new(0) }));
        true
    }
}
impl Drop for Inner {
    fn drop(&mut self) {
        self.broken.notify_one();
    }
}

/// Opens the line again whenever it broke, until nobody needs it any more.
async fn keep(redis: Weak<Inner>) {
    while let Some(inner) = redis.upgrade() {
        let (broken, next) = (inner.broken.clone(), Instant::now() + LOOK_AGAIN);
        let up = inner.line.read().is_some();
        let opened = !up && inner.open().await;
        drop(inner);
        if opened {
            tracing::info!("Redis answers again");
        }
        if up || opened {
            broken.notified().await;
        } else {
            sleep_until(next).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::redis::{Server, until};

    async fn ping(redis: &Redis) -> Result<String, Down> {
        redis.call(async |mut c| redis::cmd("PING").query_async(&mut c).await).await
    }
    async fn open(url: &str) -> Redis {
        Redis::connect(&Secret::new(url)).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn some_urls_need_no_server_and_some_are_none() {
        for inside in ["memory://", "fakeredis://", "fakeredis://localhost:6379/0"] {
            assert!(Redis::connect(&Secret::new(inside)).await.unwrap().is_none(), "{inside}");
        }
        let fault = Redis::connect(&Secret::new("canary:canary@nowhere")).await.err().unwrap();
        assert!(!fault.contains("canary"), "{fault}");
    }
    #[tokio::test]
    async fn a_server_that_is_away_at_the_start_is_found_later() {
        let Some(mut server) = Server::start() else { return };
        server.stop();
        let redis = open(&server.url()).await;
        assert!(!redis.up());
        assert_eq!(ping(&redis).await, Err(Down));
        server.restart();
        until("the server is found", || redis.up()).await;
        pong(&redis).await;
    }
    #[tokio::test]
    async fn a_killed_server_is_noticed_at_once_and_found_again() {
        let Some(mut server) = Server::start() else { return };
        let redis = open(&server.url()).await;
        pong(&redis).await;
        server.stop();
        assert_eq!(ping(&redis).await, Err(Down));
        assert!(!redis.up(), "a lost connection opens the breaker without five tries");
        server.restart();
        until("the server is found again", || redis.up()).await;
        pong(&redis).await;
    }
    #[tokio::test]
    async fn a_silent_server_costs_five_deadlines_then_nothing() {
        let Some(server) = Server::start() else { return };
        let redis = open(&server.url()).await;
        server.pause();
        for tries in 1..=FAILURES {
            assert!(redis.up(), "after {} failures", tries - 1);
            let asked = std::time::Instant::now();
            assert_eq!(ping(&redis).await, Err(Down));
            let took = asked.elapsed();
            assert!(took >= DEADLINE && took < DEADLINE * 6, "a deadline, not a socket's patience: {took:?}");
        }
        assert!(!redis.up());
        // With the breaker open nobody waits: all of these together take less than one deadline would.
        let asked = std::time::Instant::now();
        for _ in 0..1_000 {
            assert_eq!(ping(&redis).await, Err(Down));
        }
        assert!(asked.elapsed() < DEADLINE * 100, "{:?}", asked.elapsed());
        server.resume();
        until("the breaker closes", || redis.up()).await;
        pong(&redis).await;
    }
    #[tokio::test]
    async fn a_success_forgives_what_failed_before() {
        let Some(server) = Server::start() else { return };
        // On a busy machine a call may miss its deadline: then all of it again.
        for _ in 0..10 {
            let (redis, mut pongs) = (open(&server.url()).await, 0);
            for _ in 0..3 {
                for _ in 1..FAILURES {
                    let wrong = redis.call(async |mut c| redis::cmd("NO-SUCH-COMMAND").query_async::<()>(&mut c).await).await;
                    assert_eq!(wrong, Err(Down));
                }
                pongs += usize::from(ping(&redis).await.is_ok());
            }
            if pongs == 3 {
                return assert!(redis.up());
            }
        }
        panic!("four failures and a success, three times, should leave the breaker closed");
    }
    async fn pong(redis: &Redis) {
        for _ in 0..100 {
            if ping(redis).await.is_ok() {
                return;
            }
            tokio::time::sleep(DEADLINE).await;
        }
        panic!("Redis does not answer");
    }
}

//! Rate limits by GCRA, in this process or shared by all replicas through Redis.
//!
//! Redis that is away never opens the gate: until it is back each replica counts on its own.

mod gcra;
mod local;
mod rule;
mod turns;

pub use rule::Rule;
pub use turns::{TOGETHER, Turn};

use crate::{crypto, error::Error, http::Context, redis::Redis, time::Timestamp};
use axum::http::{HeaderName, HeaderValue};
use gcra::{Gcra, Outcome};
use local::{Local, Place};
use redis::Script;
use std::{net::IpAddr, time::Duration};
use turns::Turns;

#[derive(Default)]
pub struct Limits {
    local: Local,
    shared: Option<(Redis, Script)>,
    turns: Turns,
}

/// How a key stands after it asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    name: &'static str,
    count: u32,
    span: Duration,
    /// How many more may come at once.
    pub left: u32,
    /// When the bucket is empty again.
    pub reset: Duration,
    /// When to come back; None when this one was granted.
    pub after: Option<Duration>,
}

impl Limits {
    /// One count for all replicas.
    pub fn shared(redis: Redis) -> Self {
        Self { shared: Some((redis, Script::new(include_str!("gcra.lua")))), ..Self::default() }
    }
    /// One more of `name` for `key`, or an error that says when; the answer to the request will tell how the key stands.
    pub async fn take(&self, name: &'static str, rule: Rule, key: &str, now: Timestamp) -> Result<(), Error> {
        let Some(standing) = self.ask(name, rule, key, now).await else { return Ok(()) };
        Context::with(|request| request.limits.lock().push(standing));
        standing.granted()
    }
    /// What was taken turned out not to count.
    pub async fn give_back(&self, name: &'static str, rule: Rule, key: &str, now: Timestamp) {
        let Some(gcra) = Gcra::of(rule) else { return };
        self.pour(place(name, key), gcra.back(), now).await;
    }
    /// Waits until a share of the turns of this key is free: at most [`TOGETHER`] shares are out at once.
    pub async fn turn(&self, key: &str, share: u32) -> Turn {
        self.turns.take(place("turn", key), share).await
    }
    /// The same, telling how the key stands; None when there is no limit.
    pub async fn ask(&self, name: &'static str, rule: Rule, key: &str, now: Timestamp) -> Option<Standing> {
        let (gcra, Rule::Per { count, span, .. }) = (Gcra::of(rule)?, rule) else { return None };
        let Outcome { wait, debt } = self.pour(place(name, key), gcra, now).await;
        let micros = |n: i64| Duration::from_micros(n.unsigned_abs());
        let left = u32::try_from((gcra.allowed - debt) / gcra.step).unwrap_or(u32::MAX);
        Some(Standing { name, count, span, left, reset: micros(debt), after: (wait > 0).then(|| micros(wait)) })
    }
    async fn pour(&self, place: Place, gcra: Gcra, now: Timestamp) -> Outcome {
        match self.ask_redis(place, gcra, now).await {
            Some(outcome) => outcome,
            None => self.local.take(place, gcra, now),
        }
    }
    async fn ask_redis(&self, place: Place, gcra: Gcra, now: Timestamp) -> Option<Outcome> {
        let (redis, script) = self.shared.as_ref()?;
        let key = format!("coulisses:limit:{}", crypto::hex(&place));
        let mut call = script.key(key);
        call.arg(now.micros()).arg(gcra.step).arg(gcra.allowed);
        let (wait, debt) = redis.call(async |mut c| call.invoke_async::<(i64, i64)>(&mut c).await).await.ok()?;
        Some(Outcome { wait, debt })
    }
}

impl crate::App {
    /// One more of `name` from this network address. This machine is free in development: its tests come from nowhere else.
    pub async fn limit_address(&self, name: &'static str, rule: Rule, client: IpAddr) -> Result<(), Error> {
        if self.settings.development() && client.is_loopback() {
            return Ok(());
        }
        self.limits.take(name, rule, &address(client), self.now()).await
    }
}

/// Keys are addresses and accounts: what is kept, here or in Redis, does not name them.
fn place(name: &str, key: &str) -> Place {
    let digest = crypto::sha256(format!("{name}|{key}").as_bytes());
    std::array::from_fn(|i| digest[i])
}

/// The key of a network address: whoever has one IPv6 address has 2⁶⁴ of them.
pub fn address(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("{:x}/64", u128::from(ip) >> 64),
    }
}

impl Standing {
    pub fn granted(self) -> Result<(), Error> {
        self.after.map_or(Ok(()), |after| Err(Error::rate_limited(after)))
    }
    /// `RateLimit-Policy` and `RateLimit`, which go on every answer to whoever is counted.
    pub fn headers(&self) -> [(HeaderName, HeaderValue); 2] {
        let Self { name, count, span, left, .. } = self;
        // Whole seconds, rounded up: whoever comes back then is let in.
        let reset = self.reset.as_secs() + u64::from(self.reset.subsec_nanos() > 0);
        let value = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
        [
            (HeaderName::from_static("ratelimit-policy"), value(format!("\"{name}\";q={count};w={}", span.as_secs()))),
            (HeaderName::from_static("ratelimit"), value(format!("\"{name}\";r={left};t={reset}"))),
        ]
    }
}

#[cfg(test)]
mod tests;

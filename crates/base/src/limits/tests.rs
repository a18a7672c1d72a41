//! The rule against a simulation, both backends against each other, and Redis that goes away.

use super::*;
use crate::{
    crypto::Secret,
    testing::redis::{self as server, Server, until},
};
use proptest::prelude::*;

const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

async fn shared(url: &str) -> (Limits, Redis) {
    let redis = Redis::connect(&Secret::new(url)).await.unwrap().unwrap();
    until("Redis is there", || redis.up()).await;
    (Limits::shared(redis.clone()), redis)
}
fn unique() -> String {
    crypto::hex(&crypto::random::<8>())
}
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    /// In any span of time, never more than the burst and what flowed off meanwhile; and never fewer.
    #[test]
    fn as_many_as_a_simulation_allows(gaps in proptest::collection::vec(0i64..3_000_000, 1..80), count in 1u32..6, burst in 1u32..6) {
        let runtime = runtime();
        let limits = Limits::default();
        let rule = format!("{count}/6s").parse::<Rule>().unwrap().with_burst(burst);
        let (burst, step) = (i64::from(burst.min(count)), 6_000_000 / i64::from(count));
        let (mut now, mut taken) = (START, vec![]);
        for gap in gaps {
            now = now.plus(Duration::from_micros(gap as u64));
            // With this one, no window that began at an earlier one may hold more than burst + what flowed off.
            let fits = |(i, from): (usize, &Timestamp)| {
                let in_window = (taken.len() - i + 1) as i64;
                in_window * step <= burst * step + (now.micros() - from.micros())
            };
            let brute = taken.iter().enumerate().all(fits);
            let took = runtime.block_on(limits.take("x", rule, "k", now)).is_ok();
            prop_assert_eq!(took, brute);
            if took { taken.push(now); }
        }
    }
}

/// Gaps may be negative: the clock of a replica, or one that was set back.
#[test]
fn both_backends_give_the_same_answers() {
    let Some(url) = server::url() else { return };
    let runtime = runtime();
    let (redis, _) = runtime.block_on(shared(&url));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(64));
    // Spans so long that Redis, which forgets buckets in real time, forgets none during a case.
    let steps = proptest::collection::vec((-5_000_000i64..40_000_000, 0usize..3), 1..40);
    let run = |(steps, count, span, burst): (Vec<(i64, usize)>, u32, u64, u32)| {
        let (local, keys) = (Limits::default(), [unique(), unique(), unique()]);
        let rule = format!("{count}/{span}s").parse::<Rule>().unwrap().with_burst(burst);
        let mut now = START;
        for (gap, key) in steps {
            now = Timestamp::from_micros(now.micros() + gap);
            let here = runtime.block_on(local.ask("x", rule, &keys[key], now));
            let there = runtime.block_on(redis.ask_redis(place("x", &keys[key]), Gcra::of(rule).unwrap(), now));
            prop_assume!(there.is_some()); // on a busy machine a call may miss its deadline
            let there = there.map(|o| (Duration::from_micros(o.wait as u64), Duration::from_micros(o.debt as u64)));
            prop_assert_eq!(here.map(|s| (s.after.unwrap_or_default(), s.reset)), there);
        }
        Ok(())
    };
    runner.run(&(steps, 1u32..7, 60u64..600, 1u32..7), run).unwrap();
}

#[tokio::test]
async fn replicas_share_one_count() {
    let Some(url) = server::url() else { return };
    let (one, other, gcra) = (shared(&url).await.0, shared(&url).await.0, Gcra::of("10/1h".parse().unwrap()).unwrap());
    // On a busy machine a call may miss its deadline: then all of it again, with another bucket.
    for _ in 0..10 {
        let (bucket, mut outcomes) = (place("x", &unique()), vec![]);
        for limits in [&one, &other].into_iter().cycle().take(40) {
            outcomes.extend(limits.ask_redis(bucket, gcra, START).await);
        }
        if outcomes.len() == 40 {
            return assert_eq!(outcomes.iter().filter(|o| o.wait == 0).count(), 10);
        }
    }
    panic!("Redis misses deadlines all the time");
}

#[tokio::test]
async fn without_redis_each_replica_counts_on_its_own_and_never_lets_everybody_in() {
    let Some(mut own) = Server::start() else { return };
    let (limits, redis) = shared(&own.url()).await;
    let rule = "3/1h".parse().unwrap();
    let ask = async || {
        let mut granted = 0;
        for _ in 0..20 {
            granted += u32::from(limits.take("x", rule, "k", START).await.is_ok());
        }
        granted
    };
    // At most twice as many, should a busy machine have made a single call miss its deadline.
    let counted = 3..=6;
    assert!(counted.contains(&ask().await));
    own.stop();
    assert!(counted.contains(&ask().await), "counted anew, but counted");
    own.restart();
    until("Redis is back", || redis.up()).await;
    assert!(counted.contains(&ask().await), "shared again");
}

#[tokio::test]
async fn it_says_when_to_come_back_and_keeps_keys_and_names_apart() {
    let (limits, rule) = (Limits::default(), "2/10s".parse().unwrap());
    assert!(limits.take("x", rule, "k", START).await.is_ok() && limits.take("x", rule, "k", START).await.is_ok());
    let after = limits.take("x", rule, "k", START).await.unwrap_err().kind().after().unwrap();
    assert_eq!(after, Duration::from_secs(5));
    assert!(limits.take("x", rule, "other", START).await.is_ok());
    assert!(limits.take("y", rule, "k", START).await.is_ok());
    assert!(limits.take("x", rule, "k", START.plus(after - Duration::from_micros(1))).await.is_err());
    assert!(limits.take("x", rule, "k", START.plus(after)).await.is_ok());
    for _ in 0..100 {
        assert!(limits.take("x", Rule::Off, "k", START).await.is_ok());
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_costs_one_bucket_not_a_day() {
    let (limits, rule) = (Limits::default(), "2/10s".parse().unwrap());
    let tomorrow = START.plus(Duration::from_secs(86_400));
    while limits.take("x", rule, "k", tomorrow).await.is_ok() {}
    let after = limits.take("x", rule, "k", START).await.unwrap_err().kind().after().unwrap();
    assert!(after <= Duration::from_secs(10), "{after:?}");
}

#[tokio::test]
async fn headers_say_the_rule_and_what_is_left() {
    let limits = Limits::default();
    let rule = "600/60s".parse::<Rule>().unwrap().with_burst(100);
    let standing = limits.ask("api", rule, "k", START).await.unwrap();
    let text = standing.headers().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
    assert_eq!(text, ["ratelimit-policy: \"api\";q=600;w=60", "ratelimit: \"api\";r=99;t=1"]);
    assert!(limits.ask("api", Rule::Off, "k", START).await.is_none());
}

#[test]
fn one_subscriber_is_one_key() {
    let key = |s: &str| address(s.parse().unwrap());
    assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
    assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
}

//! Two hundred people sign in at once: what that costs is hashes and little else, and nobody else waits for them.
//!
//! Each has an address and a network of their own, so that no limit stands before the hash; who is told to come back in two
//! seconds does. The bare hash and the flood take turns, so that a mood of the machine meets both.

use super::{Check, Ground, check};
use crate::{
    Result,
    load::{Client, Make, Outcome, open, request},
    server::Server,
    stage::{PASSWORD, Stage},
};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde_json::json;
use std::{
    sync::Arc,
    thread::available_parallelism,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

const CROWD: usize = 200;
const ROUNDS: usize = 3;
/// What other people ask for meanwhile, each second.
const OTHERS: f64 = 100.0;
/// As `Retry-After` says.
const COME_BACK: Duration = Duration::from_secs(2);
/// The blocks of one hash.
const HASH_MIB: f64 = 19.0;

pub async fn run(ground: &Ground) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for (engine, url) in ground.engines() {
        let mut env = ground.environment(url);
        env.push(("TRUSTED_PROXIES", "127.0.0.1/32".to_owned()));
        let server = Server::start(&ground.program, &["serve"], &env).await?;
        checks.extend(flooded(engine, &server, ground.length).await?);
        server.stop().await?;
    }
    Ok(checks)
}

async fn flooded(engine: &str, server: &Server, length: Duration) -> Result<Vec<Check>> {
    let token = Stage::set(&server.address).await?.token;
    crowd(&server.address).await?;
    let make: Make =
        Arc::new(move |n| if n % 2 == 0 { request("GET", "/livez", "", "") } else { request("GET", "/api/v1/me", &token, "") });
    // As many as the server makes hashes at a time: one core stays with everybody else.
    let threads = available_parallelism()?.get().saturating_sub(1).max(1);
    let (mut ratios, mut seen, mut others) = (Vec::new(), Outcome::default(), Outcome::default());
    let (before, mut most) = (server.resident_mib(), 0.0_f64);
    for _ in 0..ROUNDS {
        let bare = tokio::task::spawn_blocking(move || bare_hashes(threads, length)).await?;
        let (flood, beside) = tokio::join!(flood(&server.address, length), open(&server.address, 8, OTHERS, length, make.clone()));
        let (flood, beside) = (flood?, beside?);
        most = most.max(server.resident_mib() - before);
        ratios.push(flood.statuses.get(&200).copied().unwrap_or_default() as f64 / flood.took.as_secs_f64() / bare);
        seen.add(flood);
        others.add(beside);
    }
    ratios.sort_by(f64::total_cmp);
    let (ratio, p99) = (ratios[ROUNDS / 2], others.latencies.at(0.99));
    let told = seen.statuses.keys().all(|status| [200, 429, 503].contains(status));
    let memory = threads as f64 * HASH_MIB + 64.0;
    Ok(vec![
        check(told, format!("{engine}: {CROWD} sign-ins at once, answers {:?} (200, 429 and 503 only)", seen.statuses)),
        check(
            p99 < 50_000 && others.statuses.keys().all(|status| *status == 200),
            format!(
                "{engine}: /livez and /api/v1/me meanwhile: p50 {:.1} ms, p99 {:.1} ms (< 50)",
                others.latencies.at(0.5) as f64 / 1e3,
                p99 as f64 / 1e3
            ),
        ),
        check(
            ratio >= 0.95,
            format!(
                "{engine}: signs in {ratio:.2} times as often as {threads} thread(s) make the bare hash, as many as it has for them (>= 0.95; rounds {ratios:.2?})"
            ),
        ),
        check(most <= memory, format!("{engine}: {most:.0} MiB more memory (<= {memory:.0})")),
    ])
}

fn address(n: usize) -> String {
    format!("crowd{n}@lanternes.example")
}
/// Accounts for all of them; what an earlier run left behind serves as well.
async fn crowd(server: &str) -> Result<()> {
    let mut all = JoinSet::new();
    for half in 0..2 {
        let mut client = Client::connect(server).await?;
        all.spawn(async move {
            for n in (half..CROWD).step_by(2) {
                let account = json!({"email": address(n), "password": PASSWORD}).to_string();
                let (status, answer) = client.call(&request("POST", "/api/v1/auth/register", "", &account)).await?;
                if ![201, 409].contains(&status) {
                    return Err(format!("signing up: {status} {}", String::from_utf8_lossy(&answer)).into());
                }
            }
            Result::Ok(())
        });
    }
    while let Some(done) = all.join_next().await {
        done??;
    }
    Ok(())
}
async fn flood(server: &str, length: Duration) -> Result<Outcome> {
    let (mut all, start) = (JoinSet::new(), Instant::now());
    for n in 0..CROWD {
        let mut client = Client::connect(server).await?;
        let body = json!({"email": address(n), "password": PASSWORD}).to_string();
        let own = format!("POST /api/v1/auth/login HTTP/1.1\r\nx-forwarded-for: 192.0.2.{n}\r\n");
        let sign_in = String::from_utf8(request("POST", "/api/v1/auth/login", "", &body))?;
        let sign_in = own + sign_in.split_once("\r\n").map_or("", |(_, rest)| rest);
        all.spawn(async move {
            let mut seen = Outcome::default();
            while start.elapsed() < length {
                let sent = Instant::now();
                let (status, _) = client.call(sign_in.as_bytes()).await?;
                seen.saw(status, sent.elapsed());
                if status != 200 {
                    tokio::time::sleep(COME_BACK.min(length.saturating_sub(start.elapsed()))).await;
                }
            }
            Result::Ok(seen)
        });
    }
    let mut seen = Outcome::default();
    while let Some(one) = all.join_next().await {
        seen.add(one??);
    }
    seen.took = start.elapsed();
    Ok(seen)
}

/// Hashes a second, by as many threads, with the server's parameters and nothing around.
fn bare_hashes(threads: usize, length: Duration) -> f64 {
    let hash = move || {
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT);
        let (mut blocks, mut out) = (vec![Block::new(); Params::DEFAULT.block_count()], [0; 32]);
        let (start, mut made) = (Instant::now(), 0_u32);
        while start.elapsed() < length {
            let hashed = argon.hash_password_into_with_memory(PASSWORD.as_bytes(), b"sixteen bytes of", &mut out, &mut blocks);
            made += u32::from(hashed.is_ok());
        }
        f64::from(made) / start.elapsed().as_secs_f64()
    };
    let all: Vec<_> = (0..threads).map(|_| std::thread::spawn(hash)).collect();
    all.into_iter().map(|thread| thread.join().unwrap_or_default()).sum()
}

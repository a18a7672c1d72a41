//! What we add to a model's answer: calls through the server against the same calls to the simulator, in time and in CPU.
//!
//! `cargo xtask bench ai`. Targets (with sign-in, limits and history, on SQLite, at 500 requests a second): p50 0.3 ms, p99 2 ms, CPU 150 µs a
//! request, 15 µs an event; a stream of a hundred events within 10 ms.

use crate::{
    Result,
    load::{Client, Make, closed, open, request},
    report::{per_request, record},
    server::{Server, binary},
    stage::{Stage, environment},
};
use serde_json::json;
use simulator::Simulator;
use std::{path::PathBuf, sync::Arc, time::Duration};

const RATE: f64 = 500.0;
/// What the burst of the simulator sends, its end included.
const EVENTS: u64 = 101;
const STREAMS: u64 = 300;
/// Until the last event of a stream has come, in microseconds: small packets that wait for each other take ten times as long.
const SLOWEST_STREAM: u64 = 10_000;

/// The simulator in a process of its own, so that its CPU is not counted as ours.
pub async fn simulate() -> Result<()> {
    let simulator = Simulator::start(0).await?;
    println!("listening: http://{}", simulator.address);
    simulator.ended().await;
    Ok(())
}

pub async fn run(length: Duration, name: Option<&str>) -> Result<()> {
    let dir = PathBuf::from("target/bench").join(format!("ai-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let model = Server::start(&std::env::current_exe()?, &["simulator"], &[]).await?;
    let mut env = environment(&dir, None);
    for (setting, value) in
        [("AI_PROFILE", "mistral"), ("MISTRAL_API_KEY", "k"), ("AI_MODEL", "sim-ok"), ("AI_MODELS", "sim-burst"), ("AI_LIMIT", "off")]
    {
        env.push((setting, value.to_owned()));
    }
    env.push(("AI_BASE_URL", format!("http://{}/v1", model.address)));
    let server = Server::start(&binary()?, &["serve"], &env).await?;
    let token = Stage::set(&server.address).await?.token;
    let ask = |path: &str, token: &str, model: &str, stream: bool| {
        let body =
            json!({"model": model, "stream": stream, "messages": [{"role": "user", "content": "Donne-moi un exercice de respiration."}]});
        request("POST", path, token, &body.to_string())
    };
    let ours = "/api/v1/ai/chat/completions";
    let direct = "/v1/chat/completions";

    let relay = Server::start(&std::env::current_exe()?, &["relay", &model.address], &[]).await?;
    let make = |bytes: Vec<u8>| -> Make { Arc::new(move |_| bytes.clone()) };
    let (bare, through) = (make(ask(direct, "k", "sim-ok", false)), make(ask(ours, &token, "sim-ok", false)));
    closed(&server.address, 8, Duration::from_millis(500), through.clone()).await?; // connections and caches are warm
    closed(&relay.address, 8, Duration::from_millis(500), bare.clone()).await?;
    let alone = open(&model.address, 64, RATE, length, bare.clone()).await?;
    let (relayed, floor) = measured(&relay, open(&relay.address, 64, RATE, length, bare)).await?;
    let (added, cpu) = measured(&server, open(&server.address, 64, RATE, length, through)).await?;
    let each = |spent: Duration| per_request(spent, added.latencies.total);
    let refused: u64 = added.statuses.iter().filter(|(status, _)| **status != 200).map(|(_, n)| n).sum();
    let (direct_to, by_relay, by_us) = (&alone.latencies, &relayed.latencies, &added.latencies);

    let mut page =
        String::from("# What we add to a model's answer\n\nMade by `cargo xtask bench ai`; SQLite, the simulator as the model.\n");
    page += "The relay is axum and reqwest alone: no account, no limit, no history.\n\n";
    page += "| what | p50 µs | p99 µs | CPU µs |\n|---|---:|---:|---:|\n";
    page += &format!("| completion, directly, {RATE:.0}/s | {} | {} | – |\n", direct_to.at(0.5), direct_to.at(0.99));
    page += &format!("| through the bare relay | {} | {} | {:.0} |\n", by_relay.at(0.5), by_relay.at(0.99), each(floor));
    page += &format!("| through us | {} | {} | {:.0} |\n", by_us.at(0.5), by_us.at(0.99), each(cpu));
    let added = [0.5, 0.99].map(|part| by_us.at(part) as i64 - direct_to.at(part) as i64);
    page += &format!("| **added by us** | {} | {} | {:.0} |\n", added[0], added[1], each(cpu));
    let own = [0.5, 0.99].map(|part| by_us.at(part) as i64 - by_relay.at(part) as i64);
    page += &format!("| **of that, more than the relay** | {} | {} | {:.0} |\n", own[0], own[1], each(cpu) - each(floor));

    let alone = streams(&model.address, &ask(direct, "k", "sim-burst", true)).await?;
    let (relayed, floor) = measured(&relay, streams(&relay.address, &ask(direct, "k", "sim-burst", true))).await?;
    let (added, cpu) = measured(&server, streams(&server.address, &ask(ours, &token, "sim-burst", true))).await?;
    let each = |spent: Duration| per_request(spent, STREAMS * EVENTS);
    page += &format!("| {EVENTS} events, directly: first / last (p50) | {} | {} | – |\n", alone.0, alone.1);
    page += &format!("| through the bare relay | {} | {} | {:.1} an event |\n", relayed.0, relayed.1, each(floor));
    page += &format!("| through us | {} | {} | {:.1} an event |\n\n", added.0, added.1, each(cpu));
    page += &format!("- answers other than 200: {refused}\n- loaded {:.0} MiB\n", server.resident_mib());
    println!("{page}");
    server.stop().await?;
    relay.stop().await?;
    model.stop().await?;
    std::fs::remove_dir_all(&dir)?;
    record(name, &page)?;
    if added.1 > SLOWEST_STREAM {
        return Err(format!(
            "a stream of {EVENTS} events takes {} µs, {SLOWEST_STREAM} at most: do small packets wait for each other?",
            added.1
        )
        .into());
    }
    Ok(())
}
/// What came of it, and what it cost this process.
async fn measured<T>(process: &Server, work: impl Future<Output = Result<T>>) -> Result<(T, Duration)> {
    let before = process.cpu();
    let done = work.await?;
    Ok((done, process.cpu() - before))
}
/// Until the first event and the last, in microseconds, the middle of all streams; one after another.
async fn streams(address: &str, bytes: &[u8]) -> Result<(u64, u64)> {
    let (mut client, mut first, mut last) = (Client::connect(address).await?, vec![], vec![]);
    for _ in 0..STREAMS {
        let (begun, ended) = client.stream(bytes).await?;
        first.push(begun.as_micros() as u64);
        last.push(ended.as_micros() as u64);
    }
    first.sort_unstable();
    last.sort_unstable();
    Ok((first[first.len() / 2], last[last.len() / 2]))
}

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

    let mut page =
        String::from("# What we add to a model's answer\n\nMade by `cargo xtask bench ai`; SQLite, the simulator as the model.\n\n");
    page += "| what | p50 µs | p99 µs | CPU µs |\n|---|---:|---:|---:|\n";
    let make = |bytes: Vec<u8>| -> Make { Arc::new(move |_| bytes.clone()) };
    let (bare, through) = (make(ask(direct, "k", "sim-ok", false)), make(ask(ours, &token, "sim-ok", false)));
    closed(&server.address, 8, Duration::from_millis(500), through.clone()).await?; // connections and caches are warm
    let alone = open(&model.address, 64, RATE, length, bare).await?;
    let before = server.cpu();
    let added = open(&server.address, 64, RATE, length, through).await?;
    let cpu = per_request(server.cpu() - before, added.latencies.total);
    let refused: u64 = added.statuses.iter().filter(|(status, _)| **status != 200).map(|(_, n)| n).sum();
    let (a, b) = (&alone.latencies, &added.latencies);
    page += &format!("| completion, directly, {RATE:.0}/s | {} | {} | – |\n", a.at(0.5), a.at(0.99));
    page += &format!("| completion, through us, {RATE:.0}/s | {} | {} | {cpu:.0} |\n", b.at(0.5), b.at(0.99));
    page += &format!("| **added** | {} | {} | {cpu:.0} |\n", diff(b.at(0.5), a.at(0.5)), diff(b.at(0.99), a.at(0.99)));

    let alone = streams(&model.address, &ask(direct, "k", "sim-burst", true)).await?;
    let before = server.cpu();
    let added = streams(&server.address, &ask(ours, &token, "sim-burst", true)).await?;
    let cpu = per_request(server.cpu() - before, STREAMS * EVENTS);
    page += &format!("| {EVENTS} events, directly: first / last (p50) | {} | {} | – |\n", alone.0, alone.1);
    page += &format!("| {EVENTS} events, through us: first / last (p50) | {} | {} | {cpu:.1} an event |\n\n", added.0, added.1);
    page += &format!("- answers other than 200: {refused}\n- loaded {:.0} MiB\n", server.resident_mib());
    println!("{page}");
    server.stop().await?;
    model.stop().await?;
    std::fs::remove_dir_all(&dir)?;
    record(name, &page)
}
fn diff(through: u64, alone: u64) -> i64 {
    through as i64 - alone as i64
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

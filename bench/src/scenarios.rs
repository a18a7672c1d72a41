//! What is measured: reads against the floor, durable writes against each other.

use crate::{
    Result,
    load::{Client, Make, Outcome, closed, open, request},
    planning,
    report::{Row, per_request, record, table},
    server::{Server, binary, postgres_url, sync_cost},
    stage::{Stage, environment},
};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Rounds of which the median counts: floor and server take turns, so that a mood of the machine meets both.
const ROUNDS: usize = 3;

/// What there is to measure: the house, or a month of planning.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Of {
    House,
    Planning,
}
async fn measured(of: Of, name: &str, program: &Path, dir: &Path, url: Option<String>, length: Duration) -> Result<String> {
    match of {
        Of::House => engine(name, program, dir, url, length).await,
        Of::Planning => planning::engine(name, program, dir, url, length).await,
    }
}

pub async fn run(of: Of, length: Duration, name: Option<String>) -> Result<()> {
    let program = binary()?;
    let dir = PathBuf::from("target/bench").join(std::process::id().to_string());
    std::fs::create_dir_all(&dir)?;
    let mut page =
        String::from("# Bench\n\nRatios count; absolute figures are this machine's at that moment. Made by `cargo xtask bench`.\n\n");
    let sqlite = measured(of, "SQLite", &program, &dir, None, length).await?;
    print(&mut page, sqlite);
    if let Some(url) = postgres_url() {
        let postgres = measured(of, "Postgres", &program, &dir.join("pg"), Some(url), length).await?;
        print(&mut page, postgres);
    }
    std::fs::remove_dir_all(&dir)?;
    record(name.as_deref(), &page)
}
fn print(page: &mut String, text: String) {
    println!("{text}");
    page.push_str(&text);
}

async fn engine(name: &str, program: &Path, dir: &Path, url: Option<String>, length: Duration) -> Result<String> {
    std::fs::create_dir_all(dir)?;
    let mut env = environment(dir, url);
    let first = Server::start(program, &["serve"], &env).await?;
    let stage = Stage::set(&first.address).await?;
    first.stop().await?;
    let server = Server::start(program, &["serve"], &env).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut notes = vec![format!(
        "ready {:.0} ms after the process started, on a migrated database; idle {:.0} MiB",
        server.ready.as_secs_f64() * 1e3,
        server.resident_mib()
    )];
    let mut rows = reads(&server, &stage, length).await?;
    env.push(("CACHE_TTL_SECONDS", "0".to_owned()));
    server.stop().await?;
    let uncached = Server::start(program, &["serve"], &env).await?;
    rows.push(
        against_floor("list of 50, not cached · 32 connections", &uncached, "GET", "/api/v1/projects", &stage.token, 32, length).await?,
    );
    notes.push(format!("one sync of this disk: {:.2} ms", sync_cost(dir)?.as_secs_f64() * 1e3));
    let one = writes(&uncached, &stage, 1, length).await?;
    let many = writes(&uncached, &stage, 64, length).await?;
    notes.push(format!("64 writers commit {:.1} times as much as one", many.rate / one.rate));
    let half = many.rate / 2.0;
    rows.extend([one, many, steady(&uncached, &stage, half, length).await?]);
    notes.push(format!("loaded {:.0} MiB", uncached.resident_mib()));
    uncached.stop().await?;
    Ok(table(name, &rows, &notes))
}

async fn reads(server: &Server, stage: &Stage, length: Duration) -> Result<Vec<Row>> {
    let project = format!("/api/v1/projects/{}", stage.project);
    let mut rows = Vec::new();
    for (what, path, connections) in [
        ("/livez", "/livez", 32),
        ("me", "/api/v1/me", 32),
        ("one project", project.as_str(), 32),
        ("list of 50, cached", "/api/v1/projects", 32),
        ("list of 50, cached", "/api/v1/projects", 64),
        ("list of 50, cached", "/api/v1/projects", 256),
    ] {
        let name = format!("{what} · {connections} connections");
        rows.push(against_floor(&name, server, "GET", path, &stage.token, connections, length).await?);
    }
    Ok(rows)
}

pub async fn against_floor(
    name: &str,
    server: &Server,
    method: &str,
    path: &str,
    token: &str,
    connections: usize,
    length: Duration,
) -> Result<Row> {
    let bytes = request(method, path, token, "");
    let (status, body) = Client::connect(&server.address).await?.call(&bytes).await?;
    if status != 200 {
        return Err(format!("{path} answers {status}").into());
    }
    let size = body.len().to_string();
    let floor = Server::start(&std::env::current_exe()?, &["floor", "--bytes", &size], &[]).await?;
    let make: Make = Arc::new(move |_| bytes.clone());
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let bare = closed(&floor.address, connections, length, make.clone()).await?;
        let before = server.cpu();
        let ours = closed(&server.address, connections, length, make.clone()).await?;
        let cpu = per_request(server.cpu() - before, ours.latencies.total);
        let ratio = ours.rate() / bare.rate();
        rounds.push(row(name, &ours, cpu, Some(ratio)));
    }
    floor.stop().await?;
    rounds.sort_by(|a, b| a.ratio.unwrap_or(0.0).total_cmp(&b.ratio.unwrap_or(0.0)));
    Ok(rounds.swap_remove(ROUNDS / 2))
}

pub async fn writes(server: &Server, stage: &Stage, writers: usize, length: Duration) -> Result<Row> {
    let token = stage.token.clone();
    let unique = server.address.clone();
    let make: Make =
        Arc::new(move |n| request("POST", "/api/v1/projects", &token, &json!({"name": format!("{unique} {writers} {n}")}).to_string()));
    let before = server.cpu();
    let outcome = closed(&server.address, writers, length, make).await?;
    let cpu = per_request(server.cpu() - before, outcome.latencies.total);
    Ok(row(&format!("durable create · {writers} writers"), &outcome, cpu, None))
}

/// Writes at half of what the server can do: what a person waits for when it is not overwhelmed.
async fn steady(server: &Server, stage: &Stage, rate: f64, length: Duration) -> Result<Row> {
    let (token, unique) = (stage.token.clone(), server.address.clone());
    let make: Make =
        Arc::new(move |n| request("POST", "/api/v1/projects", &token, &json!({"name": format!("{unique} steady {n}")}).to_string()));
    let before = server.cpu();
    let outcome = open(&server.address, 64, rate, length, make).await?;
    let cpu = per_request(server.cpu() - before, outcome.latencies.total);
    Ok(row(&format!("durable create · open loop, {rate:.0}/s due"), &outcome, cpu, None))
}

pub fn row(name: &str, outcome: &Outcome, cpu: f64, ratio: Option<f64>) -> Row {
    let others = outcome.statuses.iter().filter(|(status, _)| !(200..300).contains(*status)).map(|(_, n)| n).sum();
    let h = &outcome.latencies;
    Row { name: name.to_owned(), rate: outcome.rate(), p50: h.at(0.5), p99: h.at(0.99), cpu, ratio, others }
}

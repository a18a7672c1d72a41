//! Sudden ends: `kill -9` under 32 writers, again and again. What was answered 201 is there, and the audit is whole.

use super::{Check, Ground, check, verified};
use crate::{
    Result,
    load::{Client, request},
    server::Server,
    stage::Stage,
};
use serde_json::{Value, json};
use std::time::Duration;

const ROUNDS: usize = 5;
const WRITERS: usize = 32;

pub async fn run(ground: &Ground) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for (engine, url) in ground.engines() {
        checks.push(on(engine, ground, url).await?);
    }
    Ok(checks)
}

async fn on(engine: &str, ground: &Ground, url: Option<String>) -> Result<Check> {
    let env = ground.environment(url);
    let mut server = Server::start(&ground.program, &["serve"], &env).await?;
    let stage = Stage::set(&server.address).await?;
    let (mut written, mut lost, mut slowest) = (0, 0, Duration::ZERO);
    for round in 0..ROUNDS {
        let acknowledged = written_until_the_end(server, &stage.token, round).await?;
        server = Server::start(&ground.program, &["serve"], &env).await?;
        slowest = slowest.max(server.ready);
        let mut client = Client::connect(&server.address).await?;
        for id in &acknowledged {
            let (status, _) = client.call(&request("GET", &format!("/api/v1/projects/{id}"), &stage.token, "")).await?;
            lost += usize::from(status != 200);
        }
        written += acknowledged.len();
    }
    server.stop().await?;
    let (words, proven) = verified(ground, env).await?;
    let what = format!(
        "{engine}: {ROUNDS} sudden ends under {WRITERS} writers, {written} writes acknowledged, {lost} lost; audit: {words}; ready again after {} ms at most",
        slowest.as_millis()
    );
    Ok(check(lost == 0 && written > ROUNDS * WRITERS && proven, what))
}

/// The ids of what was acknowledged before the server was killed.
async fn written_until_the_end(server: Server, token: &str, round: usize) -> Result<Vec<String>> {
    let unique = format!("{} {round}", server.address);
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (address, token, unique) = (server.address.clone(), token.to_owned(), unique.clone());
            tokio::spawn(async move {
                let mut ids = Vec::new();
                let Ok(mut client) = Client::connect(&address).await else { return ids };
                for n in 0.. {
                    let body = json!({"name": format!("{unique} {writer} {n}")}).to_string();
                    match client.call(&request("POST", "/api/v1/projects", &token, &body)).await {
                        Ok((201, answer)) => ids.extend(id(&answer)),
                        _ => break,
                    }
                }
                ids
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(700)).await;
    server.stop().await?;
    let mut all = Vec::new();
    for writer in writers {
        all.extend(writer.await?);
    }
    Ok(all)
}
fn id(answer: &[u8]) -> Option<String> {
    serde_json::from_slice::<Value>(answer).ok()?["id"].as_str().map(str::to_owned)
}

//! All or nothing: bulk creates of 50 and of 1,000 missions while the server is killed, again and again. After each restart
//! every bulk has all of its rows or none, and what was acknowledged has all.

use super::{Check, Ground, check, verified};
use crate::{
    Result,
    chance::Chance,
    load::{Client, request},
    server::Server,
    stage::Stage,
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

const ROUNDS: u64 = 10;
const CLIENTS: usize = 6;
/// One server of its own kind: nobody else may find these.
const SIZES: [usize; 2] = [50, 1_000];

pub async fn run(ground: &Ground) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for (engine, url) in ground.engines() {
        checks.push(on(engine, ground, url).await?);
    }
    Ok(checks)
}

/// One call: in which project, how many, and whether it was acknowledged.
struct Bulk {
    project: String,
    size: usize,
    acknowledged: bool,
}

async fn on(engine: &str, ground: &Ground, url: Option<String>) -> Result<Check> {
    let env = ground.environment(url);
    let mut server = Server::start(&ground.program, &["serve"], &env).await?;
    let token = Stage::set(&server.address).await?.token;
    let (mut chance, names) = (Chance::new(11), Arc::new(AtomicU64::new(0)));
    let (mut whole, mut none, mut acknowledged, mut torn, mut lost) = (0, 0, 0, 0, 0);
    for _ in 0..ROUNDS {
        let bulks = sent_until_the_end(server, &token, &names, Duration::from_millis(150 + chance.below(900))).await?;
        server = Server::start(&ground.program, &["serve"], &env).await?;
        let mut client = Client::connect(&server.address).await?;
        for bulk in bulks {
            let rows = missions_of(&mut client, &token, &bulk.project, bulk.size).await?;
            acknowledged += u64::from(bulk.acknowledged);
            match rows {
                0 if bulk.acknowledged => lost += 1,
                0 => none += 1,
                n if n == bulk.size => whole += 1,
                _ => torn += 1,
            }
        }
    }
    server.stop().await?;
    let (audit, proven) = verified(ground, env).await?;
    let what = format!(
        "{engine}: {ROUNDS} sudden ends under {CLIENTS} clients that create 50 or 1,000 missions a call: {acknowledged} calls acknowledged, {lost} of them lost; {whole} calls have all their rows, {none} none, {torn} some; audit: {audit}"
    );
    Ok(check(torn == 0 && lost == 0 && acknowledged > ROUNDS && proven, what))
}

async fn sent_until_the_end(server: Server, token: &str, names: &Arc<AtomicU64>, length: Duration) -> Result<Vec<Bulk>> {
    let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(send(server.address.clone(), token.to_owned(), names.clone()))).collect();
    tokio::time::sleep(length).await;
    server.stop().await?;
    let mut all = Vec::new();
    for client in clients {
        all.extend(client.await?);
    }
    Ok(all)
}
/// Each call fills a project of its own, so that its rows can be told from all others.
async fn send(address: String, token: String, names: Arc<AtomicU64>) -> Vec<Bulk> {
    let mut bulks = Vec::new();
    let Ok(mut client) = Client::connect(&address).await else { return bulks };
    loop {
        let n = names.fetch_add(1, Ordering::Relaxed);
        let body = json!({"name": format!("{address} {n}")}).to_string();
        let Ok((201, project)) = client.call(&request("POST", "/api/v1/projects", &token, &body)).await else { return bulks };
        let project: Value = serde_json::from_slice(&project).unwrap_or_default();
        let project = project["id"].as_str().unwrap_or_default().to_owned();
        let size = SIZES[n as usize % SIZES.len()];
        let rows = vec![json!({"start_at": "2031-05-01T08:00Z", "end_at": "2031-05-01T12:00Z", "role": "son"}); size];
        let path = format!("/api/v1/projects/{project}/missions:bulk_create");
        let answer = client.call(&request("POST", &path, &token, &json!(rows).to_string())).await;
        let acknowledged = matches!(answer, Ok((200, _)));
        let over = answer.is_err();
        bulks.push(Bulk { project, size, acknowledged });
        if over {
            return bulks;
        }
    }
}
/// How many missions a project has, asked page by page; one more than there may be would be seen.
async fn missions_of(client: &mut Client, token: &str, project: &str, most: usize) -> Result<usize> {
    let (mut count, mut cursor) = (0, String::new());
    loop {
        let path = format!("/api/v1/missions?project={project}&limit=200{cursor}");
        let (status, next, rows) = client.page(&request("GET", &path, token, "")).await?;
        if status != 200 {
            return Err(format!("{path}: {status}").into());
        }
        count += serde_json::from_slice::<Vec<Value>>(&rows)?.len();
        match next {
            Some(next) if count <= most => cursor = format!("&cursor={next}"),
            _ => return Ok(count),
        }
    }
}

//! A month of two hundred people: what its board and its lists cost, and what a yes costs where many want the same people.

use crate::{
    Result,
    load::{Client, Make, closed, request},
    report::{Row, per_request, table},
    scenarios::{against_floor, row},
    server::Server,
    stage::{Stage, environment},
};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc, time::Duration};

const PEOPLE: usize = 200;
const MISSIONS: usize = 200;
/// On each mission; nobody has two calls at a time.
const CREW: usize = 10;
/// They are asked for the same people at the same time, over and over.
const RIVALS: usize = 32;
const WANTED: usize = 20;
const MONTH: &str = "from=2031-06-01&to=2031-06-30";

pub async fn engine(name: &str, program: &Path, dir: &Path, url: Option<String>, length: Duration) -> Result<String> {
    std::fs::create_dir_all(dir)?;
    let mut env = environment(dir, url);
    let server = Server::start(program, &["serve"], &env).await?;
    let month = Month::set(&server.address).await?;
    let mut rows = Vec::new();
    let board = format!("/api/v1/board?{MONTH}");
    let missions = format!("/api/v1/missions?{MONTH}&limit=100");
    let mut ask = async |server: &Server, what: &str, path: &str, connections: usize| -> Result<()> {
        let name = format!("{what} · {connections} connections");
        rows.push(against_floor(&name, server, "GET", path, &month.token, connections, length).await?);
        Ok(())
    };
    ask(&server, "100 missions of a month, cached", &missions, 32).await?;
    ask(&server, "board of 200 people, 2,000 assignments, cached", &board, 8).await?;
    server.stop().await?;
    env.push(("CACHE_TTL_SECONDS", "0".to_owned()));
    let server = Server::start(program, &["serve"], &env).await?;
    ask(&server, "100 missions of a month, not cached", &missions, 32).await?;
    ask(&server, "board of 200 people, 2,000 assignments, not cached", &board, 8).await?;
    ask(&server, "board, not cached", &board, 1).await?;
    rows.push(rivals(&server, &month, length).await?);
    server.stop().await?;
    Ok(table(name, &rows, &[]))
}

struct Month {
    token: String,
    /// Calls of the same twenty people on missions that meet each other.
    wanted: Vec<String>,
}
impl Month {
    async fn set(address: &str) -> Result<Self> {
        let stage = Stage::set(address).await?;
        let mut client = Client::connect(address).await?;
        let mut call = async |path: &str, body: Value| -> Result<Value> {
            let (status, answer) = client.call(&request("POST", path, &stage.token, &body.to_string())).await?;
            let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
            if status < 300 { Ok(answer) } else { Err(format!("{path}: {status} {answer}").into()) }
        };
        let id = |made: &Value| made["id"].as_str().unwrap_or_default().to_owned();
        let mut people = Vec::new();
        for n in 0..PEOPLE {
            people.push(id(&call(
                "/api/v1/users",
                json!({"name": format!("Personne {n}"), "skills": [{"skill": "son", "level": 1 + n % 5}]}),
            )
            .await?));
        }
        for n in 0..MISSIONS {
            let day = 1 + n * 28 / MISSIONS;
            let at = |hour: usize| format!("2031-06-{day:02}T{hour:02}:00:00Z");
            let mission = json!({"title": format!("Montage {n}"), "start_at": at(8), "end_at": at(16), "project_id": stage.project,
                "roles": [{"role": "son", "quota": CREW}]});
            let mission = id(&call("/api/v1/missions", mission).await?);
            let crew = (0..CREW).map(|k| &people[(n * CREW + k) % PEOPLE]);
            let calls: Vec<_> = crew.map(|who| json!({"mission_id": mission, "user_id": who, "status": "ACCEPTED"})).collect();
            call("/api/v1/assignments:bulk_create", json!(calls)).await?;
        }
        let mut wanted = Vec::new();
        for n in 0..RIVALS {
            let (from, to) = (8 + n % 6, 12 + n % 6 + n % 4);
            let mission = json!({"title": format!("Rival {n}"), "start_at": format!("2031-07-05T{from:02}:00:00Z"),
                "end_at": format!("2031-07-05T{to:02}:00:00Z"), "roles": [{"role": "son", "quota": WANTED}]});
            let mission = id(&call("/api/v1/missions", mission).await?);
            for who in &people[..WANTED] {
                let asked = json!({"mission_id": mission, "user_id": who, "status": "INVITED"});
                wanted.push(id(&call("/api/v1/assignments", asked).await?));
            }
        }
        Ok(Self { token: stage.token, wanted })
    }
}

/// Each says yes, and takes it back: 200, or 409 because another has the person for that hour.
async fn rivals(server: &Server, month: &Month, length: Duration) -> Result<Row> {
    let (token, wanted) = (month.token.clone(), month.wanted.clone());
    let make: Make = Arc::new(move |n| {
        let call = &wanted[(n / 2 * 7) as usize % wanted.len()];
        let (path, body) = if n % 2 == 0 {
            (format!("/api/v1/assignments/{call}/accept"), json!({}))
        } else {
            (format!("/api/v1/assignments/{call}:status"), json!({"status": "INVITED", "reason": "x"}))
        };
        request("POST", &path, &token, &body.to_string())
    });
    let before = server.cpu();
    let outcome = closed(&server.address, RIVALS, length, make).await?;
    let strange: Vec<_> = outcome.statuses.iter().filter(|(status, _)| ![200, 400, 409].contains(*status)).collect();
    if !strange.is_empty() {
        return Err(format!("a yes was answered {strange:?}").into());
    }
    let cpu = per_request(server.cpu() - before, outcome.latencies.total);
    Ok(row(&format!("yes and back, {RIVALS} rivals for {WANTED} people (not 2xx: somebody was first)"), &outcome, cpu, None))
}

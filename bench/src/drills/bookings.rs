//! Nobody is booked twice: 64 clients book, accept, withdraw and move overlapping calls of twenty people, on SQLite with one
//! server, on Postgres with two replicas (and Redis between them when there is one). Afterwards every pair of accepted calls is
//! compared, and so is everything that was answered.

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
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

const CLIENTS: u64 = 64;
const PEOPLE: usize = 20;
const MISSIONS: u64 = 120;
/// So many calls are played with at a time; older ones keep the state they are in.
const IN_PLAY: usize = 400;
/// What may be answered: made, done, the person cannot, somebody was first.
const ANSWERS: [u16; 4] = [200, 201, 400, 409];

pub async fn run(ground: &Ground) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for (engine, url) in ground.engines() {
        checks.extend(on(engine, ground, url).await?);
    }
    Ok(checks)
}

/// What all clients play with.
struct Table {
    token: String,
    people: Vec<String>,
    missions: Vec<String>,
    calls: Mutex<Vec<String>>,
}
impl Table {
    async fn set(address: &str) -> Result<Self> {
        let token = Stage::set(address).await?.token;
        let mut client = Client::connect(address).await?;
        let (mut people, mut missions) = (Vec::new(), Vec::new());
        for n in 0..PEOPLE {
            people.push(made(&mut client, &token, "/api/v1/users", json!({"name": format!("Personne {n}")})).await?);
        }
        for n in 0..MISSIONS {
            let mut mission = span(n);
            mission["title"] = format!("Mission {n}").into();
            mission["roles"] = json!([{"role": "son", "quota": 12}]);
            missions.push(made(&mut client, &token, "/api/v1/missions", mission).await?);
        }
        Ok(Self { token, people, missions, calls: Mutex::default() })
    }
    fn calls(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn plays(&self, call: String, chance: &mut Chance) {
        let mut calls = self.calls();
        if calls.len() < IN_PLAY {
            calls.push(call);
        } else {
            calls[chance.below(IN_PLAY as u64) as usize] = call;
        }
    }
}
/// Three days on which four calls of every five meet others.
fn span(n: u64) -> Value {
    let start = 8 + n * 7 % 60;
    let at = |hour: u64| format!("2031-05-{:02}T{:02}:00:00Z", 1 + hour / 24, hour % 24);
    json!({"start_at": at(start), "end_at": at(start + 2 + n % 5)})
}
async fn made(client: &mut Client, token: &str, path: &str, body: Value) -> Result<String> {
    let (status, answer) = client.call(&request("POST", path, token, &body.to_string())).await?;
    let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
    answer["id"].as_str().map(str::to_owned).ok_or_else(|| format!("{path}: {status} {answer}").into())
}

/// What was asked, what was answered, how often; what may not be answered is named by its code.
type Answers = BTreeMap<(String, u16), u64>;

async fn on(engine: &str, ground: &Ground, url: Option<String>) -> Result<Vec<Check>> {
    let mut env = ground.environment(url.clone());
    let redis = ground.redis().filter(|_| url.is_some());
    env.extend(redis.iter().map(|url| ("REDIS_URL", url.clone())));
    let mut replicas = vec![Server::start(&ground.program, &["serve"], &env).await?];
    if url.is_some() {
        replicas.push(Server::start(&ground.program, &["serve"], &env).await?);
    }
    let table = Arc::new(Table::set(&replicas[0].address).await?);
    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|n| {
            let (address, table) = (replicas[n as usize % replicas.len()].address.clone(), table.clone());
            tokio::spawn(play(address, table, n, ground.length))
        })
        .collect();
    let mut answers = Answers::new();
    for client in clients {
        client.await??.into_iter().for_each(|(what, n)| *answers.entry(what).or_default() += n);
    }
    let took = start.elapsed();
    let calls = all_calls(&replicas[0].address, &table.token).await?;
    let count = replicas.len();
    for replica in replicas {
        replica.stop().await?;
    }
    let (audit, whole) = verified(ground, env).await?;
    let (accepted, overlaps, twice) = judged(&calls);
    let asked: u64 = answers.values().sum();
    let strange: Vec<_> = answers.keys().filter(|(_, status)| !ANSWERS.contains(status)).collect();
    let with = if redis.is_some() { " and Redis" } else { "" };
    Ok(vec![
        check(
            overlaps == 0 && twice == 0 && accepted > PEOPLE,
            format!(
                "{engine}, {count} server(s){with}: {CLIENTS} clients asked {asked} times in {:.0} s; of {} calls {accepted} stand accepted, {overlaps} overlap, {twice} are a second one on the same mission",
                took.as_secs_f64(),
                calls.len()
            ),
        ),
        check(strange.is_empty(), format!("{engine}: every answer is one of {ANSWERS:?}: {}", listed(&answers))),
        check(whole, format!("{engine}: audit: {audit}")),
    ])
}
fn listed(answers: &Answers) -> String {
    answers.iter().map(|((what, status), n)| format!("{what} {status} × {n}")).collect::<Vec<_>>().join(", ")
}

/// One client: whatever comes to its mind, until the time is over.
async fn play(address: String, table: Arc<Table>, n: u64, length: Duration) -> Result<Answers> {
    let (mut client, mut chance, mut seen, start) = (Client::connect(&address).await?, Chance::new(n), Answers::new(), Instant::now());
    while start.elapsed() < length {
        let known = chance.one_of(&table.calls()).cloned();
        let (what, path, body) = whatever(&table, known, &mut chance);
        let method = if what == "shift mission" { "PATCH" } else { "POST" };
        let (status, answer) = client.call(&request(method, &path, &table.token, &body.to_string())).await?;
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let code = answer["code"].as_str().filter(|_| !ANSWERS.contains(&status)).map_or_else(String::new, |code| format!(" ({code})"));
        *seen.entry((format!("{what}{code}"), status)).or_default() += 1;
        if status != 201 {
            continue;
        }
        match (what, answer["id"].as_str(), answer["token"].as_str()) {
            ("invite", Some(id), Some(token)) => {
                let (status, _) = client.call(&request("POST", &format!("/api/v1/invitations/{id}/accept?token={token}"), "", "")).await?;
                *seen.entry(("accept by link".to_owned(), status)).or_default() += 1;
            }
            (_, Some(id), _) => table.plays(id.to_owned(), &mut chance),
            _ => {}
        }
    }
    Ok(seen)
}
fn whatever(table: &Table, known: Option<String>, chance: &mut Chance) -> (&'static str, String, Value) {
    let at = |id: &str, verb: &str| format!("/api/v1/assignments/{id}{verb}");
    let (dice, other) = (chance.below(100), span(chance.below(400)));
    match known {
        Some(id) if dice < 30 => ("accept", at(&id, "/accept"), json!({})),
        Some(id) if dice < 45 => ("cancel", at(&id, ":status"), json!({"status": "CANCELLED", "reason": "on verra"})),
        Some(id) if dice < 55 => ("ask again", at(&id, ":status"), json!({"status": "INVITED"})),
        Some(id) if dice < 62 => ("invite", "/api/v1/invitations".to_owned(), json!({"assignment_id": id})),
        Some(id) if dice < 70 => ("move", at(&id, "/move"), json!({"id": id, "start": other["start_at"], "end": other["end_at"]})),
        _ => {
            let mission = chance.one_of(&table.missions).cloned().unwrap_or_default();
            if dice < 75 {
                let verb = if dice == 74 { "?on_conflict=release" } else { "" };
                return ("shift mission", format!("/api/v1/missions/{mission}{verb}"), other);
            }
            let status = if dice < 90 { "ACCEPTED" } else { "INVITED" };
            let body = json!({"mission_id": mission, "user_id": chance.one_of(&table.people), "status": status});
            (if dice < 90 { "book" } else { "ask" }, "/api/v1/assignments".to_owned(), body)
        }
    }
}

async fn all_calls(address: &str, token: &str) -> Result<Vec<Value>> {
    let (mut client, mut all) = (Client::connect(address).await?, Vec::new());
    for person in all_of(&mut client, token, "/api/v1/users?limit=200").await? {
        let person = person["id"].as_str().unwrap_or_default();
        let status = |s: &str| format!("/api/v1/assignments?limit=200&user={person}&status={s}");
        for status in [status("ACCEPTED"), status("INVITED")] {
            all.extend(all_of(&mut client, token, &status).await?);
        }
    }
    Ok(all)
}
/// A person has fewer active calls than there are missions, and so than a page.
async fn all_of(client: &mut Client, token: &str, path: &str) -> Result<Vec<Value>> {
    let (status, answer) = client.call(&request("GET", path, token, "")).await?;
    let rows: Vec<Value> = serde_json::from_slice(&answer)?;
    if status == 200 && rows.len() < 200 { Ok(rows) } else { Err(format!("{path}: {status}, {} rows", rows.len()).into()) }
}
/// How many stand accepted, how many pairs of those overlap, and who is active twice on one mission: everybody against everybody.
fn judged(calls: &[Value]) -> (usize, usize, usize) {
    let text = |call: &Value, name: &str| call[name].as_str().unwrap_or_default().to_owned();
    let accepted: Vec<_> = calls.iter().filter(|c| c["status"] == "ACCEPTED").collect();
    let meet = |a: &Value, b: &Value| {
        a["user_id"] == b["user_id"] && text(a, "start_at") < text(b, "end_at") && text(b, "start_at") < text(a, "end_at")
    };
    let overlaps = accepted.iter().enumerate().map(|(i, a)| accepted[i + 1..].iter().filter(|b| meet(a, b)).count()).sum();
    let places: BTreeSet<_> = calls.iter().map(|c| (text(c, "user_id"), text(c, "mission_id"))).collect();
    (accepted.len(), overlaps, calls.len() - places.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_judge_sees_an_overlap_and_a_second_call() {
        let call = |user: &str, mission: &str, start: &str, end: &str| json!({"user_id": user, "mission_id": mission, "status": "ACCEPTED", "start_at": start, "end_at": end});
        let (a, touching) = (
            call("a", "1", "2031-05-01T08:00:00Z", "2031-05-01T10:00:00Z"),
            call("a", "2", "2031-05-01T10:00:00Z", "2031-05-01T12:00:00Z"),
        );
        let over = call("a", "3", "2031-05-01T09:00:00Z", "2031-05-01T11:00:00Z");
        let other = call("b", "3", "2031-05-01T09:00:00Z", "2031-05-01T11:00:00Z");
        assert_eq!(judged(&[a.clone(), touching.clone(), other.clone()]), (3, 0, 0));
        assert_eq!(judged(&[a.clone(), touching, over, other]), (4, 2, 0));
        assert_eq!(judged(&[a.clone(), a]), (2, 1, 1));
    }
}

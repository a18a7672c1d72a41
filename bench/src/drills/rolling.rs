//! Two replicas over Postgres behind HAProxy are stopped and started again one after the other under load, and nobody notices.
//! Before that: how soon one of them shows what the other did.

use super::{Check, Ground, check};
use crate::{
    Result,
    histogram::Histogram,
    load::{Client, request},
    server::Server,
    stage::{PASSWORD, Stage},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::TcpListener,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};

const CLIENTS: usize = 32;
const RESTARTS: usize = 4;
const LEAST: u64 = 20_000;
/// As long as a replica serves on after it was told to stop: the proxy, which asks twice a second, has then heard of it.
const DRAIN: Duration = Duration::from_secs(3);
/// Until the proxy has seen that a replica is back.
const SEEN: Duration = Duration::from_secs(2);
const CONFIG: &str = "deploy/haproxy/haproxy.cfg";

pub async fn run(ground: &Ground) -> Result<Vec<Check>> {
    let (_, url) = ground.engines().find(|(engine, _)| *engine == "Postgres").ok_or("this drill needs Postgres")?;
    let mut env = ground.environment(url);
    env.extend(ground.redis().map(|url| ("REDIS_URL", url)));
    env.push(("SHUTDOWN_DRAIN_SECONDS", DRAIN.as_secs().to_string()));
    // One name for both: what one signs is good at the other.
    env.push(("PUBLIC_URL", "http://127.0.0.1:8000".to_owned()));
    let places = [free()?, free()?];
    let mut replicas = Vec::new();
    for place in &places {
        replicas.push(start(ground, &env, place).await?);
    }
    let stage = Stage::set(&places[0]).await?;
    let mut checks = fresh(&places, &stage).await?;
    let proxy = Proxy::start(&places).await?;
    checks.extend(rolled(ground, &env, &mut replicas, &proxy, &stage.token).await?);
    for replica in replicas {
        replica.stop().await?;
    }
    Ok(checks)
}
/// An address that nobody has at this moment, and a replica has again after its restart.
fn free() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
async fn start(ground: &Ground, env: &[(&'static str, String)], place: &str) -> Result<Server> {
    let mut env = env.to_vec();
    env.push(("BIND", place.to_owned()));
    Server::start(&ground.program, &["serve"], &env).await
}

/// What is done at the first replica is looked for at the second until it shows.
async fn fresh(places: &[String; 2], stage: &Stage) -> Result<Vec<Check>> {
    let (mut here, mut there, mut ear) =
        (Client::connect(&places[0]).await?, Client::connect(&places[1]).await?, Client::connect(&places[1]).await?);
    let get = |path: &str, token: &str| request("GET", path, token, "");
    ear.say(&get("/api/v1/events", &stage.token)).await?;
    ear.hear(b"\r\n\r\n").await?;
    let (mut lists, mut events, mut ends) = (Histogram::default(), Histogram::default(), Histogram::default());
    for n in 0..200 {
        let name = format!("Renommé {n:03}.");
        let rename = request("PATCH", &format!("/api/v1/projects/{}", stage.project), &stage.token, &json!({"name": name}).to_string());
        let (status, answer) = here.call(&rename).await?;
        let done = Instant::now();
        if status != 200 {
            return Err(format!("renaming: {status} {}", String::from_utf8_lossy(&answer)).into());
        }
        let shows = |body: &[u8]| body.windows(name.len()).any(|w| w == name.as_bytes());
        while !shows(&there.call(&get("/api/v1/projects?limit=100", &stage.token)).await?.1) {
            soon(done, "a list")?;
        }
        lists.record(done.elapsed().as_micros() as u64);
        ear.hear(stage.project.as_bytes()).await?;
        events.record(done.elapsed().as_micros() as u64);
    }
    let account = json!({"email": "bench@lanternes.example", "password": PASSWORD}).to_string();
    for _ in 0..20 {
        let (_, answer) = here.call(&request("POST", "/api/v1/auth/login", "", &account)).await?;
        let token = serde_json::from_slice::<Value>(&answer)?["access_token"].as_str().ok_or("no token")?.to_owned();
        there.call(&get("/api/v1/me", &token)).await?;
        here.call(&request("POST", "/api/v1/auth/logout", &token, "{}")).await?;
        let done = Instant::now();
        while there.call(&get("/api/v1/me", &token)).await?.0 != 401 {
            soon(done, "the end of a session")?;
        }
        ends.record(done.elapsed().as_micros() as u64);
    }
    let told = |what: &str, times: &Histogram| {
        let worst = times.at(1.0);
        let typical = times.at(0.5) as f64 / 1e3;
        check(
            worst < 1_000_000,
            format!("{what} at the other replica: p50 {typical:.1} ms, at most {:.1} ms (< 1,000)", worst as f64 / 1e3),
        )
    };
    Ok(vec![
        told("a list that was cached is fresh", &lists),
        told("an event is heard", &events),
        told("a session that ended is over", &ends),
    ])
}

fn soon(done: Instant, what: &str) -> Result<()> {
    if done.elapsed() < Duration::from_secs(10) { Ok(()) } else { Err(format!("{what} never shows at the other replica").into()) }
}

/// What the clients saw of it all.
#[derive(Default)]
struct Seen {
    answers: BTreeMap<(&'static str, u16), u64>,
    broken: Vec<String>,
    made: Vec<String>,
}

async fn rolled(
    ground: &Ground,
    env: &[(&'static str, String)],
    replicas: &mut Vec<Server>,
    proxy: &Proxy,
    token: &str,
) -> Result<Vec<Check>> {
    let (over, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let clients: Vec<_> =
        (0..CLIENTS).map(|n| tokio::spawn(ask(proxy.address.clone(), token.to_owned(), n, over.clone(), count.clone()))).collect();
    tokio::time::sleep(SEEN).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..RESTARTS {
        let (begun, one) = (Instant::now(), replicas.remove(0));
        let place = one.address.clone();
        one.end().await?;
        slowest = slowest.max(begun.elapsed());
        replicas.push(start(ground, env, &place).await?);
        tokio::time::sleep(SEEN).await;
    }
    while count.load(Ordering::Relaxed) < LEAST {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    over.store(true, Ordering::Relaxed);
    let mut seen = Seen::default();
    for client in clients {
        let one = client.await??;
        one.answers.into_iter().for_each(|(what, n)| *seen.answers.entry(what).or_default() += n);
        seen.broken.extend(one.broken);
        seen.made.extend(one.made);
    }
    let (mut client, mut lost) = (Client::connect(&proxy.address).await?, 0);
    for id in &seen.made {
        lost += usize::from(client.call(&request("GET", &format!("/api/v1/projects/{id}"), token, "")).await?.0 != 200);
    }
    let asked: u64 = seen.answers.values().sum::<u64>() + seen.broken.len() as u64;
    let fine = seen.broken.is_empty() && seen.answers.keys().all(|(_, status)| [200, 201].contains(status));
    let answers: Vec<_> = seen.answers.iter().map(|((what, status), n)| format!("{what} {status} × {n}")).collect();
    Ok(vec![
        check(
            fine && asked >= LEAST,
            format!(
                "{RESTARTS} restarts under {asked} requests (>= {LEAST}): {}; {} broken off{}",
                answers.join(", "),
                seen.broken.len(),
                seen.broken.first().map_or_else(String::new, |first| format!(", such as {first}"))
            ),
        ),
        check(lost == 0, format!("{} writes acknowledged, {lost} lost", seen.made.len())),
        check(
            slowest < DRAIN + Duration::from_secs(25),
            format!("a replica was gone {:.1} s after it was told to stop", slowest.as_secs_f64()),
        ),
    ])
}

/// One client: a write, a list and a read in turn, on a new connection now and then as browsers do.
async fn ask(address: String, token: String, client: usize, over: Arc<AtomicBool>, count: Arc<AtomicU64>) -> Result<Seen> {
    let (mut line, mut seen) = (Client::connect(&address).await?, Seen::default());
    for n in 0_usize.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let (what, request) = match n % 3 {
            0 => ("write", request("POST", "/api/v1/projects", &token, &json!({"name": format!("{client} {n}")}).to_string())),
            1 => ("list", request("GET", "/api/v1/projects?limit=10", &token, "")),
            _ => ("read", request("GET", "/api/v1/me", &token, "")),
        };
        count.fetch_add(1, Ordering::Relaxed);
        match line.call(&request).await {
            Ok((status, answer)) => {
                *seen.answers.entry((what, status)).or_default() += 1;
                let id = serde_json::from_slice::<Value>(&answer).ok().and_then(|made| Some(made["id"].as_str()?.to_owned()));
                seen.made.extend(id.filter(|_| status == 201));
            }
            Err(e) => seen.broken.push(format!("{what}: {e}")),
        }
        if n % 64 == 63 || !seen.broken.is_empty() {
            line = Client::connect(&address).await?;
        }
    }
    Ok(seen)
}

/// HAProxy with the configuration that we publish, gone when this is.
struct Proxy {
    address: String,
    _process: Child,
}
impl Proxy {
    async fn start([a, b]: &[String; 2]) -> Result<Self> {
        let address = free()?;
        let mut command = Command::new("haproxy");
        command.args(["-db", "-f", CONFIG]).env("LISTEN", &address).env("REPLICA_A", a).env("REPLICA_B", b);
        let process =
            command.stdout(Stdio::null()).kill_on_drop(true).spawn().map_err(|e| format!("haproxy (apt-get install haproxy): {e}"))?;
        let start = Instant::now();
        while Client::connect(&address).await.is_err() {
            if start.elapsed() > Duration::from_secs(5) {
                return Err("haproxy does not listen".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(SEEN).await;
        Ok(Self { address, _process: process })
    }
}

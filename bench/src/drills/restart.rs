//! Postgres goes away under load and comes back, or its standby takes its place: refusals meanwhile, nothing lost, and nobody restarts us.

use super::{Check, Ground, check};
use crate::{
    Result,
    load::{Client, request},
    server::Server,
    stage::Stage,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

const WRITERS: usize = 16;
/// Before the restart, and after it.
const WHILE: Duration = Duration::from_secs(4);

/// What happens to Postgres, and how soon after it a write is good again.
#[derive(Clone, Copy, PartialEq)]
enum Event {
    Restart,
    /// The primary is killed, the standby that it waited for at every commit is promoted.
    Failover,
}

pub async fn restart(ground: &Ground) -> Result<Vec<Check>> {
    under_load(ground, Event::Restart, Duration::from_secs(5)).await
}
pub async fn failover(ground: &Ground) -> Result<Vec<Check>> {
    under_load(ground, Event::Failover, Duration::from_secs(10)).await
}
async fn under_load(ground: &Ground, event: Event, soon: Duration) -> Result<Vec<Check>> {
    let mut postgres = Postgres::start(event).await?;
    let server = Server::start(&ground.program, &["serve"], &ground.environment(Some(postgres.url.clone()))).await?;
    let token = Stage::set(&server.address).await?.token;
    let start = Instant::now();
    let writers: Vec<_> = (0..WRITERS).map(|n| tokio::spawn(write(server.address.clone(), token.clone(), n))).collect();
    tokio::time::sleep(WHILE).await;
    let took = postgres.undergoes(event).await?;
    let back = start.elapsed();
    tokio::time::sleep(WHILE).await;
    let (mut statuses, mut ids, mut first, mut slowest) = (BTreeMap::<u16, usize>::new(), Vec::new(), Duration::MAX, Duration::ZERO);
    for writer in writers {
        for (sent, waited, status, id) in writer.await?? {
            *statuses.entry(status).or_default() += 1;
            slowest = slowest.max(waited);
            let answered = sent.duration_since(start) + waited;
            if status == 201 && answered > back {
                first = first.min(answered - back);
            }
            ids.extend(id);
        }
    }
    let (mut client, mut lost) = (Client::connect(&server.address).await?, 0);
    for id in &ids {
        lost += usize::from(client.call(&request("GET", &format!("/api/v1/projects/{id}"), &token, "")).await?.0 != 200);
    }
    server.stop().await?;
    postgres.end().await?;
    let fits = statuses.keys().all(|status| [201, 503].contains(status)) && statuses.contains_key(&503);
    Ok(vec![
        check(
            fits,
            format!("{WRITERS} writers saw {statuses:?} (201 and 503 only); the slowest answer took {:.1} s", slowest.as_secs_f64()),
        ),
        check(
            first <= soon,
            format!(
                "Postgres was away for {:.1} s; the first write after it was back took {:.2} s (<= {})",
                took.as_secs_f64(),
                first.as_secs_f64(),
                soon.as_secs()
            ),
        ),
        check(lost == 0, format!("{} writes acknowledged, {lost} lost", ids.len())),
    ])
}

type Seen = (Instant, Duration, u16, Option<String>);

async fn write(address: String, token: String, writer: usize) -> Result<Vec<Seen>> {
    let (mut client, mut seen, start) = (Client::connect(&address).await?, Vec::new(), Instant::now());
    // Both halves and the restart between them.
    while start.elapsed() < WHILE * 3 {
        let body = json!({"name": format!("{writer} {}", seen.len())}).to_string();
        let sent = Instant::now();
        let (status, answer) = client.call(&request("POST", "/api/v1/projects", &token, &body)).await?;
        let id = serde_json::from_slice::<Value>(&answer).ok().and_then(|project| Some(project["id"].as_str()?.to_owned()));
        seen.push((sent, sent.elapsed(), status, id.filter(|_| status == 201)));
        if status != 201 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(seen)
}

/// A server of our own, with a standby if need be: `xtask keep` holds them, does what it reads in a line, and ends them when we are gone.
struct Postgres {
    url: String,
    keeper: Child,
    says: ChildStdin,
    hears: Lines<BufReader<ChildStdout>>,
}
impl Postgres {
    async fn start(event: Event) -> Result<Self> {
        let xtask = std::env::var_os("XTASK").ok_or("run this drill by `cargo xtask torture restart failover`")?;
        let mut keeper = Command::new(xtask)
            .args(["keep", "disk", "POSTGRES="])
            .args(if event == Event::Failover { &["STANDBY="][..] } else { &[] })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let (says, out) = (keeper.stdin.take().ok_or("no input")?, keeper.stdout.take().ok_or("no output")?);
        let mut all = Self { url: String::new(), keeper, says, hears: BufReader::new(out).lines() };
        all.url = all.hear("TEST_POSTGRES_URL=").await?;
        if event == Event::Failover {
            all.url = all.hear("TEST_STANDBY_URL=").await?;
        }
        all.hear("ready").await?;
        Ok(all)
    }
    async fn hear(&mut self, beginning: &str) -> Result<String> {
        let line = self.hears.next_line().await?.ok_or("the keeper of Postgres ended")?;
        line.strip_prefix(beginning).map(str::to_owned).ok_or_else(|| line.into())
    }
    async fn undergoes(&mut self, event: Event) -> Result<Duration> {
        let start = Instant::now();
        let word = if event == Event::Restart { "restart" } else { "promote" };
        self.says.write_all(format!("{word}\n").as_bytes()).await?;
        self.hear("done").await?;
        Ok(start.elapsed())
    }
    async fn end(self) -> Result<()> {
        let Self { mut keeper, says, .. } = self;
        drop(says);
        keeper.wait().await?;
        Ok(())
    }
}

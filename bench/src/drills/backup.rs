//! A gigabyte, backed up under 32 writers and restored: how long each takes, and what the writers feel of it.
//!
//! The rows are laid down by SQL in a migrated database, by `sqlite3`.

use super::{Check, Ground, check};
use crate::{
    Result,
    histogram::Histogram,
    load::{Client, request},
    server::Server,
    stage::{Stage, environment},
};
use serde_json::json;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::process::Command;

const WRITERS: usize = 32;
/// A completion with its two texts is about two kilobytes.
const COMPLETIONS: u64 = 460_000;
const MOST: Duration = Duration::from_secs(60);

pub async fn run(ground: &Ground) -> Result<Vec<Check>> {
    let env = ground.environment(None);
    Server::start(&ground.program, &["serve"], &env).await?.stop().await?;
    super::growth::sqlite(&ground.dir, &rows(COMPLETIONS)).await?;
    let size = std::fs::metadata(ground.dir.join("coulisses.db"))?.len() as f64 / f64::from(1 << 30);
    let server = Server::start(&ground.program, &["serve"], &env).await?;
    let token = Stage::set(&server.address).await?.token;
    let pause = async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        Ok(())
    };
    let quiet = writers(&server.address, &token, pause).await?.0;
    let file = ground.dir.join("drill.backup");
    let (busy, took) = writers(&server.address, &token, timed(&ground.program, &["backup", path(&file)?], &env)).await?;
    let memory = server.resident_mib();
    server.stop().await?;
    let second = ground.dir.join("second");
    let restored = timed(&ground.program, &["restore", path(&file)?], &environment(&second, None)).await?;
    let millis = |histogram: &Histogram, at: f64| histogram.at(at) as f64 / 1_000.0;
    let (before, during) = (millis(&quiet, 0.99), millis(&busy, 0.99));
    Ok(vec![
        check(took <= MOST, format!("SQLite: {size:.2} GiB backed up under {WRITERS} writers in {:.1} s (<= 60)", took.as_secs_f64())),
        check(restored <= MOST, format!("SQLite: restored and proved in {:.1} s (<= 60)", restored.as_secs_f64())),
        check(
            during <= 3.0 * before,
            format!(
                "writers: p99 {during:.1} ms during the backup, {before:.1} ms before (<= 3 times); p50 {:.1} and {:.1}; longest {:.0} and {:.0}; the server at {memory:.0} MiB",
                millis(&busy, 0.5),
                millis(&quiet, 0.5),
                millis(&busy, 1.0),
                millis(&quiet, 1.0)
            ),
        ),
    ])
}
fn path(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| "a path that is not UTF-8".into())
}
async fn timed(program: &Path, args: &[&str], env: &[(&'static str, String)]) -> Result<Duration> {
    let start = Instant::now();
    let done = Command::new(program).args(args).envs(env.iter().cloned()).output().await?;
    if done.status.success() { Ok(start.elapsed()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned().into()) }
}

/// How long writes took while something went on, and what came of that.
async fn writers<T>(address: &str, token: &str, meanwhile: impl Future<Output = Result<T>>) -> Result<(Histogram, T)> {
    let over = Arc::new(AtomicBool::new(false));
    let unique = format!("{:?}", Instant::now());
    let writing: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (address, token, over, unique) = (address.to_owned(), token.to_owned(), over.clone(), unique.clone());
            tokio::spawn(async move {
                let (mut client, mut times) = (Client::connect(&address).await.ok()?, Histogram::default());
                for n in (0..).take_while(|_| !over.load(Ordering::Relaxed)) {
                    let start = Instant::now();
                    let body = json!({"name": format!("{unique} {writer} {n}")}).to_string();
                    let (status, _) = client.call(&request("POST", "/api/v1/projects", &token, &body)).await.ok()?;
                    times.record(start.elapsed().as_micros() as u64);
                    (status == 201).then_some(())?;
                }
                Some(times)
            })
        })
        .collect();
    let came = meanwhile.await;
    over.store(true, Ordering::Relaxed);
    let mut all = Histogram::default();
    for writer in writing {
        all.add(&writer.await?.ok_or("a write failed")?);
    }
    Ok((all, came?))
}

fn rows(completions: u64) -> String {
    let many = format!("with recursive n(i) as (select 0 union all select i + 1 from n where i < {})", completions - 1);
    let id = |kind: char| format!("printf('00000000-0000-7000-{kind}000-%012x', i)");
    let call = id('8');
    let message = |kind: char, seq: u8, role: &str| {
        format!(
            "insert into ai_messages (id, interaction_id, seq, role, content_sealed, expires_at)
               {many} select {}, {call}, {seq}, '{role}', hex(randomblob(375)), 4102444800000000 from n;\n",
            id(kind)
        )
    };
    format!(
        "begin;
         insert into accounts (id, email_index, email_sealed, created_at, updated_at) values ('a', 'a', 'a', 1, 1);
         insert into ai_interactions (id, account_id, kind, model, source, status, streamed, prompt_tokens, completion_tokens, usage_estimated,
           cost_micro_eur, created_at) {many} select {call}, 'a', 'chat', 'mistral-small-latest', 'ai', 'ok', false, 100, 200, false, 12,
           1790000000000000 + i from n;
         {}{}commit;\n",
        message('9', 0, "user"),
        message('a', 1, "assistant")
    )
}

//! Bad neighbours: sockets that say nothing, and sockets that say one letter a second. Both are closed in time, and
//! nobody else notices them.

use super::{Check, Ground, check};
use crate::{
    Result,
    load::{Make, open, request},
    server::Server,
    stage::Stage,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

const EACH: usize = 200;
/// The first byte is waited for 5 s, the whole head 10 s; two more for a busy machine.
const SILENT: Duration = Duration::from_secs(7);
const DRIPPING: Duration = Duration::from_secs(12);
const RATE: f64 = 500.0;

pub async fn run(ground: &Ground) -> Result<Vec<Check>> {
    let server = Server::start(&ground.program, &["serve"], &ground.environment(None)).await?;
    let token = Stage::set(&server.address).await?.token;
    let make: Make = Arc::new(move |_| request("GET", "/api/v1/projects", &token, ""));
    let normal = async || open(&server.address, 32, RATE, Duration::from_secs(4), make.clone()).await;
    let before = normal().await?;
    let memory = server.resident_mib();
    let (silent, dripping) = (hold(&server.address, b""), hold(&server.address, b"GET /livez HTTP/1.1\r\nx-slow: "));
    tokio::time::sleep(Duration::from_millis(500)).await; // until they are all there
    let during = normal().await?;
    let held = server.resident_mib() - memory;
    let (silent, dripping) = (longest(silent).await?, longest(dripping).await?);
    server.stop().await?;
    let (quiet, beside) = (before.latencies.at(0.99), during.latencies.at(0.99));
    let answered = during.statuses.keys().all(|status| *status == 200);
    Ok(vec![
        check(silent <= SILENT, format!("{EACH} silent sockets: the last was closed after {:.1} s (<= 7)", silent.as_secs_f64())),
        check(dripping <= DRIPPING, format!("{EACH} dripping sockets: the last was closed after {:.1} s (<= 12)", dripping.as_secs_f64())),
        check(
            answered && beside <= (2 * quiet).max(10_000),
            format!(
                "others meanwhile: p99 {:.1} ms, before {:.1} ms; {:.0} KiB of memory for a held socket",
                beside as f64 / 1e3,
                quiet as f64 / 1e3,
                held * 1024.0 / (2 * EACH) as f64
            ),
        ),
    ])
}

/// Sockets that begin like this and then add a letter a second; without a beginning they stay silent.
fn hold(address: &str, beginning: &'static [u8]) -> JoinSet<Result<Duration>> {
    let mut all = JoinSet::new();
    for _ in 0..EACH {
        let address = address.to_owned();
        all.spawn(async move {
            let (mut stream, start) = (TcpStream::connect(address).await?, Instant::now());
            stream.write_all(beginning).await?;
            let (mut reader, mut writer) = stream.split();
            let drip = async {
                while !beginning.is_empty() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    if writer.write_all(b"x").await.is_err() {
                        return;
                    }
                }
                std::future::pending().await
            };
            let mut answer = Vec::new();
            tokio::select! { _ = reader.read_to_end(&mut answer) => {}, () = drip => {} }
            Ok(start.elapsed())
        });
    }
    all
}
async fn longest(mut all: JoinSet<Result<Duration>>) -> Result<Duration> {
    let mut longest = Duration::ZERO;
    while let Some(held) = tokio::time::timeout(2 * DRIPPING, all.join_next()).await.map_err(|_| "a socket is never closed")? {
        longest = longest.max(held??);
    }
    Ok(longest)
}

//! At rest: how soon it is ready on a migrated database, and what it weighs then.

use super::{Check, Ground, check};
use crate::{Result, server::Server};
use std::time::Duration;

const STARTS: usize = 7;

pub async fn run(ground: &Ground) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for (engine, url) in ground.engines() {
        let env = ground.environment(url);
        Server::start(&ground.program, &["serve"], &env).await?.stop().await?;
        let (mut ready, mut weight) = (Vec::new(), 0.0_f64);
        for _ in 0..STARTS {
            let server = Server::start(&ground.program, &["serve"], &env).await?;
            ready.push(server.ready.as_millis());
            tokio::time::sleep(Duration::from_millis(300)).await;
            weight = weight.max(server.resident_mib());
            server.stop().await?;
        }
        ready.sort_unstable();
        let median = ready[STARTS / 2];
        let what = format!("{engine}: ready after {median} ms, the median of {STARTS} starts (<= 300); {weight:.0} MiB at most (<= 40)");
        checks.push(check(median <= 300 && weight <= 40.0, what));
    }
    Ok(checks)
}

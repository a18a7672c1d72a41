//! A disk whose sync is slow: 64 writers share what one has to wait for alone.
//!
//! strace holds each sync up, and only syncs: with `--seccomp-bpf` no other call of the server is stopped. The files lie in
//! memory where there is `/dev/shm`, so that this is all a sync costs, whatever else the real disk has to do.

use super::{Check, Ground, check};
use crate::{
    Result, scenarios,
    server::Server,
    stage::{Stage, environment},
};
use std::path::Path;

/// What a sync of a small cloud disk costs.
const DELAY: &str = "inject=fdatasync,fsync:delay_exit=4000";

pub async fn run(ground: &Ground) -> Result<Vec<Check>> {
    let memory = Path::new("/dev/shm");
    let dir = if memory.is_dir() { memory.join(format!("coulisses-drill-{}", std::process::id())) } else { ground.dir.join("slow") };
    let checks = on(ground, &dir).await;
    std::fs::remove_dir_all(dir)?;
    checks
}
async fn on(ground: &Ground, dir: &Path) -> Result<Vec<Check>> {
    let env = environment(dir, None);
    let server = Server::traced(&["-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e", DELAY], &ground.program, &env).await?;
    let stage = Stage::set(&server.address).await?;
    let one = scenarios::writes(&server, &stage, 1, ground.length).await?;
    let many = scenarios::writes(&server, &stage, 64, ground.length).await?;
    server.stop().await?;
    let factor = many.rate / one.rate;
    let what = format!(
        "64 writers commit {factor:.1} times as much as one (>= 20): {:.0}/s, p50 {} ms, p99 {} ms; one {:.0}/s, p50 {:.1} ms; each sync was held up by 4 ms",
        many.rate,
        many.p50 / 1000,
        many.p99 / 1000,
        one.rate,
        one.p50 as f64 / 1e3
    );
    Ok(vec![check(factor >= 20.0 && one.others + many.others == 0, what)])
}

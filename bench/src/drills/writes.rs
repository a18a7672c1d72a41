//! A disk whose sync is slow: 64 writers share what one has to wait for alone.
//!
//! A preloaded library holds each sync up, and only syncs: a tracer would stop other calls, too, and measure itself. It is
//! made with the compiler that makes SQLite. The files lie in memory where there is `/dev/shm`, so that this is all a sync
//! costs, whatever else the real disk has to do.

use super::{Check, Ground, check};
use crate::{
    Result, scenarios,
    server::Server,
    stage::{Stage, environment},
};
use std::path::{Path, PathBuf};

/// What a sync costs on a good cloud disk, and on a small one.
const DELAYS: [u32; 2] = [1_000, 4_000];

pub async fn run(ground: &Ground) -> Result<Vec<Check>> {
    let library = slow_sync(&ground.dir)?;
    let memory = Path::new("/dev/shm");
    let dir = if memory.is_dir() { memory.join(format!("coulisses-drill-{}", std::process::id())) } else { ground.dir.join("slow") };
    let mut checks = Vec::new();
    for micros in DELAYS {
        checks.push(on(ground, &dir, &library, micros).await);
        std::fs::remove_dir_all(&dir)?;
    }
    checks.into_iter().collect()
}
fn slow_sync(dir: &Path) -> Result<PathBuf> {
    let source = dir.join("slow_sync.c");
    std::fs::write(&source, include_str!("slow_sync.c"))?;
    let library = std::fs::canonicalize(dir)?.join("slow_sync.so");
    let made = std::process::Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").status()?;
    if made.success() { Ok(library) } else { Err("`cc` did not make the library that slows syncs".into()) }
}
async fn on(ground: &Ground, dir: &Path, library: &Path, micros: u32) -> Result<Check> {
    let mut env = environment(dir, None);
    env.push(("LD_PRELOAD", library.display().to_string()));
    env.push(("SLOW_SYNC_MICROS", micros.to_string()));
    let server = Server::start(&ground.program, &["serve"], &env).await?;
    let stage = Stage::set(&server.address).await?;
    let one = scenarios::writes(&server, &stage, 1, ground.length).await?;
    let many = scenarios::writes(&server, &stage, 64, ground.length).await?;
    server.stop().await?;
    let factor = many.rate / one.rate;
    let what = format!(
        "each sync held up by {} ms: 64 writers commit {factor:.1} times as much as one (>= 20): {:.0}/s, p50 {} ms, p99 {} ms; one {:.0}/s, p50 {:.1} ms",
        micros / 1000,
        many.rate,
        many.p50 / 1000,
        many.p99 / 1000,
        one.rate,
        one.p50 as f64 / 1e3
    );
    Ok(check(factor >= 20.0 && one.others + many.others == 0, what))
}

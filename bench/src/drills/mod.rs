//! Drills: what the server withstands, each a command that says what it saw and whether that is enough.

mod backup;
mod bookings;
mod bulk;
mod crash;
mod growth;
mod idle;
mod logins;
mod restart;
mod rolling;
mod sockets;
mod syncs;
mod writes;

use crate::{
    Result,
    report::record,
    server::{binary, postgres_url},
    stage::environment,
};
use std::{path::PathBuf, pin::Pin, time::Duration};

type Run = for<'a> fn(&'a Ground) -> Pin<Box<dyn Future<Output = Result<Vec<Check>>> + 'a>>;

/// A drill by its name: what `cargo xtask torture NAME` runs.
const DRILLS: [(&str, &str, Run); 13] = [
    ("crash", "kill -9 under 32 writers, both engines", |ground| Box::pin(crash::run(ground))),
    ("backup", "a gigabyte backed up under 32 writers, and restored (SQLite, needs sqlite3)", |ground| Box::pin(backup::run(ground))),
    ("bookings", "64 clients book the same people, both engines, two replicas on Postgres", |ground| Box::pin(bookings::run(ground))),
    ("bulk", "kill -9 under bulk creates of 1,000 missions, both engines", |ground| Box::pin(bulk::run(ground))),
    ("growth", "a month of planning among 10^3, 10^4 and 10^6 assignments, both engines (needs sqlite3 and psql)", |ground| {
        Box::pin(growth::run(ground))
    }),
    ("restart", "Postgres restarts under load", |ground| Box::pin(restart::restart(ground))),
    ("failover", "Postgres is killed under load and its standby promoted", |ground| Box::pin(restart::failover(ground))),
    ("rolling", "replicas are restarted one after the other under load (Postgres, needs haproxy)", |ground| Box::pin(rolling::run(ground))),
    ("sockets", "200 silent and 200 dripping sockets", |ground| Box::pin(sockets::run(ground))),
    ("syncs", "what is on the disk before it is answered (SQLite, needs strace)", |ground| Box::pin(syncs::run(ground))),
    ("writes", "64 writers share the syncs of a slow disk (SQLite, needs cc)", |ground| Box::pin(writes::run(ground))),
    ("logins", "200 people sign in at once", |ground| Box::pin(logins::run(ground))),
    ("idle", "ready soon, and light", |ground| Box::pin(idle::run(ground))),
];

/// What a drill works with.
pub struct Ground {
    pub program: PathBuf,
    pub dir: PathBuf,
    postgres: Option<String>,
    pub length: Duration,
}
impl Ground {
    /// Each engine there is, with its `DATABASE_URL`.
    fn engines(&self) -> impl Iterator<Item = (&'static str, Option<String>)> {
        [("SQLite", None)].into_iter().chain(self.postgres.clone().map(|url| ("Postgres", Some(url))))
    }
    /// The Redis between replicas, when there is one.
    fn redis(&self) -> Option<String> {
        std::env::var_os("TEST_REDIS_URL")?.into_string().ok()
    }
    /// The settings of a server whose data lie in the drill's folder, or behind `url`.
    fn environment(&self, url: Option<String>) -> Vec<(&'static str, String)> {
        environment(&self.dir, url)
    }
}

/// One thing that was looked at.
pub struct Check {
    pub what: String,
    pub holds: bool,
}
pub fn check(holds: bool, what: impl Into<String>) -> Check {
    Check { what: what.into(), holds }
}

/// What `coulisses audit verify` says of the store that the drill used, and whether it is well.
async fn verified(ground: &Ground, env: Vec<(&'static str, String)>) -> Result<(String, bool)> {
    let done = tokio::process::Command::new(&ground.program).args(["audit", "verify"]).envs(env).output().await?;
    Ok((String::from_utf8_lossy(&done.stdout).lines().last().unwrap_or_default().to_owned(), done.status.success()))
}

pub fn help() -> String {
    DRILLS.iter().map(|(name, what, _)| format!("  {name:<9} {what}\n")).collect()
}
/// Runs the named drills, all of them when none is named; an `Err` when something did not hold.
pub async fn run(names: &[String], length: Duration, name: Option<&str>) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| !DRILLS.iter().any(|(known, ..)| known == name)) {
        return Err(format!("there is no drill `{unknown}`:\n{}", help()).into());
    }
    let dir = PathBuf::from("target/bench").join(format!("drills-{}", std::process::id()));
    let mut ground = Ground { program: binary()?, dir: dir.clone(), postgres: postgres_url(), length };
    let (mut page, mut fallen) = (String::from("# Drills\n\nMade by `cargo xtask torture`.\n"), 0);
    for (drill, what, run) in DRILLS.iter().filter(|(drill, ..)| names.is_empty() || names.iter().any(|n| n == drill)) {
        ground.dir = dir.join(drill);
        std::fs::create_dir_all(&ground.dir)?;
        let mut text = format!("\n## {drill}: {what}\n\n");
        for Check { what, holds } in run(&ground).await? {
            fallen += usize::from(!holds);
            text += &format!("- {} {what}\n", if holds { "holds:" } else { "FALLS:" });
        }
        println!("{text}");
        page += &text;
    }
    std::fs::remove_dir_all(dir)?;
    record(name, &page)?;
    if fallen == 0 { Ok(()) } else { Err(format!("{fallen} of the above did not hold").into()) }
}

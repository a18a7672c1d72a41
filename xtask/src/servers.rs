//! Postgres and Redis for one command: given ones, or private ones that are gone when the command is.

use crate::{
    Outcome, elapsed, in_ci,
    machine::{self, POSTGRES, REDIS},
};
use std::{
    env,
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    process::{Child, ChildStdin, Command, Stdio},
    time::Instant,
};

/// Whether Postgres waits for the disk. Tests do not need it: those of durability start their own server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    Off,
    Disk,
}

/// The servers that the command's children may use. Dropped, they are stopped.
pub struct Servers {
    variables: Vec<(String, String)>,
    keeper: Option<Keeper>,
}
/// A process of ours that owns the servers. It sees the end of its standard input when we are gone, however we went:
/// Ctrl-C, a panic and `kill -9` all clean up.
struct Keeper {
    process: Child,
    stdin: Option<ChildStdin>,
}

impl Servers {
    /// For `--fast`: the tests that need a server step aside.
    pub fn none() -> Self {
        Self {
            variables: ["TEST_POSTGRES", "TEST_REDIS", "TEST_OIDC_PROVIDER"].map(|name| (name.to_owned(), "skip".to_owned())).into(),
            keeper: None,
        }
    }
    pub fn provide(sync: Sync) -> Outcome<Self> {
        let mut wanted = Vec::new();
        for (name, program) in [("POSTGRES", &POSTGRES), ("REDIS", &REDIS)] {
            let skipped = env::var(format!("TEST_{name}")).is_ok_and(|how| how == "skip");
            if skipped && in_ci() {
                return Err(format!("TEST_{name}=skip is for a developer's machine: CI tests everything."));
            }
            if !skipped && env::var_os(format!("TEST_{name}_URL")).is_none() {
                wanted.push((name, program));
            }
        }
        if wanted.is_empty() {
            return Ok(Self { variables: Vec::new(), keeper: None });
        }
        machine::ensure(&wanted.iter().map(|(_, program)| *program).collect::<Vec<_>>())?;
        let start = Instant::now();
        let mut args = vec![if sync == Sync::Disk { "disk".to_owned() } else { "off".to_owned() }];
        for (name, program) in wanted {
            let found = program.find().ok_or_else(|| format!("{} vanished", program.package))?;
            args.push(format!("{name}={}", found.display()));
        }
        let servers = Self::keep(&args)?;
        println!("servers: {} ({})", servers.variables.iter().map(|(_, url)| url.as_str()).collect::<Vec<_>>().join(", "), elapsed(start));
        Ok(servers)
    }
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, url)| (name.as_str(), url.as_str()))
    }

    fn keep(args: &[String]) -> Outcome<Self> {
        let failed = |e: std::io::Error| format!("the keeper of the servers cannot be started: {e}");
        let mut keeper = Command::new(env::current_exe().map_err(failed)?);
        // A group of its own: the terminal's Ctrl-C is for us, the keeper then cleans up in peace.
        keeper.arg("keep").args(args).process_group(0);
        let mut process = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(failed)?;
        let said = process.stdout.take().map(BufReader::new);
        let mut servers = Self { variables: Vec::new(), keeper: Some(Keeper { stdin: process.stdin.take(), process }) };
        let mut problem = Vec::new();
        for line in said.into_iter().flat_map(|said| said.lines().map_while(Result::ok)) {
            match line.split_once('=') {
                _ if line == "ready" => return Ok(servers),
                Some((name, url)) if name.ends_with("_URL") => servers.variables.push((name.to_owned(), url.to_owned())),
                _ => problem.push(line),
            }
        }
        Err(format!("the servers did not start:\n{}", problem.join("\n")))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.process.wait();
    }
}
impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.keeper.take());
    }
}

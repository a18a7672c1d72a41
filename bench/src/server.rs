//! Processes under load: the server and the floor, their CPU time and their memory.

use crate::Result;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

pub struct Server {
    child: Child,
    pub address: String,
    /// From the start of the process until it says that it listens.
    pub ready: Duration,
}

impl Server {
    pub async fn start(program: &Path, args: &[&str], env: &[(&str, String)]) -> Result<Self> {
        Self::launch(Command::new(program).args(args), env).await
    }
    /// The same under strace, which traces from the side: the process we start is the server itself.
    pub async fn traced(strace: &[&str], program: &Path, env: &[(&str, String)]) -> Result<Self> {
        let mut command = Command::new("strace");
        Self::launch(command.args(["-D", "-f", "-qq", "--seccomp-bpf"]).args(strace).arg(program).arg("serve"), env).await
    }
    async fn launch(command: &mut Command, env: &[(&str, String)]) -> Result<Self> {
        let start = Instant::now();
        let mut child = command.envs(env.iter().cloned()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let address = loop {
            let line = lines.next_line().await?.ok_or("the server ended before it listened")?;
            if let Some(address) = line.strip_prefix("listening: http://") {
                break address.to_owned();
            }
        };
        // Its log goes on being read, as a collector would.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, address, ready: start.elapsed() })
    }
    pub async fn stop(mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }
    /// Told to stop as an operator does: it ends what it has begun, and well.
    pub async fn end(mut self) -> Result<()> {
        let id = self.child.id().ok_or("it has ended already")?;
        Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
        let status = self.child.wait().await?;
        if status.success() { Ok(()) } else { Err(format!("it ended with {status}").into()) }
    }
    fn proc(&self, file: &str) -> String {
        let id = self.child.id().unwrap_or_default();
        std::fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default()
    }
    /// CPU time so far, in the kernel's ticks of 10 ms.
    pub fn cpu(&self) -> Duration {
        let stat = self.proc("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: u64 = [11, 12].iter().filter_map(|i| fields.get(*i)?.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }
    pub fn resident_mib(&self) -> f64 {
        let statm = self.proc("statm");
        statm.split(' ').nth(1).and_then(|p| p.parse::<f64>().ok()).map_or(0.0, |pages| pages * 4096.0 / f64::from(1 << 20))
    }
}

/// The one that `COULISSES_BIN` names, else the release binary, built if need be; it lies beside this one.
pub fn binary() -> Result<PathBuf> {
    if let Some(given) = std::env::var_os("COULISSES_BIN") {
        return Ok(given.into());
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = std::process::Command::new(cargo).args(["build", "--release", "--locked", "-p", "coulisses"]).status()?;
    let path = std::env::current_exe()?.with_file_name("coulisses");
    if built.success() && path.exists() { Ok(path) } else { Err("the server could not be built".into()) }
}

/// The Postgres that this run may use.
pub fn postgres_url() -> Option<String> {
    std::env::var_os("TEST_POSTGRES_URL")?.into_string().ok()
}

/// What one sync of this disk costs at this moment: the median of 50.
pub fn sync_cost(dir: &Path) -> Result<Duration> {
    use std::io::Write as _;
    let path = dir.join("sync-probe");
    let mut file = std::fs::File::create(&path)?;
    let mut costs = Vec::new();
    for _ in 0..50 {
        file.write_all(&[7; 4096])?;
        let start = Instant::now();
        file.sync_data()?;
        costs.push(start.elapsed());
    }
    std::fs::remove_file(path)?;
    costs.sort();
    Ok(costs[25])
}

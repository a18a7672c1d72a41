//! The process that owns the private servers: starts them, waits for its parent to go, stops them, removes their data.

use crate::{Outcome, machine};
use std::{
    fs, io,
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(10);

/// `keep disk|off NAME=[PROGRAM]…`: prints `TEST_NAME_URL=…` lines and `ready`, or what went wrong. The names are `POSTGRES`, `STANDBY` (of that
/// one, right behind it) and `REDIS`.
pub fn main(args: &[String]) -> Outcome {
    let mut house = House::build().inspect_err(|why| println!("{why}"))?;
    match house.start(args) {
        Ok(()) => println!("ready"),
        Err(why) => {
            println!("{why}");
            return Err(why);
        }
    }
    // Each line asks for something; when there are no more, the parent is gone.
    for line in io::stdin().lines().map_while(Result::ok) {
        let done = if line == "promote" { house.promote() } else { house.restart() };
        println!("{}", done.map_or_else(|why| why, |()| "done".to_owned()));
    }
    Ok(())
}

/// The servers and their folder; dropped, both are gone.
struct House {
    folder: PathBuf,
    user: Option<(u32, u32)>,
    servers: Vec<Child>,
    /// How Postgres, the first of them, is started again.
    postgres: Option<(PathBuf, u16, bool)>,
}

impl House {
    fn build() -> Outcome<Self> {
        let folder = machine::scratch().join(format!("coulisses-servers-{}", std::process::id()));
        let house = Self { user: machine::unprivileged()?, servers: Vec::new(), postgres: None, folder };
        let failed = |e: io::Error| format!("{}: {e}", house.folder.display());
        fs::create_dir(&house.folder).map_err(failed)?;
        if let Some((user, group)) = house.user {
            chown(&house.folder, Some(user), Some(group)).map_err(failed)?;
        }
        Ok(house)
    }
    fn start(&mut self, args: &[String]) -> Outcome {
        let durable = args.first().is_some_and(|sync| sync == "disk");
        for (name, program) in args.iter().filter_map(|arg| arg.split_once('=')) {
            let known = if name == "REDIS" { &machine::REDIS } else { &machine::POSTGRES };
            let given = Some(PathBuf::from(program)).filter(|_| !program.is_empty());
            let program = given.or_else(|| known.find()).ok_or_else(|| format!("missing on this machine: {}", known.package))?;
            let url = match name {
                "POSTGRES" => self.postgres(&program, durable)?,
                "STANDBY" => self.standby(&program, durable)?,
                _ => self.redis(&program)?,
            };
            println!("TEST_{name}_URL={url}");
        }
        Ok(())
    }
    fn postgres(&mut self, program: &Path, durable: bool) -> Outcome<String> {
        let data = self.folder.join("postgres");
        let init = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"];
        self.tool(program, "initdb", |initdb| initdb.args(init).arg(&data))?;
        let port = self.serve("postgres", |port| postgres(program, &data, port, durable))?;
        self.postgres = Some((program.to_owned(), port, durable));
        Ok(format!("postgres://postgres@127.0.0.1:{port}/postgres"))
    }
    /// A copy of Postgres that follows it; from then on nothing is committed that both have not. Its URL names both hosts.
    fn standby(&mut self, program: &Path, durable: bool) -> Outcome<String> {
        let (_, primary, _) = self.postgres.clone().ok_or("a standby needs a Postgres before it")?;
        let (data, primary) = (self.folder.join("standby"), primary.to_string());
        let from = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "-h", "127.0.0.1", "-U", "postgres", "-p", &primary, "-D"];
        self.tool(program, "pg_basebackup", |copy| copy.args(from).arg(&data))?;
        let port = self.serve("standby", |port| postgres(program, &data, port, durable))?;
        let wait = ["-c", "alter system set synchronous_standby_names = '*'", "-c", "select pg_reload_conf()"];
        self.tool(program, "psql", |psql| psql.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &primary]).args(wait))?;
        Ok(format!("postgres://postgres@127.0.0.1:{primary},127.0.0.1:{port}/postgres?target_session_attrs=read-write"))
    }
    /// Postgres is killed, and its standby takes its place.
    fn promote(&mut self) -> Outcome {
        let (program, ..) = self.postgres.clone().ok_or("there is no Postgres here")?;
        let mut primary = self.servers.remove(0);
        let _ = primary.kill();
        let _ = primary.wait();
        let data = self.folder.join("standby");
        self.tool(&program, "pg_ctl", |ctl| ctl.args(["promote", "--wait", "-D"]).arg(&data))
    }
    /// Runs what lies beside the real program, behind the link that PATH may hold.
    fn tool(&self, program: &Path, name: &str, with: impl FnOnce(&mut Command) -> &mut Command) -> Outcome {
        let tool = fs::canonicalize(program).unwrap_or(program.to_owned()).with_file_name(name);
        let done = with(&mut self.command(&tool)).output().map_err(|e| format!("{}: {e}", tool.display()))?;
        if done.status.success() { Ok(()) } else { Err(format!("{name}: {}", String::from_utf8_lossy(&done.stderr))) }
    }
    /// Postgres goes, and comes back with its data on its port.
    fn restart(&mut self) -> Outcome {
        let (program, port, durable) = self.postgres.clone().ok_or("there is no Postgres here")?;
        stop(self.servers.remove(0));
        self.attempt("postgres", postgres(&program, &self.folder.join("postgres"), &port.to_string(), durable))?;
        self.servers.rotate_right(1);
        Ok(())
    }
    fn redis(&mut self, program: &Path) -> Outcome<String> {
        let port = self.serve("redis", |port| {
            let mut server = Command::new(program);
            server.args(["--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"]);
            server
        })?;
        Ok(format!("redis://127.0.0.1:{port}"))
    }

    /// Starts a server on a free port; somebody else may take that in between, so three times.
    fn serve(&mut self, name: &str, command: impl Fn(&str) -> Command) -> Outcome<u16> {
        let mut last = String::new();
        for _ in 0..3 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let port = free.map_err(|e| format!("no free port: {e}"))?.port();
            match self.attempt(name, command(&port.to_string())) {
                Ok(()) => return Ok(port),
                Err(why) => last = why,
            }
        }
        Err(last)
    }
    fn attempt(&mut self, name: &str, command: Command) -> Outcome {
        let log = self.folder.join(format!("{name}.log"));
        let failed = |e: io::Error| format!("{name}: {e}");
        let file = fs::File::create(&log).map_err(failed)?;
        let mut command = self.dress(command);
        let server = command.stdout(file.try_clone().map_err(failed)?).stderr(file).spawn().map_err(failed)?;
        self.servers.push(server);
        let until = Instant::now() + START;
        loop {
            let said = fs::read_to_string(&log).unwrap_or_default();
            // Both servers say so, in these words, when they are.
            if said.to_lowercase().contains("ready to accept") {
                return Ok(());
            }
            let ended = self.servers.last_mut().is_some_and(|server| !matches!(server.try_wait(), Ok(None)));
            if ended || Instant::now() > until {
                self.servers.pop().into_iter().for_each(stop);
                let lines: Vec<_> = said.lines().rev().take(10).collect();
                return Err(format!("{name} did not start:\n{}", lines.into_iter().rev().collect::<Vec<_>>().join("\n")));
            }
            sleep(Duration::from_millis(20));
        }
    }
    fn command(&self, program: &Path) -> Command {
        self.dress(Command::new(program))
    }
    /// In our folder, as the unprivileged user, in a language whose words we know.
    fn dress(&self, mut command: Command) -> Command {
        command.current_dir(&self.folder).env("LC_ALL", "C").stdin(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.servers.drain(..).for_each(stop);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn postgres(program: &Path, data: &Path, port: &str, durable: bool) -> Command {
    let mut server = Command::new(program);
    server.arg("-D").arg(data).args(["-p", port]);
    for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=300", "shared_buffers=128MB"] {
        server.args(["-c", setting]);
    }
    let sync = if durable { "on" } else { "off" };
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        server.args(["-c", &format!("{setting}={sync}")]);
    }
    server
}

/// SIGINT: Postgres sends its clients away and ends, Redis ends.
fn stop(mut server: Child) {
    // The standard library only knows SIGKILL. While we have not waited for it, the id is still this server's.
    let _ = Command::new("sh").args(["-c", "kill -INT $0", &server.id().to_string()]).stderr(Stdio::null()).status();
    let until = Instant::now() + STOP;
    while matches!(server.try_wait(), Ok(None)) && Instant::now() < until {
        sleep(Duration::from_millis(20));
    }
    let _ = server.kill();
    let _ = server.wait();
}

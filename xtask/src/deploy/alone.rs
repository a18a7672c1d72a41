//! The binary alone in an empty root, as in its image: nobody's user, no shell, no `/proc`, one CPU and 512 MB.
//!
//! The image's binary is static, with musl: `cargo xtask artefact` builds and tries it. `cargo xtask test` tries the development build, and
//! the few libraries that it names go along.

use crate::{Outcome, cargo, foreign, in_ci, machine, succeed};
use std::{
    env, fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// The user of the image.
const NOBODY: u32 = 65532;
const MEMORY: &str = "536870912";
const PATIENCE: Duration = Duration::from_secs(60);

pub fn check() -> Outcome {
    if may_change_root()? { tried(Root::new(&built()?)?) } else { Ok(()) }
}
/// A binary that needs no file of any system.
pub fn check_static(binary: &Path) -> Outcome {
    if !may_change_root()? {
        return Ok(());
    }
    let root = Root::new(binary)?;
    if let Some(first) = root.libraries.first() {
        return Err(format!("{} is not static: it names {}", binary.display(), first.display()));
    }
    tried(root)
}
fn may_change_root() -> Outcome<bool> {
    let why = "only root may change the root of a process";
    match machine::is_root() {
        true => Ok(true),
        false if in_ci() => Err(why.to_owned()),
        false => {
            foreign::left_out("the binary in an empty root is", why);
            Ok(false)
        }
    }
}

fn tried(root: Root) -> Outcome {
    let limits = Limits::new();
    root.sees_nothing_else()?;
    if root.succeeds(&limits, "healthcheck") {
        return Err("healthcheck is content where nobody serves".to_owned());
    }
    let mut server = Server(root.run(&limits, "serve").spawn().map_err(|e| format!("the empty root: {e}"))?);
    let until = Instant::now() + PATIENCE;
    while !root.succeeds(&limits, "healthcheck") {
        if server.0.try_wait().is_ok_and(|ended| ended.is_some()) || Instant::now() > until {
            return Err("the binary does not get ready in an empty root".to_owned());
        }
        sleep(Duration::from_millis(100));
    }
    root.serves()?;
    if !root.succeeds(&limits, "backup /data/one.backup") || !root.succeeds(&limits, "restore /data/one.backup --verify") {
        return Err("in an empty root no backup is taken and proved".to_owned());
    }
    if !root.succeeds(&limits, "openapi") {
        return Err("in an empty root the API's document is not printed".to_owned());
    }
    succeed(Command::new("kill").arg(server.0.id().to_string()))?;
    let ended = server.0.wait().map_err(|e| e.to_string())?;
    if !ended.success() {
        return Err(format!("in an empty root it ends with {ended}"));
    }
    let with = if root.libraries.is_empty() { "alone".to_owned() } else { format!("with {} libraries", root.libraries.len()) };
    println!("the binary {with} in an empty root: {}", limits.said());
    Ok(())
}

/// The development build: what it needs of a system, the release build needs, too.
fn built() -> Outcome<PathBuf> {
    succeed(cargo().args(["build", "-p", "coulisses", "--locked"]))?;
    Ok(PathBuf::from("target/debug/coulisses"))
}

/// The folder that the process takes for the whole machine.
struct Root {
    folder: PathBuf,
    libraries: Vec<PathBuf>,
    port: u16,
}
impl Root {
    fn new(binary: &Path) -> Outcome<Self> {
        let folder = machine::scratch().join(format!("empty-root-{}", std::process::id()));
        let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
        fs::create_dir_all(folder.join("data")).map_err(failed)?;
        chown(folder.join("data"), Some(NOBODY), Some(NOBODY)).map_err(failed)?;
        fs::copy(binary, folder.join("coulisses")).map_err(failed)?;
        // A static program is none for the loader, and says so by its status.
        let named = Command::new("ldd").arg(binary).output().map_err(failed)?;
        let libraries: Vec<_> = String::from_utf8_lossy(&named.stdout).lines().filter_map(library).collect();
        for path in &libraries {
            let place = folder.join(path.strip_prefix("/").unwrap_or(path));
            fs::create_dir_all(place.parent().unwrap_or(&folder)).map_err(failed)?;
            fs::copy(path, place).map_err(failed)?;
        }
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map_err(failed)?;
        Ok(Self { port: free.port(), folder, libraries })
    }
    /// What the image says, but on a port that is free here, and without the time in which a proxy learns that it goes.
    fn run(&self, limits: &Limits, command: &str) -> Command {
        let mut run = Command::new("sh");
        // Into the cgroup first, then into the root, then nobody: what is started cannot be anywhere else.
        run.args(["-c", "for g in $0; do echo $$ > $g/cgroup.procs; done; exec chroot --userspec=$1:$1 \"$2\" /coulisses $3"]);
        run.arg(limits.groups.join(" ")).arg(NOBODY.to_string()).arg(&self.folder).arg(command);
        run.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default());
        run.envs([("COULISSES_ENV", "production"), ("DATA_DIR", "/data"), ("SHUTDOWN_DRAIN_SECONDS", "0"), ("LOG_LEVEL", "ERROR")]);
        run.env("BIND", format!("127.0.0.1:{}", self.port)).stdout(Stdio::null());
        // Why it does not start is worth reading; that nobody answers yet is not.
        run.stderr(if command == "serve" { Stdio::inherit() } else { Stdio::null() });
        run
    }
    fn succeeds(&self, limits: &Limits, command: &str) -> bool {
        self.run(limits, command).status().is_ok_and(|status| status.success())
    }
    /// That it works proves something only when without its libraries, or in a folder that is not its own, it does not.
    fn sees_nothing_else(&self) -> Outcome {
        let failed = |e: std::io::Error| format!("{}: {e}", self.folder.display());
        let succeeds = |command| self.succeeds(&Limits::default(), command);
        if let Some(first) = self.libraries.first() {
            let (place, away) = (self.folder.join(first.strip_prefix("/").unwrap_or(first)), self.folder.join("away"));
            fs::rename(&place, &away).map_err(failed)?;
            let started = succeeds("--version");
            fs::rename(&away, &place).map_err(failed)?;
            if started {
                return Err(format!("it starts without {}: it does not run in the empty root", first.display()));
            }
        }
        let data = self.folder.join("data");
        chown(&data, Some(0), Some(0)).map_err(failed)?;
        let written = succeeds("migrate up");
        chown(&data, Some(NOBODY), Some(NOBODY)).map_err(failed)?;
        if written { Err("it writes to root's folder: it is not nobody".to_owned()) } else { Ok(()) }
    }
    /// Its data are written, a password is hashed, the console is inside.
    fn serves(&self) -> Outcome {
        let account = r#"{"email":"lea@lanternes.example","password":"trois-Lanternes-vertes-1987"}"#;
        let post = |path: &str, body: &str| {
            let length = body.len();
            format!(
                "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
            )
        };
        let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/html, */*\r\nconnection: close\r\n\r\n");
        for (request, status) in [
            (get("/readyz"), "200"),
            (post("/api/v1/auth/register", account), "201"),
            (post("/api/v1/auth/login", account), "200"),
            // Built without Node it has no console, and says so.
            (get("/"), if Path::new("console/dist/site").is_dir() { "200" } else { "503" }),
            (get("/openapi.json"), "200"),
        ] {
            let answer = self.ask(&request).map_err(|e| format!("the empty root: {e}"))?;
            if answer.split(' ').nth(1) != Some(status) {
                return Err(format!("in an empty root {} is not {status}: {answer:.300}", request.lines().next().unwrap_or_default()));
            }
        }
        Ok(())
    }
    fn ask(&self, request: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}
impl Drop for Root {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)`, or the loader's own path.
fn library(line: &str) -> Option<PathBuf> {
    let path = line.split_whitespace().find(|word| word.starts_with('/'))?;
    Some(PathBuf::from(path))
}

/// A server that does not outlive us.
struct Server(Child);
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One CPU and 512 MB, where this machine's cgroups can be written.
#[derive(Default)]
struct Limits {
    groups: Vec<String>,
}
impl Limits {
    fn new() -> Self {
        let name = format!("coulisses-{}", std::process::id());
        let mut limits = Self::default();
        let v1: [(&str, &[(&str, &str)]); 2] =
            [("memory", &[("memory.limit_in_bytes", MEMORY)]), ("cpu", &[("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", "100000")])];
        for (controller, values) in v1 {
            limits.group(&format!("/sys/fs/cgroup/{controller}"), &name, values);
        }
        if limits.groups.is_empty() {
            limits.group("/sys/fs/cgroup", &name, &[("memory.max", MEMORY), ("cpu.max", "100000 100000")]);
        }
        limits
    }
    fn group(&mut self, above: &str, name: &str, values: &[(&str, &str)]) {
        let group = format!("{above}/{name}");
        let made = Path::new(above).join("cgroup.procs").exists() && fs::create_dir(&group).is_ok();
        let set = made && values.iter().all(|(file, value)| fs::write(format!("{group}/{file}"), value).is_ok());
        if set {
            self.groups.push(group);
        } else if made {
            let _ = fs::remove_dir(group);
        }
    }
    fn said(&self) -> String {
        let files = ["memory.max_usage_in_bytes", "memory.peak"];
        let peaks = self.groups.iter().flat_map(|group| files.map(|file| format!("{group}/{file}")));
        let most = peaks.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok()).max();
        match most {
            Some(bytes) => format!("{} MB at most, with its files, within one CPU and 512 MB", bytes >> 20),
            None => "no limits: the cgroups of this machine cannot be written".to_owned(),
        }
    }
}
impl Drop for Limits {
    fn drop(&mut self) {
        for group in &self.groups {
            let _ = fs::remove_dir(group);
        }
    }
}

//! The commands of the binary: what they are called, what they take, and how they end.

mod admin;
mod ai;
mod arguments;
mod backup;
mod doctor;
mod help;
mod import;
mod keys;
mod migrate;
mod serve;

pub use help::{env_example, settings_page};

use crate::setup::{Trouble, connect, open};
use arguments::Arguments;
use base::{Settings, audit, db::file_of, disk, settings::Source};
use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

/// How a command ends when it is not well.
enum End {
    /// 2: the command line makes no sense.
    Usage(String),
    /// 4: the audit chain is broken.
    AuditBroken,
    Trouble(Trouble),
}
impl<T: Into<Trouble>> From<T> for End {
    fn from(trouble: T) -> Self {
        Self::Trouble(trouble.into())
    }
}
type Outcome = Result<(), End>;

/// What each command is for; `help` and the suggestions are made from it.
pub(crate) const COMMANDS: &[(&str, &str)] = &[
    ("serve [--demo]", "migrates if needed, then serves; --demo fills an empty development database with the demo season first"),
    ("demo [--force]", "fills an empty development database with the demo season and prints its logins; --force beside other data"),
    ("migrate up [--to N]", "applies what is missing"),
    ("migrate down [--to N] [--force]", "undoes one step, or down to N"),
    ("migrate status", "says which steps are applied"),
    ("admin create --email E [--password-stdin]", "makes a platform administrator; without a password, prints a link to set one"),
    ("admin list", "lists the platform administrators"),
    ("import-users FILE.csv [--dry-run]", "makes accounts from another system's addresses and bcrypt or argon2id hashes, all or none"),
    ("backup FILE", "writes a whole backup while the server runs, to a file that does not exist yet"),
    ("restore FILE [--verify] [--into URL] [--force]", "proves a backup and puts it where DATABASE_URL says; --verify only proves it"),
    (
        "transfer [--from URL] --to URL",
        "copies everything into another, empty database (SQLite to Postgres, or back) and compares; --to - reads the URL from standard input",
    ),
    ("audit verify", "proves that no audit row was changed, added or lost"),
    ("keys list", "says what each key is good for, and what older master keys still seal"),
    ("keys rotate-signing [--revoke-old]", "makes a signing key before its time; --revoke-old ends every access token at once"),
    ("keys rotate-data", "seals every field anew under the first SECRET_KEY"),
    ("ai eval [--live] [--json] [--prompt P/N]", "measures the coach on built-in cases: by rules, or --live with the model that is set up"),
    ("openapi", "prints the API's document"),
    ("config", "prints the effective settings, secrets redacted"),
    (
        "doctor [--json]",
        "looks at the installation and all it leans on, changes nothing, and says what to do; exit 1 when something is wrong",
    ),
    ("healthcheck", "exit 0 when the server at BIND is ready, for containers"),
];

pub fn run(raw: Vec<String>) -> ExitCode {
    match dispatch(raw) {
        Ok(()) => ExitCode::SUCCESS,
        Err(End::Usage(words)) => {
            complain(&format!("coulisses: {words}; see coulisses --help"));
            ExitCode::from(2)
        }
        Err(End::AuditBroken) => ExitCode::from(4),
        Err(End::Trouble(trouble)) => {
            complain(&format!("coulisses: {}", trouble.to_string().replace('\n', " ")));
            ExitCode::from(trouble.exit_code())
        }
    }
}

/// One line on standard output; a reader that went away is no reason to fail.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn dispatch(raw: Vec<String>) -> Outcome {
    let mut args = Arguments::parse(raw).map_err(End::Usage)?;
    let words = std::mem::take(&mut args.words);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if args.flag("version") || words == ["version"] {
        // What hands out a binary says of which commit it is.
        let commit = option_env!("COULISSES_COMMIT").filter(|commit| !commit.is_empty()).map(|commit| format!(" ({commit})"));
        say(&format!("coulisses {}{}", env!("CARGO_PKG_VERSION"), commit.unwrap_or_default()));
        return Ok(());
    }
    if args.flag("help") || matches!(words[..], [] | ["help"]) {
        say(&help::page());
        return Ok(());
    }
    match words[..] {
        ["serve"] => {
            let demo = args.flag("demo");
            with_settings(args, async |s| serve::run(s, demo).await)
        }
        ["demo"] => {
            let force = args.flag("force");
            with_settings(args, async |s| {
                crate::demo::run(s, force).await?.iter().for_each(|line| say(line));
                Ok(())
            })
        }
        ["migrate", step @ ("up" | "down" | "status")] => {
            let (to, force) = (args.option("to"), args.flag("force"));
            with_settings(args, async |s| migrate::run(s, step, to, force).await)
        }
        ["admin", "create"] => {
            let (email, stdin) = (args.option("email"), args.flag("password-stdin"));
            with_settings(args, async |s| admin::create(s, email, stdin).await)
        }
        ["admin", "list"] => with_settings(args, admin::list),
        ["import-users", file] => {
            let dry_run = args.flag("dry-run");
            with_settings(args, async |s| import::users(s, file, dry_run).await)
        }
        ["backup", file] => with_settings(args, async |s| backup::take(s, file).await),
        ["restore", file] => {
            let (into, verify, force) = (args.option("into"), args.flag("verify"), args.flag("force"));
            with_settings(args, async |s| backup::restore(s, file, into, verify, force).await)
        }
        ["transfer"] => {
            let (from, to) = (args.option("from"), args.option("to"));
            with_settings(args, async |s| backup::transfer(s, from, to).await)
        }
        ["audit", "verify"] => with_settings(args, verify_audit),
        ["keys", "list"] => with_settings(args, keys::list),
        ["keys", "rotate-signing"] => {
            let revoke_old = args.flag("revoke-old");
            with_settings(args, async |s| keys::rotate_signing(s, revoke_old).await)
        }
        ["keys", "rotate-data"] => with_settings(args, keys::rotate_data),
        ["ai", "eval"] => {
            let (live, json, prompt) = (args.flag("live"), args.flag("json"), args.option("prompt"));
            with_settings(args, async |s| ai::eval(s, live, json, prompt).await)
        }
        ["openapi"] => with_settings(args, openapi),
        ["config"] => config(&args.source()?),
        ["doctor"] => {
            let json = args.flag("json");
            let source = args.source()?;
            let hints = source.hints();
            with(&source, async |settings| doctor::run(&settings, hints, json).await)
        }
        ["healthcheck"] => with_settings(args, healthcheck),
        _ => Err(End::Usage(help::unknown(&words.join(" ")))),
    }
}

fn with_settings(args: Arguments, command: impl AsyncFnOnce(Settings) -> Outcome) -> Outcome {
    with(&args.source()?, command)
}
fn with(source: &Source, command: impl AsyncFnOnce(Settings) -> Outcome) -> Outcome {
    let settings = Settings::load(source)?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = settings.workers {
        runtime.worker_threads(workers);
    }
    let runtime = runtime.enable_all().build().map_err(|e| Trouble::Failed(format!("starting the runtime: {e}")))?;
    let outcome = runtime.block_on(command(settings));
    runtime.shutdown_background(); // a backup that is under way would hold up the end until it is done
    outcome
}

async fn verify_audit(settings: Settings) -> Outcome {
    let db = connect(&settings).await?;
    let report = audit::verify(&db).await?;
    report.faults.iter().for_each(|fault| say(fault));
    say(&format!("{} rows of {} orgs verified", report.rows, report.orgs));
    if report.faults.is_empty() { Ok(()) } else { Err(End::AuditBroken) }
}

/// A folder for what is gone again when the command ends: our image has no `/tmp`, but one for the data.
fn for_a_while(settings: &Settings) -> PathBuf {
    let database = file_of(settings.database_url().expose());
    disk::for_a_while(database.iter().filter_map(|file| file.parent()).chain([settings.data_dir.as_path()]))
}

async fn openapi(mut settings: Settings) -> Outcome {
    // The document does not depend on any data: an empty store in memory is enough.
    let dir = for_a_while(&settings).join(format!("coulisses-openapi-{}", std::process::id()));
    settings.data_dir = dir.clone();
    settings.database_url = None;
    let app = open(settings).await?;
    let document = crate::router::document(&app).to_pretty_json().map_err(|e| Trouble::Failed(e.to_string()))?;
    let _ = std::fs::remove_dir_all(dir);
    say(&document);
    Ok(())
}

/// One setting a line, as a shell or compose would read it, with where it came from.
fn config(source: &Source) -> Outcome {
    for setting in Settings::load(source)?.shown() {
        say(&format!("{:<60} # {}", format!("{}={}", setting.name, setting.value), setting.origin));
    }
    source.hints().iter().for_each(|hint| say(&format!("# {hint}")));
    Ok(())
}

/// Asks `/readyz` over loopback, in plain HTTP; two seconds for all of it, whatever comes meanwhile.
async fn healthcheck(settings: Settings) -> Outcome {
    let ask = || -> std::io::Result<bool> {
        let until = Instant::now() + Duration::from_secs(2);
        let left = || Some(until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero()).ok_or(ErrorKind::TimedOut);
        // Who listens on every address listens on this machine's own too.
        let local: IpAddr = match settings.bind.ip() {
            ip if !ip.is_unspecified() => ip,
            ip if ip.is_ipv4() => Ipv4Addr::LOCALHOST.into(),
            _ => Ipv6Addr::LOCALHOST.into(),
        };
        let local = SocketAddr::new(local, settings.bind.port());
        let mut stream = TcpStream::connect_timeout(&local, left()?)?;
        stream.set_write_timeout(Some(left()?))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let (mut head, mut read) = ([0; 12], 0);
        while read < head.len() {
            stream.set_read_timeout(Some(left()?))?;
            match stream.read(&mut head[read..])? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                bytes => read += bytes,
            }
        }
        Ok(head.ends_with(b" 200"))
    };
    match ask() {
        Ok(true) => Ok(()),
        Ok(false) => Err(Trouble::Failed("not ready".to_owned()).into()),
        Err(e) => Err(Trouble::Failed(format!("no answer at {}: {e}", settings.bind)).into()),
    }
}

//! The house's own tool: `cargo xtask run | test | deploy | artefact | bench | torture | sim | generate`. Only the standard library, so it builds in seconds.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this tool talks to a developer")]
#![expect(clippy::disallowed_methods, reason = "the environment of a build, not settings of the server")]

mod artefact;
mod console;
mod dependencies;
mod deploy;
mod files;
mod foreign;
mod inventory;
mod keeper;
mod machine;
mod prometheus;
mod providers;
mod python;
mod sdk;
mod servers;
mod test;

use servers::Servers;
use std::{
    env,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

/// What went wrong, as it is told to the developer.
type Outcome<T = ()> = Result<T, String>;

const HELP: &str = "\
cargo xtask run [--release] [-- FLAGS]    builds, migrates and serves on 127.0.0.1:8000, with the demo season on the first start; FLAGS go to `coulisses serve`
cargo xtask test                          everything CI checks: files, format, lints, dependencies, tests on both engines, browser tests
cargo xtask test FILTER                   only the tests whose name contains FILTER
cargo xtask test [FILTER] --fast          only tests, without Postgres and Redis
cargo xtask deploy                        only what of that holds the files that operators install
cargo xtask artefact [BINARY]             the static binary of a release (musl), tried alone in an empty root, with its archive, its parts and sums
cargo xtask bench [ARGS]                  the load generator, release build, with servers that really sync; see `bench --help`
cargo xtask torture [DRILL…] [ARGS]       what the release build withstands: all drills, or those named; see `torture --help`
cargo xtask sim [PORT]                    a model provider of our own on 127.0.0.1:8900, to try completions without a key
cargo xtask generate                      writes the committed files that are made from the code

Postgres and Redis: TEST_POSTGRES_URL and TEST_REDIS_URL when given, else private servers of this machine's own
packages on free loopback ports, which are gone when the command ends.";

fn main() -> ExitCode {
    // cargo sets this for `cargo run`; the alias works from any folder of the house.
    if let Some(root) = env::var_os("CARGO_MANIFEST_DIR").as_deref().map(Path::new).and_then(Path::parent) {
        let _ = env::set_current_dir(root);
    }
    let args: Vec<String> = env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Outcome {
    let Some((command, rest)) = args.split_first() else { return Err(format!("which task?\n\n{HELP}")) };
    match command.as_str() {
        "run" => run(rest),
        "test" => test::run(rest),
        "bench" => bench(&[], rest),
        "torture" => bench(&["torture"], rest),
        "sim" => succeed(cargo().args(["run", "-p", "simulator", "--"]).args(rest)),
        "generate" => generate(),
        "deploy" => deploy::check(),
        "artefact" => artefact::make(rest),
        "keep" => keeper::main(rest),
        "--help" | "-h" | "help" => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(format!("there is no task `{other}`.\n\n{HELP}")),
    }
}

/// The development profile: it is what `test` builds anyway, and a stranger waits half as long.
fn run(args: &[String]) -> Outcome {
    let (ours, theirs) = args.split_at(args.iter().position(|arg| arg == "--").unwrap_or(args.len()));
    if let Some(unknown) = ours.iter().find(|arg| *arg != "--release") {
        return Err(format!("`run` does not know {unknown}; flags for the server stand behind `--`."));
    }
    console::provide()?;
    println!("building (the first time takes some minutes), then serving; Ctrl-C stops it");
    // Replaced by cargo, which is replaced by the server: Ctrl-C reaches it and nobody else.
    let e = cargo().args(["run", "-p", "coulisses"]).args(ours).args(["--", "serve", "--demo"]).args(theirs.iter().skip(1)).exec();
    Err(format!("cargo cannot be started: {e}"))
}

fn bench(command: &[&str], args: &[String]) -> Outcome {
    let this = env::current_exe().map_err(|e| e.to_string())?;
    let explains = args.iter().any(|arg| arg == "--help");
    let servers = if explains { Servers::none() } else { Servers::provide(servers::Sync::Disk)? };
    let args = args.strip_prefix(&["--".to_owned()][..]).unwrap_or(args);
    succeed(cargo().args(["run", "--release", "-p", "bench", "--"]).args(command).args(args).envs(servers.variables()).env("XTASK", this))
}

/// The tests that compare a committed file with the code write it instead.
fn generate() -> Outcome {
    let servers = Servers::provide(servers::Sync::Off)?;
    succeed(cargo().args(["test", "--workspace", "-q", "fresh"]).env("UPDATE_GENERATED", "1").envs(servers.variables()))?;
    succeed(Command::new("git").args(["status", "--short"]))
}

/// The cargo that runs us.
fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    if in_ci() {
        // A clone that is built once has no use for what makes the second build fast.
        cargo.env("CARGO_INCREMENTAL", "0");
    }
    cargo
}
fn in_ci() -> bool {
    env::var("CI").is_ok_and(|ci| ci == "true" || ci == "1")
}

fn succeed(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|e| format!("{} cannot be started: {e}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", shown(command))) }
}
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    command.get_args().fold(program, |line, arg| line + " " + &arg.to_string_lossy())
}

fn elapsed(since: Instant) -> String {
    let took: Duration = since.elapsed();
    match took.as_secs() {
        0..60 => format!("{:.1} s", took.as_secs_f32()),
        s => format!("{} min {:02} s", s / 60, s % 60),
    }
}

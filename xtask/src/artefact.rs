//! `cargo xtask artefact [BINARY]`: what a release hands out. The static binary with the console inside, this one or one that is built,
//! tried alone in an empty root, packed with what an operator installs beside it, its symbols in a file apart, and the sum of it all.

use crate::{
    Outcome, cargo, console, deploy, inventory,
    machine::{self, Program},
    succeed,
};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What compiles the C in it (SQLite, ring, mimalloc) for musl.
const MUSL: Program = Program { names: &["musl-gcc"], package: "musl-tools" };
const OBJCOPY: Program = Program { names: &["objcopy"], package: "binutils" };
const SYMBOLS: &str = "coulisses.debug";
const PLACE: &str = "target/artefact";
/// What the binary may weigh: as much as it does, and no tenth more. The aim is 25 MB; of 38.5, 25.0 are code, 8.9 what is read only (fonts, the
/// console, time zones, words of passwords), 3.2 how to unwind. As a plain release it has 56.8. (The image is the binary and 0.2 MB of certificates.)
const MOST: u64 = 41_000_000;
/// What lies beside the binary in the archive.
const BESIDE: [&str; 8] = [
    "LICENSE",
    "CHANGELOG.md",
    ".env.example",
    "deploy/systemd/coulisses.service",
    "deploy/systemd/coulisses-run",
    "docs/guide/install-systemd.md",
    "docs/guide/operate.md",
    "docs/guide/backup.md",
];

pub fn make(args: &[String]) -> Outcome {
    let target = format!("{}-unknown-linux-musl", env::consts::ARCH);
    let binary = match args {
        [] => built(&target)?,
        [given] => PathBuf::from(given),
        _ => return Err("`artefact` takes one binary, or none".to_owned()),
    };
    let size = fs::metadata(&binary).map_err(|e| format!("{}: {e}", binary.display()))?.len();
    if size > MOST {
        return Err(format!("the binary has {size} bytes; {MOST} is what it may have"));
    }
    println!("the static binary: {:.1} MB", size as f64 / 1e6);
    deploy::alone::check_static(&binary)?;
    says_its_commit(&binary)?;
    pack(&binary, &target)
}

/// An operator who reports a fault says what runs there.
fn says_its_commit(binary: &Path) -> Outcome {
    let commit = of_head("%h");
    let said = Command::new(binary).arg("--version").output().map_err(|e| format!("{}: {e}", binary.display()))?;
    let said = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    if commit.is_empty() || said.ends_with(&format!(" ({commit})")) {
        return Ok(());
    }
    Err(format!("the binary calls itself `{said}`, and the commit is {commit}"))
}

/// As the Dockerfile builds it, which Alpine does with musl by itself.
fn built(target: &str) -> Outcome<PathBuf> {
    machine::ensure(&[&MUSL])?;
    succeed(Command::new("rustup").args(["target", "add", target]))?;
    if !console::provide()? {
        return Err("a release has the console in it: install Node 20 or newer".to_owned());
    }
    let mut build = cargo();
    build.args(["build", "--profile", "artefact", "--locked", "-p", "coulisses", "--target", target]);
    // Where and when it was built does not show (C writes its date), so two places build the same; what a profiler and a debugger ask for goes into a file of its own.
    let places = nameless()?;
    let rust: Vec<_> = places.iter().map(|(path, name)| format!("--remap-path-prefix={path}={name}")).collect();
    let c: Vec<_> = places.iter().map(|(path, name)| format!("-ffile-prefix-map={path}={name}")).collect();
    build.env("CARGO_ENCODED_RUSTFLAGS", rust.join("\x1f")).env("CFLAGS", c.join(" "));
    build.env("CARGO_PROFILE_ARTEFACT_STRIP", "none").env("CARGO_PROFILE_ARTEFACT_DEBUG", "line-tables-only");
    build.env("SOURCE_DATE_EPOCH", committed_at());
    succeed(build.env("COULISSES_COMMIT", of_head("%h")))?;
    let place = PathBuf::from(env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into()));
    split(&place.join(target).join("artefact"))
}
/// The folders of this machine that a build writes into its binary, and what stands there instead.
fn nameless() -> Outcome<[(String, &'static str); 2]> {
    let house = env::current_dir().map_err(|e| format!("the current folder: {e}"))?;
    let crates = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cargo")));
    let crates = crates.ok_or("neither CARGO_HOME nor HOME is set")?;
    Ok([(house.display().to_string(), "."), (crates.display().to_string(), "cargo")])
}
/// The binary without its symbols, which knows the file that has them (`gdb`, `perf` and `addr2line` find it beside the binary).
fn split(place: &Path) -> Outcome<PathBuf> {
    machine::ensure(&[&OBJCOPY])?;
    let split = place.join("split");
    fs::create_dir_all(&split).map_err(|e| format!("{}: {e}", split.display()))?;
    succeed(
        Command::new("objcopy").args(["--only-keep-debug", "--compress-debug-sections=zlib", "../coulisses", SYMBOLS]).current_dir(&split),
    )?;
    let link = format!("--add-gnu-debuglink={SYMBOLS}");
    succeed(Command::new("objcopy").args(["--strip-all", &link, "../coulisses", "coulisses"]).current_dir(&split))?;
    Ok(split.join("coulisses"))
}

/// What git says of the commit that is built; nothing where there is no git.
fn of_head(format: &str) -> String {
    let said = Command::new("git").args(["show", "-s", &format!("--format={format}"), "HEAD"]).output();
    said.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned()).unwrap_or_default()
}

/// The time that files and dates of a release have: that of the commit, in seconds.
fn committed_at() -> String {
    let time = of_head("%ct");
    if time.is_empty() { "0".to_owned() } else { time }
}

/// The same files give the same archive: sorted, nobody's, of the commit's time.
fn pack(binary: &Path, target: &str) -> Outcome {
    let name = format!("coulisses-{}-{target}", env!("CARGO_PKG_VERSION"));
    let folder = Path::new(PLACE).join(&name);
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    let _ = fs::remove_dir_all(PLACE);
    fs::create_dir_all(&folder).map_err(failed)?;
    fs::copy(binary, folder.join("coulisses")).map_err(failed)?;
    for file in BESIDE {
        let place = folder.join(Path::new(file).file_name().unwrap_or_default());
        fs::copy(file, place).map_err(|e| format!("{file}: {e}"))?;
    }
    let inventory = inventory::of(target)?;
    for (file, text) in &inventory {
        fs::write(folder.join(file), text).map_err(failed)?;
        fs::write(Path::new(PLACE).join(file), text).map_err(failed)?;
    }
    let symbols = binary.with_file_name(SYMBOLS);
    if symbols.is_file() {
        fs::copy(&symbols, Path::new(PLACE).join(SYMBOLS)).map_err(failed)?;
    }
    let archive = format!("{name}.tar.gz");
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"]);
    tar.arg(format!("--mtime=@{}", committed_at()));
    succeed(tar.args(["--use-compress-program=gzip -n -9", "-cf", &archive, &name]).current_dir(PLACE))?;
    let mut sum = Command::new("sha256sum");
    sum.arg(&archive).args(inventory.map(|(file, _)| file)).args(symbols.is_file().then_some(SYMBOLS));
    let sum = sum.current_dir(PLACE).output().map_err(failed)?;
    fs::write(Path::new(PLACE).join("SHA256SUMS"), &sum.stdout).map_err(failed)?;
    succeed(Command::new("sha256sum").args(["--check", "SHA256SUMS"]).current_dir(PLACE))?;
    println!("{PLACE}/{archive}");
    Ok(())
}

//! `cargo xtask artefact [BINARY]`: what a release hands out. The static binary with the console inside, this one or one that is built,
//! tried alone in an empty root, packed with what an operator installs beside it, and the sum of it all.

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
    pack(&binary, &target)
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
    succeed(build.env("COULISSES_COMMIT", of_head("%h")))?;
    let place = PathBuf::from(env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into()));
    Ok(place.join(target).join("artefact/coulisses"))
}

/// What git says of the commit that is built; nothing where there is no git.
fn of_head(format: &str) -> String {
    let said = Command::new("git").args(["show", "-s", &format!("--format={format}"), "HEAD"]).output();
    said.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned()).unwrap_or_default()
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
    let time = of_head("%ct");
    let archive = format!("{name}.tar.gz");
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"]);
    tar.arg(format!("--mtime=@{}", if time.is_empty() { "0" } else { &time }));
    succeed(tar.args(["--use-compress-program=gzip -n -9", "-cf", &archive, &name]).current_dir(PLACE))?;
    let sum = Command::new("sha256sum").arg(&archive).args(inventory.map(|(file, _)| file)).current_dir(PLACE).output().map_err(failed)?;
    fs::write(Path::new(PLACE).join("SHA256SUMS"), &sum.stdout).map_err(failed)?;
    succeed(Command::new("sha256sum").args(["--check", "SHA256SUMS"]).current_dir(PLACE))?;
    println!("{PLACE}/{archive}");
    Ok(())
}

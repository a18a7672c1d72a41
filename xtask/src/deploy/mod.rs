//! What an operator installs holds what it promises, as far as that can be seen without a container engine.

pub mod alone;
mod files;
mod rules;
mod unit;

use crate::{Outcome, machine};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

pub const FOLDER: &str = "deploy";

pub fn check() -> Outcome {
    machine::ensure(&[&unit::ANALYZE, &rules::PROMTOOL])?;
    unit::check()?;
    files::check()?;
    rules::check()?;
    alone::check()
}

/// A folder of copies, gone when it is dropped.
struct Copies(PathBuf);
impl Copies {
    fn new() -> Outcome<Self> {
        let folder = env::temp_dir().join(format!("deploy-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        Ok(Self(folder))
    }
    /// `deploy/` as it is but for one text in one file.
    fn broken(&self, name: &str, file: &str, from: &str, to: &str) -> Outcome<PathBuf> {
        let copy = self.0.join(name);
        copy_all(Path::new(FOLDER), &copy)?;
        let place = copy.join(file);
        let failed = |e| format!("{}: {e}", place.display());
        let text = fs::read_to_string(&place).map_err(failed)?;
        if !text.contains(from) {
            return Err(format!("{FOLDER}/{file} does not hold `{from}` any more: the test that breaks it breaks nothing"));
        }
        fs::write(&place, text.replacen(from, to, 1)).map_err(failed)?;
        Ok(copy)
    }
}
impl Drop for Copies {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
fn copy_all(from: &Path, to: &Path) -> Outcome {
    let failed = |e: std::io::Error| format!("{}: {e}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let place = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() { copy_all(&path, &place)? } else { fs::copy(&path, &place).map(drop).map_err(failed)? }
    }
    Ok(())
}

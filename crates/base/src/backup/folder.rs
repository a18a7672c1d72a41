//! The folder of the backups that are taken by themselves: which are ours and whole, and which go.

use super::looks_whole;
use crate::time::Timestamp;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

const BEGIN: &str = "coulisses-";
const END: &str = ".backup";

/// `20261121T171500Z`: sorts, and needs no quotes.
pub fn stamp(at: Timestamp) -> String {
    Timestamp::from_micros(at.seconds() * 1_000_000).to_string().replace(['-', ':'], "")
}
/// The name of a backup that is begun now.
pub fn name(now: Timestamp) -> String {
    format!("{BEGIN}{}{END}", stamp(now))
}
fn begun(name: &str) -> Option<Timestamp> {
    let stamp = name.strip_prefix(BEGIN)?.strip_suffix(END)?;
    stamp.parse().ok().filter(|at| self::name(*at) == name)
}

/// Ours, by their names, with what they are called beside that (`.part`), oldest first.
fn ours(folder: &Path, suffix: &str) -> io::Result<Vec<(Timestamp, PathBuf)>> {
    let names = fs::read_dir(folder)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut found: Vec<_> = names.filter_map(|name| Some((begun(name.strip_suffix(suffix)?)?, folder.join(&name)))).collect();
    found.sort();
    Ok(found)
}
/// The whole ones, oldest first; none in a folder that is not there yet.
pub fn whole(folder: &Path) -> io::Result<Vec<(Timestamp, PathBuf)>> {
    match ours(folder, "") {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        found => Ok(found?.into_iter().filter(|(_, path)| looks_whole(path)).collect()),
    }
}
/// When the newest whole one was begun.
pub fn newest(folder: &Path) -> io::Result<Option<Timestamp>> {
    Ok(whole(folder)?.last().map(|(at, _)| *at))
}
/// Removes all but the newest whole ones, and what a process that was killed left half written; nothing that is not ours. How many went.
pub fn tidy(folder: &Path, keep: usize) -> io::Result<usize> {
    let old = whole(folder)?;
    let old = old.iter().rev().skip(keep).map(|(_, path)| path.clone());
    let halves = ours(folder, ".part")?.into_iter().filter(|(_, path)| !in_work(path)).map(|(_, path)| path);
    let gone: Vec<_> = old.chain(halves).collect();
    gone.iter().try_for_each(fs::remove_file)?;
    Ok(gone.len())
}
fn in_work(part: &Path) -> bool {
    fs::File::open(part).is_ok_and(|file| file.try_lock().is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_when_it_was_begun_and_others_are_not_ours() {
        let at: Timestamp = "2026-11-21T17:15:00Z".parse().unwrap();
        assert_eq!(name(at), "coulisses-20261121T171500Z.backup");
        assert_eq!(begun(&name(at)), Some(at));
        for other in
            ["coulisses-.backup", "coulisses-20261121T171500Z.backup.part", "coulisses-2026.backup", "mine.backup", "coulisses-x.db"]
        {
            assert_eq!(begun(other), None, "{other}");
        }
    }
}

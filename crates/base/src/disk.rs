//! How much room there is where the data lies, and where something may be written.

use crate::crypto::{hex, random};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

const LOW: u64 = 256 << 20;
/// With less nothing can be written any more: the store grows by pages, its log by many of them.
const FULL: u64 = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub free: u64,
    pub size: u64,
}
impl Room {
    /// Of the file system that a file or folder lies on; None where the system does not say.
    pub fn at(path: &Path) -> Option<Self> {
        let system = nix::sys::statvfs::statvfs(path).ok()?;
        let unit = system.fragment_size();
        Some(Self { free: system.blocks_available() * unit, size: system.blocks() * unit })
    }
    /// Under 256 MiB, or under 5 % of all.
    pub fn is_low(self) -> bool {
        self.free < LOW || self.free < self.size / 20
    }
    pub fn is_full(self) -> bool {
        self.free < FULL
    }
}

/// A file in a folder that can be written; it is gone again as soon as it is opened.
pub fn probe(folder: &Path) -> io::Result<File> {
    let path = folder.join(format!(".probe-{}", hex(&random::<8>())));
    let file = File::options().write(true).create_new(true).open(&path)?;
    fs::remove_file(path)?;
    Ok(file)
}
/// Where something may be put for a while: the system's folder for that, or the first of these where it has none, as in our image.
pub fn for_a_while<'p>(others: impl IntoIterator<Item = &'p Path>) -> PathBuf {
    let temporary = std::env::temp_dir();
    if probe(&temporary).is_ok() {
        return temporary;
    }
    others.into_iter().find(|folder| probe(folder).is_ok()).map_or(temporary, Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_rest_is_low_in_bytes_or_in_parts() {
        let room = |free: u64, size: u64| Room { free: free << 20, size: size << 20 };
        assert!(!room(5_200, 100_000).is_low() && room(4_800, 100_000).is_low(), "a part of a large disk");
        assert!(!room(260, 1_000).is_low() && room(250, 1_000).is_low(), "bytes of a small one");
        assert!(!room(1, 1_000).is_full() && room(0, 1_000).is_full());
    }
    #[test]
    fn the_system_says_how_much_there_is() {
        let room = Room::at(&std::env::temp_dir()).expect("a file system");
        assert!(room.size > 0 && room.free <= room.size);
        assert_eq!(Room::at(Path::new("/no/such/folder")), None);
    }
}

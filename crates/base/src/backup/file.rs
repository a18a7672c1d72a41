//! The file of a backup: how it comes to be whole, and how one sees that it is.
//!
//! ```text
//! the store …  \n{manifest}\n  coulisses-backup 1 <length of the manifest> <SHA-256 of every byte up to here>\n
//! ```

use super::{Fault, Manifest, Result, of_file};
use crate::{crypto, db::beside};
use flate2::{Compression, write::GzEncoder};
use ring::digest::{Context, SHA256};
use std::{
    fs::{self, File, TryLockError},
    io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

const MARK: &str = "coulisses-backup 1 ";
const DIGEST: usize = 64 + 1;
const LAST_LINE: usize = MARK.len() + 12 + 1 + DIGEST;

/// A file that is being written beside the name it will have. Dropped before it is finished, it is gone.
pub struct Part {
    to: PathBuf,
    part: PathBuf,
    file: File,
    finished: bool,
}

impl Part {
    /// For a name that nothing has yet.
    pub fn begin(to: &Path) -> Result<Self> {
        let part = Self::beside(to)?;
        if to.exists() {
            return Err(Fault::Refused(format!("{} exists and is never written over: choose another name", to.display())));
        }
        Ok(part)
    }
    /// What a process that was killed left there is written over; another one at work is left alone.
    pub fn beside(to: &Path) -> Result<Self> {
        let part = beside(to, ".part");
        let io = of_file(&part);
        let file = File::options().create(true).truncate(false).read(true).write(true).mode(0o600).open(&part).map_err(&io)?;
        let busy = || Fault::Refused(format!("{} is being written by another process: wait for it", part.display()));
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(busy()),
            Err(TryLockError::Error(e)) => return Err(io(e)),
        }
        // The other one may just have finished, and given this file its name.
        let (ours, named) = (file.metadata().map_err(&io)?, fs::metadata(&part).map_err(|_| busy())?);
        if (ours.dev(), ours.ino()) != (named.dev(), named.ino()) {
            return Err(busy());
        }
        file.set_len(0).map_err(&io)?;
        Ok(Self { to: to.to_owned(), part: part.clone(), file, finished: false })
    }
    pub fn path(&self) -> &Path {
        &self.part
    }
    /// Runs what writes the content, and compresses it.
    pub(super) async fn compressed<T>(&self, write: impl AsyncFnOnce(&mut GzEncoder<BufWriter<&File>>) -> Result<T>) -> Result<T> {
        let mut out = GzEncoder::new(BufWriter::new(&self.file), Compression::fast());
        let written = write(&mut out).await?;
        out.finish().and_then(|mut out| out.flush()).map_err(of_file(&self.part))?;
        Ok(written)
    }
    /// Copies the content of a backup here.
    pub(super) fn fill(&self, content: &mut impl io::Read) -> Result<()> {
        io::copy(content, &mut &self.file).map(drop).map_err(of_file(&self.part))
    }
    /// Writes the manifest and the digest of all there is.
    pub(super) fn seal(&self, manifest: &Manifest) -> Result<()> {
        let text = serde_json::to_string(manifest).map_err(|e| Fault::Failed(e.to_string()))?;
        let text = format!("\n{text}\n");
        let write = |mut file: &File| {
            file.seek(SeekFrom::End(0))?;
            file.write_all(format!("{text}{MARK}{:012} ", text.len()).as_bytes())?;
            let digest = digest(file, file.metadata()?.len())?;
            file.write_all(format!("{digest}\n").as_bytes())
        };
        write(&self.file).map_err(of_file(&self.part))
    }
    /// On the disk, and then under its name; over another file only when told.
    pub fn finish(mut self, over: bool) -> Result<()> {
        let io = of_file(&self.to);
        if !over && self.to.exists() {
            return Err(Fault::Refused(format!("{} has come to exist meanwhile and is never written over", self.to.display())));
        }
        self.file.sync_all().map_err(&io)?;
        fs::rename(&self.part, &self.to).map_err(&io)?;
        self.finished = true;
        let folder = self.to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(&io)
    }
}
impl Drop for Part {
    fn drop(&mut self) {
        if !self.finished {
            for suffix in ["", "-wal", "-shm", "-journal"] {
                let _ = fs::remove_file(beside(&self.part, suffix)); // mostly not there
            }
        }
    }
}

/// Of the first bytes of a file.
fn digest(mut file: &File, bytes: u64) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let (mut left, mut context, mut buffer) = (file.take(bytes), Context::new(&SHA256), vec![0; 1 << 18]);
    loop {
        match left.read(&mut buffer)? {
            0 => break,
            n => context.update(&buffer[..n]),
        }
    }
    Ok(crypto::hex(context.finish().as_ref()))
}

/// The last line, read: how long the manifest is, and the digest.
fn last_line(mut file: &File) -> io::Result<Option<(u64, String)>> {
    let length = file.metadata()?.len();
    if length < LAST_LINE as u64 {
        return Ok(None);
    }
    let mut line = [0; LAST_LINE];
    file.seek(SeekFrom::End(-(LAST_LINE as i64)))?;
    file.read_exact(&mut line)?;
    let parsed = || {
        let (manifest, digest) = std::str::from_utf8(&line).ok()?.strip_prefix(MARK)?.strip_suffix('\n')?.split_once(' ')?;
        Some((manifest.parse().ok()?, digest.to_owned()))
    };
    Ok(parsed().filter(|(manifest, _)| manifest + LAST_LINE as u64 <= length))
}
/// Whether a backup was written to its end; not whether it is still what was written.
pub fn looks_whole(path: &Path) -> bool {
    File::open(path).and_then(|file| last_line(&file)).is_ok_and(|line| line.is_some())
}

/// A backup in which every byte is as it was written.
pub(super) struct Sealed {
    file: File,
    content: u64,
    pub manifest: Manifest,
}
impl Sealed {
    pub fn open(path: &Path) -> Result<Self> {
        let io = of_file(path);
        let refused = |what: &str| Fault::Refused(format!("{}: {what}", path.display()));
        let file = File::open(path).map_err(&io)?;
        let Some((manifest, digest_then)) = last_line(&file).map_err(&io)? else {
            return Err(refused("this is no backup of Coulisses, or its end is missing: take another copy of it, or an older backup"));
        };
        let length = file.metadata().map_err(&io)?.len();
        if digest(&file, length - DIGEST as u64).map_err(&io)? != digest_then {
            return Err(refused(
                "this is not what was written, at least one byte has changed: take another copy of it, or an older backup",
            ));
        }
        let content = length - LAST_LINE as u64 - manifest;
        let mut text = String::new();
        (&file).seek(SeekFrom::Start(content)).map_err(&io)?;
        (&file).take(manifest).read_to_string(&mut text).map_err(&io)?;
        let manifest = serde_json::from_str(&text).map_err(|e| refused(&format!("its manifest cannot be read by this version ({e})")))?;
        Ok(Self { file, content, manifest })
    }
    pub fn content(&self) -> io::Result<impl io::Read> {
        (&self.file).seek(SeekFrom::Start(0))?;
        Ok((&self.file).take(self.content))
    }
}

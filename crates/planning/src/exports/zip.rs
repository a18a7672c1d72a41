//! A ZIP archive written front to back: what is finished of it can be sent while the rest is still being made.
//!
//! Sizes and checksums stand behind each part (a data descriptor), because they are not known before it.

use base::{Error, Result};
use flate2::{Compression, Crc, write::DeflateEncoder};
use std::io::Write as _;

/// UTF-8 names, and sizes behind the data.
const FLAGS: u16 = 1 << 11 | 1 << 3;
const DEFLATED: u16 = 8;
/// 1 January 1980: the same table is the same bytes.
const DATE: u16 = 0x21;

pub struct Zip {
    out: Vec<u8>,
    /// Bytes that were taken away already.
    gone: usize,
    parts: Vec<Part>,
    open: Option<Open>,
}
struct Part {
    name: &'static str,
    at: u32,
    crc: u32,
    packed: u32,
    plain: u32,
}
struct Open {
    part: Part,
    packer: DeflateEncoder<Vec<u8>>,
    crc: Crc,
}

fn too_large<E>(_: E) -> Error {
    Error::internal("a ZIP archive beyond 4 GiB")
}

impl Zip {
    pub fn new() -> Self {
        Self { out: Vec::new(), gone: 0, parts: Vec::new(), open: None }
    }
    /// A whole part.
    pub fn part(&mut self, name: &'static str, content: &str) -> Result<()> {
        self.begin(name)?;
        self.write(content)?;
        self.finish()
    }
    pub fn begin(&mut self, name: &'static str) -> Result<()> {
        let at = u32::try_from(self.gone + self.out.len()).map_err(too_large)?;
        self.words(&[0x0403_4b50], &[20, FLAGS, DEFLATED, 0, DATE]);
        self.words(&[0, 0, 0], &[name.len() as u16, 0]);
        self.out.extend_from_slice(name.as_bytes());
        let part = Part { name, at, crc: 0, packed: 0, plain: 0 };
        self.open = Some(Open { part, packer: DeflateEncoder::new(Vec::new(), Compression::fast()), crc: Crc::new() });
        Ok(())
    }
    pub fn write(&mut self, content: &str) -> Result<()> {
        let Some(open) = &mut self.open else { return Err(Error::internal("no part of the archive is open")) };
        open.crc.update(content.as_bytes());
        open.packer.write_all(content.as_bytes()).map_err(Error::internal)
    }
    pub fn finish(&mut self) -> Result<()> {
        let Some(open) = self.open.take() else { return Err(Error::internal("no part of the archive is open")) };
        let Open { mut part, packer, crc } = open;
        let plain = packer.total_in();
        let rest = packer.finish().map_err(Error::internal)?;
        self.out.extend_from_slice(&rest);
        let ends = self.gone + self.out.len();
        part.crc = crc.sum();
        part.packed = u32::try_from(ends - part.at as usize - 30 - part.name.len()).map_err(too_large)?;
        part.plain = u32::try_from(plain).map_err(too_large)?;
        self.words(&[0x0807_4b50, part.crc, part.packed, part.plain], &[]);
        self.parts.push(part);
        Ok(())
    }
    pub fn take(&mut self) -> Vec<u8> {
        if let Some(open) = &mut self.open {
            self.out.append(open.packer.get_mut());
        }
        self.gone += self.out.len();
        std::mem::take(&mut self.out)
    }
    /// The directory, which is at the end.
    pub fn end(mut self) -> Result<Vec<u8>> {
        let at = u32::try_from(self.gone + self.out.len()).map_err(too_large)?;
        let parts = std::mem::take(&mut self.parts);
        let count = parts.len() as u16;
        for part in &parts {
            self.words(&[0x0201_4b50], &[20, 20, FLAGS, DEFLATED, 0, DATE]);
            self.words(&[part.crc, part.packed, part.plain], &[part.name.len() as u16, 0, 0, 0, 0]);
            self.words(&[0, part.at], &[]);
            self.out.extend_from_slice(part.name.as_bytes());
        }
        let size = u32::try_from(self.gone + self.out.len()).map_err(too_large)? - at;
        self.words(&[0x0605_4b50], &[0, 0, count, count]);
        self.words(&[size, at], &[0]);
        Ok(self.out)
    }
    fn words(&mut self, long: &[u32], short: &[u16]) {
        self.out.extend(long.iter().flat_map(|w| w.to_le_bytes()));
        self.out.extend(short.iter().flat_map(|w| w.to_le_bytes()));
    }
}

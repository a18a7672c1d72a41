//! Turns `console/dist/site` into a table of bytes. Without a built console the table is empty, and the server says how to build one.

use std::{
    env,
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let root = |name| env::var_os(name).map(PathBuf::from).unwrap_or_default();
    // The folder is always there (it is committed, empty), so that cargo notices when a site appears in it.
    let dist = root("CARGO_MANIFEST_DIR").join("../../console/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let site = dist.join("site");
    let mut files = Vec::new();
    if site.is_dir() {
        walk(&site, &mut files)?;
    }
    let mut entries = files.iter().map(|path| entry(&site, path)).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    let table = entries.into_iter().fold(String::from("&[\n"), |table, (_, line)| table + &line);
    fs::write(root("OUT_DIR").join("console.rs"), table + "]\n")
}

/// A file's address, and the line of the table that holds it with its packed twins.
fn entry(site: &Path, path: &Path) -> io::Result<(String, String)> {
    let inside = path.strip_prefix(site).map_err(io::Error::other)?;
    let url = format!("/{}", inside.display());
    let mut hash = DefaultHasher::new();
    fs::read(path)?.hash(&mut hash);
    let twin = |ending: &str| {
        let packed = PathBuf::from(format!("{}.{ending}", path.display()));
        if packed.is_file() { format!("Some(include_bytes!({packed:?}))") } else { "None".to_owned() }
    };
    let mut line = format!("File {{ url: {url:?}, etag: \"{:016x}\", plain: include_bytes!({path:?}), ", hash.finish());
    let _ = writeln!(line, "brotli: {}, gzip: {} }},", twin("br"), twin("gz"));
    Ok((url, line))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for found in fs::read_dir(folder)? {
        let path = found?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else if path.extension().is_none_or(|e| e != "br" && e != "gz") {
            files.push(path);
        }
    }
    Ok(())
}

//! Files that are made from the code and kept beside it: a test says when one is stale.

use std::path::Path;

/// Compares a committed file with what the code makes of it now; under `UPDATE_GENERATED=1` writes it.
///
/// Call it from a test whose name ends in `_are_fresh` or `_is_fresh`: `cargo xtask generate` runs those.
#[expect(clippy::disallowed_methods, reason = "a switch of the tests, not a setting of the server")]
pub fn fresh(path: &str, text: &str) {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    let text = format!("{}\n", text.trim_end());
    let known = std::fs::read_to_string(&full).unwrap_or_default();
    if known == text {
        return;
    }
    if std::env::var("UPDATE_GENERATED").as_deref() != Ok("1") {
        let line = known.lines().zip(text.lines()).take_while(|(a, b)| a == b).count() + 1;
        panic!("{path} is stale from line {line} on. Run `cargo xtask generate` and commit what it wrote.");
    }
    let written = full.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&full, text));
    written.unwrap_or_else(|e| panic!("{path} cannot be written: {e}"));
}

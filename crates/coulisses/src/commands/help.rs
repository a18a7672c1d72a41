//! `--help`, and the pages made from the same table of settings.

use super::COMMANDS;
use base::settings::{Definition, TABLE, nearest};
use std::fmt::Write as _;

fn sections() -> impl Iterator<Item = &'static [Definition]> {
    TABLE.chunk_by(|a, b| a.section == b.section)
}

pub fn page() -> String {
    let mut out = String::from(
        "Coulisses: sign-in, crews and a coach, in one binary.\n\nUsage: coulisses COMMAND [--setting value …] [--config FILE]\n\nCommands:\n",
    );
    for (command, does) in COMMANDS {
        let _ = writeln!(out, "  {command:<44} {does}");
    }
    out.push_str("\nSettings (environment, coulisses.toml, or flags such as --max-in-flight 64):\n");
    for section in sections() {
        let _ = writeln!(out, "\n {}", section[0].section);
        for setting in section {
            let default = if setting.default.is_empty() { String::new() } else { format!(" [{}]", setting.default) };
            let _ = writeln!(out, "  {}{default}\n      {}", setting.name, setting.doc);
        }
    }
    out.push_str(
        "\nExit codes: 0 good, 1 failure, 2 wrong usage, 3 database newer than this binary, 4 audit chain broken, 78 bad configuration.",
    );
    out
}

/// Without what may stand behind it: `migrate up`.
fn words_of(command: &str) -> String {
    command.split(' ').take_while(|word| !word.starts_with(['-', '['])).collect::<Vec<_>>().join(" ")
}
pub fn unknown(words: &str) -> String {
    let all: Vec<_> = COMMANDS.iter().map(|(command, _)| words_of(command)).collect();
    let first = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
    let family: Vec<_> = all.iter().filter(|known| first(known) == first(words)).map(|known| format!("`{known}`")).collect();
    if !family.is_empty() {
        return format!("there is no command `{words}`; there is {}", family.join(", "));
    }
    let near = |words: &str| nearest(words, all.iter().map(String::as_str));
    let hint =
        near(words).or_else(|| near(&first(words))).map_or("which one do you mean?".to_owned(), |near| format!("did you mean `{near}`?"));
    format!("there is no command `{words}`; {hint}")
}

/// `docs/guide/settings.md`.
pub fn settings_page() -> String {
    let mut out = String::from(
        "# Settings\n\n<!-- Made from crates/base/src/settings/mod.rs by `cargo xtask generate`. -->\n\nFrom `coulisses.toml`, the environment, then flags (`--max-in-flight 64`); the last one wins.\n`coulisses config` prints the effective values.\n",
    );
    for section in sections() {
        let _ = writeln!(out, "\n## {}\n\n| setting | default | meaning |\n|---|---|---|", section[0].section);
        for setting in section {
            let aliases = if setting.aliases.is_empty() { String::new() } else { format!(" (also `{}`)", setting.aliases.join("`, `")) };
            let default = if setting.default.is_empty() { "–".to_owned() } else { format!("`{}`", setting.default) };
            let _ = writeln!(out, "| `{}`{aliases} | {default} | {} |", setting.name, setting.doc);
        }
    }
    out
}

/// `.env.example`.
pub fn env_example() -> String {
    let mut out = String::from("# Every setting with its default. Made by `cargo xtask generate`; see docs/guide/settings.md.\n");
    for section in sections() {
        let _ = writeln!(out, "\n# --- {}", section[0].section);
        for setting in section {
            let _ = writeln!(out, "# {}\n#{}={}", setting.doc, setting.name, setting.default);
        }
    }
    out
}

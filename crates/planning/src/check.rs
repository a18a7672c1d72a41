//! What several nouns ask of the texts that people send.

use base::{Error, Faults, Result, say, text};

/// One line that shows something, or nothing at all.
pub fn line(faults: &mut Faults, field: &str, value: Option<&str>, most: usize) {
    faults.require(value.is_none_or(|v| text::fits_line(v, most)), field, "invalid_text", || {
        say!("Use 1 to {most} characters on one line.", "Utilisez de 1 à {most} caractères sur une seule ligne.")
    });
}
/// A text of several lines.
pub fn prose(faults: &mut Faults, field: &str, value: Option<&str>, most: usize) {
    let fits = |v: &str| v.chars().count() <= most && v.lines().all(|l| text::is_one_line(&l.replace('\t', " ")));
    faults.require(value.is_none_or(fits), field, "invalid_text", || {
        say!("Use at most {most} characters of plain text.", "Utilisez au plus {most} caractères de texte simple.")
    });
}
/// What stands twice in a list, told apart by its folded text: the place of the second one.
pub fn repeated<'a>(keys: impl Iterator<Item = &'a str>) -> Option<usize> {
    let mut seen = std::collections::BTreeSet::new();
    keys.map(text::fold).enumerate().find(|(_, key)| !seen.insert(key.clone())).map(|(i, _)| i)
}
/// As [`Faults::none`]; a lone fault of time is the problem's own code, as programs ask for it.
pub fn none(faults: Faults) -> Result<()> {
    const OWN: [&str; 4] = ["interval_invalid", "interval_too_long", "nonexistent_local_time", "time_required"];
    faults.none().map_err(|many| match many.fields() {
        [one] if OWN.contains(&one.code) => {
            Error::invalid(one.code, one.say.clone()).and_field(one.field.clone(), one.code, one.say.clone())
        }
        _ => many,
    })
}

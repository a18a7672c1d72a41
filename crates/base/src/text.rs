//! Text that people typed: folded so that case and accents do not tell two things apart.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// "Régie  Lumière" and "regie lumiere" are the same name.
pub fn fold(text: &str) -> String {
    let plain: String = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One spelling of the same characters (NFC), for passwords and names alike.
pub fn nfc(text: &str) -> String {
    text.nfc().collect()
}

/// Fit to be shown on one line: no control characters, no invisible direction marks.
pub fn is_one_line(text: &str) -> bool {
    let hidden =
        |c: char| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    !text.chars().any(hidden)
}

/// One line of 1 to `most` characters that shows something.
pub fn fits_line(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.trim().chars().count()) && is_one_line(text)
}

/// An e-mail address in the one spelling that is kept, or nothing when it is none.
pub fn email(raw: &str) -> Option<String> {
    let email = nfc(raw.trim()).to_lowercase();
    let (local, domain) = email.rsplit_once('@')?;
    let plain = |s: &str| !s.is_empty() && is_one_line(s) && !s.contains(|c: char| c.is_whitespace() || "@,;<>\"()[]\\".contains(c));
    let labels = domain.split('.').all(|l| !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-'));
    (plain(local) && plain(domain) && labels && domain.contains('.') && local.len() <= 64 && email.len() <= 254).then_some(email)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_accents_and_spaces_do_not_matter() {
        assert_eq!(fold("  Été  à la RÉGIE "), "ete a la regie");
        assert_eq!(fold("E\u{301}te\u{301}"), fold("Été"));
        assert!(is_one_line("L’Été · 2026") && !is_one_line("a\r\nBcc: x") && !is_one_line("a\u{202e}b"));
    }
    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}

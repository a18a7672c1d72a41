//! Reads what spreadsheets write: UTF-8 or Windows-1252, `,` or `;` between the fields, quotes as RFC 4180 has them.

use crate::{
    error::{Error, Result},
    say,
};

/// The fields of a line of a spreadsheet.
pub type Record = Vec<String>;

/// Every line that holds something, with its number as a spreadsheet shows it.
pub fn read(bytes: &[u8]) -> Result<Vec<(usize, Record)>> {
    if bytes.contains(&0) {
        let say = say!(
            "This is no CSV. Save the table as CSV (UTF-8) and send that.",
            "Ce n’est pas un CSV. Enregistrez le tableau en CSV (UTF-8) et envoyez-le."
        );
        return Err(Error::malformed("malformed_csv", say));
    }
    let text = decode(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let records = records(text, separator(text))?;
    let numbered = records.into_iter().enumerate().map(|(i, record)| (i + 1, record));
    Ok(numbered.filter(|(_, record)| record.iter().any(|field| !field.is_empty())).collect())
}

/// What is no UTF-8 is what Excel calls CSV on a machine here.
fn decode(bytes: &[u8]) -> String {
    /// 0x80 to 0x9f, where Windows-1252 is not Latin-1.
    const WINDOWS: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•',
        '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    let character = |byte: &u8| WINDOWS.get(usize::from(*byte).wrapping_sub(0x80)).copied().unwrap_or(char::from(*byte));
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(character).collect(), str::to_owned)
}

/// The one of which there are more in the first line, outside quotes.
fn separator(text: &str) -> char {
    let mut quoted = false;
    let (mut commas, mut semicolons) = (0, 0);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '\n' if !quoted => break,
            ',' if !quoted => commas += 1,
            ';' if !quoted => semicolons += 1,
            _ => {}
        }
    }
    if semicolons >= commas { ';' } else { ',' }
}

fn records(text: &str, separator: char) -> Result<Vec<Record>> {
    let (mut records, mut record, mut field) = (Vec::new(), Record::new(), String::new());
    let (mut quoted, mut characters) = (false, text.chars().peekable());
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                field.push('"');
                characters.next();
            }
            '"' if quoted => quoted = false,
            '"' if field.trim().is_empty() => {
                field.clear();
                quoted = true;
            }
            c if quoted => field.push(c),
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' | '\n' => {
                record.push(finished(&mut field));
                records.push(std::mem::take(&mut record));
            }
            c if c == separator => record.push(finished(&mut field)),
            c => field.push(c),
        }
    }
    if quoted {
        let row = records.len() + 1;
        let say = say!(
            "A quote that opens in row {row} is never closed. Close it, or double it where it is part of the text.",
            "Un guillemet ouvert à la ligne {row} n’est jamais fermé. Fermez-le, ou doublez-le s’il fait partie du texte."
        );
        return Err(Error::malformed("malformed_csv", say));
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(finished(&mut field));
        records.push(record);
    }
    Ok(records)
}
/// Without the apostrophe that our exports put before what looks like a formula.
fn finished(field: &mut String) -> String {
    let whole = std::mem::take(field);
    let text = whole.trim();
    let plain = text.strip_prefix('\'').filter(|rest| rest.trim_start().starts_with(['=', '+', '-', '@']));
    plain.unwrap_or(text).trim().to_owned()
}

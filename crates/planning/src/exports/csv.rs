//! Comma-separated values as spreadsheets here open them: `;`, a byte order mark, and no cell that runs as a formula.

use super::sheet::{Cell, Column};
use base::say::Lang;

pub struct Writer {
    out: String,
    lang: Lang,
}

impl Writer {
    pub fn begin(columns: &[Column], lang: Lang) -> Self {
        // Without the mark Excel reads UTF-8 as Windows-1252.
        let mut writer = Self { out: "\u{feff}".to_owned(), lang };
        writer.row(&columns.iter().map(|c| Cell::from(&*c.title)).collect::<Vec<_>>());
        writer
    }
    pub fn row(&mut self, cells: &[Cell]) {
        for (i, cell) in cells.iter().enumerate() {
            if i > 0 {
                self.out.push(';');
            }
            match cell {
                Cell::Text(text) => field(&mut self.out, &harmless(text)),
                number => self.out.push_str(&number.text(self.lang)),
            }
        }
        self.out.push_str("\r\n");
    }
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out).into_bytes()
    }
}

/// A text that a spreadsheet would take for a formula gets an apostrophe before it.
fn harmless(text: &str) -> std::borrow::Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}").into() } else { text.into() }
}

/// RFC 4180: what could be misread stands in quotes, and a quote twice.
fn field(out: &mut String, text: &str) {
    if !text.contains([';', ',', '"', '\r', '\n', '\t']) && text.trim() == text {
        return out.push_str(text);
    }
    out.push('"');
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

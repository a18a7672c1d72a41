//! A spreadsheet of one sheet (ECMA-376), written front to back: texts stand in the cells, not in a table of their own.

use super::{
    sheet::{Cell, Column, decimal},
    zip::Zip,
};
use base::{Result, time::Date};
use std::fmt::Write as _;

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// The looks of cells by their place in `styles.xml`; the bold ones follow at the same distance.
#[derive(Clone, Copy)]
enum Look {
    Plain = 0,
    Money = 1,
    Hours = 2,
    Day = 3,
    Moment = 4,
}
const BOLD: u8 = 5;

pub struct Writer {
    zip: Zip,
    row: usize,
}

impl Writer {
    pub fn begin(title: &str, columns: &[Column]) -> Result<Self> {
        let mut zip = Zip::new();
        zip.part("[Content_Types].xml", &content_types())?;
        zip.part("_rels/.rels", &relations(&[("officeDocument", "xl/workbook.xml")]))?;
        zip.part("xl/_rels/workbook.xml.rels", &relations(&[("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")]))?;
        zip.part("xl/workbook.xml", &workbook(title))?;
        zip.part("xl/styles.xml", &styles())?;
        zip.begin("xl/worksheets/sheet1.xml")?;
        let widths = columns.iter().enumerate().fold(String::new(), |mut out, (i, column)| {
            let _ = write!(out, "<col min=\"{0}\" max=\"{0}\" width=\"{1}\" customWidth=\"1\"/>", i + 1, column.width);
            out
        });
        zip.write(&format!(
            "{XML}<worksheet xmlns=\"{MAIN}\"><sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" \
             activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews><cols>{widths}</cols><sheetData>"
        ))?;
        let mut writer = Self { zip, row: 0 };
        writer.write(&columns.iter().map(|c| Cell::from(&*c.title)).collect::<Vec<_>>(), BOLD, None)?;
        Ok(writer)
    }
    pub fn row(&mut self, cells: &[Cell]) -> Result<()> {
        self.write(cells, 0, None)
    }
    fn write(&mut self, cells: &[Cell], look: u8, sums_from: Option<usize>) -> Result<()> {
        self.row += 1;
        let mut out = format!("<row r=\"{}\">", self.row);
        for (i, cell) in cells.iter().enumerate() {
            write_cell(&mut out, &column_name(i), self.row, cell, look, sums_from);
        }
        out.push_str("</row>");
        self.zip.write(&out)
    }
    pub fn take(&mut self) -> Vec<u8> {
        self.zip.take()
    }
    /// The sums are formulas, so that they stay right when somebody changes a cell.
    pub fn end(mut self, sums: Option<&[Cell]>) -> Result<Vec<u8>> {
        if let Some(sums) = sums {
            self.write(sums, BOLD, Some(2))?;
        }
        self.zip.write("</sheetData></worksheet>")?;
        self.zip.finish()?;
        self.zip.end()
    }
}

fn write_cell(out: &mut String, column: &str, row: usize, cell: &Cell, bold: u8, sums_from: Option<usize>) {
    let (look, value) = match cell {
        Cell::Empty => return,
        Cell::Text(text) => {
            let space = if text.trim() == text { "" } else { " xml:space=\"preserve\"" };
            let text = escaped(text);
            let _ = write!(out, "<c r=\"{column}{row}\" s=\"{bold}\" t=\"inlineStr\"><is><t{space}>{text}</t></is></c>");
            return;
        }
        Cell::Count(n) => (Look::Plain, n.to_string()),
        Cell::Money(cents) => (Look::Money, decimal(*cents, '.')),
        Cell::Minutes(n) => (Look::Hours, days(*n)),
        Cell::Day(day) => (Look::Day, serial(*day).to_string()),
        Cell::Moment(day, time) => (Look::Moment, days(serial(*day) * 1_440 + i64::from(time.minutes()))),
    };
    let formula = sums_from.map(|first| format!("<f>SUM({column}{first}:{column}{})</f>", row - 1)).unwrap_or_default();
    let _ = write!(out, "<c r=\"{column}{row}\" s=\"{}\">{formula}<v>{value}</v></c>", look as u8 + bold);
}

/// Minutes as a fraction of a day, which is how a spreadsheet counts time.
fn days(minutes: i64) -> String {
    format!("{}", minutes as f64 / 1_440.0)
}
/// Day 60 of a spreadsheet is a 29 February that never was; counted from here every day since March 1900 is right.
fn serial(day: Date) -> i64 {
    "1899-12-30".parse().map_or(0, |first| day.days_since(first))
}
/// A, B, … Z, AA, AB, …
fn column_name(index: usize) -> String {
    let letter = char::from(b'A' + (index % 26) as u8);
    if index < 26 { letter.to_string() } else { format!("{}{letter}", column_name(index / 26 - 1)) }
}
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(c),
            // What XML cannot say at all.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

fn content_types() -> String {
    let part = |name: &str, kind: &str| format!("<Override PartName=\"/xl/{name}.xml\" ContentType=\"{KIND}.{kind}+xml\"/>");
    let parts = part("workbook", "sheet.main") + &part("worksheets/sheet1", "worksheet") + &part("styles", "styles");
    format!(
        "{XML}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
         ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>{parts}</Types>"
    )
}
fn relations(all: &[(&str, &str)]) -> String {
    let one = |(i, (kind, target)): (usize, &(&str, &str))| {
        format!("<Relationship Id=\"r{}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>", i + 1)
    };
    let all: String = all.iter().enumerate().map(one).collect();
    format!("{XML}<Relationships xmlns=\"{PACKAGE}/relationships\">{all}</Relationships>")
}
fn workbook(title: &str) -> String {
    // Excel takes 31 characters at most, and none of these.
    let name: String = title.chars().filter(|c| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'')).take(31).collect();
    let name = escaped(if name.trim().is_empty() { "1" } else { name.trim() });
    format!(
        "{XML}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets><sheet name=\"{name}\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    )
}
/// Twice the five looks: plain, then bold.
fn styles() -> String {
    let look = |(format, font): (u16, u8)| {
        format!(
            "<xf numFmtId=\"{format}\" fontId=\"{font}\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\" applyFont=\"1\"/>"
        )
    };
    // General, #,##0.00, hours, and the reader's own short date with and without time.
    let looks: String = [0, 1].into_iter().flat_map(|font| [0, 4, 164, 14, 22].map(|format| look((format, font)))).collect();
    format!(
        "{XML}<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"[h]:mm\"/></numFmts>\
         <fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font><font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
         <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
         <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
         <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
         <cellXfs count=\"10\">{looks}</cellXfs></styleSheet>"
    )
}

//! A table on its way out: columns, cells that know what they are, and one of three writers.
//!
//! A writer hands out its bytes as it goes, so that a table of any length takes the memory of a page of it.

use super::{csv, pdf, xlsx};
use base::{
    Result,
    say::Lang,
    time::{Date, TimeOfDay},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// The three forms of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv,
    Xlsx,
    Pdf,
}

#[derive(Clone, Debug)]
pub struct Column {
    pub title: String,
    /// In characters; a PDF gives each column its share of the page.
    pub width: u16,
    /// Whether it ends with its sum.
    pub sum: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Empty,
    Text(String),
    Count(i64),
    /// In cents.
    Money(i64),
    Minutes(i64),
    Day(Date),
    Moment(Date, TimeOfDay),
}

impl Cell {
    /// As a person of this language reads it. Hours are `h:mm`, which no rounding makes wrong.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Count(n) => n.to_string(),
            Self::Money(cents) => decimal(*cents, if lang == Lang::Fr { ',' } else { '.' }),
            Self::Minutes(n) => format!("{}{}:{:02}", if *n < 0 { "-" } else { "" }, (n / 60).abs(), (n % 60).abs()),
            Self::Day(day) => day.to_string(),
            Self::Moment(day, time) => format!("{day} {time}"),
        }
    }
    /// What is added up.
    fn amount(&self) -> Option<i64> {
        match self {
            Self::Count(n) | Self::Money(n) | Self::Minutes(n) => Some(*n),
            _ => None,
        }
    }
    fn plus(&self, other: &Self) -> Self {
        let sum = self.amount().unwrap_or(0).saturating_add(other.amount().unwrap_or(0));
        match if *self == Self::Empty { other } else { self } {
            Self::Count(_) => Self::Count(sum),
            Self::Money(_) => Self::Money(sum),
            Self::Minutes(_) => Self::Minutes(sum),
            _ => Self::Empty,
        }
    }
    pub fn is_number(&self) -> bool {
        self.amount().is_some()
    }
}
impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Self::Empty, Into::into)
    }
}
impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Cents as a decimal number.
pub fn decimal(cents: i64, point: char) -> String {
    format!("{}{}{point}{:02}", if cents < 0 { "-" } else { "" }, cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
}

/// A table being written, in one of its forms, with the sums of its columns.
pub struct Writer {
    form: Form,
    columns: Vec<Column>,
    sums: Vec<Cell>,
    rows: usize,
}
enum Form {
    Csv(csv::Writer),
    Xlsx(Box<xlsx::Writer>),
    Pdf(Box<pdf::table::Writer>),
}

impl Writer {
    pub fn begin(format: Format, title: &str, columns: Vec<Column>, lang: Lang) -> Result<Self> {
        let form = match format {
            Format::Csv => Form::Csv(csv::Writer::begin(&columns, lang)),
            Format::Xlsx => Form::Xlsx(Box::new(xlsx::Writer::begin(title, &columns)?)),
            Format::Pdf => Form::Pdf(Box::new(pdf::table::Writer::begin(title, &columns, lang)?)),
        };
        Ok(Self { form, sums: vec![Cell::Empty; columns.len()], columns, rows: 0 })
    }
    pub fn row(&mut self, cells: &[Cell]) -> Result<()> {
        self.rows += 1;
        for ((sum, cell), column) in self.sums.iter_mut().zip(cells).zip(&self.columns) {
            if column.sum {
                *sum = sum.plus(cell);
            }
        }
        match &mut self.form {
            Form::Csv(csv) => csv.row(cells),
            Form::Xlsx(xlsx) => xlsx.row(cells)?,
            Form::Pdf(pdf) => pdf.row(cells),
        }
        Ok(())
    }
    /// What is finished so far and not taken yet.
    pub fn take(&mut self) -> Vec<u8> {
        match &mut self.form {
            Form::Csv(csv) => csv.take(),
            Form::Xlsx(xlsx) => xlsx.take(),
            Form::Pdf(pdf) => pdf.take(),
        }
    }
    /// The rest. A CSV ends without its sums: programs read it, and would take them for a row.
    pub fn end(self) -> Result<Vec<u8>> {
        let sums = (self.rows > 0 && self.columns.iter().any(|c| c.sum)).then_some(&*self.sums);
        match self.form {
            Form::Csv(mut csv) => Ok(csv.take()),
            Form::Xlsx(xlsx) => xlsx.end(sums),
            Form::Pdf(pdf) => pdf.end(sums),
        }
    }
}

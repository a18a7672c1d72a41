//! A table with named columns, and the places of its problems. Columns are called as our exports call them, in either language.

pub mod csv;
#[cfg(test)]
mod tests;

use crate::{
    error::{Error, Result},
    say,
    say::{Lang, Say},
    text,
};
use csv::Record;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A column's name for us, and what else people call it (folded).
pub type Column = (&'static str, &'static [&'static str]);

pub struct Table {
    /// Where each known column stands, and what it is called there.
    columns: BTreeMap<&'static str, (usize, String)>,
    rows: Vec<(usize, Record)>,
    width: usize,
}

/// What does not fit, and where a spreadsheet shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub row: usize,
    pub column: String,
    pub code: &'static str,
    pub say: Say,
}
/// The same as it is told.
#[derive(Debug, Serialize, ToSchema)]
pub struct Told {
    /// As a spreadsheet counts: the names of the columns are row 1.
    pub row: usize,
    pub column: String,
    #[schema(example = "invalid_email")]
    pub code: &'static str,
    pub reason: String,
}
impl Problem {
    pub fn told(&self, lang: Lang) -> Told {
        Told { row: self.row, column: self.column.clone(), code: self.code, reason: self.say.to(lang).to_owned() }
    }
}

impl Table {
    /// The table, and the columns that nobody knows or misses. More rows than `most` are several imports.
    pub fn new(
        mut records: Vec<(usize, Record)>,
        known: &[Column],
        required: &[&'static str],
        most: usize,
    ) -> Result<(Self, Vec<Problem>)> {
        if records.len() < 2 {
            let say = say!(
                "The file holds no rows below the names of its columns.",
                "Le fichier ne contient aucune ligne sous les noms de ses colonnes."
            );
            return Err(Error::invalid("empty_import", say));
        }
        if records.len() > most + 1 {
            let say = say!("Import at most {most} rows at once.", "Importez au plus {most} lignes à la fois.");
            return Err(Error::invalid("too_many_rows", say));
        }
        let (at, head) = records.remove(0);
        let (mut columns, mut problems) = (BTreeMap::new(), Vec::new());
        for (i, name) in head.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let folded = text::fold(name).replace(['_', '-'], " ");
            let found = known.iter().find(|(own, others)| own.replace('_', " ") == folded || others.contains(&&*folded));
            let problem = |code, say| Problem { row: at, column: name.clone(), code, say };
            match found {
                None => problems.push(problem(
                    "unknown_column",
                    say!("No such column is known. Rename or remove it.", "Cette colonne n’est pas connue. Renommez-la ou retirez-la."),
                )),
                Some((own, _)) if columns.contains_key(own) => {
                    problems.push(problem("duplicate_column", say!("This column stands twice.", "Cette colonne figure deux fois.")));
                }
                Some((own, _)) => drop(columns.insert(*own, (i, name.clone()))),
            }
        }
        let table = Self { columns, rows: records, width: head.len() };
        for name in required.iter().filter(|name| !table.columns.contains_key(*name)) {
            let say = say!("This column is required.", "Cette colonne est obligatoire.");
            problems.push(Problem { row: at, column: (*name).to_owned(), code: "missing_column", say });
        }
        Ok((table, problems))
    }
    pub fn count(&self) -> usize {
        self.rows.len()
    }
    pub fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(number, record)| Row { table: self, number: *number, record })
    }
}

#[derive(Clone, Copy)]
pub struct Row<'t> {
    table: &'t Table,
    pub number: usize,
    record: &'t Record,
}
impl<'t> Row<'t> {
    /// What stands there; nothing when it is empty.
    pub fn get(&self, column: &str) -> Option<&'t str> {
        let (at, _) = self.table.columns.get(column)?;
        self.record.get(*at).map(String::as_str).filter(|text| !text.is_empty())
    }
    /// Several in one cell, with commas between them.
    pub fn list(&self, column: &str) -> Vec<&'t str> {
        self.get(column).map_or(vec![], |all| all.split([',', '\n', '|']).map(str::trim).filter(|one| !one.is_empty()).collect())
    }
    /// Yes or no; nothing when the cell is empty.
    pub fn yes(&self, column: &str) -> std::result::Result<Option<bool>, Problem> {
        match self.get(column).map(text::fold).as_deref() {
            None => Ok(None),
            Some("yes" | "oui" | "true" | "1" | "x") => Ok(Some(true)),
            Some("no" | "non" | "false" | "0") => Ok(Some(false)),
            Some(_) => Err(self.problem(column, "wrong_value", say!("Write yes or no.", "Écrivez oui ou non."))),
        }
    }
    /// A problem with a field of ours, at the column it came from.
    pub fn problem(&self, field: &str, code: &'static str, say: Say) -> Problem {
        let field = field.split(['[', '.']).next().unwrap_or_default();
        let column = self.table.columns.get(field).map_or(field, |(_, name)| name).to_owned();
        Problem { row: self.number, column, code, say }
    }
    /// Cells beyond the last named column: a separator too many, most often.
    pub fn overflow(&self) -> Option<Problem> {
        let beyond = self.record.iter().skip(self.table.width).any(|field| !field.is_empty());
        beyond.then(|| {
            let say = say!(
                "This row has more cells than the table has columns. Put text with separators in quotes.",
                "Cette ligne a plus de cellules que le tableau n’a de colonnes. Mettez entre guillemets les textes qui contiennent des séparateurs."
            );
            Problem { row: self.number, column: String::new(), code: "too_many_cells", say }
        })
    }
    /// What an error of the noun itself says, each at its column.
    pub fn problems(&self, error: &Error) -> Vec<Problem> {
        if error.fields().is_empty() {
            return vec![Problem { row: self.number, column: String::new(), code: error.code(), say: error.say().clone() }];
        }
        let mut all: Vec<_> = error.fields().iter().map(|f| self.problem(&f.field, f.code, f.say.clone())).collect();
        // One thing to mend a cell is enough.
        all.dedup_by(|later, first| later.column == first.column);
        all
    }
}

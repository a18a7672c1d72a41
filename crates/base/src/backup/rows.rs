//! Rows as either engine has them, in one form that neither owns.
//!
//! ```text
//! {"table":"orgs","columns":["created_at","name",…]}
//! [1767225600000000,"Lanternes",…]
//! ```
//!
//! Tables come in an order in which they can be filled, rows in that of their keys.

use super::{Fault, Result};
use crate::{
    crypto,
    db::{
        Cell, Param, Text, View,
        schema::{self, Layout},
    },
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, io};

/// Rows that are read, and written, at once.
const PAGE: usize = 256;

/// What a table holds, whichever engine keeps it and in whatever order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    pub rows: u64,
    /// The digests of all its rows, one laid over the other.
    pub sha256: String,
}
#[derive(Default)]
pub struct Summing {
    rows: u64,
    digest: [u8; 32],
}
impl Summing {
    pub fn add(&mut self, line: &[u8]) {
        self.rows += 1;
        self.digest.iter_mut().zip(crypto::sha256(line)).for_each(|(sum, byte)| *sum ^= byte);
    }
    pub fn sum(&self) -> Sum {
        Sum { rows: self.rows, sha256: crypto::hex(&self.digest) }
    }
}

/// The line that begins a table.
#[derive(Serialize, Deserialize)]
pub struct Heading {
    pub table: String,
    pub columns: Vec<String>,
}
impl From<&Layout> for Heading {
    fn from(layout: &Layout) -> Self {
        Self { table: layout.table.clone(), columns: layout.columns.iter().map(|(name, _)| name.clone()).collect() }
    }
}
pub fn line<T: Serialize>(of: &T) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(of).map_err(|e| Fault::Failed(e.to_string()))?;
    line.push(b'\n');
    Ok(line)
}

/// Writes every row of a store; what each table came to.
pub async fn write(view: &mut View, out: &mut impl io::Write) -> Result<BTreeMap<String, Sum>> {
    let io = |e: io::Error| Fault::Failed(format!("the rows cannot be written: {e}"));
    let mut sums = BTreeMap::new();
    for layout in schema::layouts(view).await? {
        out.write_all(&line(&Heading::from(&layout))?).map_err(io)?;
        let (mut pages, mut summing) = (Pages::of(&layout), Summing::default());
        while let Some(rows) = pages.next(view).await? {
            for row in &rows {
                let line = line(row)?;
                summing.add(&line);
                out.write_all(&line).map_err(io)?;
            }
        }
        sums.insert(layout.table, summing.sum());
    }
    Ok(sums)
}

/// Reads a table from its first key to its last.
pub struct Pages {
    first: Text,
    next: Text,
    /// Where the columns of the key stand in a row.
    key: Vec<usize>,
    last: Option<Vec<Cell>>,
    over: bool,
}
impl Pages {
    pub fn of(layout: &Layout) -> Self {
        let kind = |name: &String| layout.columns.iter().find(|(n, _)| n == name).map_or("", |(_, kind)| kind);
        let key = layout.key.join(", ");
        let after: Vec<_> = layout.key.iter().enumerate().map(|(i, name)| format!("cast(${} as {})", i + 1, kind(name))).collect();
        let columns = names(layout);
        let select = |filter: &str| Text::same(format!("select {columns} from {}{filter} order by {key} limit {PAGE}", layout.table));
        Self {
            first: select(""),
            next: select(&format!(" where ({key}) > ({})", after.join(", "))),
            key: layout.key.iter().filter_map(|name| layout.columns.iter().position(|(n, _)| n == name)).collect(),
            last: None,
            over: false,
        }
    }
    pub async fn next(&mut self, view: &mut View) -> Result<Option<Vec<Vec<Cell>>>> {
        if self.over {
            return Ok(None);
        }
        let rows: Vec<Vec<Cell>> = match &self.last {
            None => view.rows(&self.first, &[]).await?,
            Some(last) => {
                let key: Vec<&dyn Param> = self.key.iter().filter_map(|i| last.get(*i)).map(|cell| cell as &dyn Param).collect();
                view.rows(&self.next, &key).await?
            }
        };
        self.over = rows.len() < PAGE;
        self.last = rows.last().cloned();
        Ok(Some(rows).filter(|rows| !rows.is_empty()))
    }
}
/// The columns, as a statement names them.
pub fn names(layout: &Layout) -> String {
    layout.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Reads the lines that [`write`] wrote.
pub struct Lines<R> {
    from: R,
    ahead: Option<Heading>,
}
impl<R: io::BufRead> Lines<R> {
    pub fn of(from: R) -> Self {
        Self { from, ahead: None }
    }
    fn line(&mut self) -> Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        self.from.read_until(b'\n', &mut line).map_err(|e| Fault::Failed(format!("the rows of the backup cannot be read: {e}")))?;
        Ok(Some(line).filter(|line| !line.is_empty()))
    }
    /// The next table, once the rows of the one before are read.
    pub fn heading(&mut self) -> Result<Option<Heading>> {
        match self.ahead.take() {
            Some(heading) => Ok(Some(heading)),
            None => self.line()?.map(|line| read(&line)).transpose(),
        }
    }
    /// Some rows of this table; none when it is over.
    pub fn rows(&mut self) -> Result<Vec<Vec<Cell>>> {
        let mut rows = Vec::new();
        while self.ahead.is_none() && rows.len() < PAGE {
            match self.line()? {
                None => break,
                Some(line) if line.starts_with(b"{") => self.ahead = Some(read(&line)?),
                Some(line) => rows.push(read(&line)?),
            }
        }
        Ok(rows)
    }
}
fn read<'l, T: Deserialize<'l>>(line: &'l [u8]) -> Result<T> {
    serde_json::from_slice(line).map_err(|e| Fault::Failed(format!("the rows of the backup cannot be read: {e}")))
}

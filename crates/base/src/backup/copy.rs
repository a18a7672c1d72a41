//! Fills an empty store with the rows of another one, and proves that it has them.

use super::{Content, Fault, Result, audit_heads, content, rows, schema_of};
use crate::{
    db::{
        Cell, Db, Param, RawTx, SERVERS, Text, View,
        migrate::HISTORY,
        schema::{self, Layout},
    },
    time::Timestamp,
};
use std::collections::{BTreeMap, HashMap};

/// SQLite takes what was copied so far out of its log after so many pages; Postgres gets all or nothing.
const PAGES: usize = 64;

/// What was copied, and is the same on both sides.
#[derive(Debug)]
pub struct Copied {
    pub schema: i64,
    pub content: Content,
}

/// A command's own name on Postgres, so that it does not take itself for a server that is running.
const COPY: &str = "coulisses-copy";
/// Opens a store that is to be copied as a whole, and refuses one that a server works on (SQLite is locked by its caller).
pub async fn connect_alone(url: &str) -> Result<Db> {
    let db = Db::connect(url, crate::db::Options { transactions: 3, readers: 1, name: COPY, ..Default::default() }).await?;
    if db.is_postgres() {
        let connected = format!(
            "select count(*) from pg_stat_activity where datname = current_database() \
             and (application_name = '{SERVERS}' or application_name like '{SERVERS}: %')"
        );
        let (servers,) = View::of(&db).await?.rows::<(i64,)>(&Text::same(connected), &[]).await?.pop().unwrap_or_default();
        if servers > 0 {
            return Err(Fault::Refused(format!("a server is at work on this database ({servers} connections): stop it first")));
        }
    }
    Ok(db)
}

/// Whether there is no row in it; a store that was only migrated is empty.
pub async fn is_empty(db: &Db) -> Result<bool> {
    let mut view = View::of(db).await?;
    for layout in schema::layouts(&mut view).await? {
        let any = Text::same(format!("select cast(1 as bigint) from {} limit 1", layout.table));
        if !view.rows::<(i64,)>(&any, &[]).await?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Copies everything into an empty store, which is brought to the same version first; compares both, table by table.
pub async fn transfer(from: &mut View, to: &Db, now: Timestamp) -> Result<Copied> {
    let schema = schema_of(from).await?;
    HISTORY.up(to, now, Some(schema)).await?;
    let (mut filling, mut tables) = (Filling::of(to).await?, BTreeMap::new());
    for layout in schema::layouts(from).await? {
        filling.table(&rows::Heading::from(&layout))?;
        let (mut pages, mut summing) = (rows::Pages::of(&layout), rows::Summing::default());
        while let Some(rows) = pages.next(from).await? {
            filling.add(&rows).await?;
            rows.iter().try_for_each(|row| rows::line(row).map(|line| summing.add(&line)))?;
        }
        tables.insert(layout.table, summing.sum());
    }
    filling.end().await?;
    let theirs = Content { tables, audit_heads: audit_heads(from).await? };
    let ours = content(&mut View::of(to).await?).await?;
    match theirs.differs(&ours) {
        None => Ok(Copied { schema, content: ours }),
        Some(difference) => Err(Fault::Failed(format!("the copy is not the same, do not use it: {difference}"))),
    }
}

/// A store that is being filled.
pub struct Filling<'d> {
    db: &'d Db,
    tx: Option<RawTx>,
    layouts: HashMap<String, Layout>,
    /// The table whose turn it is.
    now: Option<Layout>,
    /// The statement for so many rows of it.
    insert: (usize, Text),
    pages: usize,
}
impl<'d> Filling<'d> {
    pub async fn of(db: &'d Db) -> Result<Self> {
        let layouts = schema::layouts(&mut View::of(db).await?).await?;
        let layouts = layouts.into_iter().map(|layout| (layout.table.clone(), layout)).collect();
        Ok(Self { db, tx: None, layouts, now: None, insert: (0, Text::same(String::new())), pages: 0 })
    }
    /// The names are compared with those of the schema: nothing that a file says goes into a statement.
    pub fn table(&mut self, heading: &rows::Heading) -> Result<()> {
        let known = self.layouts.get(&heading.table).filter(|layout| layout.columns.iter().map(|(name, _)| name).eq(&heading.columns));
        let Some(layout) = known else {
            return Err(Fault::Refused(format!("the table {} does not have the same columns on both sides", heading.table)));
        };
        self.insert.0 = 0;
        self.now = Some(layout.clone());
        Ok(())
    }
    pub async fn add(&mut self, rows: &[Vec<Cell>]) -> Result<()> {
        let Some(layout) = &self.now else { return Err(Fault::Failed("rows of no table".to_owned())) };
        if let Some(misfit) = rows.iter().find(|row| row.len() != layout.columns.len()) {
            return Err(Fault::Failed(format!("a row of {} has {} columns", layout.table, misfit.len())));
        }
        if self.insert.0 != rows.len() {
            self.insert = (rows.len(), insert(layout, rows.len()));
        }
        let tx = match &mut self.tx {
            Some(tx) => tx,
            none => none.insert(self.db.begin().await?),
        };
        let cells: Vec<&dyn Param> = rows.iter().flatten().map(|cell| cell as &dyn Param).collect();
        tx.run(&self.insert.1, &cells).await.map_err(|e| Fault::Failed(format!("{}: {e}", layout.table)))?;
        self.pages += 1;
        if !self.db.is_postgres() && self.pages.is_multiple_of(PAGES) {
            self.commit().await?;
        }
        Ok(())
    }
    async fn commit(&mut self) -> Result<()> {
        match self.tx.take() {
            Some(tx) => Ok(tx.commit().await?),
            None => Ok(()),
        }
    }
    /// Postgres plans by what it knows of its tables, and it knows nothing of new ones.
    pub async fn end(mut self) -> Result<()> {
        if let Some(tx) = self.tx.as_mut().filter(|_| self.db.is_postgres()) {
            tx.script("set local statement_timeout = 0; analyze").await?;
        }
        self.commit().await
    }
}
fn insert(layout: &Layout, rows: usize) -> Text {
    let mut n = 0;
    let mut row = || {
        let cells = layout.columns.iter().map(|(_, kind)| {
            n += 1;
            format!("cast(${n} as {kind})")
        });
        format!("({})", cells.collect::<Vec<_>>().join(", "))
    };
    let values: Vec<_> = (0..rows).map(|_| row()).collect();
    Text::same(format!("insert into {} ({}) values {}", layout.table, rows::names(layout), values.join(", ")))
}

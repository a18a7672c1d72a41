//! A value of any column, for whoever copies rows without knowing what they mean.

use super::{Error, FromRow, Result, Row};
use bytes::BytesMut;
use rusqlite::types as lite;
use serde::{Deserialize, Serialize};
use tokio_postgres::types as pg;

/// The same for both engines: a boolean is 0 or 1, as SQLite keeps it. As JSON: `null`, `7`, `"text"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    Null,
    Int(i64),
    Text(String),
}

fn strange(what: impl std::fmt::Display) -> Error {
    Error::Broken(format!("a column holds {what}, which no migration made").into())
}

impl FromRow for Vec<Cell> {
    fn from_row(row: &Row) -> Result<Self> {
        match row {
            Row::Lite(r) => (0..r.as_ref().column_count()).map(|i| of_lite(r.get_ref(i)?)).collect(),
            Row::Pg(r) => (0..r.len()).map(|i| of_pg(r, i)).collect(),
        }
    }
}
fn of_lite(value: lite::ValueRef<'_>) -> Result<Cell> {
    match value {
        lite::ValueRef::Null => Ok(Cell::Null),
        lite::ValueRef::Integer(n) => Ok(Cell::Int(n)),
        lite::ValueRef::Text(bytes) => String::from_utf8(bytes.to_vec()).map(Cell::Text).map_err(|_| strange("text that is not UTF-8")),
        other => Err(strange(other.data_type())),
    }
}
fn of_pg(row: &tokio_postgres::Row, i: usize) -> Result<Cell> {
    fn cell<'r, T: pg::FromSql<'r>>(row: &'r tokio_postgres::Row, i: usize, make: impl Fn(T) -> Cell) -> Result<Cell> {
        let value: Option<T> = row.try_get(i).map_err(|e| Error::Broken(e.into()))?;
        Ok(value.map_or(Cell::Null, make))
    }
    match row.columns()[i].type_() {
        &pg::Type::TEXT => cell(row, i, Cell::Text),
        &pg::Type::INT8 => cell(row, i, Cell::Int),
        &pg::Type::BOOL => cell(row, i, |b: bool| Cell::Int(b.into())),
        other => Err(strange(other)),
    }
}

impl rusqlite::ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<lite::ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => lite::Null.into(),
            Self::Int(n) => (*n).into(),
            Self::Text(text) => text.as_str().into(),
        })
    }
}
/// As what the place takes: statements say it by a `cast`, for a null knows no type.
impl pg::ToSql for Cell {
    fn to_sql(&self, ty: &pg::Type, out: &mut BytesMut) -> std::result::Result<pg::IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(pg::IsNull::Yes),
            Self::Int(n) if *ty == pg::Type::BOOL => (*n != 0).to_sql(ty, out),
            Self::Int(n) if *ty == pg::Type::TEXT => n.to_string().to_sql(ty, out),
            Self::Int(n) => n.to_sql(ty, out),
            Self::Text(text) => text.as_str().to_sql(ty, out),
        }
    }
    fn accepts(_: &pg::Type) -> bool {
        true
    }
    pg::to_sql_checked!();
}

//! Values both engines can bind and hand back, and how a row becomes a struct.

use super::{Error, Result};
use crate::time::Timestamp;
use bytes::BytesMut;
use rusqlite::types as lite;
use tokio_postgres::types as pg;

/// A value both engines can bind.
pub trait Param: rusqlite::ToSql + pg::ToSql + Sync + Send {
    /// The portable column type that takes it (only asked where statements are not prepared).
    fn pg_type(&self) -> pg::Type;
}
impl<T: rusqlite::ToSql + pg::ToSql + Sync + Send> Param for T {
    fn pg_type(&self) -> pg::Type {
        let portable = [pg::Type::TEXT, pg::Type::INT8, pg::Type::BOOL, pg::Type::FLOAT8, pg::Type::BYTEA];
        portable.into_iter().find(T::accepts).unwrap_or(pg::Type::UNKNOWN)
    }
}
pub type Params<'a> = &'a [&'a dyn Param];

/// A value both engines can hand back.
pub trait Column: lite::FromSql + for<'a> pg::FromSql<'a> {}
impl<T: lite::FromSql + for<'a> pg::FromSql<'a>> Column for T {}

pub enum Row<'r> {
    Lite(&'r rusqlite::Row<'r>),
    Pg(&'r tokio_postgres::Row),
}
impl Row<'_> {
    pub fn get<T: Column>(&self, i: usize) -> Result<T> {
        match self {
            Self::Lite(r) => r.get(i).map_err(|e| Error::Broken(e.into())),
            Self::Pg(r) => r.try_get(i).map_err(|e| Error::Broken(e.into())),
        }
    }
}

pub trait FromRow: Sized {
    fn from_row(row: &Row) -> Result<Self>;
}
macro_rules! tuples { ($($($t:ident $i:tt),+;)+) => { $(
    impl<$($t: Column),+> FromRow for ($($t,)+) { fn from_row(r: &Row) -> Result<Self> { Ok(($(r.get::<$t>($i)?,)+)) } }
)+ } }
tuples! { A 0; A 0, B 1; A 0, B 1, C 2; A 0, B 1, C 2, D 3; A 0, B 1, C 2, D 3, E 4; A 0, B 1, C 2, D 3, E 4, F 5; A 0, B 1, C 2, D 3, E 4, F 5, G 6; }

/// Struct, column list and row mapping from one declaration.
#[macro_export]
macro_rules! entity {
    ($(#[$m:meta])* $v:vis struct $t:ident { $($(#[$fm:meta])* $fv:vis $f:ident : $ft:ty),+ $(,)? }) => {
        $(#[$m])* $v struct $t { $($(#[$fm])* $fv $f: $ft),+ }
        impl $t { pub const COLUMNS: &'static [&'static str] = &[$(stringify!($f)),+]; }
        impl $crate::db::FromRow for $t {
            fn from_row(r: &$crate::db::Row) -> $crate::db::Result<Self> {
                let mut n = 0..;
                let mut next = || n.next().unwrap_or_default();
                Ok(Self { $($f: r.get(next())?),+ })
            }
        }
    };
}

/// Stores a type with `Display` and `FromStr` as `text`.
#[macro_export]
macro_rules! text_column {
    ($t:ty) => {
        impl $crate::db_types::LiteToSql for $t {
            fn to_sql(&self) -> $crate::db_types::LiteResult<$crate::db_types::LiteOutput<'_>> {
                Ok($crate::db_types::LiteOutput::from(self.to_string()))
            }
        }
        impl $crate::db_types::LiteFromSql for $t {
            fn column_result(v: $crate::db_types::LiteValue<'_>) -> $crate::db_types::LiteFromResult<Self> {
                v.as_str()?.parse().map_err(|e| $crate::db_types::LiteFromError::Other(Box::new(e)))
            }
        }
        impl $crate::db_types::PgToSql for $t {
            fn to_sql(&self, ty: &$crate::db_types::PgType, out: &mut $crate::db_types::BytesMut) -> $crate::db_types::PgResult {
                $crate::db_types::PgToSql::to_sql(&self.to_string(), ty, out)
            }
            fn accepts(ty: &$crate::db_types::PgType) -> bool {
                <String as $crate::db_types::PgToSql>::accepts(ty)
            }
            $crate::db_types::to_sql_checked!();
        }
        impl<'a> $crate::db_types::PgFromSql<'a> for $t {
            fn from_sql(ty: &$crate::db_types::PgType, raw: &'a [u8]) -> ::std::result::Result<Self, $crate::db_types::Boxed> {
                Ok(<&str as $crate::db_types::PgFromSql>::from_sql(ty, raw)?.parse::<$t>()?)
            }
            fn accepts(ty: &$crate::db_types::PgType) -> bool {
                <&str as $crate::db_types::PgFromSql>::accepts(ty)
            }
        }
    };
}

/// The drivers' names that [`text_column!`] needs in other crates.
#[doc(hidden)]
pub mod db_types {
    pub use bytes::BytesMut;
    pub use rusqlite::Result as LiteResult;
    pub use rusqlite::types::{
        FromSql as LiteFromSql, FromSqlError as LiteFromError, FromSqlResult as LiteFromResult, ToSql as LiteToSql,
        ToSqlOutput as LiteOutput, ValueRef as LiteValue,
    };
    pub use tokio_postgres::types::{FromSql as PgFromSql, ToSql as PgToSql, Type as PgType, to_sql_checked};
    pub type Boxed = Box<dyn std::error::Error + Sync + Send>;
    pub type PgResult = Result<tokio_postgres::types::IsNull, Boxed>;
}

impl rusqlite::ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<lite::ToSqlOutput<'_>> {
        Ok(self.micros().into())
    }
}
impl lite::FromSql for Timestamp {
    fn column_result(v: lite::ValueRef<'_>) -> lite::FromSqlResult<Self> {
        v.as_i64().map(Self::from_micros)
    }
}
impl pg::ToSql for Timestamp {
    fn to_sql(&self, ty: &pg::Type, out: &mut BytesMut) -> std::result::Result<pg::IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.micros().to_sql(ty, out)
    }
    fn accepts(ty: &pg::Type) -> bool {
        <i64 as pg::ToSql>::accepts(ty)
    }
    pg::to_sql_checked!();
}
impl<'a> pg::FromSql<'a> for Timestamp {
    fn from_sql(ty: &pg::Type, raw: &'a [u8]) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        i64::from_sql(ty, raw).map(Self::from_micros)
    }
    fn accepts(ty: &pg::Type) -> bool {
        <i64 as pg::FromSql>::accepts(ty)
    }
}

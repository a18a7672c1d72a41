//! A change of the master key, carried through: every sealed field and every blind index under the key that seals now.
//!
//! Whoever seals a column says so with [`sealed_column!`](crate::sealed_column) beside its store; a test of the house finds the
//! column that nobody named. It runs beside a serving house, a hundred rows a transaction.

use super::{Keys, Sealed};
use crate::{
    App,
    db::{Db, RawTx, Text, inventory},
    error::{Error, Result},
    sql,
};

const BATCH: usize = 100;

/// A column that holds sealed texts, and where else the text is known by a keyed hash.
pub struct SealedColumn {
    pub table: &'static str,
    pub column: &'static str,
    /// The column whose value ends the place.
    pub key: &'static str,
    pub place: &'static str,
    /// A column with the blind index of the same text, and its kind.
    pub index: Option<(&'static str, &'static str)>,
}
inventory::collect!(SealedColumn);

/// `sealed_column!("accounts", "email_sealed", key "id", place "accounts|email", index "email_index" of "email")`
#[macro_export]
macro_rules! sealed_column {
    ($table:literal, $column:literal, key $key:literal, place $place:literal) => {
        $crate::sealed_column!(@ $table, $column, $key, $place, None);
    };
    ($table:literal, $column:literal, key $key:literal, place $place:literal, index $index:literal of $kind:literal) => {
        $crate::sealed_column!(@ $table, $column, $key, $place, Some(($index, $kind)));
    };
    (@ $table:literal, $column:literal, $key:literal, $place:literal, $index:expr) => {
        $crate::db::inventory::submit!($crate::crypto::SealedColumn {
            table: $table, column: $column, key: $key, place: $place, index: $index
        });
    };
}

impl SealedColumn {
    pub fn all() -> impl Iterator<Item = &'static Self> {
        inventory::iter::<Self>()
    }
    /// Rows whose field was not sealed with the key whose seals begin like this.
    fn others(&self, seal: &str) -> String {
        let Self { table, column, .. } = self;
        format!("from {table} where {column} is not null and substr({column}, 1, {}) <> $1", seal.len())
    }
    /// How many are left under older keys.
    async fn left(&self, db: &Db, seal: &str) -> Result<i64> {
        let count = Text::same(format!("select count(*) {}", self.others(seal)));
        Ok(db.rows::<(i64,)>(&count, &[&seal]).await?.first().map_or(0, |(n,)| *n))
    }
    async fn batch(&self, app: &App, seal: &str) -> Result<usize> {
        let Self { column, key, .. } = self;
        let mut tx = app.db.begin().await?;
        let select = Text::same(format!("select {key}, {column} {} limit {BATCH}", self.others(seal)));
        let rows: Vec<(String, String)> = tx.rows(&select, &[&seal]).await?;
        for (key, sealed) in &rows {
            self.reseal(&mut tx, &app.keys, key, sealed).await?;
        }
        tx.commit().await?;
        Ok(rows.len())
    }
    /// What was changed meanwhile is left alone: it was written under the new key.
    async fn reseal(&self, tx: &mut RawTx, keys: &Keys, id: &str, old: &str) -> Result<()> {
        let Self { table, column, key, place, index } = self;
        let place = format!("{place}|{id}");
        let text: serde_json::Value = Sealed::read(old).open(keys, &place)?;
        let new = Sealed::seal(keys, &place, &text)?.to_string();
        let Some((index, kind)) = index else {
            let update = Text::same(format!("update {table} set {column} = $3 where {key} = $1 and {column} = $2"));
            tx.run(&update, &[&id, &old, &new]).await?;
            return Ok(());
        };
        let text = text.as_str().ok_or_else(|| Error::internal(format!("{place} is indexed and no text")))?;
        let blind = keys.blind_index(kind, text)?;
        let update = Text::same(format!("update {table} set {column} = $3, {index} = $4 where {key} = $1 and {column} = $2"));
        tx.run(&update, &[&id, &old, &new, &blind]).await?;
        Ok(())
    }
}

/// How many fields lie under keys other than the one that seals, by table and column.
pub async fn left(app: &App) -> Result<Vec<(String, i64)>> {
    let (seal, mut all) = (format!("v1.{}.", app.keys.active()), Vec::new());
    for column in SealedColumn::all() {
        all.push((format!("{}.{}", column.table, column.column), column.left(&app.db, &seal).await?));
    }
    all.sort();
    Ok(all)
}
/// Seals everything anew; how many fields. Afterwards the older keys can be taken out of `SECRET_KEY`.
pub async fn reseal(app: &App) -> Result<u64> {
    let (seal, mut done) = (format!("v1.{}.", app.keys.active()), 0);
    for column in SealedColumn::all() {
        loop {
            let batch = column.batch(app, &seal).await?;
            done += batch as u64;
            if batch < BATCH {
                break;
            }
        }
    }
    let (mut tx, ours) = (app.db.begin().await?, app.keys.fingerprint()?);
    tx.exec(sql!("update instance set value = $1 where name = 'secret_fingerprint'"), &[&ours]).await?;
    tx.commit().await?;
    Ok(done)
}

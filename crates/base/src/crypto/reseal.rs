//! A change of the master key, carried through: every sealed field and every blind index under the key that seals now.
//!
//! Nobody registers anything: a sealed column is called `…_sealed`, the place of its seals is `table|…|key` (in a tenant's table
//! `table|…|org|key` will do too), and `…_index` beside it is the blind index of the same text. It runs beside a serving house, a
//! hundred rows a transaction.

use super::{Keys, Sealed};
use crate::{
    App,
    db::{Db, RawTx, Text, schema},
    error::{Error, Result},
    sql, text,
};
use std::collections::BTreeMap;

const BATCH: usize = 100;
/// Sealed columns with other names.
const ALSO: [(&str, &str); 2] = [("jobs", "payload"), ("signing_keys", "sealed")];
/// What a row is known by, the first that the table has.
const KEYS: [&str; 5] = ["id", "kid", "hash", "account_id", "request_id"];
/// What may stand before it in the place.
const BEFORE: [&str; 2] = ["org_id", "at"];

/// A column that holds sealed texts.
#[derive(Debug)]
pub struct SealedColumn {
    pub table: String,
    pub column: String,
    key: &'static str,
    before: Option<&'static str>,
    /// Its blind index, when there is one.
    index: Option<String>,
}

/// Every sealed column that the schema has.
pub async fn columns(db: &Db) -> Result<Vec<SealedColumn>> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for column in schema::columns(db).await? {
        tables.entry(column.table).or_default().push(column.name);
    }
    let mut all = Vec::new();
    for (table, names) in tables {
        let has = |name: &str| names.iter().any(|n| n == name);
        for column in names.iter().filter(|n| n.ends_with("_sealed") || ALSO.contains(&(table.as_str(), n.as_str()))) {
            let key = KEYS.into_iter().find(|key| has(key));
            let key = key.ok_or_else(|| Error::internal(format!("{table} has sealed fields and no key that is known")))?;
            let index = column.strip_suffix("_sealed").map(|kind| format!("{kind}_index")).filter(|index| has(index));
            all.push(SealedColumn {
                table: table.clone(),
                column: column.clone(),
                key,
                before: BEFORE.into_iter().find(|b| has(b)),
                index,
            });
        }
    }
    Ok(all)
}

/// A row as it is read: its key, what may stand before it or nothing, the sealed text, and the blind index or nothing.
type Found = (String, String, String, String);

impl SealedColumn {
    /// Rows whose field was not sealed with the key whose seals begin like this.
    fn others(&self, seal: &str) -> String {
        let Self { table, column, .. } = self;
        format!("from {table} where {column} is not null and substr({column}, 1, {}) <> $1", seal.len())
    }
    async fn left(&self, db: &Db, seal: &str) -> Result<i64> {
        let count = Text::same(format!("select count(*) {}", self.others(seal)));
        Ok(db.rows::<(i64,)>(&count, &[&seal]).await?.first().map_or(0, |(n,)| *n))
    }
    async fn batch(&self, app: &App, seal: &str) -> Result<usize> {
        let Self { column, key, before, index, .. } = self;
        let nothing = || "''".to_owned();
        let before = before.map_or_else(nothing, |b| format!("cast({b} as text)"));
        let index = index.as_ref().map_or_else(nothing, |i| format!("coalesce({i}, '')"));
        let select = Text::same(format!("select {key}, {before}, {column}, {index} {} limit {BATCH}", self.others(seal)));
        let mut tx = app.db.begin().await?;
        let rows: Vec<Found> = tx.rows(&select, &[&seal]).await?;
        for row in &rows {
            self.reseal(&mut tx, &app.keys, row).await?;
        }
        tx.commit().await?;
        Ok(rows.len())
    }
    /// What was changed meanwhile is left alone: it was written under the new key.
    async fn reseal(&self, tx: &mut RawTx, keys: &Keys, (id, before, old, index): &Found) -> Result<()> {
        let Self { table, column, key, .. } = self;
        let (place, text) = self.open(keys, id, before, old)?;
        let new = Sealed::seal(keys, &place, &text)?.to_string();
        let update = Text::same(format!("update {table} set {column} = $3 where {key} = $1 and {column} = $2"));
        let (Some(column_of_index), false) = (&self.index, index.is_empty()) else {
            tx.run(&update, &[id, old, &new]).await?;
            return Ok(());
        };
        let blind = self.index(keys, &place, text.as_str().unwrap_or_default(), index)?;
        let update = Text::same(format!("update {table} set {column} = $3, {column_of_index} = $4 where {key} = $1 and {column} = $2"));
        tx.run(&update, &[id, old, &new, &blind]).await?;
        Ok(())
    }
    fn open(&self, keys: &Keys, id: &str, before: &str, sealed: &str) -> Result<(String, serde_json::Value)> {
        let name = format!("{}|{}", self.table, self.column.strip_suffix("_sealed").unwrap_or(&self.column));
        let places = [format!("{name}|{id}"), format!("{name}|{before}|{id}")];
        let open = |place: String| Some((Sealed::read(sealed).open(keys, &place).ok()?, place));
        let found = places.into_iter().find_map(open).map(|(text, place)| (place, text));
        found.ok_or_else(|| Error::internal(format!("{name} of {id} does not open: its key is missing from SECRET_KEY, or it was moved")))
    }
    /// The index is made anew from what it was made from: the text, or the text in one spelling.
    fn index(&self, keys: &Keys, place: &str, plain: &str, old: &str) -> Result<String> {
        // Who does not own the text has no index of it, but something in its place that was made without a key.
        if old.contains(':') {
            return Ok(old.to_owned());
        }
        let kind = self.column.trim_end_matches("_sealed");
        for spelling in [plain.to_owned(), text::nfc(plain.trim()).to_lowercase()] {
            if keys.blind_indexes(kind, &spelling)?.iter().any(|known| known == old) {
                return keys.blind_index(kind, &spelling);
            }
        }
        Err(Error::internal(format!("the index of {place} is not made from its text")))
    }
}

/// How many fields lie under keys other than the one that seals.
pub async fn left(app: &App) -> Result<i64> {
    let (seal, mut all) = (seal(app), 0);
    for column in columns(&app.db).await? {
        all += column.left(&app.db, &seal).await?;
    }
    Ok(all)
}
/// How every text begins that was sealed with the key that seals now.
fn seal(app: &App) -> String {
    format!("v1.{}.", app.keys.active())
}
/// Seals everything anew; how many fields. Afterwards the older keys can be taken out of `SECRET_KEY`.
pub async fn reseal(app: &App) -> Result<u64> {
    let (seal, mut done) = (seal(app), 0);
    for column in columns(&app.db).await? {
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

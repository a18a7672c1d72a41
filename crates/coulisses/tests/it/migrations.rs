//! From every version that ever was, with a season's data in it, to this one: the schema comes out as it should, and no row is lost.

use crate::{process::scratch, stage::Stage};
use base::{
    audit,
    backup::{self, Sum},
    both_engines,
    db::{Db, migrate::HISTORY, schema},
    testing::db::{Fresh, MIGRATED},
};
use std::collections::{BTreeMap, BTreeSet};

/// A version as whoever installs it anew has it.
#[derive(PartialEq, Debug)]
struct Schema(Vec<schema::Column>, Vec<schema::Unique>);
async fn schema_of(db: &Db) -> Schema {
    Schema(schema::columns(db).await.unwrap(), schema::uniques(db).await.unwrap())
}
/// Every version there is, applied one after the other to an empty store.
async fn schemas(fresh: &Db) -> Vec<Schema> {
    let mut all = vec![];
    for step in HISTORY.0 {
        HISTORY.up(fresh, MIGRATED, Some(step.version)).await.unwrap();
        all.push(schema_of(fresh).await);
    }
    all
}
/// How many rows each table holds, and what they come to.
async fn sums(db: &Db) -> BTreeMap<String, Sum> {
    let dir = scratch();
    std::fs::create_dir_all(&dir).unwrap();
    let manifest = backup::take(db, &dir.join("all"), MIGRATED).await.unwrap();
    std::fs::remove_dir_all(dir).unwrap();
    manifest.content.tables
}
fn columns<'s>(schema: &'s Schema, table: &str) -> Vec<&'s str> {
    schema.0.iter().filter(|column| column.table == table).map(|column| column.name.as_str()).collect()
}

both_engines! {
    async fn every_earlier_version_with_data_comes_to_this_one(db: Db) {
        let fresh = if db.is_postgres() { Fresh::empty_postgres().await.unwrap() } else { Fresh::empty_sqlite().await };
        let schemas = schemas(&fresh.db).await;
        let stage = Stage::at(db.clone(), "2030-09-11T10:00:00Z".parse().unwrap()).await;
        coulisses::demo::fill(&stage.app).await.unwrap();
        let newest = HISTORY.newest();
        let mut with_rows = BTreeSet::new();
        for old in (1..newest).rev() {
            HISTORY.down(&db, MIGRATED, Some(old), true).await.unwrap();
            let then = &schemas[old as usize - 1];
            assert_eq!(&schema_of(&db).await, then, "{old} is what it was when it was new");
            let before = sums(&db).await;
            with_rows.extend(before.iter().filter(|(_, sum)| sum.rows > 0).map(|(table, _)| table.clone()));
            let applied = HISTORY.up(&db, MIGRATED, None).await.unwrap();
            assert_eq!(applied, (old + 1..=newest).collect::<Vec<_>>());
            let now = schemas.last().unwrap();
            assert_eq!(&schema_of(&db).await, now, "from {old}");
            let after = sums(&db).await;
            for (table, sum) in &before {
                assert_eq!(after[table].rows, sum.rows, "{table} from {old}");
                if columns(then, table) == columns(now, table) {
                    assert_eq!(&after[table], sum, "{table} from {old}: not a value has changed");
                }
            }
        }
        assert!(with_rows.len() > 25, "a season fills most of the house: {with_rows:?}");
        assert_eq!(audit::verify(&db).await.unwrap().faults, Vec::<String>::new());
    }
}

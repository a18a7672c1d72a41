//! What the schema really is, asked from the engine: for the committed dumps, the parity test and the lints.

use super::{Db, Error, RawTx, Result, Text, View};

/// A column as both engines describe it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column {
    pub table: String,
    pub name: String,
    pub kind: String,
    pub nullable: bool,
}
/// What must be unique: the columns in order, and whether only for some of the rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unique {
    pub table: String,
    pub columns: String,
    pub partial: bool,
}

fn text(lite: &str, pg: &str) -> Text {
    Text::spelt(lite.to_owned(), pg.to_owned())
}
fn of_tables() -> Text {
    text(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name",
        "select cast(tablename as text) from pg_tables where schemaname = current_schema() order by 1",
    )
}
pub(super) async fn tables(tx: &mut RawTx) -> Result<Vec<String>> {
    Ok(tx.rows::<(String,)>(&of_tables(), &[]).await?.into_iter().map(|r| r.0).collect())
}

/// Every column of every table, sorted.
pub async fn columns(db: &Db) -> Result<Vec<Column>> {
    let all = text(
        "select t.name, c.name, lower(c.type), c.\"notnull\" = 0 from sqlite_schema t join pragma_table_info(t.name) c \
         where t.type = 'table' and t.name not like 'sqlite_%'",
        "select cast(t.relname as text), cast(c.attname as text), format_type(c.atttypid, c.atttypmod), not c.attnotnull \
         from pg_class t join pg_attribute c on c.attrelid = t.oid \
         where t.relkind in ('r', 'p') and t.relnamespace = cast(current_schema() as regnamespace) and c.attnum > 0 and not c.attisdropped",
    );
    let rows: Vec<(String, String, String, bool)> = db.rows(&all, &[]).await?;
    let mut columns: Vec<_> = rows.into_iter().map(|(table, name, kind, nullable)| Column { table, name, kind, nullable }).collect();
    columns.sort();
    Ok(columns)
}

/// A table as whoever copies it must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub table: String,
    /// Names and kinds, sorted.
    pub columns: Vec<(String, String)>,
    /// The columns of the primary key, in its order.
    pub key: Vec<String>,
}

/// Every table but the history of migrations and what Litestream leaves in a file it watches; what others point at comes before them.
pub async fn layouts(view: &mut View) -> Result<Vec<Layout>> {
    let columns = text(
        "select t.name, c.name, lower(c.type), c.pk from sqlite_schema t join pragma_table_info(t.name) c \
         where t.type = 'table' and t.name not like 'sqlite_%' and t.name not like '\\_litestream\\_%' escape '\\' \
         and t.name <> 'schema_migrations'",
        "select cast(t.relname as text), cast(c.attname as text), format_type(c.atttypid, c.atttypmod), \
         cast(coalesce(array_position(cast(k.indkey as smallint[]), c.attnum) + 1, 0) as bigint) \
         from pg_class t join pg_attribute c on c.attrelid = t.oid left join pg_index k on k.indrelid = t.oid and k.indisprimary \
         where t.relkind in ('r', 'p') and t.relnamespace = cast(current_schema() as regnamespace) and c.attnum > 0 \
         and not c.attisdropped and t.relname <> 'schema_migrations'",
    );
    let pointers = text(
        "select t.name, f.\"table\" from sqlite_schema t join pragma_foreign_key_list(t.name) f where t.type = 'table'",
        "select cast(t.relname as text), cast(f.relname as text) from pg_constraint k join pg_class t on t.oid = k.conrelid \
         join pg_class f on f.oid = k.confrelid where k.contype = 'f' and t.relnamespace = cast(current_schema() as regnamespace)",
    );
    let mut columns: Vec<(String, String, String, i64)> = view.rows(&columns, &[]).await?;
    columns.sort();
    let mut left: Vec<Layout> = columns.chunk_by(|a, b| a.0 == b.0).map(layout).collect();
    let pointers: Vec<(String, String)> = view.rows(&pointers, &[]).await?;
    let mut sorted: Vec<Layout> = Vec::new();
    while !left.is_empty() {
        let there = |name: &String| sorted.iter().any(|s| s.table == *name);
        let free = |l: &Layout| pointers.iter().all(|(from, to)| *from != l.table || *to == l.table || there(to));
        let (ready, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(free);
        if ready.is_empty() {
            return Err(Error::Refused("the tables point at each other in a circle, so no order of copying them fits".into()));
        }
        sorted.extend(ready);
        left = rest;
    }
    Ok(sorted)
}
fn layout(columns: &[(String, String, String, i64)]) -> Layout {
    let mut key: Vec<_> = columns.iter().filter(|c| c.3 > 0).map(|c| (c.3, c.1.clone())).collect();
    key.sort();
    Layout {
        table: columns.first().map(|c| c.0.clone()).unwrap_or_default(),
        columns: columns.iter().map(|c| (c.1.clone(), c.2.clone())).collect(),
        key: key.into_iter().map(|(_, name)| name).collect(),
    }
}

/// Every unique key, primary ones too, sorted.
pub async fn uniques(db: &Db) -> Result<Vec<Unique>> {
    let all = text(
        "select t.name, (select group_concat(c.name, ',') from (select name from pragma_index_info(i.name) order by seqno) c), i.partial = 1 \
         from sqlite_schema t join pragma_index_list(t.name) i where t.type = 'table' and i.\"unique\" = 1",
        "select cast(t.relname as text), (select string_agg(pg_get_indexdef(i.indexrelid, n, true), ',' order by n) \
         from generate_series(1, cast(i.indnkeyatts as integer)) n), i.indpred is not null \
         from pg_index i join pg_class t on t.oid = i.indrelid \
         where i.indisunique and t.relnamespace = cast(current_schema() as regnamespace)",
    );
    let rows: Vec<(String, String, bool)> = db.rows(&all, &[]).await?;
    let mut uniques: Vec<_> = rows.into_iter().map(|(table, columns, partial)| Unique { table, columns, partial }).collect();
    uniques.sort();
    Ok(uniques)
}

/// The whole schema as text, the same for the same schema: committed under `generated/` and checked fresh.
pub async fn schema_dump(db: &Db) -> Result<String> {
    let mut parts = Vec::new();
    for part in [TABLES, INDEXES, TRIGGERS, FUNCTIONS] {
        parts.extend(db.rows::<(String,)>(&text(part.0, part.1), &[]).await?.into_iter().map(|r| r.0));
    }
    Ok(parts.iter().map(|p| format!("{};\n\n", p.trim_end().trim_end_matches(';'))).collect())
}
type Part = (&'static str, &'static str);
const TABLES: Part = (
    "select sql from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name",
    "select 'create table ' || t.relname || E' (\\n' || string_agg('  ' || l.line, E',\\n' order by l.kind, l.at, l.line) || E'\\n)' \
     from pg_class t join ( \
       select attrelid as table_id, 0 as kind, cast(attnum as integer) as at, attname || ' ' || format_type(atttypid, atttypmod) \
         || case when attnotnull then ' not null' else '' end || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line \
       from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where attnum > 0 and not attisdropped \
       union all \
       select conrelid, 1, 0, 'constraint ' || conname || ' ' || pg_get_constraintdef(oid, true) from pg_constraint where contype <> 't' \
     ) l on l.table_id = t.oid \
     where t.relkind in ('r', 'p') and t.relnamespace = cast(current_schema() as regnamespace) group by t.relname order by t.relname",
);
const INDEXES: Part = (
    "select sql from sqlite_schema where type = 'index' and sql is not null order by name",
    "select pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid \
     where c.relnamespace = cast(current_schema() as regnamespace) \
     and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid) order by 1",
);
const TRIGGERS: Part = (
    "select sql from sqlite_schema where type = 'trigger' order by name",
    "select pg_get_triggerdef(g.oid, true) from pg_trigger g join pg_class t on t.oid = g.tgrelid \
     where not g.tgisinternal and t.relnamespace = cast(current_schema() as regnamespace) order by 1",
);
const FUNCTIONS: Part = (
    "select sql from sqlite_schema where false",
    // An extension's functions are its own affair.
    "select pg_get_functiondef(p.oid) from pg_proc p where pronamespace = cast(current_schema() as regnamespace) and prokind = 'f' \
     and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by proname",
);

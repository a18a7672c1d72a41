//! What goes by its age: the statements; when they run is decided where everything is known.
//!
//! Every step takes a little at a time, in a transaction of its own, and says how much it took. Which tables hold
//! something of an account or of an organisation is asked from the schema, so that a new table is not forgotten.

use crate::{
    App,
    db::{RawTx, Text, Tx, schema},
    error::{Error, Result},
    id::{AccountId, OrgId},
    sql,
    time::Timestamp,
};
use std::{collections::BTreeSet, time::Duration};

/// How many rows a step takes at once.
pub const BATCH: i64 = 500;
const DAY: Duration = Duration::from_secs(86_400);
/// The triggers of the audit let nothing younger go.
const AUDIT: Duration = DAY.saturating_mul(400);
const DEAD_LETTERS: Duration = DAY.saturating_mul(30);
/// How long what lies in a deleted organisation can still be brought back by the operator.
const DELETED_ORG: Duration = DAY.saturating_mul(14);

/// Whether this replica may do it; nobody else may until `for_long` is over.
pub async fn claim(app: &App, name: &str, for_long: Duration) -> Result<bool> {
    let (now, mut tx) = (app.now(), app.db.begin().await?);
    let claim = sql!(
        "insert into leases (name, until) values ($1, $2) on conflict (name) do update set until = $2 where leases.until <= $3 returning name"
    );
    let mine = tx.opt::<(String,)>(claim, &[&name, &now.plus(for_long), &now]).await?.is_some();
    tx.commit().await?;
    Ok(mine)
}
/// The lease of what this replica has claimed ends then, sooner or later than it said.
pub async fn hold(app: &App, name: &str, until: Timestamp) -> Result<()> {
    let mut tx = app.db.begin().await?;
    tx.exec(sql!("update leases set until = $2 where name = $1"), &[&name, &until]).await?;
    Ok(tx.commit().await?)
}
/// The instant that lies so long ago.
pub fn ago(app: &App, long: Duration) -> Timestamp {
    Timestamp::from_micros(app.now().micros() - i64::try_from(long.as_micros()).unwrap_or(i64::MAX))
}

pub async fn idempotency_keys(app: &App) -> Result<u64> {
    let (now, mut tx) = (app.now(), app.db.begin().await?);
    let old = sql!(
        "delete from idempotency_keys where (scope, key) in (select scope, key from idempotency_keys where expires_at <= $1 limit $2)"
    );
    let gone = tx.exec(old, &[&now, &BATCH]).await?;
    tx.commit().await?;
    Ok(gone)
}
pub async fn dead_letters(app: &App) -> Result<u64> {
    let mut tx = app.db.begin().await?;
    let old =
        sql!(all_orgs: "the outbox serves every org", "delete from jobs where id in (select id from jobs where dead_at <= $1 limit $2)");
    let gone = tx.exec(old, &[&ago(app, DEAD_LETTERS), &BATCH]).await?;
    tx.commit().await?;
    Ok(gone)
}

/// The oldest rows of every chain; what is left is still proven, from the row that left last.
pub async fn audit(app: &App) -> Result<u64> {
    let heads = sql!(all_orgs: "every chain loses its oldest rows", "select org_id from audit_heads order by org_id");
    let mut gone = 0;
    for (org,) in app.db.all::<(OrgId,)>(heads, &[]).await? {
        gone += audit_of(app, org).await?;
    }
    Ok(gone)
}
async fn audit_of(app: &App, org: OrgId) -> Result<u64> {
    let oldest =
        sql!(all_orgs: "every chain loses its oldest rows", "select seq, at, hash from audit where org_id = $1 order by seq limit $2");
    let limit = ago(app, AUDIT);
    let rows: Vec<(i64, Timestamp, String)> = app.db.all(oldest, &[&org, &BATCH]).await?;
    let Some((seq, _, hash)) = rows.into_iter().take_while(|(_, at, _)| *at <= limit).last() else { return Ok(0) };
    let mut tx = app.db.begin().await?;
    let head =
        sql!(all_orgs: "every chain loses its oldest rows", "update audit_heads set kept_after = $2, kept_hash = $3 where org_id = $1");
    tx.exec(head, &[&org, &seq, &hash]).await?;
    let old = sql!(all_orgs: "every chain loses its oldest rows", "delete from audit where org_id = $1 and seq <= $2");
    let gone = tx.exec(old, &[&org, &seq]).await?;
    tx.commit().await?;
    Ok(gone)
}

/// Everything in organisations that were deleted a while ago but their log and their bare row.
pub async fn deleted_orgs(app: &App) -> Result<u64> {
    let due = sql!(all_orgs: "organisations that were deleted", "select org_id from orgs where deleted_at <= $1 and name <> '' order by deleted_at limit 20");
    let mut gone = 0;
    for (org,) in app.db.all::<(OrgId,)>(due, &[&ago(app, DELETED_ORG)]).await? {
        gone += empty(app, org).await?;
    }
    Ok(gone)
}
async fn empty(app: &App, org: OrgId) -> Result<u64> {
    let spared = ["orgs", "audit", "audit_heads"];
    let mut left: BTreeSet<String> = tables_with(app, "org_id").await?.into_iter().filter(|t| !spared.contains(&t.as_str())).collect();
    // A table whose rows others point at has its turn when theirs are gone.
    while !left.is_empty() {
        let before = left.len();
        for table in left.clone() {
            let mut tx = app.db.begin().await?;
            match delete(&mut tx, &table, "org_id", &org.to_string()).await {
                Ok(()) => {
                    tx.commit().await?;
                    left.remove(&table);
                }
                Err(crate::db::Error::Constraint(_)) => {}
                Err(other) => return Err(other.into()),
            }
        }
        if left.len() == before {
            return Err(Error::internal(format!("the rows of a deleted organisation point at each other: {left:?}")));
        }
    }
    let mut tx = app.db.begin().await?;
    let nameless = sql!(all_orgs: "organisations that were deleted", "update orgs set name = '' where org_id = $1");
    tx.exec(nameless, &[&org]).await?;
    tx.commit().await?;
    Ok(1)
}

/// Every field of an account that may be empty is emptied, and whatever global table has rows of it loses them.
pub async fn forget_account(tx: &mut Tx, id: AccountId) -> Result<()> {
    let app = tx.app().clone();
    let columns = schema::columns(&app.db).await?;
    let empty: Vec<_> = columns.iter().filter(|c| c.table == "accounts" && c.nullable).map(|c| format!("{} = null", c.name)).collect();
    let update = format!("update accounts set {} where id = $1", empty.join(", "));
    tx.raw().run(&Text::same(update), &[&id]).await?;
    let tenants: BTreeSet<_> = columns.iter().filter(|c| c.name == "org_id").map(|c| c.table.as_str()).collect();
    for table in columns.iter().filter(|c| c.name == "account_id" && !tenants.contains(c.table.as_str())) {
        delete(tx.raw(), &table.table, "account_id", &id.to_string()).await?;
    }
    Ok(())
}

async fn tables_with(app: &App, column: &str) -> Result<Vec<String>> {
    Ok(schema::columns(&app.db).await?.into_iter().filter(|c| c.name == column).map(|c| c.table).collect())
}
/// Names come from the schema, never from a user.
async fn delete(tx: &mut RawTx, table: &str, column: &str, value: &str) -> crate::db::Result<()> {
    tx.run(&Text::same(format!("delete from {table} where {column} = $1")), &[&value]).await.map(|_| ())
}

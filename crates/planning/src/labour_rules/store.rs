//! Labour rules in the store.

use super::model::{self, Row, Written};
use crate::rules::Law;
use base::{
    Result,
    db::{OrgTx, Query},
    org_sql,
};

pub async fn all(from: &mut impl Query) -> Result<Vec<Row>> {
    Ok(from.all(org_sql!(Row, "select {cols} from labour_rules where org_id = $1"), &[]).await?)
}
/// The rules that this organisation plans by.
pub async fn law(from: &mut impl Query) -> Result<Law> {
    Ok(model::law(&all(from).await?))
}
/// Nobody else replaces the list until the end of the transaction.
pub async fn lock(tx: &mut OrgTx) -> Result<Vec<Row>> {
    tx.one::<(String,)>(org_sql!("select name from orgs where org_id = $1 {for_update}"), &[]).await?;
    all(tx).await
}
pub async fn replace(tx: &mut OrgTx, rules: &[Written], version: i64) -> Result<Vec<Row>> {
    tx.exec(org_sql!("delete from labour_rules where org_id = $1"), &[]).await?;
    let now = tx.now();
    for one in rules {
        let insert = org_sql!(
            "insert into labour_rules (org_id, rule, limit_value, unit, severity, version, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $7)"
        );
        tx.exec(insert, &[&one.rule, &one.limit(), &one.unit(), &one.severity, &version, &now]).await?;
    }
    all(tx).await
}

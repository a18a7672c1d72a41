//! Notifications in the store.

use super::model::{NotificationId, Row};
use crate::people::model::PersonId;
use base::{
    Error, Result,
    db::{OrgTx, Query},
    id, org_sql,
    time::Timestamp,
};

/// Where a page of the list begins: newest first, the id decides between equals.
pub type Key = (Timestamp, NotificationId);
pub const NEWEST: Key = (Timestamp::from_micros(i64::MAX), NotificationId(id::Uuid::max()));

pub async fn list(from: &mut impl Query, person: PersonId, unread: bool, after: Key, rows: i64) -> Result<Vec<Row>> {
    let query = org_sql!(
        Row,
        "select {cols} from notifications where org_id = $1 and person_id = $2 and (created_at, id) < ($3, $4) and (read_at is null or not $5)
         order by created_at desc, id desc limit $6"
    );
    Ok(from.all(query, &[&person, &after.0, &after.1, &unread, &rows]).await?)
}
/// Somebody else's is not there.
pub async fn read(tx: &mut OrgTx, person: PersonId, id: NotificationId) -> Result<Row> {
    let now = tx.now();
    let update = org_sql!(
        Row,
        "update notifications set read_at = coalesce(read_at, $4) where org_id = $1 and person_id = $2 and id = $3 returning {cols}"
    );
    tx.opt(update, &[&person, &id, &now]).await?.ok_or_else(|| Error::not_found(id))
}

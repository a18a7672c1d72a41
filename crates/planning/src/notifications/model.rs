//! What somebody was told.

use base::{Result, entity, id, time::Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

id!(pub NotificationId "notification" "notification");

entity! {
    /// As the store holds one: the payload as text.
    pub struct Row { pub id: NotificationId, pub kind: String, pub payload: String, pub read_at: Option<Timestamp>, pub created_at: Timestamp }
}
#[derive(Debug, Serialize, ToSchema)]
pub struct Notification {
    pub id: NotificationId,
    /// `assignment.moved`, `assignment.cancelled`, `availability.decided`, ….
    pub kind: String,
    /// What it is about: ids, and times before.
    #[schema(value_type = Object)]
    pub payload: Value,
    pub read_at: Option<Timestamp>,
    pub created_at: Timestamp,
}
impl Row {
    pub fn shown(self) -> Result<Notification> {
        let Self { id, kind, payload, read_at, created_at } = self;
        let payload = serde_json::from_str(&payload).map_err(base::Error::internal)?;
        Ok(Notification { id, kind, payload, read_at, created_at })
    }
}

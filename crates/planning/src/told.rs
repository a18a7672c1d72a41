//! What every change brings with it: a line in the audit, old lists thrown away, consoles told.

use crate::people::model::PersonId;
use base::{
    Result,
    audit::Entry,
    auth::{Grant, Least, Member, Role},
    db::OrgTx,
    id::{self, AccountId, Id},
    org_sql,
};
use serde_json::{Value, json};

/// A change of one thing of a noun: `told("people", "person.changed", …)`.
#[derive(Clone, Copy)]
pub struct Noun {
    /// The tag of its cached lists.
    pub tag: &'static str,
    /// What consoles hear.
    pub event: &'static str,
}

impl Noun {
    pub async fn told(self, tx: &mut OrgTx, action: &'static str, id: impl Id, details: Option<Value>) -> Result<()> {
        tx.audit(Entry { action, subject: Some(id.uuid()), details }).await?;
        tx.stale(self.tag);
        tx.tell(self.event, json!({"id": id.uuid(), "action": action}));
        Ok(())
    }
}

/// A change as the log says it: which fields, and of those in `shown` (codes, numbers, days, instants) what stood before and after.
/// What people wrote stays out of the log.
pub fn changes(old: &Value, new: &Value, shown: &[&str]) -> Option<Value> {
    let (old, new) = (old.as_object()?, new.as_object()?);
    let changed: Vec<_> = new.iter().filter(|(name, value)| old.get(*name) != Some(*value)).map(|(name, _)| name.as_str()).collect();
    let changed: Vec<_> = changed.into_iter().filter(|name| !["version", "updated_at"].contains(name)).collect();
    let told = |of: &serde_json::Map<String, Value>| -> Value {
        changed.iter().filter(|name| shown.contains(*name)).map(|name| ((*name).to_owned(), of[*name].clone())).collect()
    };
    (!changed.is_empty()).then(|| json!({"changed": changed, "before": told(old), "after": told(new)}))
}

/// Whose eyes read: managers see everything, everybody else what is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eye {
    Manager,
    Tech(AccountId),
}
impl Eye {
    pub fn of<S: Grant, R: Least>(member: &Member<S, R>) -> Self {
        if member.role >= Role::Manager { Self::Manager } else { Self::Tech(member.account) }
    }
    pub fn is_manager(self) -> bool {
        self == Self::Manager
    }
}

/// Something that a person is told once, whatever way it reaches them.
pub async fn person(tx: &mut OrgTx, id: PersonId, kind: &'static str, payload: Value) -> Result<()> {
    let (own, now) = (id::v7(tx.now()).to_string(), tx.now());
    let insert = org_sql!("insert into notifications (org_id, id, person_id, kind, payload, created_at) values ($1, $2, $3, $4, $5, $6)");
    tx.exec(insert, &[&own, &id, &kind, &payload.to_string(), &now]).await?;
    Ok(())
}

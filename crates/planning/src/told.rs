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

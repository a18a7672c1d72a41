//! What every change brings with it: a line in the audit, old lists thrown away, consoles told.

use base::{
    Result,
    audit::Entry,
    auth::{Grant, Least, Member, Role},
    db::OrgTx,
    id::{AccountId, Id},
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

//! The audit log: append-only, one hash chain per org and one for the instance.
//!
//! `hash = SHA-256(previous hash ‖ canonical row)`; the head of a chain is locked by the transaction that
//! appends, so sequence numbers have no gaps. Rows carry no personal text: ids, codes and counts.

use crate::{
    db::{Actor, RawTx},
    error::Result,
    id::{OrgId, Uuid},
    sql,
    time::Timestamp,
};

/// Which chain a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    Instance,
    Org(OrgId),
}
impl Chain {
    /// The instance's own chain lies under the nil id.
    fn key(self) -> OrgId {
        match self {
            Self::Instance => OrgId(Uuid::nil()),
            Self::Org(id) => id,
        }
    }
}

/// What happened to what.
#[derive(Debug, Default)]
pub struct Entry<'a> {
    /// `project.created`
    pub action: &'a str,
    pub subject: Option<Uuid>,
    /// Before and after, without personal text.
    pub details: Option<serde_json::Value>,
}

pub(crate) async fn append(tx: &mut RawTx, chain: Chain, now: Timestamp, actor: &Actor, entry: Entry<'_>) -> Result<()> {
    let org = chain.key();
    let lock = sql!(all_orgs: "the instance has a chain too", "select seq, hash from audit_heads where org_id = $1 {for_update}");
    let (last, previous) = match tx.opt::<(i64, String)>(lock, &[&org]).await? {
        Some(head) => head,
        None => first_head(tx, org).await?,
    };
    let row = Row {
        org,
        seq: last + 1,
        at: now,
        actor: actor.account.map(|a| a.to_string()),
        action: entry.action.to_owned(),
        subject: entry.subject.map(|s| s.to_string()),
        details: entry.details.map(|d| d.to_string()),
        request_id: actor.request_id.as_deref().map(str::to_owned),
    };
    let hash = row.hash(&previous);
    let insert = sql!(all_orgs: "the instance has a chain too", "insert into audit (org_id, seq, at, actor, action, subject, details, request_id, hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    tx.exec(insert, &[&org, &row.seq, &row.at, &row.actor, &row.action, &row.subject, &row.details, &row.request_id, &hash]).await?;
    let head = sql!(all_orgs: "the instance has a chain too", "update audit_heads set seq = $2, hash = $3 where org_id = $1");
    tx.exec(head, &[&org, &row.seq, &hash]).await?;
    Ok(())
}

/// Two transactions may open the same chain at once: the second one waits for the first one's row.
async fn first_head(tx: &mut RawTx, org: OrgId) -> Result<(i64, String)> {
    let open = sql!(all_orgs: "the instance has a chain too", "insert into audit_heads (org_id, seq, hash) values ($1, 0, '') on conflict (org_id) do update set seq = audit_heads.seq returning seq, hash");
    Ok(tx.one(open, &[&org]).await?)
}

/// A row as it is hashed: every member, in one fixed order.
struct Row {
    org: OrgId,
    seq: i64,
    at: Timestamp,
    actor: Option<String>,
    action: String,
    subject: Option<String>,
    details: Option<String>,
    request_id: Option<String>,
}
impl Row {
    fn hash(&self, previous: &str) -> String {
        // A JSON array is canonical here: fixed order, no floats, strings escaped one way.
        let canonical =
            serde_json::json!([self.org, self.seq, self.at.micros(), self.actor, self.action, self.subject, self.details, self.request_id]);
        crate::crypto::sha256_hex(format!("{previous}{canonical}").as_bytes())
    }
}

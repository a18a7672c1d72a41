//! The audit log: append-only, one hash chain per org and one for the instance.
//!
//! `hash = SHA-256(previous hash ‖ canonical row)`; the head of a chain is locked by the transaction that
//! appends, so sequence numbers have no gaps. Rows carry no personal text: ids, codes and counts.

use crate::{
    db::{Actor, Db, RawTx},
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
    pub fn key(self) -> OrgId {
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

/// What [`verify`] found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub rows: u64,
    pub orgs: u64,
    /// `org <id> seq <n>: <what>`
    pub faults: Vec<String>,
}

crate::entity! {
    struct Kept { org_id: OrgId, seq: i64, at: Timestamp, actor: Option<String>, action: String, subject: Option<String>, details: Option<String>,
        request_id: Option<String>, hash: String }
}

/// Reads every chain from its first row to its head: an edit, a gap, an insertion or a lost tail is named.
pub async fn verify(db: &Db) -> Result<Report> {
    let heads = sql!(all_orgs: "the operator's proof covers every org", "select org_id, seq, hash from audit_heads order by org_id");
    let mut report = Report::default();
    for (org, last, head) in db.all::<(OrgId, i64, String)>(heads, &[]).await? {
        report.orgs += 1;
        verify_chain(db, org, last, &head, &mut report).await?;
    }
    let orphans = sql!(all_orgs: "the operator's proof covers every org", "select distinct org_id from audit where org_id not in (select org_id from audit_heads)");
    for (org,) in db.all::<(OrgId,)>(orphans, &[]).await? {
        report.faults.push(format!("org {org} seq 0: the head of the chain is missing"));
    }
    Ok(report)
}

async fn verify_chain(db: &Db, org: OrgId, last: i64, head: &str, report: &mut Report) -> Result<()> {
    let page = sql!(all_orgs: "the operator's proof covers every org", Kept,
        "select {cols} from audit where org_id = $1 and seq > $2 order by seq limit 2000");
    let (mut seq, mut previous) = (0, String::new());
    loop {
        let rows: Vec<Kept> = db.all(page, &[&org, &seq]).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            report.rows += 1;
            if row.seq != seq + 1 {
                report.faults.push(format!("org {org} seq {}: the rows before it are missing", row.seq));
            }
            let hash = row.hash.clone();
            seq = row.seq;
            if Row::from(row).hash(&previous) != hash {
                report.faults.push(format!("org {org} seq {seq}: it was changed, or a row before it"));
            }
            previous = hash;
        }
    }
    if (seq, previous.as_str()) != (last, head) {
        report.faults.push(format!("org {org} seq {last}: the chain ends at {seq} instead"));
    }
    Ok(())
}

impl From<Kept> for Row {
    fn from(k: Kept) -> Self {
        let Kept { org_id: org, seq, at, actor, action, subject, details, request_id, .. } = k;
        Self { org, seq, at, actor, action, subject, details, request_id }
    }
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

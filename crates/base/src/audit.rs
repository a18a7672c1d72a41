//! The audit log: append-only, one hash chain per org and one for the instance.
//!
//! `hash = SHA-256(previous hash ‖ canonical row)`. A line gets its place in the chain from the last statements of its
//! transaction, which move the head: nobody else can move it until the commit, so sequence numbers have no gaps, and it
//! is held for no longer than the commit takes (decisions/0009). Rows carry no personal text: ids, codes and counts.

use crate::{
    db::{self, Actor, Db, Param, Params, RawTx},
    error::Result,
    id::{AccountId, OrgId, Uuid},
    sql,
    time::Timestamp,
};
use serde_json::{Value, json};

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
    pub details: Option<Value>,
}

/// A row but for its place in the chain: every member, in the fixed order in which it is hashed.
#[derive(Debug)]
pub(crate) struct Line {
    org: OrgId,
    at: Timestamp,
    actor: Option<String>,
    action: String,
    subject: Option<String>,
    details: Option<String>,
    request_id: Option<String>,
}
impl Line {
    pub(crate) fn new(chain: Chain, at: Timestamp, actor: &Actor, entry: Entry<'_>) -> Self {
        Self {
            org: chain.key(),
            at,
            actor: actor.account.map(|a| a.to_string()),
            action: entry.action.to_owned(),
            subject: entry.subject.map(|s| s.to_string()),
            details: signed(entry.details, actor.impersonator).map(|d| d.to_string()),
            request_id: actor.request_id.as_deref().map(str::to_owned),
        }
    }
    /// The canonical row before and after its sequence number. A JSON array is canonical here: fixed order, no
    /// floats, strings escaped one way.
    fn around_seq(&self) -> (String, String) {
        let Self { org, at, actor, action, subject, details, request_id } = self;
        let rest = serde_json::json!([at.micros(), actor, action, subject, details, request_id]).to_string();
        (format!("[\"{org}\","), format!(",{}", &rest[1..]))
    }
    /// What happened to an account or to the instance: its own chain tells of nothing else.
    pub(crate) fn of_instance(&self) -> Option<&str> {
        (self.org == Chain::Instance.key()).then_some(self.action.as_str())
    }
    fn hash(&self, previous: &str, seq: i64) -> String {
        let (before, after) = self.around_seq();
        crate::crypto::sha256_hex(format!("{previous}{before}{seq}{after}").as_bytes())
    }
}

/// The details, with whoever acted in the actor's place.
fn signed(details: Option<Value>, impersonator: Option<AccountId>) -> Option<Value> {
    let Some(impersonator) = impersonator else { return details };
    let mut details = details.unwrap_or_else(|| json!({}));
    details["impersonator"] = json!(impersonator);
    Some(details)
}

/// Ends a transaction by writing its lines, the heads in one order for everybody.
pub(crate) async fn commit(tx: RawTx, mut lines: Vec<Line>) -> db::Result<()> {
    let move_head = sql!(all_orgs: "the instance has a chain too",
        "insert into audit_heads (org_id, seq, hash) values ($1, 1, encode(sha256(convert_to(cast($2 as text) || '1' || cast($3 as text), 'UTF8')), 'hex'))
         on conflict (org_id) do update set seq = audit_heads.seq + 1,
           hash = encode(sha256(convert_to(audit_heads.hash || cast($2 as text) || cast(audit_heads.seq + 1 as text) || cast($3 as text), 'UTF8')), 'hex')");
    let add = sql!(all_orgs: "the instance has a chain too",
        "insert into audit (org_id, seq, at, actor, action, subject, details, request_id, hash)
         select org_id, seq, cast($2 as bigint), cast($3 as text), cast($4 as text), cast($5 as text), cast($6 as text), cast($7 as text), hash
         from audit_heads where org_id = $1");
    lines.sort_by_key(|line| line.org);
    let around: Vec<_> = lines.iter().map(Line::around_seq).collect();
    let statements = lines.iter().zip(&around).flat_map(|(line, (before, after))| {
        let Line { org, at, actor, action, subject, details, request_id } = line;
        let row: Vec<&dyn Param> = vec![org, at, actor, action, subject, details, request_id];
        [(move_head, vec![org as &dyn Param, before, after]), (add, row)]
    });
    let statements: Vec<_> = statements.collect();
    let last: Vec<(db::Sql, Params<'_>)> = statements.iter().map(|(sql, p)| (*sql, &p[..])).collect();
    tx.commit_after(&last).await
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
    let heads = sql!(all_orgs: "the operator's proof covers every org", "select org_id, seq, hash, kept_after, kept_hash from audit_heads order by org_id");
    let mut report = Report::default();
    for (org, last, head, after, hash) in db.all::<(OrgId, i64, String, i64, String)>(heads, &[]).await? {
        report.orgs += 1;
        verify_chain(db, org, (after, hash), (last, &head), &mut report).await?;
    }
    let orphans = sql!(all_orgs: "the operator's proof covers every org", "select distinct org_id from audit where org_id not in (select org_id from audit_heads)");
    for (org,) in db.all::<(OrgId,)>(orphans, &[]).await? {
        report.faults.push(format!("org {org} seq 0: the head of the chain is missing"));
    }
    Ok(report)
}

/// From the row that left last by its age, if any did, past the head to the last row: others may write meanwhile.
async fn verify_chain(db: &Db, org: OrgId, kept: (i64, String), (last, head): (i64, &str), report: &mut Report) -> Result<()> {
    let page = sql!(all_orgs: "the operator's proof covers every org", Kept,
        "select {cols} from audit where org_id = $1 and seq > $2 order by seq limit 2000");
    let (mut seq, mut previous) = kept;
    let mut met = (seq, previous.as_str()) == (last, head);
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
            if Line::from(row).hash(&previous, seq) != hash {
                report.faults.push(format!("org {org} seq {seq}: it was changed, or a row before it"));
            }
            previous = hash;
            met |= (seq, previous.as_str()) == (last, head);
        }
        // On SQLite nothing here waits: a server that verifies beside its work lets others have a turn.
        tokio::task::yield_now().await;
    }
    // A row and its head are written together, so a head that is read after the last row is not behind it.
    let now = sql!(all_orgs: "the operator's proof covers every org", "select seq from audit_heads where org_id = $1");
    if !met || db.one::<(i64,)>(now, &[&org]).await?.0 < seq {
        report.faults.push(format!("org {org} seq {last}: the chain ends at {seq} instead"));
    }
    Ok(())
}

/// Verifies, and keeps what came of it where every replica finds it.
pub async fn prove(db: &Db, now: Timestamp) -> Result<Report> {
    let report = verify(db).await?;
    let outcome = format!("{} {}", u8::from(report.faults.is_empty()), now.micros());
    let keep =
        sql!("insert into instance (name, value) values ('audit_proof', $1) on conflict (name) do update set value = excluded.value");
    let mut tx = db.begin().await?;
    tx.exec(keep, &[&outcome]).await?;
    tx.commit().await?;
    Ok(report)
}
/// Whether the chains were whole when somebody proved it last, and when that was.
pub async fn last_proof(db: &Db) -> Result<Option<(bool, Timestamp)>> {
    let kept = db.opt::<(String,)>(sql!("select value from instance where name = 'audit_proof'"), &[]).await?;
    Ok(kept.and_then(|(text,)| {
        let (good, at) = text.split_once(' ')?;
        Some((good == "1", Timestamp::from_micros(at.parse().ok()?)))
    }))
}

impl From<Kept> for Line {
    fn from(k: Kept) -> Self {
        let Kept { org_id: org, at, actor, action, subject, details, request_id, .. } = k;
        Self { org, at, actor, action, subject, details, request_id }
    }
}

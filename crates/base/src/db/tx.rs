//! Transactions as features see them: they contain the tenant, and carry what follows from them.
//!
//! A [`Tx`] changes global tables, an [`OrgTx`] one tenant's: it *contains* the org and binds it as `$1`
//! of every statement, so a cross-tenant query has no way to be written. Audit rows and jobs are rows of
//! the same transaction (the audit written last, at the commit); stale cache tags and live events go out after the commit, all or none.

use super::{FromRow, OrgSql, Param, Params, RawTx, Result as DbResult, Sql};
use crate::{
    App,
    audit::{self, Chain},
    cache::Tag,
    error::{Error, Result},
    events::Event,
    http::{Answer, Stored},
    id::{AccountId, OrgId},
    jobs::Job,
    time::Timestamp,
};

/// Who does it, for the audit.
#[derive(Clone, Debug, Default)]
pub struct Actor {
    pub account: Option<AccountId>,
    /// The administrator who acts in the account's place.
    pub impersonator: Option<AccountId>,
    pub ip: Option<std::net::IpAddr>,
    /// What the client calls itself.
    pub agent: Option<axum::http::HeaderValue>,
    pub request_id: Option<std::sync::Arc<str>>,
}

type After = Box<dyn FnOnce(&App) + Send>;

/// A transaction over global tables (accounts, sessions, keys).
pub struct Tx {
    raw: RawTx,
    app: App,
    actor: Actor,
    stale: Vec<Tag>,
    events: Vec<Event>,
    /// What must happen in this process once the rows are safe (dropping cached rights, …).
    after: Vec<After>,
    rings: bool,
    /// Written last, at the commit.
    lines: Vec<audit::Line>,
    /// The `Idempotency-Key` of the request, waiting for the answer to keep.
    keep: Option<Stored>,
    now: Timestamp,
}

/// A transaction over one tenant's tables.
pub struct OrgTx {
    tx: Tx,
    org: OrgId,
}

/// Reads of one tenant's tables outside a transaction.
pub struct OrgRead {
    app: App,
    org: OrgId,
}

/// What reads rows of one tenant: an [`OrgRead`] or an [`OrgTx`].
#[expect(async_fn_in_trait, reason = "always used with the concrete type, so the futures stay Send")]
pub trait Query {
    fn org(&self) -> OrgId;
    async fn all<T: FromRow>(&mut self, sql: OrgSql, p: Params<'_>) -> DbResult<Vec<T>>;
    async fn opt<T: FromRow>(&mut self, sql: OrgSql, p: Params<'_>) -> DbResult<Option<T>> {
        Ok(self.all(sql, p).await?.pop())
    }
    async fn one<T: FromRow>(&mut self, sql: OrgSql, p: Params<'_>) -> DbResult<T> {
        self.opt(sql, p).await?.ok_or(super::Error::NoRow)
    }
}

fn with_org<'a>(org: &'a OrgId, p: Params<'a>) -> Vec<&'a dyn Param> {
    let mut all: Vec<&dyn Param> = Vec::with_capacity(p.len() + 1);
    all.push(org);
    all.extend_from_slice(p);
    all
}

impl App {
    pub async fn begin(&self, actor: Actor) -> Result<Tx> {
        let raw = self.db.begin().await?;
        let now = self.now();
        Ok(Tx { raw, app: self.clone(), actor, stale: vec![], events: vec![], after: vec![], rings: false, lines: vec![], keep: None, now })
    }
    /// Who may do this is decided by the caller's type (`Member<_>`), which is why it is the usual way in.
    pub async fn begin_org(&self, org: OrgId, actor: Actor) -> Result<OrgTx> {
        Ok(OrgTx { tx: self.begin(actor).await?, org })
    }
    pub fn read_org(&self, org: OrgId) -> OrgRead {
        OrgRead { app: self.clone(), org }
    }
}

impl Tx {
    pub async fn all<T: FromRow>(&mut self, sql: Sql, p: Params<'_>) -> DbResult<Vec<T>> {
        self.raw.all(sql, p).await
    }
    pub async fn opt<T: FromRow>(&mut self, sql: Sql, p: Params<'_>) -> DbResult<Option<T>> {
        self.raw.opt(sql, p).await
    }
    pub async fn one<T: FromRow>(&mut self, sql: Sql, p: Params<'_>) -> DbResult<T> {
        self.raw.one(sql, p).await
    }
    pub async fn exec(&mut self, sql: Sql, p: Params<'_>) -> DbResult<u64> {
        self.raw.exec(sql, p).await
    }
    pub fn app(&self) -> &App {
        &self.app
    }
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
    /// For statements whose tables are asked from the schema.
    pub(crate) fn raw(&mut self) -> &mut RawTx {
        &mut self.raw
    }
    pub fn acts_as(&mut self, account: AccountId) {
        self.actor.account = Some(account);
    }
    /// One instant for the whole transaction.
    pub fn now(&self) -> Timestamp {
        self.now
    }
    /// Writes a line in the instance's own audit chain, and beside it where the request came from.
    pub async fn audit(&mut self, entry: audit::Entry<'_>) -> Result<()> {
        crate::origin::note(&mut self.raw, &self.app.keys, self.now, &self.actor).await?;
        self.chain(Chain::Instance, entry)
    }
    /// Writes a line in an org's chain, when the org itself is made or joined.
    pub async fn audit_in(&mut self, org: OrgId, entry: audit::Entry<'_>) -> Result<()> {
        self.chain(Chain::Org(org), entry)
    }
    fn chain(&mut self, chain: Chain, entry: audit::Entry<'_>) -> Result<()> {
        self.lines.push(audit::Line::new(chain, self.now, &self.actor, entry));
        Ok(())
    }
    /// Leaves work for the outbox worker; it is done at least once, after the commit.
    pub async fn job(&mut self, job: &Job) -> Result<()> {
        crate::jobs::push(&mut self.raw, &self.app.keys, None, self.now, job).await?;
        self.rings = true;
        Ok(())
    }
    pub fn after_commit(&mut self, f: impl FnOnce(&App) + Send + 'static) {
        self.after.push(Box::new(f));
    }
    pub(crate) fn keep_answer(&mut self, stored: Stored) {
        self.keep = Some(stored);
    }
    /// Everything or nothing: then what follows from it goes out.
    pub async fn commit(self) -> Result<()> {
        let Self { raw, app, stale, events, after, rings, lines, .. } = self;
        let told: Vec<String> = lines.iter().filter_map(|line| Some(line.of_instance()?.to_owned())).collect();
        // On a task of its own: a client that leaves now must not keep others from learning what was written.
        let done = tokio::spawn(async move {
            audit::commit(raw, lines).await?;
            told.iter().for_each(|action| count(&app, action));
            after.into_iter().for_each(|f| f(&app));
            app.cache.stale(&stale);
            events.into_iter().for_each(|e| app.events.publish(e));
            if rings {
                app.jobs.ring();
            }
            DbResult::Ok(())
        });
        Ok(done.await.map_err(Error::internal)??)
    }
    /// Commits together with the answer that a repeated `Idempotency-Key` will be given.
    pub async fn answer(mut self, answer: Answer) -> Result<Answer> {
        let stored = self.keep.take();
        if let Some(stored) = &stored {
            stored.keep(&mut self.raw, self.now, &answer).await?;
        }
        self.commit().await?; // only then is the key not running any more (`stored` is dropped after it)
        drop(stored);
        Ok(answer)
    }
}

/// `login.failed` is the event `login` with the outcome `failed`; the actions are the code's, so they are few.
fn count(app: &App, action: &str) {
    let (event, outcome) = action.rsplit_once('.').unwrap_or((action, "done"));
    app.metrics.counter("app_auth_events_total", "What happened to accounts.", &[("event", event), ("outcome", outcome)]).one();
}

impl Query for OrgTx {
    fn org(&self) -> OrgId {
        self.org
    }
    async fn all<T: FromRow>(&mut self, sql: OrgSql, p: Params<'_>) -> DbResult<Vec<T>> {
        self.tx.raw.rows(sql.0, &with_org(&self.org, p)).await
    }
}

impl OrgTx {
    pub async fn exec(&mut self, sql: OrgSql, p: Params<'_>) -> DbResult<u64> {
        self.tx.raw.run(sql.0, &with_org(&self.org, p)).await
    }
    /// The same transaction over global tables (an account of a member, say).
    pub fn global(&mut self) -> &mut Tx {
        &mut self.tx
    }
    pub fn app(&self) -> &App {
        &self.tx.app
    }
    pub fn actor(&self) -> &Actor {
        &self.tx.actor
    }
    pub fn now(&self) -> Timestamp {
        self.tx.now
    }
    /// Writes a line in the org's audit chain.
    pub async fn audit(&mut self, entry: audit::Entry<'_>) -> Result<()> {
        self.tx.chain(Chain::Org(self.org), entry)
    }
    pub async fn job(&mut self, job: &Job) -> Result<()> {
        crate::jobs::push(&mut self.tx.raw, &self.tx.app.keys, Some(self.org), self.tx.now, job).await?;
        self.tx.rings = true;
        Ok(())
    }
    /// Cached answers that carry this tag are old once this is committed.
    pub fn stale(&mut self, noun: &'static str) {
        self.tx.stale.push(Tag { org: self.org, noun });
    }
    /// Tells the org's open consoles.
    pub fn tell(&mut self, kind: &'static str, data: impl serde::Serialize) {
        let data = serde_json::to_value(data).unwrap_or_default();
        let id = crate::id::v7(self.tx.now).to_string();
        self.tx.events.push(Event { org: self.org, kind: kind.into(), data, by: self.tx.actor.account, id });
    }
    pub async fn commit(self) -> Result<()> {
        self.tx.commit().await
    }
    pub async fn answer(self, answer: Answer) -> Result<Answer> {
        self.tx.answer(answer).await
    }
}

impl Query for OrgRead {
    fn org(&self) -> OrgId {
        self.org
    }
    async fn all<T: FromRow>(&mut self, sql: OrgSql, p: Params<'_>) -> DbResult<Vec<T>> {
        self.app.db.rows(sql.0, &with_org(&self.org, p)).await
    }
}

//! Old rows go by themselves: one replica does it for all of them, a little at a time.

use base::{App, Result, audit, retention as base_rows, time::Timestamp};
use identity::retention as identity_rows;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(3_600);
const PROVE_EVERY: Duration = Duration::from_secs(86_400);
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// For ever, until it is dropped.
pub async fn run(app: App) {
    // On an embedded store nobody else is at work: what still seems to run was left by the server before this one.
    let mut alone = !app.db.is_postgres();
    loop {
        if let Err(error) = coach::sweep(&app, std::mem::take(&mut alone)).await {
            tracing::warn!(%error, "calls of models that were left could not be closed");
        }
        match base_rows::claim(&app, "retention", EVERY).await {
            Ok(true) => sweep(&app).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the lease for removing old rows could not be read"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Everything whose time is over. A step that fails is tried again with the next sweep, and keeps no other from running.
pub async fn sweep(app: &App) {
    step("idempotency keys", || base_rows::idempotency_keys(app)).await;
    step("dead letters", || base_rows::dead_letters(app)).await;
    step("sessions", || identity_rows::sessions(app)).await;
    step("wrong guesses", || identity_rows::guesses(app)).await;
    step("links of mails", || identity_rows::one_time_tokens(app)).await;
    step("tickets of providers", || identity_rows::oauth_tickets(app)).await;
    step("challenges", || identity_rows::challenges(app)).await;
    step("kinds of hashes", || identity::passwords::kinds::forget_unused(app)).await;
    step("calls of models", || coach::history::store::forget_old(app)).await;
    step("followed advice", || coach::feedback::store::forget_old(app)).await;
    step("budgets of models", || coach::budgets::store::forget_old(app)).await;
    step("coach answers", || coach::advice::store::forget_old(app)).await;
    step("addresses", || identity_rows::addresses(app)).await;
    step("accounts", || identity_rows::accounts(app)).await;
    step("organisations", || base_rows::deleted_orgs(app)).await;
    step("audit", || base_rows::audit(app)).await;
    if let Err(error) = prove_audit(app).await {
        tracing::warn!(%error, "the audit could not be proved");
    }
}
/// Once a day, by whoever removes old rows: nobody else takes rows of the chains meanwhile.
async fn prove_audit(app: &App) -> Result<()> {
    let fresh = |at: Timestamp| app.now().since(at) < PROVE_EVERY;
    if audit::last_proof(&app.db).await?.is_some_and(|(_, at)| fresh(at)) {
        return Ok(());
    }
    let report = audit::prove(&app.db, app.now()).await?;
    for fault in &report.faults {
        tracing::error!(fault, "the audit does not prove itself");
    }
    Ok(())
}
async fn step<F: Future<Output = Result<u64>>>(what: &'static str, work: impl Fn() -> F) {
    loop {
        match work().await {
            Ok(0) => return,
            Ok(rows) => tracing::info!(what, rows, "old rows went"),
            Err(error) => return tracing::warn!(what, %error, "old rows could not go"),
        }
    }
}

//! Turn the second factor on and off, and make recovery codes: always by somebody who proved lately who they are.

use super::{
    model::{self, Confirm, Enrolment, Factors, RecoveryCodes},
    qr, store, totp,
};
use crate::{
    accounts::{self, store::Row as Account},
    notices::{self, Notice},
};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{
        Caller,
        grant::{UserRead, UserWrite},
    },
    crypto,
    db::Tx,
    error::Kind,
    http::{Answer, Json},
    id::Id as _,
};

/// Whether signing in asks for a code, and how many recovery codes are left.
#[utoipa::path(get, path = "/auth/mfa", operation_id = "show_second_factor", tag = "auth", responses(
    (status = 200, description = "How the account stands", body = Factors)))]
pub async fn show(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    let (since, recovery_codes_left) = store::standing(&app.db, caller.account).await?;
    Answer::ok(&Factors { enabled: since.is_some(), since, recovery_codes_left })
}

/// The caller's account, and a transaction for an answer that is never kept: it holds secrets.
async fn begin(app: &App, caller: &Caller<UserWrite>) -> Result<(Tx, Account)> {
    caller.fresh(app)?;
    let account = accounts::store::by_id(&app.db, caller.account).await?.ok_or_else(|| Error::not_found(caller.account))?;
    Ok((app.begin(caller.actor.clone()).await?, account))
}
async fn note(tx: &mut Tx, account: &Account, action: &'static str) -> Result<()> {
    tx.audit(Entry { action, subject: Some(account.id.uuid()), details: None }).await
}

/// Begins to set up an authenticator app; nothing changes until a first code confirms it.
#[utoipa::path(post, path = "/auth/mfa/totp", operation_id = "enrol_second_factor", tag = "auth", responses(
    (status = 200, description = "What the app needs, shown once", body = Enrolment),
    (status = 409, description = "There is a second factor already")))]
pub async fn enrol(app: App, caller: Caller<UserWrite>) -> Result<Answer> {
    let (mut tx, account) = begin(&app, &caller).await?;
    let secret = crypto::random::<{ totp::SECRET }>();
    let uri = totp::uri(&secret, &account.email(&app)?);
    let enrolment = Enrolment { secret: totp::base32(&secret), qr: qr::data_url(&uri)?, uri };
    store::enrol(&mut tx, account.id, &secret).await?;
    tx.commit().await?;
    Answer::ok(&enrolment)
}

/// Confirms the authenticator app by its first code: from now on every sign-in asks for one.
#[utoipa::path(post, path = "/auth/mfa/totp/~confirm", operation_id = "confirm_second_factor", tag = "auth", request_body = Confirm, responses(
    (status = 200, description = "The recovery codes, shown once", body = RecoveryCodes),
    (status = 409, description = "Nothing waits to be confirmed")))]
pub async fn confirm(app: App, caller: Caller<UserWrite>, Json(body): Json<Confirm>) -> Result<Answer> {
    let (mut tx, account) = begin(&app, &caller).await?;
    if !store::confirm(&mut tx, account.id, caller.session, body.code.expose()).await? {
        return Err(model::wrong_code(Kind::Forbidden));
    }
    let recovery_codes = store::new_recovery_codes(&mut tx, account.id).await?;
    note(&mut tx, &account, "second_factor.added").await?;
    notices::tell(&mut tx, &account, Notice::SecondFactorAdded).await?;
    tx.commit().await?;
    Answer::ok(&RecoveryCodes { recovery_codes })
}

/// Removes the second factor and its recovery codes.
#[utoipa::path(delete, path = "/auth/mfa/totp", operation_id = "remove_second_factor", tag = "auth", responses(
    (status = 204, description = "Signing in asks for no code any more")))]
pub async fn remove(app: App, caller: Caller<UserWrite>) -> Result<Answer> {
    let (mut tx, account) = begin(&app, &caller).await?;
    if store::remove(&mut tx, account.id).await? {
        note(&mut tx, &account, "second_factor.removed").await?;
        notices::tell(&mut tx, &account, Notice::SecondFactorRemoved).await?;
    }
    tx.commit().await?;
    Ok(Answer::empty())
}

/// Makes ten new recovery codes; the old ones open nothing any more.
#[utoipa::path(post, path = "/auth/mfa/recovery-codes", operation_id = "make_recovery_codes", tag = "auth", responses(
    (status = 200, description = "The codes, shown once", body = RecoveryCodes),
    (status = 409, description = "There is no second factor")))]
pub async fn recovery_codes(app: App, caller: Caller<UserWrite>) -> Result<Answer> {
    let (mut tx, account) = begin(&app, &caller).await?;
    if !account.two_factor {
        return Err(model::no_second_factor());
    }
    let recovery_codes = store::new_recovery_codes(&mut tx, account.id).await?;
    note(&mut tx, &account, "recovery_codes.made").await?;
    notices::tell(&mut tx, &account, Notice::RecoveryCodesMade).await?;
    tx.commit().await?;
    Answer::ok(&RecoveryCodes { recovery_codes })
}

//! Ask for a new password, set it with the link, or change the one that is known.

use super::{
    model::{self, Accepted, AskReset, ChangePassword, Judged, Reset, TryPassword},
    policy, store,
};
use crate::{
    accounts::{self, local_only, model::address, proof, store::Row as Account},
    asked::{self, Asked},
    guessing::Attempt,
    one_time::{self, Kind},
    orgs,
    sessions::Device,
};
use axum::http::StatusCode;
use base::{
    App, Error, Faults, Result,
    audit::Entry,
    auth::{Anyone, Caller, grant::UserWrite},
    crypto::Secret,
    http::{Answer, Context, Json},
    id::{AccountId, Id as _},
    limits::Rule,
    say,
    say::Say,
    text,
};
use std::time::Duration;

/// Judgements asked from one place: a form asks once a pause in typing.
const JUDGEMENTS: Rule = Rule::per(120, Duration::from_secs(60));
/// What is said of an account in a line or two.
const ABOUT: (usize, usize) = (4, 200);

/// Says whether a password would be taken, before it is sent for good. Nothing of it is kept.
#[utoipa::path(post, path = "/auth/password/~check", operation_id = "check_password", tag = "auth", request_body = TryPassword, responses(
    (status = 200, description = "Whether it fits, and what would do better", body = Judged),
    (status = 404, description = "Accounts here come from another provider (LOCAL_SIGN_IN=off)"),
    (status = 429, description = "Too many of them from here")))]
pub async fn check(app: App, anyone: Anyone, context: Context, Json(tried): Json<TryPassword>) -> Result<Answer> {
    local_only(&app)?;
    app.limit_address("password-check", JUDGEMENTS, anyone.context.client).await?;
    let mut faults = Faults::default();
    let short = tried.about.len() <= ABOUT.0 && tried.about.iter().all(|a| a.is_empty() || text::fits_line(a, ABOUT.1));
    faults.require(short, "about", "invalid_text", || {
        let (most, long) = ABOUT;
        say!("Send at most {most} lines of {long} characters.", "Envoyez au plus {most} lignes de {long} caractères.")
    });
    faults.none()?;
    let unfit = model::fits("password", &tried.password, &app.settings).err();
    let mut advice: Vec<Say> = unfit.iter().flat_map(|many| many.fields()).map(|fault| fault.say.clone()).collect();
    if advice.is_empty()
        && let Err(weak) = policy::check(&app, "password", &tried.password, tried.about).await
    {
        if weak.code() != "weak_password" {
            return Err(weak);
        }
        advice = [&[weak.say().clone()], weak.suggestions()].concat();
    }
    let judged = Judged { fits: advice.is_empty(), advice: advice.iter().map(|say| say.to(context.lang).to_owned()).collect() };
    Answer::ok(&judged)
}

/// Mails a link to set a new password. The answer is the same whether or not the address has an account.
#[utoipa::path(post, path = "/auth/reset/request", operation_id = "ask_reset", tag = "auth", request_body = AskReset, responses(
    (status = 202, description = "If the address has an account, a mail is on its way", body = Accepted),
    (status = 404, description = "Accounts here come from another provider (LOCAL_SIGN_IN=off)"),
    (status = 429, description = "Too many mails to this address, or from here")))]
pub async fn ask_reset(app: App, anyone: Anyone, Json(ask): Json<AskReset>) -> Result<Answer> {
    local_only(&app)?;
    let email = address(&ask.email)?;
    asked::may_ask(&app, "reset", app.settings.reset_limit, &email, anyone.context.client).await?;
    let mut tx = anyone.begin(&app).await?;
    let mut accepted = Accepted::plain();
    if app.settings.development() {
        accepted.reset_token = asked::reset(&mut tx, &email).await?.map(|token| token.expose().to_owned());
    } else {
        asked::ask(&mut tx, &Asked::Reset { email }).await?;
    }
    tx.commit().await?;
    Answer::json(StatusCode::ACCEPTED, &accepted)
}

/// Sets a new password with the link of the mail; every session ends.
#[utoipa::path(post, path = "/auth/reset/confirm", operation_id = "reset_password", tag = "auth", request_body = Reset, responses(
    (status = 200, description = "The new password holds"),
    (status = 400, description = "The link is unknown, used or expired"),
    (status = 404, description = "Accounts here come from another provider (LOCAL_SIGN_IN=off)")))]
pub async fn reset(app: App, anyone: Anyone, Json(reset): Json<Reset>) -> Result<Answer> {
    local_only(&app)?;
    // The token first: whoever has none learns nothing of our rules. It is used only once the password fits.
    let (kind, account) = opened(&app, &reset.token).await?;
    let known = accounts::store::by_id(&app.db, account).await?.ok_or_else(one_time::model::unknown)?;
    let phc = hashed(&app, &known, &reset.new_password).await?;
    let mut tx = anyone.begin(&app).await?;
    one_time::redeem::<()>(&mut tx, kind, &reset.token).await?;
    let account = accounts::store::lock(&mut tx, account).await?.filter(Account::active).ok_or_else(one_time::model::unknown)?;
    tx.acts_as(account.id);
    if kind == Kind::Reset {
        proof::came_by_mail(&mut tx, &account).await?;
    }
    store::replace(&mut tx, &account, &phc, None, "password.reset").await?;
    tx.commit().await?;
    Answer::ok(&serde_json::json!({"status": "ok"}))
}

/// Whose link this is: one of a mail, or the one that `coulisses admin create` printed, which proves no mailbox.
async fn opened(app: &App, token: &Secret) -> Result<(Kind, AccountId)> {
    let (kind, found) = match one_time::peek::<()>(app, Kind::SetUp, token).await {
        Err(error) if error.code() == one_time::model::UNKNOWN => (Kind::Reset, one_time::peek::<()>(app, Kind::Reset, token).await?),
        found => (Kind::SetUp, found?),
    };
    Ok((kind, found.account()?))
}

/// Changes the caller's password; every other session ends.
#[utoipa::path(put, path = "/auth/password", operation_id = "change_password", tag = "auth", request_body = ChangePassword, responses(
    (status = 204, description = "The new password holds"),
    (status = 403, description = "The current password is wrong, or the account must be confirmed first"),
    (status = 404, description = "Accounts here come from another provider (LOCAL_SIGN_IN=off)")))]
pub async fn change(app: App, caller: Caller<UserWrite>, device: Device, Json(change): Json<ChangePassword>) -> Result<Answer> {
    local_only(&app)?;
    let account = accounts::routes::own(&app, &caller).await?;
    if change.current_password.is_none() || caller.two_factor {
        caller.fresh(&app)?;
    }
    if let Some(phc) = account.password_phc.clone() {
        let current = change.current_password.ok_or_else(wrong)?;
        prove(&app, &caller, &device, &account, &current, phc).await?;
    }
    let phc = hashed(&app, &account, &change.new_password).await?;
    let mut tx = caller.begin(&app).await?;
    let now = accounts::store::lock(&mut tx, account.id).await?.ok_or_else(wrong)?;
    if now.password_phc != account.password_phc {
        return Err(wrong());
    }
    store::replace(&mut tx, &now, &phc, Some(caller.session), "password.changed").await?;
    tx.commit().await?;
    Ok(Answer::empty())
}
/// Somebody at an open screen guesses no faster than at the door.
async fn prove(app: &App, caller: &Caller<UserWrite>, device: &Device, account: &Account, current: &Secret, phc: String) -> Result<()> {
    let attempt = Attempt::begin(app, device, &account.email(app)?).await?;
    let fits = app.hasher.verify(current, phc).await?;
    let mut tx = app.begin(caller.actor.clone()).await?;
    if fits {
        attempt.right(&mut tx).await?;
    } else {
        attempt.wrong(&mut tx).await?;
        tx.audit(Entry { action: "password.wrong", subject: Some(account.id.uuid()), details: None }).await?;
    }
    tx.commit().await?;
    if fits { Ok(()) } else { Err(wrong()) }
}
#[track_caller]
fn wrong() -> Error {
    Error::forbidden("wrong_password", say!("The current password is wrong.", "Le mot de passe actuel est incorrect."))
}

/// The hash of a password that is good enough for this account.
async fn hashed(app: &App, account: &Account, password: &Secret) -> Result<String> {
    model::fits("new_password", password, &app.settings)?;
    let mut about = vec![account.email(app)?];
    about.extend([&account.display_name, &account.pseudo].into_iter().flatten().cloned());
    about.extend(orgs::store::of_account(&app.db, account.id).await?.into_iter().map(|org| org.name));
    policy::check(app, "new_password", password, about).await?;
    app.hasher.hash(password).await
}

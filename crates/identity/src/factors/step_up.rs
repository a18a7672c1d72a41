//! Proving again who one is, before something that cannot be undone: a new session takes the old one's place.

use super::{
    challenge::demand,
    model::{self, Proof, StepUp},
    store,
};
use crate::{
    accounts::{self, store::Row as Account},
    notices,
    sessions::{self, Device, model::Tokens},
};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{Caller, grant::UserWrite},
    crypto::Secret,
    db::Tx,
    error::Kind,
    http::{Answer, Json},
    id::Id as _,
    limits::Rule,
    say,
};
use std::time::Duration;

/// Passwords tried, codes mailed: by one account.
const TRIES: Rule = Rule::per(10, Duration::from_secs(3_600));
const MAILS: Rule = Rule::per(5, Duration::from_secs(3_600));

/// Proves again who the caller is: with the second factor when there is one, else with the password, else with a mailed code.
#[utoipa::path(post, path = "/auth/step-up", operation_id = "step_up", tag = "auth", request_body = StepUp, responses(
    (status = 200, description = "The tokens of a new session; the old one is over", body = Tokens),
    (status = 403, description = "What was sent is wrong, or not enough for this account")))]
pub async fn step_up(app: App, caller: Caller<UserWrite>, device: Device, Json(body): Json<StepUp>) -> Result<Answer> {
    let proof = body.proof()?;
    let account = accounts::store::by_id(&app.db, caller.account).await?.ok_or_else(|| Error::not_found(caller.account))?;
    if account.two_factor && !matches!(proof, Proof::Factor(_)) {
        return Err(model::factor_needed());
    }
    let fits = match proof {
        Proof::Password(password) => password_fits(&app, &account, password).await?,
        Proof::Factor(_) | Proof::Mail(_) => true,
    };
    let mut tx = app.begin(caller.actor.clone()).await?;
    let old = sessions::store::lock(&mut tx, caller.session).await?.ok_or_else(|| Error::not_found(caller.session))?;
    let (tx, method) = match proof {
        Proof::Password(_) if fits => (tx, "pwd"),
        Proof::Password(_) => return failed(tx, &account, model::wrong_password()).await,
        Proof::Factor(given) => demand(tx, &account, given, Kind::Forbidden).await?,
        Proof::Mail(code) => mailed(tx, &account, &old, code).await?,
    };
    let strong = matches!(proof, Proof::Factor(_));
    let methods = if strong { model::with_method(&old.methods, method) } else { method.to_owned() };
    sessions::again(tx, sessions::Again { account: &account, old: &old, org: caller.org, methods: &methods, strong, device: &device }).await
}
async fn password_fits(app: &App, account: &Account, password: &Secret) -> Result<bool> {
    app.limits.take("step-up", TRIES, &account.id.to_string(), app.now()).await?;
    match account.password_phc.clone() {
        Some(phc) => app.hasher.verify(password, phc).await,
        None => Ok(false),
    }
}
async fn failed<T>(mut tx: Tx, account: &Account, error: Error) -> Result<T> {
    tx.audit(Entry { action: "step_up.failed", subject: Some(account.id.uuid()), details: None }).await?;
    tx.commit().await?;
    Err(error)
}

/// The challenge of a session, and what lies there instead of the code: a hash that means nothing without `SECRET_KEY`.
fn name(session: &sessions::store::Row) -> String {
    format!("step-up|{}", session.id)
}
fn digest(app: &App, session: &sessions::store::Row, code: &str) -> Result<String> {
    app.keys.blind_index("step-up", &format!("{}|{}", session.id, code.trim()))
}

async fn mailed(mut tx: Tx, account: &Account, old: &sessions::store::Row, code: &Secret) -> Result<(Tx, &'static str)> {
    let Some(challenge) = store::lock_challenge(&mut tx, &name(old)).await? else { return Err(model::wrong_code(Kind::Forbidden)) };
    challenge.open(tx.now(), Kind::Forbidden)?;
    store::tried(&mut tx, &challenge).await?;
    if digest(tx.app(), old, code.expose())? != challenge.payload {
        return failed(tx, account, model::wrong_code(Kind::Forbidden)).await;
    }
    store::done(&mut tx, &challenge).await?;
    Ok((tx, "mail"))
}

/// Mails a code to step up with, to an account that has no password.
#[utoipa::path(post, path = "/auth/step-up/~mail", operation_id = "mail_step_up_code", tag = "auth", responses(
    (status = 202, description = "A code is on its way; it is good for ten minutes and this session"),
    (status = 409, description = "The account has a password or a second factor: those are asked for")))]
pub async fn mail(app: App, caller: Caller<UserWrite>) -> Result<Answer> {
    let account = accounts::store::by_id(&app.db, caller.account).await?.ok_or_else(|| Error::not_found(caller.account))?;
    if account.password_phc.is_some() || account.two_factor {
        let say = say!(
            "This account can do better: step up with its password or with the code of its authenticator app.",
            "Ce compte a mieux : confirmez avec son mot de passe ou avec le code de son application d’authentification."
        );
        return Err(Error::conflict("stronger_factor", say));
    }
    app.limits.take("step-up-mail", MAILS, &account.id.to_string(), app.now()).await?;
    let mut tx = app.begin(caller.actor.clone()).await?;
    let session = sessions::store::lock(&mut tx, caller.session).await?.ok_or_else(|| Error::not_found(caller.session))?;
    let code = model::mail_code();
    let digest = digest(&app, &session, &code)?;
    store::challenge(&mut tx, &name(&session), account.id, &digest, model::MAIL_CODE).await?;
    notices::code(&mut tx, &account, &code).await?;
    tx.commit().await?;
    Answer::json(axum::http::StatusCode::ACCEPTED, &serde_json::json!({"status": "accepted"}))
}

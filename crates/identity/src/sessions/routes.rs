//! Renew, revoke, sign out, switch organisation, and the list of one's devices.

use super::{
    Device,
    issue::{self, deliver, goodbye, renewed},
    model::{Client, Refresh, RefreshToken, Session, SwitchOrg, TokenForm, Tokens, Verdict},
    refresh::Presented,
    store::{self, Row},
};
use crate::{
    accounts::{self, login, store::Row as Account},
    members,
    notices::{self, Notice},
};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{
        Anyone, Caller,
        grant::{UserRead, UserWrite},
    },
    db::Tx,
    http::{Answer, Cookie, Form, Json, Maybe, Path, Query},
    id::{AccountId, Id as _, SessionId},
    limits::Rule,
    say,
};
use serde::Deserialize;
use std::time::Duration;

/// A client that renews more often than once a second has lost its way.
const REFRESHES: Rule = Rule::per(60, Duration::from_secs(60));

/// The OAuth2 token endpoint: a password or a refresh token, as a form.
#[utoipa::path(post, path = "/auth/token", tag = "auth",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, description = "The tokens", body = Tokens),
    (status = 400, description = "The grant or the scope is not one of ours"),
    (status = 401, description = "The address, the password or the token is wrong"),
    (status = 403, description = "The account needs a second factor"),
    (status = 404, description = "Passwords are not used here (`LOCAL_SIGN_IN=off`)"),
    (status = 429, description = "Too many tries")))]
pub async fn token(app: App, anyone: Anyone, device: Device, Form(form): Form<TokenForm>) -> Result<Answer> {
    match form.grant_type.as_deref().unwrap_or("password") {
        "password" => {
            let (Some(email), Some(password)) = (form.username, form.password) else {
                let say = say!("Send `username` and `password`.", "Envoyez `username` et `password`.");
                return Err(Error::malformed("invalid_request", say));
            };
            let login = accounts::model::Login { email, password, client: Some(Client::Api), remember: true, scope: form.scope };
            login::sign_in(&app, &anyone, &device, login, Client::Api).await
        }
        "refresh_token" => {
            let token = form
                .refresh_token
                .ok_or_else(|| Error::malformed("invalid_request", say!("Send `refresh_token`.", "Envoyez `refresh_token`.")))?;
            renew(&app, &anyone, token.expose()).await
        }
        _ => Err(Error::malformed(
            "unsupported_grant_type",
            say!("`grant_type` is `password` or `refresh_token`.", "`grant_type` vaut `password` ou `refresh_token`."),
        )),
    }
}

/// Renews a session: by the cookie of a browser, or by the token of an app.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", request_body = Refresh, responses(
    (status = 200, description = "New tokens", body = Tokens),
    (status = 401, description = "The token is not ours, is over, or has been used by somebody else"),
    (status = 403, description = "A page of another site sent this"),
    (status = 429, description = "Too many renewals")))]
pub async fn refresh(app: App, anyone: Anyone, device: Device, body: super::device::Empty<Refresh>) -> Result<Answer> {
    let given = match body.0.and_then(|r| r.refresh_token) {
        Some(token) => Some(token.expose().to_owned()),
        None => device.cookie(&app, Cookie::Refresh)?,
    };
    renew(&app, &anyone, &given.ok_or_else(missing)?).await
}
/// Renews the session of an app.
#[utoipa::path(post, path = "/auth/token/refresh", operation_id = "refresh_token", tag = "auth", request_body = RefreshToken, responses(
    (status = 200, description = "New tokens", body = Tokens),
    (status = 401, description = "The token is not ours, is over, or has been used by somebody else"),
    (status = 429, description = "Too many renewals")))]
pub async fn refresh_token(app: App, anyone: Anyone, Json(body): Json<RefreshToken>) -> Result<Answer> {
    renew(&app, &anyone, body.refresh_token.expose()).await
}

fn missing() -> Error {
    let say = say!("There is no refresh token here. Sign in.", "Il n’y a pas de jeton de renouvellement ici. Connectez-vous.");
    Error::unauthenticated("refresh_missing", say)
}
fn not_ours() -> Error {
    let say = say!("This refresh token is not valid. Sign in again.", "Ce jeton de renouvellement n’est pas valable. Reconnectez-vous.");
    Error::unauthenticated("invalid_token", say)
}

async fn renew(app: &App, anyone: &Anyone, token: &str) -> Result<Answer> {
    let presented = Presented::read(token).ok_or_else(not_ours)?;
    app.limits.take("refresh", REFRESHES, &presented.session.to_string(), app.now()).await?;
    let mut tx = anyone.begin(app).await?;
    let session = store::lock(&mut tx, presented.session).await?.ok_or_else(not_ours)?;
    let account = accounts::store::by_id(&app.db, session.account_id).await?.ok_or_else(not_ours)?;
    tx.acts_as(account.id);
    if !presented.is_ours(&app.keys, &session.secret)? {
        return refused(tx, "refresh.forged", &session, not_ours()).await;
    }
    if !issue::open(&session, &account, tx.now()) {
        let say = say!("This session is over. Sign in again.", "Cette session est terminée. Reconnectez-vous.");
        return Err(Error::unauthenticated("session_ended", say));
    }
    match session.counted().judge(i64::from(presented.counter), tx.now()) {
        Verdict::Renew => {
            let session = store::renew(&mut tx, &session).await?;
            let id = account.id;
            tx.after_commit(move |app| app.forget_rights(id));
            tx.commit().await?;
            renewed(app, &account, &session).await
        }
        Verdict::Again => {
            drop(tx);
            renewed(app, &account, &session).await
        }
        Verdict::Forged => refused(tx, "refresh.forged", &session, not_ours()).await,
        Verdict::Reused => stolen(tx, &account, &session).await,
    }
}
async fn refused(mut tx: Tx, action: &'static str, session: &Row, error: Error) -> Result<Answer> {
    tx.audit(Entry { action, subject: Some(session.id.uuid()), details: None }).await?;
    tx.commit().await?;
    Err(error)
}
/// Two hold this session, and we cannot tell which one is honest: it ends for both.
async fn stolen(mut tx: Tx, account: &Account, session: &Row) -> Result<Answer> {
    store::end(&mut tx, account.id, session.id, "reused").await?;
    notices::tell(&mut tx, account, Notice::SessionStolen { device: &session.label }).await?;
    let say = say!(
        "This sign-in was used from two places, so it was ended. Sign in again, and change your password if it was not you.",
        "Cette connexion a été utilisée depuis deux endroits : elle a été fermée. Reconnectez-vous, et changez votre mot de passe si ce n’était pas vous."
    );
    refused(tx, "refresh.reused", session, Error::unauthenticated("refresh_reused", say)).await
}

/// Ends the session of this refresh token; the answer is the same whatever it was.
#[utoipa::path(post, path = "/auth/token/revoke", operation_id = "revoke_token", tag = "auth", request_body = RefreshToken, responses(
    (status = 204, description = "Whatever it was, it is of no use any more")))]
pub async fn revoke_token(app: App, anyone: Anyone, Json(body): Json<RefreshToken>) -> Result<Answer> {
    let mut tx = anyone.begin(&app).await?;
    if let Some(session) = of_token(&app, &mut tx, body.refresh_token.expose()).await? {
        leave(tx, session.account_id, session.id).await?;
    }
    Ok(Answer::empty())
}
async fn of_token(app: &App, tx: &mut Tx, token: &str) -> Result<Option<Row>> {
    let Some(presented) = Presented::read(token) else { return Ok(None) };
    let Some(session) = store::lock(tx, presented.session).await? else { return Ok(None) };
    Ok(presented.is_ours(&app.keys, &session.secret)?.then_some(session))
}
async fn leave(mut tx: Tx, account: AccountId, session: SessionId) -> Result<()> {
    tx.acts_as(account);
    if store::end(&mut tx, account, session, "logout").await? {
        tx.audit(Entry { action: "logout", subject: Some(session.uuid()), details: None }).await?;
    }
    tx.commit().await
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Everywhere {
    /// `true` ends every session of the account.
    #[serde(default)]
    all: bool,
}
/// Signs out: every token of this session ends; with `?all=true`, of every session.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", params(Everywhere), responses(
    (status = 200, description = "Signed out"),
    (status = 401, description = "Nobody is signed in here"),
    (status = 403, description = "A page of another site sent this")))]
pub async fn logout(
    app: App,
    anyone: Anyone,
    device: Device,
    caller: Maybe<Caller<UserRead>>,
    Query(everywhere): Query<Everywhere>,
) -> Result<Answer> {
    let mut tx = anyone.begin(&app).await?;
    let (account, session) = match caller.0 {
        Ok(caller) => {
            caller.in_person()?;
            (caller.account, caller.session)
        }
        Err(nobody) => {
            // The access token may be over while the refresh cookie still stands.
            let token = device.cookie(&app, Cookie::Refresh)?.ok_or(nobody)?;
            let session = of_token(&app, &mut tx, &token).await?.ok_or_else(not_ours)?;
            (session.account_id, session.id)
        }
    };
    if everywhere.all {
        store::end_all(&mut tx, account, Some(session), "logout").await?;
    }
    leave(tx, account, session).await?;
    goodbye(&app)
}

/// Gives an access token for another of the caller's organisations.
#[utoipa::path(post, path = "/auth/switch-org", tag = "auth", request_body = SwitchOrg, responses(
    (status = 200, description = "An access token for that organisation", body = Tokens),
    (status = 404, description = "The caller is in no such organisation")))]
pub async fn switch_org(app: App, caller: Caller<UserRead>, Json(to): Json<SwitchOrg>) -> Result<Answer> {
    caller.in_person()?;
    if members::store::role_of(&app.db, to.org_id, caller.account).await?.is_none() {
        return Err(Error::not_found(to.org_id));
    }
    let account = accounts::store::by_id(&app.db, caller.account).await?.ok_or_else(|| Error::not_found(caller.account))?;
    // Its answer holds a token: a repeated `Idempotency-Key` must not find it in the store.
    let mut tx = app.begin(caller.actor.clone()).await?;
    let session = store::lock(&mut tx, caller.session).await?.ok_or_else(not_ours)?;
    store::remember_org(&mut tx, session.id, to.org_id).await?;
    tx.commit().await?;
    deliver(&app, &account, &session, Some(to.org_id), None).await
}

/// The caller's open sessions, the one used last first.
#[utoipa::path(get, path = "/auth/sessions", operation_id = "list_sessions", tag = "auth", responses(
    (status = 200, description = "The sessions", body = Vec<Session>)))]
pub async fn list(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    let rows = store::of_account(&app, caller.account).await?;
    Answer::ok(&rows.into_iter().map(|row| row.shown(&app, caller.session)).collect::<Vec<_>>())
}

/// Ends one of the caller's sessions.
#[utoipa::path(delete, path = "/auth/sessions/{id}", operation_id = "end_session", tag = "auth",
    params(("id" = SessionId, Path, description = "The session")), responses((status = 204, description = "It is over")))]
pub async fn end(app: App, caller: Caller<UserWrite>, Path(id): Path<SessionId>) -> Result<Answer> {
    let mut tx = caller.begin(&app).await?;
    if !store::end(&mut tx, caller.account, id, "revoked").await? {
        return Err(Error::not_found(id));
    }
    tx.audit(Entry { action: "session.ended", subject: Some(id.uuid()), details: None }).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// Ends every session of the caller but this one.
#[utoipa::path(delete, path = "/auth/sessions", operation_id = "end_other_sessions", tag = "auth", responses(
    (status = 204, description = "This is the only one left")))]
pub async fn end_others(app: App, caller: Caller<UserWrite>) -> Result<Answer> {
    caller.fresh(&app)?;
    let mut tx = caller.begin(&app).await?;
    let ended = store::end_all(&mut tx, caller.account, Some(caller.session), "revoked").await?;
    tx.audit(Entry { action: "sessions.ended", subject: None, details: Some(serde_json::json!({"sessions": ended})) }).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// The public keys that verify our access tokens.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "auth", responses((status = 200, description = "A JSON Web Key Set")))]
pub async fn jwks(app: App, _: Anyone) -> Result<Answer> {
    Answer::ok(&app.tokens.jwks())?.with(axum::http::header::CACHE_CONTROL, "public, max-age=300")
}

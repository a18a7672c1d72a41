//! Makes the tokens of a session and hands them to the device as it takes them.

use super::{
    Device,
    model::{Client, Life, Tokens},
    refresh,
    store::{self, New, Row},
};
use crate::{accounts::store::Row as Account, factors, members, orgs};
use axum::http::header::SET_COOKIE;
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{Claims, Scope, Scopes, Signed},
    db::Tx,
    http::{Answer, Cookie},
    id::{AccountId, Id as _, OrgId},
    say,
    time::Timestamp,
};
use std::time::Duration;

/// A platform administrator's access token is over soon, also in somebody else's place.
const ADMIN_MINUTES: u32 = 5;
/// How long one may act in somebody else's place.
pub const IMPERSONATION: Duration = Duration::from_secs(1_800);

/// Somebody proved who they are.
pub struct SignIn<'a> {
    pub account: &'a Account,
    pub client: Client,
    /// Whether a browser may stay signed in after it was closed for a while.
    pub remembered: bool,
    /// As RFC 8176 calls them: `pwd`, `otp`, `fed`, `mail`, `rec`.
    pub methods: &'a str,
    /// Whether a second factor was among them.
    pub strong: bool,
    pub provider: &'a str,
    /// Only these, when fewer than the role holds are wanted.
    pub scope: Option<&'a str>,
    pub device: &'a Device,
}

/// Opens a session in this transaction, commits it, and answers its tokens. An account with a second factor is asked for it
/// here, whatever way it came.
pub async fn sign_in(mut tx: Tx, who: SignIn<'_>) -> Result<Answer> {
    let app = tx.app().clone();
    let account = who.account;
    tx.acts_as(account.id);
    if account.two_factor && !who.strong {
        return factors::challenge::ask(tx, who).await;
    }
    let org = orgs::store::first_of(&app.db, account.id).await?;
    let scopes = narrowed(&app, account, org, who.scope).await?;
    let admin = account.platform_role.is_some();
    let new = New {
        account: account.id,
        client: who.client,
        life: Life::of(who.client, who.remembered, admin, app.settings.refresh_token_days),
        methods: who.methods,
        strong: who.strong,
        provider: who.provider,
        scopes: scopes.as_deref(),
        last_org: org,
        label: &who.device.label,
        ip: who.device.ip,
        impersonator: None,
    };
    let session = store::create(&mut tx, new).await?;
    let details = Some(serde_json::json!({"methods": who.methods, "provider": who.provider, "client": who.client}));
    tx.audit(Entry { action: "login.succeeded", subject: Some(session.id.uuid()), details }).await?;
    tx.commit().await?;
    renewed(&app, account, &session).await
}

/// Somebody who is signed in proved once more who they are.
pub struct Again<'a> {
    pub account: &'a Account,
    pub old: &'a Row,
    pub org: Option<OrgId>,
    pub methods: &'a str,
    pub strong: bool,
    pub device: &'a Device,
}

/// A session with another id takes the old one's place, for as long as that one was given, and with no more rights.
pub async fn again(mut tx: Tx, who: Again<'_>) -> Result<Answer> {
    let (app, account, old) = (tx.app().clone(), who.account, who.old);
    let life = Life { idle: Duration::from_secs(old.idle_seconds.unsigned_abs()), most: old.ends_at.since(old.created_at) };
    let new = New {
        account: account.id,
        client: old.client,
        life,
        methods: who.methods,
        strong: who.strong,
        provider: &old.provider,
        scopes: old.scopes.as_deref(),
        last_org: who.org,
        label: &who.device.label,
        ip: who.device.ip,
        impersonator: None,
    };
    store::end(&mut tx, account.id, old.id, "step_up").await?;
    let session = store::create(&mut tx, new).await?;
    let details = Some(serde_json::json!({"methods": who.methods, "before": old.id}));
    tx.audit(Entry { action: "step_up.succeeded", subject: Some(session.id.uuid()), details }).await?;
    tx.commit().await?;
    renewed(&app, account, &session).await
}

/// An administrator acts in somebody's place.
pub struct InPlaceOf<'a> {
    pub account: &'a Account,
    pub org: Option<OrgId>,
    pub impersonator: AccountId,
    pub device: &'a Device,
}

/// A session of half an hour at most, with what the account may do there but for what only concerns the person.
pub async fn in_place_of(mut tx: Tx, who: InPlaceOf<'_>) -> Result<Answer> {
    let (app, account) = (tx.app().clone(), who.account);
    let scopes: Scopes = Scope::ALL.iter().copied().filter(|scope| scope.for_impersonators()).collect();
    let scopes = scopes.intersection(held(&app, account, who.org).await?).to_string();
    let new = New {
        account: account.id,
        client: Client::Cli,
        life: Life { idle: IMPERSONATION, most: IMPERSONATION },
        methods: "",
        strong: false,
        provider: "impersonation",
        scopes: Some(&scopes),
        last_org: who.org,
        label: &who.device.label,
        ip: who.device.ip,
        impersonator: Some(who.impersonator),
    };
    let session = store::create(&mut tx, new).await?;
    tx.commit().await?;
    renewed(&app, account, &session).await
}

/// Scopes beyond the role's are left out; nothing left is an error.
async fn narrowed(app: &App, account: &Account, org: Option<OrgId>, wanted: Option<&str>) -> Result<Option<String>> {
    let Some(wanted) = wanted.map(str::trim).filter(|w| !w.is_empty()) else { return Ok(None) };
    let left = Scopes::parse(wanted).intersection(held(app, account, org).await?);
    if left.is_empty() {
        let say = say!(
            "None of the scopes asked for is yours. Leave `scope` out to get all that you have.",
            "Aucun des droits demandés n’est à vous. Omettez `scope` pour obtenir tous les vôtres."
        );
        return Err(Error::malformed("invalid_scope", say));
    }
    Ok(Some(left.to_string()))
}
async fn held(app: &App, account: &Account, org: Option<OrgId>) -> Result<Scopes> {
    let role = match org {
        Some(org) => members::store::role_of(&app.db, org, account.id).await?,
        None => None,
    };
    Ok(Scopes::held_by(role, account.platform_role.is_some()))
}

/// Both tokens of a session, its newest.
pub(super) async fn renewed(app: &App, account: &Account, session: &Row) -> Result<Answer> {
    let refresh = refresh::write(&app.keys, session.id, &session.secret, session.counter)?;
    deliver(app, account, session, session.last_org, Some(refresh)).await
}

/// An access token for this org, with a refresh token or without.
pub(super) async fn deliver(app: &App, account: &Account, session: &Row, org: Option<OrgId>, refresh: Option<String>) -> Result<Answer> {
    let mut scopes = held(app, account, org).await?;
    if let Some(narrow) = &session.scopes {
        scopes = scopes.intersection(Scopes::parse(narrow));
    }
    let life = Duration::from_secs(
        60 * u64::from(minutes(app, session.client, account.platform_role.is_some() || session.impersonator.is_some())),
    );
    let signed = Signed {
        account: account.id,
        epoch: account.epoch,
        session: session.id,
        generation: session.counter,
        at: session.signed_in_at,
        methods: &session.methods,
        impersonator: session.impersonator,
    };
    let claims = Claims::new(&app.tokens, signed, app.now(), life).with(org, scopes);
    let access = app.tokens.sign(&claims)?;
    let unused = session.expires_at.since(app.now());
    let mut cookies = vec![];
    if session.client.takes_cookies() {
        cookies.push(Cookie::Access.set(app, &access, life));
        cookies.extend(refresh.as_deref().map(|token| Cookie::Refresh.set(app, token, unused)));
    }
    let json = session.client.takes_json();
    let tokens = Tokens {
        access_token: json.then_some(access),
        token_type: "bearer",
        expires_in: claims.exp - claims.iat,
        refresh_expires_in: refresh.as_ref().and(i64::try_from(unused.as_millis().div_ceil(1_000)).ok()),
        refresh_token: refresh.filter(|_| json_refresh(session.client)),
        session_expires_at: session.ends_at,
        scope: claims.scope,
        user_id: account.id,
        email: account.email(app)?,
        provider: session.provider.clone(),
        org_id: org,
    };
    cookies.into_iter().try_fold(Answer::ok(&tokens)?, |answer, cookie| answer.with(SET_COOKIE, cookie))
}
/// Whoever got the refresh token as a cookie does not get it where a script could read it.
const fn json_refresh(client: Client) -> bool {
    matches!(client, Client::Mobile | Client::Cli)
}
fn minutes(app: &App, client: Client, brief: bool) -> u32 {
    let usual = if client == Client::Mobile { app.settings.mobile_access_token_minutes } else { app.settings.access_token_minutes };
    if brief { usual.min(ADMIN_MINUTES) } else { usual }
}

/// What a browser is told when its session is over.
pub(super) fn goodbye(app: &App) -> Result<Answer> {
    let answer = Answer::ok(&serde_json::json!({"status": "ok"}))?;
    let answer = answer.with(SET_COOKIE, Cookie::Access.clear(app))?.with(SET_COOKIE, Cookie::Refresh.clear(app))?;
    answer.with(axum::http::HeaderName::from_static("clear-site-data"), "\"cache\", \"storage\"")
}

/// Whether this session may go on.
pub(super) fn open(session: &Row, account: &Account, now: Timestamp) -> bool {
    session.alive(now) && account.active()
}

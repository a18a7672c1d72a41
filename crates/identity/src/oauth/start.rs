//! The ways to sign in, and the start of one.

use super::{
    facebook,
    model::{Begin, Begun, Bound, Flow, Intent, Methods, Mode, Way, is_challenge},
    oidc,
    provider::{Kind, Provider},
    tickets,
};
use crate::sessions::Device;
use axum::http::header::SET_COOKIE;
use base::{
    App, Error, Result,
    auth::Anyone,
    crypto,
    http::{Answer, Cookie, Path, Query},
    limits::{self, Rule},
    say,
    settings::Value as _,
};
use std::time::Duration;

/// Nobody signs in oftener; every start is a row.
const STARTS: Rule = Rule::per(60, Duration::from_secs(60));

/// How people can sign in here, for a sign-in page.
#[utoipa::path(get, path = "/auth/providers", operation_id = "list_providers", tag = "auth", responses(
    (status = 200, description = "The ways to sign in", body = Vec<Way>)))]
pub async fn providers(app: App, _: Anyone) -> Result<Answer> {
    Answer::ok(&ways(&app))
}
fn ways(app: &App) -> Vec<Way> {
    let local = app.settings.local_sign_in.then(|| Way { provider: "local".to_owned(), name: "E-mail".to_owned(), start: None });
    let others = Provider::all(&app.settings).into_iter().map(|one| Way {
        start: Some(format!("/api/v1/auth/{}/start", one.slug)),
        provider: one.slug,
        name: one.name,
    });
    local.into_iter().chain(others).collect()
}

/// What a page for signing in and up has to know of this server.
#[utoipa::path(get, path = "/auth/methods", operation_id = "list_methods", tag = "auth", responses(
    (status = 200, description = "The ways to sign in, who may sign up, and the shortest password", body = Methods)))]
pub async fn methods(app: App, _: Anyone) -> Result<Answer> {
    Answer::ok(&Methods { ways: ways(&app), signup: app.settings.signup().show(), password_min_length: app.settings.password_min_length })
}

/// Begins to sign in with a provider.
#[utoipa::path(get, path = "/auth/{provider}/start", operation_id = "start_provider", tag = "auth",
    params(("provider" = String, Path, description = "`google`, `facebook`, or one of `OIDC_<NAME>_ISSUER`"), Begin), responses(
    (status = 200, description = "Where to go", body = Begun),
    (status = 302, description = "There (`mode=redirect`)"),
    (status = 400, description = "`redirect_uri` is not on the list"),
    (status = 429, description = "Too many starts"),
    (status = 501, description = "The provider is not configured here"),
    (status = 502, description = "The provider does not answer")))]
pub async fn start(app: App, anyone: Anyone, device: Device, Path(slug): Path<String>, Query(begin): Query<Begin>) -> Result<Answer> {
    let provider = Provider::find(&app, &slug)?;
    if !(app.settings.development() && device.ip.is_loopback()) {
        app.limits.take("oauth_start", STARTS, &limits::address(device.ip), app.now()).await?;
    }
    let back = back(&app, begin.redirect_uri.as_deref())?;
    let bound = bound(&begin)?;
    let here = begin.mode == Some(Mode::Redirect);
    let browser = if here { Some(browser(&app, &device)?) } else { None };
    let flow = Flow {
        nonce: crypto::token(),
        verifier: crypto::token(),
        back,
        browser: browser.as_ref().map(|cookie| crypto::sha256_hex(cookie.as_bytes())),
        link: begin.intent == Some(Intent::Link),
        bound,
    };
    let mut tx = anyone.begin(&app).await?;
    let state = tickets::give(&mut tx, tickets::Kind::Flow, &provider.slug, None, &flow).await?;
    tx.commit().await?;
    let auth_url = address(&app, &provider, &state, &flow).await?;
    match browser {
        Some(cookie) => Answer::found(auth_url)?.with(SET_COOKIE, Cookie::Flow.set(&app, &cookie, tickets::Kind::Flow.life())),
        None => Answer::ok(&Begun { auth_url, state }),
    }
}
/// Begins to sign in with a provider, by the name that the published app uses.
#[utoipa::path(get, path = "/auth/{provider}/login", operation_id = "login_provider", tag = "auth",
    params(("provider" = String, Path, description = "`google`, `facebook`, or one of `OIDC_<NAME>_ISSUER`"), Begin), responses(
    (status = 200, description = "Where to go", body = Begun),
    (status = 302, description = "There (`mode=redirect`)"),
    (status = 400, description = "`redirect_uri` is not on the list"),
    (status = 429, description = "Too many starts"),
    (status = 501, description = "The provider is not configured here"),
    (status = 502, description = "The provider does not answer")))]
pub async fn login(app: App, anyone: Anyone, device: Device, slug: Path<String>, begin: Query<Begin>) -> Result<Answer> {
    start(app, anyone, device, slug, begin).await
}

async fn address(app: &App, provider: &Provider, state: &str, flow: &Flow) -> Result<String> {
    match &provider.kind {
        Kind::Oidc { issuer, .. } => oidc::address(app, provider, issuer, state, flow).await,
        Kind::Facebook { dialog, .. } => Ok(facebook::address(provider, dialog, state, flow)),
    }
}

/// The page of our own console that takes the answer.
pub const CONSOLE: &str = "/signed-in";

/// Where the answer goes: to the console, to an address that the operator listed, letter for letter, else to the app if there is one.
fn back(app: &App, asked: Option<&str>) -> Result<Option<String>> {
    let link = app.settings.oauth_app_redirect.as_deref();
    let Some(asked) = asked else { return Ok(link.map(str::to_owned)) };
    let console = asked.strip_prefix(&app.settings.public_url()) == Some(CONSOLE);
    if console || link == Some(asked) || app.settings.oauth_redirect_allowlist.iter().any(|allowed| allowed == asked) {
        return Ok(Some(asked.to_owned()));
    }
    let say = say!(
        "This `redirect_uri` is not allowed here. The operator lists it in OAUTH_REDIRECT_ALLOWLIST, letter for letter.",
        "Cette `redirect_uri` n’est pas autorisée ici. L’exploitant l’inscrit dans OAUTH_REDIRECT_ALLOWLIST, à la lettre près."
    );
    Err(Error::malformed("redirect_uri_not_allowed", say))
}
fn bound(begin: &Begin) -> Result<Bound> {
    let plain = begin.code_challenge_method.as_deref().is_some_and(|method| method != "S256");
    let fits = !plain && begin.code_challenge.as_deref().is_none_or(is_challenge);
    if fits {
        return Ok(Bound(begin.code_challenge.clone()));
    }
    let say = say!(
        "Send the SHA-256 of the verifier in base64url, and `code_challenge_method=S256`.",
        "Envoyez le SHA-256 du vérificateur en base64url, et `code_challenge_method=S256`."
    );
    Err(Error::field("code_challenge", "invalid_code_challenge", say))
}
/// What this browser is known by for the next minutes; sign-ins in two of its tabs share it.
fn browser(app: &App, device: &Device) -> Result<String> {
    let known = device.cookie(app, Cookie::Flow)?;
    Ok(known.filter(|c| c.len() == 64 && c.bytes().all(|b| b.is_ascii_hexdigit())).unwrap_or_else(crypto::token))
}

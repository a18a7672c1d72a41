//! A provider sends somebody back: an answer to a flow of ours, or nothing at all.

use super::{
    arrive::{Arrival, arrive, failed, must_link, persistently, prove},
    facebook,
    model::{Came, Flow, LinkToken, Person, with_pair},
    oidc,
    provider::{Kind, Provider},
    tickets,
};
use crate::sessions::{
    Device, SignIn,
    model::{Client, Tokens},
    sign_in,
};
use base::{
    App, Error, Result,
    auth::Anyone,
    crypto,
    error::Kind as Why,
    http::{Answer, Cookie, Path, Query},
    say,
};

/// The provider's answer: to the app as `?token=`, or as tokens when there is no app.
#[utoipa::path(get, path = "/auth/{provider}/callback", operation_id = "provider_callback", tag = "auth",
    params(("provider" = String, Path, description = "The provider"), Came), responses(
    (status = 200, description = "The tokens, or a link token when that was asked for", body = Tokens),
    (status = 302, description = "To the app: `?token=`, `?link_token=` or `?error=`"),
    (status = 400, description = "The state is not one of ours, or the provider’s answer does not hold"),
    (status = 403, description = "The account is disabled, or signing up is closed"),
    (status = 409, description = "An account has this address: sign in to it, then link with `link_token`"),
    (status = 501, description = "The provider is not configured here"),
    (status = 502, description = "The provider does not answer")))]
pub async fn callback(app: App, anyone: Anyone, device: Device, Path(slug): Path<String>, Query(came): Query<Came>) -> Result<Answer> {
    let provider = Provider::find(&app, &slug)?;
    if came.code.is_none() && came.error.is_none() {
        return Err(Error::field("code", "required", say!("This is required.", "Ce champ est obligatoire.")));
    }
    let flow = flow_of(&app, &anyone, &device, &provider, &came.state).await?;
    let error = match complete(&app, &anyone, &device, &provider, &flow, came).await {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    // A fault of ours is answered as one, so that it is seen and logged.
    if matches!(error.kind(), Why::Internal | Why::Retry) {
        return Err(error);
    }
    failed(&app, &anyone, &provider, &error).await?;
    match &flow.back {
        Some(back) => Answer::found(told(back, &error)),
        // Whoever looks at this is at the end of a redirect: nothing in between could use the difference.
        None if error.kind() == Why::BadGateway => Err(Error::malformed(error.code(), error.say().clone())),
        None => Err(error),
    }
}
fn told(back: &str, error: &Error) -> String {
    let url = with_pair(back, "error", error.code());
    let link_token = error.extra().get("link_token").and_then(|token| token.as_str());
    link_token.map_or_else(|| url.clone(), |token| with_pair(&url, "link_token", token))
}

/// The flow that this state belongs to: ours, of this provider, not over, not used, and begun by this browser.
async fn flow_of(app: &App, anyone: &Anyone, device: &Device, provider: &Provider, state: &str) -> Result<Flow> {
    let mut tx = anyone.begin(app).await?;
    let ticket = tickets::take(&mut tx, tickets::Kind::Flow, state).await?.filter(|t| t.provider == provider.slug);
    let flow: Option<Flow> = ticket.map(|t| t.payload(&tx)).transpose()?;
    tx.commit().await?;
    let flow = flow.ok_or_else(|| {
        let say = say!(
            "This sign-in is not known here, is over, or was used already. Begin again.",
            "Cette connexion est inconnue, expirée ou déjà utilisée. Recommencez."
        );
        Error::malformed("invalid_state", say)
    })?;
    let cookie = device.cookie(app, Cookie::Flow)?.map(|cookie| crypto::sha256_hex(cookie.as_bytes()));
    if flow.browser.is_some() && flow.browser != cookie {
        let say = say!(
            "This sign-in began in another browser. Begin again in this one.",
            "Cette connexion a commencé dans un autre navigateur. Recommencez dans celui-ci."
        );
        return Err(Error::malformed("another_browser", say));
    }
    Ok(flow)
}

async fn complete(app: &App, anyone: &Anyone, device: &Device, provider: &Provider, flow: &Flow, came: Came) -> Result<Answer> {
    let person = person(app, provider, flow, came).await?;
    persistently!(finish(app, anyone, device, provider, flow, &person))
}
async fn person(app: &App, provider: &Provider, flow: &Flow, came: Came) -> Result<Person> {
    let code = match (came.error.as_deref(), came.code) {
        (None, Some(code)) => code,
        (Some("access_denied"), _) => {
            let say = say!("You did not agree at the provider.", "Vous avez refusé chez le fournisseur.");
            return Err(Error::malformed("access_denied", say));
        }
        _ => return Err(oidc::refused(provider)),
    };
    match &provider.kind {
        Kind::Oidc { issuer, email } => {
            if !oidc::is_issuer(issuer, came.iss.as_deref()) {
                return Err(Error::malformed(
                    "issuer_mismatch",
                    say!("Another provider answered. Begin again.", "Un autre fournisseur a répondu. Recommencez."),
                ));
            }
            oidc::person(app, provider, (issuer, *email), code.expose(), flow).await
        }
        Kind::Facebook { graph, .. } => facebook::person(app, provider, graph, code.expose(), flow).await,
    }
}

/// One transaction: who it is, and what they get.
async fn finish(app: &App, anyone: &Anyone, device: &Device, provider: &Provider, flow: &Flow, person: &Person) -> Result<Answer> {
    let mut tx = anyone.begin(app).await?;
    if flow.link {
        let link_token = prove(&mut tx, provider, person, &flow.bound).await?;
        tx.commit().await?;
        let expires_in = tickets::Kind::Link.life().as_secs();
        return match &flow.back {
            Some(back) => Answer::found(with_pair(back, "link_token", &link_token)),
            None => Answer::ok(&LinkToken { link_token, provider: provider.slug.clone(), expires_in }),
        };
    }
    let account = match arrive(&mut tx, provider, person, &flow.bound).await? {
        Arrival::Known(account) => account,
        Arrival::MustLink { link_token } => {
            tx.commit().await?;
            return Err(must_link(provider, &link_token));
        }
    };
    if let Some(back) = &flow.back {
        let token = tickets::give(&mut tx, tickets::Kind::Callback, &provider.slug, Some(account.id), &flow.bound).await?;
        tx.commit().await?;
        return Answer::found(with_pair(back, "token", &token));
    }
    // Only a browser that is known to have begun it gets cookies besides.
    let client = if flow.browser.is_some() { Client::Api } else { Client::Mobile };
    let who = SignIn {
        account: &account,
        client,
        remembered: false,
        methods: "fed",
        strong: false,
        provider: &provider.slug,
        scope: None,
        device,
    };
    sign_in(tx, who).await
}

//! Signs in with a password: JSON or the OAuth2 form, at the API's address or at the app's.

use super::{
    model::{Login, normal_email},
    store,
};
use crate::sessions::{
    self, Device, SignIn,
    model::{Client, TokenForm, Tokens},
};
use axum::{
    extract::{FromRequest, Request},
    http::header,
};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::Anyone,
    http::{Answer, Form, Json, Op, Part},
    say,
};

/// What a person types, as JSON or as the form that OAuth2 tools send.
pub struct Credentials(pub Login);
impl FromRequest<App> for Credentials {
    type Rejection = Error;
    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Ok(Self(Json::from_request(request, app).await?.0));
        }
        let form: TokenForm = Form::from_request(request, app).await?.0;
        let missing = |field: &'static str| Error::field(field, "required", say!("This is required.", "Ce champ est obligatoire."));
        let email = form.username.ok_or_else(|| missing("username"))?;
        let password = form.password.ok_or_else(|| missing("password"))?;
        Ok(Self(Login { email, password, client: None, remember: false, scope: form.scope }))
    }
}
impl Part for Credentials {
    fn describe(op: &mut Op<'_>) {
        Json::<Login>::describe(op);
    }
}

/// Signs in with a password.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = Login, responses(
    (status = 200, description = "The tokens; a browser (`client: web`) gets cookies instead", body = Tokens),
    (status = 400, description = "None of the scopes asked for is the account's"),
    (status = 401, description = "The address or the password is wrong"),
    (status = 403, description = "A page of another site sent this"),
    (status = 404, description = "Passwords are not used here (`LOCAL_SIGN_IN=off`)"),
    (status = 429, description = "Too many tries")))]
pub async fn login(app: App, anyone: Anyone, device: Device, Credentials(login): Credentials) -> Result<Answer> {
    sign_in(&app, &anyone, &device, login, Client::Api).await
}
/// Signs in from a mobile app: the same, with the mobile life of tokens.
#[utoipa::path(post, path = "/auth/login", operation_id = "root_login", tag = "auth", request_body = Login, responses(
    (status = 200, description = "The tokens", body = Tokens),
    (status = 400, description = "None of the scopes asked for is the account's"),
    (status = 401, description = "The address or the password is wrong"),
    (status = 403, description = "A page of another site sent this"),
    (status = 404, description = "Passwords are not used here (`LOCAL_SIGN_IN=off`)"),
    (status = 429, description = "Too many tries")))]
pub async fn root_login(app: App, anyone: Anyone, device: Device, Credentials(login): Credentials) -> Result<Answer> {
    sign_in(&app, &anyone, &device, login, Client::Mobile).await
}

/// With `LOCAL_SIGN_IN=off` nothing that takes a password is there.
pub(crate) fn passwords_are_used(app: &App) -> Result<()> {
    if app.settings.local_sign_in {
        return Ok(());
    }
    let say = say!(
        "Passwords are not used here. Sign in with a provider: GET /api/v1/auth/providers lists them.",
        "On ne se connecte pas ici par mot de passe. Utilisez un fournisseur : GET /api/v1/auth/providers les énumère."
    );
    Err(Error::missing("local_sign_in_off", say))
}

pub(crate) async fn sign_in(app: &App, anyone: &Anyone, device: &Device, login: Login, unsaid: Client) -> Result<Answer> {
    passwords_are_used(app)?;
    let client = login.client.unwrap_or(unsaid);
    if client.takes_cookies() {
        // A foreign page must not sign its visitor in as somebody else.
        device.own_page(app)?;
    }
    // An address that cannot exist is looked up like any other, so that it takes as long.
    let email = normal_email(&login.email).unwrap_or_default();
    let row = store::by_email(app, &email).await?;
    let fits = app.hasher.verify(&login.password, row.as_ref().and_then(|r| r.password_phc.clone())).await?;
    let mut tx = anyone.begin(app).await?;
    let Some(account) = row.filter(|r| fits && r.active()) else {
        tx.audit(Entry { action: "login.failed", subject: None, details: None }).await?;
        tx.commit().await?;
        let say = say!("The address or the password is wrong.", "L’adresse ou le mot de passe est incorrect.");
        return Err(Error::unauthenticated("invalid_credentials", say));
    };
    let who = SignIn {
        account: &account,
        client,
        remembered: login.remember,
        methods: "pwd",
        strong: false,
        provider: "local",
        scope: login.scope.as_deref(),
        device,
    };
    sessions::sign_in(tx, who).await
}

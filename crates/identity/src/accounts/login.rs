//! Signs in with a password: JSON or the OAuth2 form, at the API's address or at the app's.

use super::{
    local_only,
    model::{Login, spelling},
    store::{self, Row},
};
use crate::{
    guessing::Attempt,
    passwords,
    sessions::{
        self, Device, SignIn,
        model::{Client, TokenForm, Tokens},
    },
};
use axum::{
    extract::{FromRequest, Request},
    http::{header, header::SET_COOKIE},
};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::Anyone,
    db::Tx,
    http::{Answer, Form, Json, Op, Part},
    id::{AccountId, Id as _},
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

pub(crate) async fn sign_in(app: &App, anyone: &Anyone, device: &Device, login: Login, unsaid: Client) -> Result<Answer> {
    local_only(app)?;
    let client = login.client.unwrap_or(unsaid);
    if client.takes_cookies() {
        // A foreign page must not sign its visitor in as somebody else.
        device.own_page(app)?;
    }
    // An address that cannot exist is looked up like any other, so that it takes as long.
    let email = spelling(&login.email);
    let attempt = Attempt::begin(app, device, &email).await?;
    let row = store::by_email(app, &email).await?;
    let fits = match hashed(app, &login, row.as_ref()).await {
        Ok(fits) => fits,
        Err(busy) => {
            attempt.called_off(app).await;
            return Err(busy);
        }
    };
    let rehashed = match row.as_ref().and_then(|r| r.password_phc.as_deref()) {
        Some(phc) if fits && app.hasher.needs_rehash(phc) => Some(app.hasher.hash(&login.password).await?),
        _ => None,
    };
    let mut tx = anyone.begin(app).await?;
    let account = match row {
        Some(row) if fits => still(&mut tx, row).await?,
        Some(row) => Err(Refusal { account: Some(row.id), why: if row.password_phc.is_some() { "wrong_password" } else { "no_password" } }),
        None => Err(Refusal { account: None, why: "unknown_account" }),
    };
    let account = match account {
        Ok(account) => account,
        Err(refusal) => return refusal.tell(tx, &attempt).await,
    };
    attempt.right(&mut tx).await?;
    if rehashed.is_some() {
        store::set_password(&mut tx, account.id, rehashed.as_deref()).await?;
    }
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
    let answer = sessions::sign_in(tx, who).await?;
    if client.takes_cookies() { answer.with(SET_COOKIE, attempt.remember(app)?) } else { Ok(answer) }
}

/// Whether the password fits, after as much work for an address that nobody has as for any other.
async fn hashed(app: &App, login: &Login, row: Option<&Row>) -> Result<bool> {
    let kinds = passwords::kinds::known(app).await?;
    app.hasher.verify_unseen(&login.password, row.and_then(|r| r.password_phc.clone()), kinds).await
}

/// The account as it stands now: its password may have been changed while the hash was made, or it was disabled.
async fn still(tx: &mut Tx, row: Row) -> Result<std::result::Result<Row, Refusal>> {
    let refusal = |why| Err(Refusal { account: Some(row.id), why });
    Ok(match store::lock(tx, row.id).await? {
        Some(now) if now.password_phc != row.password_phc => refusal("wrong_password"),
        Some(now) if now.active() => Ok(now),
        _ => refusal("disabled"),
    })
}

/// Why somebody was not let in: the audit knows, the answer does not say.
struct Refusal {
    account: Option<AccountId>,
    why: &'static str,
}
impl Refusal {
    async fn tell(self, mut tx: Tx, attempt: &Attempt) -> Result<Answer> {
        attempt.wrong(&mut tx).await?;
        let subject = self.account.map(|id| id.uuid());
        let details = Some(serde_json::json!({"reason": self.why}));
        tx.audit(Entry { action: "login.failed", subject, details }).await?;
        tx.commit().await?;
        let say = say!("The address or the password is wrong.", "L’adresse ou le mot de passe est incorrect.");
        Err(Error::unauthenticated("invalid_credentials", say))
    }
}

//! What is sent and answered, whom a provider describes, and what is done about an address that somebody has already.

use crate::sessions::model::Client;
use base::{
    Error, Result,
    crypto::{Secret, sha256},
    id::Uuid,
    say,
    settings::LinkPolicy,
    time::Timestamp,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

base::id!(pub IdentityId "identity" "identité");

/// How a sign-in begins.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Begin {
    /// `json` (default) answers the address to open; `redirect` goes there, and only this browser can come back.
    #[param(inline)]
    pub mode: Option<Mode>,
    /// Where the answer goes instead of the app's deep link; one of `OAUTH_REDIRECT_ALLOWLIST`.
    pub redirect_uri: Option<String>,
    /// `sign_in` (default), or `link`: the answer is a link token for `POST /auth/identities`.
    #[param(inline)]
    pub intent: Option<Intent>,
    /// BASE64URL(SHA-256(`code_verifier`)): then only who knows the verifier can use the answer's token.
    pub code_challenge: Option<String>,
    /// `S256`, the only one there is.
    pub code_challenge_method: Option<String>,
    /// Taken from older apps and not used: the nonce is ours.
    pub session_nonce: Option<String>,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Json,
    Redirect,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    SignIn,
    Link,
}
#[derive(Serialize, ToSchema)]
pub struct Begun {
    /// To be opened in a browser.
    pub auth_url: String,
    pub state: String,
}

/// What a provider sends its user back with. It may add what it likes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Came {
    pub state: String,
    pub code: Option<Secret>,
    pub error: Option<String>,
    pub iss: Option<String>,
}
/// A proof that somebody has this identity, for `POST /auth/identities`.
#[derive(Serialize, ToSchema)]
pub struct LinkToken {
    pub link_token: String,
    pub provider: String,
    /// In seconds.
    pub expires_in: u64,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    pub callback_token: Secret,
    /// When the sign-in began with a `code_challenge`.
    pub code_verifier: Option<Secret>,
    /// `mobile` (default), `cli`, or `web`, which gets cookies.
    pub client: Option<Client>,
}
#[derive(Serialize, ToSchema)]
pub struct Challenge {
    pub challenge_id: String,
    /// Goes into the request to the provider's SDK, as it is or as its SHA-256.
    pub nonce: String,
    pub expires_in: u64,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Native {
    /// From an OpenID Connect provider.
    pub id_token: Option<Secret>,
    /// From Facebook's SDK.
    pub access_token: Option<Secret>,
    pub challenge_id: Option<String>,
    /// `mobile` (default), `cli`, or `web`, which gets cookies.
    pub client: Option<Client>,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub link_token: Secret,
    /// When the sign-in began with a `code_challenge`.
    pub code_verifier: Option<Secret>,
}
/// A way to sign in, for a sign-in page.
#[derive(Serialize, ToSchema)]
pub struct Way {
    /// `local` is the password.
    pub provider: String,
    pub name: String,
    /// Where signing in begins; none for the password.
    pub start: Option<String>,
}
/// What a page for signing in and up has to know.
#[derive(Serialize, ToSchema)]
pub struct Methods {
    pub ways: Vec<Way>,
    /// Who may sign up with a password: `open`, `verify` (a mail confirms it), `invite` or `closed`.
    pub signup: String,
    pub password_min_length: usize,
}
/// Somebody at a provider, linked with the caller's account.
#[derive(Serialize, ToSchema)]
pub struct Identity {
    pub id: IdentityId,
    pub provider: String,
    /// As the provider said last; the account's own address may be another.
    pub email: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
}

/// Whom a provider describes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub issuer: String,
    pub subject: String,
    pub email: String,
    /// Whether the address is known to be this person's.
    pub trusted: bool,
    pub name: Option<String>,
    pub picture: Option<String>,
}
impl Person {
    /// Only what can be shown: a name of one line, a picture from the web.
    pub fn presentable(mut self) -> Self {
        let name = self.name.as_deref().map(|n| n.split_whitespace().collect::<Vec<_>>().join(" "));
        self.name = name.map(|n| n.chars().take(100).collect()).filter(|n: &String| !n.is_empty() && base::text::is_one_line(n));
        self.picture = self.picture.filter(|p| p.starts_with("https://") && p.len() <= 2_048 && p.bytes().all(|b| b.is_ascii_graphic()));
        self
    }
}

/// The account that has the address already.
#[derive(Clone, Copy, Debug)]
pub struct Holder {
    pub verified: bool,
    /// Whether more than itself hangs on it: it is in an organisation.
    pub owns: bool,
}
/// What is done with a person who comes for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// A new account; whether the address is its own.
    New { with_address: bool },
    /// Somebody must sign in to the account that has the address and link it.
    Confirm,
    /// The same person, beyond doubt.
    Link,
    /// Whoever made the account never had the mailbox: what they left in it goes, then it is this person's.
    TakeOver,
}
pub const fn first_time(trusted: bool, holder: Option<Holder>, policy: LinkPolicy) -> First {
    match (holder, trusted, policy) {
        (None, trusted, _) => First::New { with_address: trusted },
        (Some(_), _, LinkPolicy::Separate) => First::New { with_address: false },
        (Some(_), false, _) => First::Confirm,
        (Some(Holder { verified: true, .. }), true, LinkPolicy::Auto) => First::Link,
        (Some(Holder { verified: true, .. }), true, LinkPolicy::Confirm) => First::Confirm,
        (Some(Holder { owns: true, .. }), true, _) => First::New { with_address: false },
        (Some(_), true, _) => First::TakeOver,
    }
}

/// What we remember of a sign-in between its start and its callback.
#[derive(Serialize, Deserialize)]
pub struct Flow {
    pub nonce: String,
    /// Of PKCE between us and the provider.
    pub verifier: String,
    /// Where the answer goes; nowhere means JSON.
    pub back: Option<String>,
    /// The digest of the cookie of the browser that began it.
    pub browser: Option<String>,
    pub link: bool,
    pub bound: Bound,
}
/// Whoever knows the verifier of this challenge, when there is one.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Bound(pub Option<String>);
impl Bound {
    pub fn fits(&self, verifier: Option<&Secret>) -> Result<()> {
        match (&self.0, verifier) {
            (None, _) => Ok(()),
            (Some(challenge), Some(verifier)) if challenge_of(verifier.expose()) == *challenge => Ok(()),
            (Some(_), _) => Err(Error::malformed(
                "code_verifier_mismatch",
                say!(
                    "Send the `code_verifier` that belongs to the `code_challenge` of the start.",
                    "Envoyez le `code_verifier` qui correspond au `code_challenge` du début."
                ),
            )),
        }
    }
}
/// The S256 challenge of RFC 7636.
pub fn challenge_of(verifier: &str) -> String {
    B64.encode(sha256(verifier.as_bytes()))
}
pub fn is_challenge(text: &str) -> bool {
    B64.decode(text).is_ok_and(|digest| digest.len() == 32)
}

/// The address with one more pair in its query.
pub fn with_pair(url: &str, name: &str, value: &str) -> String {
    let join = if url.contains('?') { '&' } else { '?' };
    let pair = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    format!("{url}{join}{pair}")
}

/// A random name for a row that nobody else needs.
pub fn new_id() -> IdentityId {
    IdentityId(base::id::v4() as Uuid)
}

//! Settings: one definition each gives the parser, `--help`, the documentation page and `.env.example`.

mod check;
mod source;
#[cfg(test)]
mod tests;
mod url;
mod value;

pub use check::secret_key as check_secret_key;
pub use source::{Fault, Origin, Source, nearest, nearest_setting};
pub use url::{DatabaseUrl, MailUrl, RedisUrl, WebUrl};
pub use value::{AiConsent, AiProfile, AppLink, Env, JwtAlg, LinkPolicy, Named, NativeNonce, Scheme, Signup, Value, Words};

use crate::{crypto::Secret, limits::Rule};
use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

/// A setting as people see it.
pub struct Definition {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub section: &'static str,
    /// What it is when nobody says anything; empty where that depends on other settings.
    pub default: &'static str,
    pub doc: &'static str,
    pub secret: bool,
}
impl Definition {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLE.iter().find(|one| one.names().any(|n| n == name) || one.member(name).is_some())
    }
    /// `OIDC_<NAME>_ISSUER` is a family: `ACME` of `OIDC_ACME_ISSUER`.
    fn member<'a>(&self, name: &'a str) -> Option<&'a str> {
        let (head, tail) = self.name.split_once("<NAME>")?;
        let member = name.strip_prefix(head)?.strip_suffix(tail)?;
        let fits = member.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        (fits && !member.is_empty() && !member.starts_with('_') && !member.ends_with('_')).then_some(member)
    }
}

/// A setting in force, ready to be shown: it holds no secret.
pub struct Shown {
    pub name: &'static str,
    pub value: String,
    pub origin: Origin,
}

macro_rules! settings { ($( $section:literal: $( $field:ident $name:literal $([$($alias:literal),*])? : $t:ty = $default:literal, $doc:literal; )+ )+) => {
    /// Every setting, parsed and checked.
    #[derive(Clone, Debug)]
    pub struct Settings { $($( #[doc = $doc] pub $field: $t, )+)+ origins: BTreeMap<&'static str, Origin> }

    pub const TABLE: &[Definition] = &[$($( Definition {
        name: $name, aliases: &[$($($alias),*)?], section: $section, default: $default, doc: $doc, secret: <$t as Value>::SECRET,
    }, )+)+];

    impl Settings {
        /// Parses what the sources say; the first misfit names its setting.
        fn parse(from: &Source) -> Result<Self, Fault> {
            let origins = TABLE.iter().map(|one| (one.name, from.origin(one.name))).collect();
            Ok(Self { $($( $field: from.get::<$t>($name, $default)?, )+)+ origins })
        }
        /// The effective values and where they came from, secrets redacted by type.
        pub fn shown(&self) -> Vec<Shown> {
            let s = self.settled();
            vec![$($( Shown { name: $name, value: s.$field.show(), origin: s.origins.get($name).cloned().unwrap_or(Origin::Default) }, )+)+]
        }
    }
} }

settings! {
    "Where it runs":
    env "COULISSES_ENV" ["ENV"]: Option<Env> = "", "`development` or `production`; `development` on a loopback address when left out. Development relaxes: invitation tokens in answers, mail to files, CORS `*`; it is refused on a public address.";
    bind "BIND": SocketAddr = "127.0.0.1:8000", "Address to listen on.";
    public_url "PUBLIC_URL": Option<WebUrl> = "", "Address that people use, for links and as the issuer of tokens; `http://BIND` when left out.";
    data_dir "DATA_DIR": PathBuf = "./data", "Folder of the embedded database, the key made on first start, and mail files.";
    "Store":
    database_url "DATABASE_URL" ["DB_URL"]: Option<DatabaseUrl> = "", "`sqlite:PATH` or `postgres://…`; `sqlite:DATA_DIR/coulisses.db` when left out.";
    redis_url "REDIS_URL": Option<RedisUrl> = "", "`redis://…` or `rediss://…` shared by all replicas, for limits, live events and invalidation; in process when left out.";
    cache_ttl "CACHE_TTL_SECONDS": Duration = "60", "How long listings lie ready; 0 switches the cache off.";
    "Backups":
    backup_dir "BACKUP_DIR": Option<PathBuf> = "", "Folder in which the server leaves a backup every so often, best on another disk; none when left out. `coulisses backup FILE` takes one by hand.";
    backup_every "BACKUP_EVERY": Duration = "24h", "How long after a backup the next one is taken, such as `6h`.";
    backup_keep "BACKUP_KEEP": usize = "7", "How many of the newest backups stay in BACKUP_DIR.";
    "Secrets and tokens":
    secret_key "SECRET_KEY" ["JWT_SECRET_KEY"]: Option<Secret> = "", "Master key material, 16 bytes or more (32 with HS256); several as `kid:value,…`, the first one seals. Made in DATA_DIR on first start when left out; required in production with Postgres.";
    jwt_alg "JWT_ALG": JwtAlg = "EdDSA", "`EdDSA`, or `HS256` for clients that verify with SECRET_KEY.";
    access_token_minutes "ACCESS_TOKEN_MINUTES": u32 = "15", "Life of an access token.";
    mobile_access_token_minutes "MOBILE_ACCESS_TOKEN_MINUTES": u32 = "60", "Life of an access token from the root `/auth/login`, which mobile apps use.";
    refresh_token_days "REFRESH_TOKEN_DAYS": u32 = "30", "How long a mobile app or a remembered browser may stay away and still be signed in.";
    invites_ttl "INVITES_TTL_SECONDS": Duration = "604800", "Life of an invitation.";
    "Accounts":
    signup "SIGNUP": Option<Signup> = "", "Who may sign up: `open` (at once), `verify` (after a mail), `invite` (with an invitation) or `closed`; `verify` when mail goes by SMTP, else `open`.";
    local_sign_in "LOCAL_SIGN_IN": bool = "on", "Whether people sign in with a password; off, only providers let them in and no password is stored.";
    link_policy "LINK_POLICY": LinkPolicy = "confirm", "A provider vouches for the verified address of an account it is not linked with: `confirm` (sign in to the account first, then link), `auto` (link at once) or `separate` (a second account).";
    password_min_length "PASSWORD_MIN_LENGTH": usize = "12", "Shortest password, in characters.";
    password_min_score "PASSWORD_MIN_SCORE": u32 = "3", "How hard to guess a password must be, from 0 (anything) to 4, as zxcvbn judges.";
    leaked_passwords_url "LEAKED_PASSWORDS_URL": Option<WebUrl> = "", "Where a new password is looked up among leaked ones, such as `https://api.pwnedpasswords.com`: it is sent the first five digits of a SHA-1 and no more. Empty, nowhere.";
    password_scheme "PASSWORD_SCHEME": Scheme = "argon2id", "How new passwords are hashed: `argon2id` or `bcrypt`; hashes of the other kind verify and are made anew at the next sign-in.";
    admin_require_mfa "ADMIN_REQUIRE_MFA": bool = "off", "Whether a platform administrator may do nothing as one without having signed in with a second factor.";
    "Sign-in with a provider":
    google_client_id "GOOGLE_CLIENT_ID": Option<String> = "", "Client that Google knows us by; with it, people can sign in with Google.";
    google_client_secret "GOOGLE_CLIENT_SECRET": Option<Secret> = "", "Its secret.";
    google_redirect_uri "GOOGLE_REDIRECT_URI": Option<WebUrl> = "", "Where Google sends people back; `PUBLIC_URL/auth/google/callback` when left out.";
    google_issuer "GOOGLE_ISSUER": WebUrl = "https://accounts.google.com", "Issuer that stands for Google.";
    google_native_client_ids "GOOGLE_NATIVE_CLIENT_IDS": Words = "", "Clients of our own mobile apps whose id_tokens are taken besides, separated by commas.";
    facebook_client_id "FACEBOOK_CLIENT_ID": Option<String> = "", "App that Facebook knows us by; with it, people can sign in with Facebook.";
    facebook_client_secret "FACEBOOK_CLIENT_SECRET": Option<Secret> = "", "Its secret.";
    facebook_redirect_uri "FACEBOOK_REDIRECT_URI": Option<WebUrl> = "", "Where Facebook sends people back; `PUBLIC_URL/auth/facebook/callback` when left out.";
    facebook_graph_url "FACEBOOK_GRAPH_URL": WebUrl = "https://graph.facebook.com", "Graph API, without a version.";
    facebook_dialog_url "FACEBOOK_DIALOG_URL": WebUrl = "https://www.facebook.com/v23.0/dialog/oauth", "Page on which people agree.";
    oidc_issuer "OIDC_<NAME>_ISSUER": Named<WebUrl> = "", "Any OpenID Connect issuer with discovery; people sign in at `/auth/<name>/start` (`OIDC_ACME_ISSUER` makes `/auth/acme/start`).";
    oidc_client_id "OIDC_<NAME>_CLIENT_ID": Named<String> = "", "Client that this issuer knows us by; its redirect address is `PUBLIC_URL/auth/<name>/callback`.";
    oidc_client_secret "OIDC_<NAME>_CLIENT_SECRET": Named<Secret> = "", "Its secret; none for a public client, which proves itself by PKCE alone.";
    oidc_trust_email "OIDC_<NAME>_TRUST_EMAIL": Named<bool> = "", "Whether addresses that this issuer calls verified are believed: `on` only when it belongs to you.";
    oidc_native_client_ids "OIDC_<NAME>_NATIVE_CLIENT_IDS": Named<Words> = "", "Clients of our own mobile apps whose id_tokens are taken besides, separated by commas.";
    oauth_app_redirect "OAUTH_APP_REDIRECT": Option<AppLink> = "", "Deep link of the mobile app, such as `nextarget://callback` (`nextarget` alone means that); it gets `?token=` or `?error=`.";
    oauth_redirect_allowlist "OAUTH_REDIRECT_ALLOWLIST": Words = "", "Addresses, separated by commas, that a sign-in may name as its own `redirect_uri`: each exactly.";
    oauth_native_nonce "OAUTH_NATIVE_NONCE": NativeNonce = "required", "`required`: an app's id_token carries the nonce of a challenge of ours; `sdk`: for apps whose SDK makes its own, a fresh id_token is taken once without.";
    "Mail":
    mail_url "MAIL_URL": Option<MailUrl> = "", "`smtp://user:password@host:port`, `smtps://…` or `file:DIR`; `file:DATA_DIR/mail` when left out.";
    mail_from "MAIL_FROM": String = "Coulisses <coulisses@localhost>", "Sender of every mail.";
    "Limits":
    api_limit "API_LIMIT": Rule = "600/60s", "Requests per account; `off` switches it off.";
    signup_limit "SIGNUP_LIMIT": Rule = "5/1h", "Sign-ups per address; loopback is free in development.";
    reset_limit "RESET_LIMIT": Rule = "3/1h", "New passwords asked for, per e-mail address.";
    invite_limit "INVITE_LIMIT": Rule = "5/600s", "Invitations by mail to one person.";
    coach_limit "COACH_LIMIT": Rule = "10/300s", "Questions to the coach, per account.";
    ai_limit "AI_LIMIT": Rule = "30/60s", "Completions, per account.";
    ai_prompt_max_chars "AI_PROMPT_MAX_CHARS": usize = "4000", "Longest prompt, in characters; of a conversation, longest message of its user.";
    "Model provider":
    ai_key "MISTRAL_API_KEY" ["AI_API_KEY"]: Option<Secret> = "", "Key of the model provider; with it, or with AI_BASE_URL, completions answer.";
    ai_base_url "AI_BASE_URL" ["MISTRAL_API_BASE"]: Option<WebUrl> = "", "Address of an OpenAI-compatible server, ending in `/v1`; Mistral’s when left out.";
    ai_profile "AI_PROFILE": Option<AiProfile> = "", "`mistral`: fields outside its schema are refused there; `openai`: any other server. `mistral` at Mistral’s address, else `openai`, when left out.";
    ai_model "AI_MODEL" ["MISTRAL_MODEL"]: String = "mistral-small-latest", "Model that is asked when a caller names none.";
    ai_models "AI_MODELS": Words = "", "Models that callers may name besides, separated by commas.";
    ai_prices "AI_PRICES": Words = "", "Prices of models in euros per million tokens, in and out, separated by commas: `my-model=0.12/0.50`; Mistral’s own are known.";
    ai_consent "AI_CONSENT": AiConsent = "assumed", "`assumed`: to ask is to agree, until one says otherwise; `required`: nothing goes to a model before its account agreed (`PUT /me/ai-consent`).";
    ai_content_days "AI_CONTENT_DAYS": u32 = "30", "How many days what was asked of models, what they answered and the coach’s answers are kept, sealed; 0: never.";
    ai_timeout "AI_TIMEOUT_SECONDS": Duration = "30", "How long a model may take to answer, retries included.";
    "Serving":
    workers "WORKERS": Option<usize> = "", "Threads that serve; one per core when left out.";
    max_in_flight "MAX_IN_FLIGHT": usize = "512", "Requests worked on at once; more are told 503 at once.";
    shutdown_drain "SHUTDOWN_DRAIN_SECONDS": Option<Duration> = "", "How long to go on accepting after SIGTERM; 5, in development 0.";
    shutdown_grace "SHUTDOWN_GRACE_SECONDS": Duration = "25", "How long requests may take to finish after that.";
    cors_allow_origins "CORS_ALLOW_ORIGINS": Option<Vec<String>> = "", "Origins of browser apps, separated by commas; `*` in development, none otherwise.";
    trusted_proxies "TRUSTED_PROXIES": Option<Vec<ipnet::IpNet>> = "", "Networks of proxies in front, separated by commas; only from there X-Forwarded-For is believed.";
    require_if_match "REQUIRE_IF_MATCH": bool = "off", "Whether changing something needs `If-Match` (428 without).";
    docs "DOCS": bool = "on", "Whether `/docs` is served.";
    "Modules":
    planning "PLANNING": bool = "on", "Crew planning; off, its routes answer 404 `module_off`.";
    ai "AI": bool = "on", "The coach and completions; off, their routes answer 404 `module_off`.";
    day_hours "DAY_HOURS": u32 = "8", "Hours that a daily rate pays for; part of a day is paid in part.";
    withdraw_hours "WITHDRAW_HOURS": u32 = "48", "Until how many hours before the call somebody who accepted may withdraw; later only a manager cancels.";
    demo_routes "DEMO_ROUTES": Option<bool> = "", "Whether `/api/v1/rbac_demo/…` answers, one route a role to try tokens on; on in development only when left out.";
    "Watching":
    log_level "LOG_LEVEL": String = "INFO", "`ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.";
    metrics_enabled "METRICS_ENABLED": bool = "true", "Whether `/metrics` is served.";
    metrics_token "METRICS_TOKEN": Option<Secret> = "", "Bearer token for `/metrics`; loopback needs none.";
    metrics_addr "METRICS_ADDR": Option<SocketAddr> = "", "Where `/metrics` is served instead, alone, like 10.0.0.5:9100: to whoever reaches it, or with `METRICS_TOKEN`.";
    otlp_endpoint "OTEL_EXPORTER_OTLP_ENDPOINT": Option<WebUrl> = "", "Where traces are sent by OTLP over HTTP; nowhere when left out.";
    replica "REPLICA": String = "1", "Name of this process in the logs.";
    test_clock "TEST_CLOCK": bool = "off", "Development only: the header `X-Test-Clock: +15m` moves the clock.";
}

impl Settings {
    /// From `coulisses.toml`, the environment and the flags, in rising order.
    pub fn load(source: &Source) -> Result<Self, Fault> {
        source.known()?;
        let settings = Self::parse(source)?;
        check::together(&settings)?;
        Ok(settings)
    }
    pub fn env(&self) -> Env {
        let loopback = if self.bind.ip().is_loopback() { Env::Development } else { Env::Production };
        self.env.unwrap_or(loopback)
    }
    pub fn development(&self) -> bool {
        self.env() == Env::Development
    }
    /// Nobody can follow a link to `0.0.0.0`: without a setting, listening everywhere is named after this machine.
    pub fn public_url(&self) -> String {
        let host = if self.bind.ip().is_unspecified() { format!("localhost:{}", self.bind.port()) } else { self.bind.to_string() };
        self.public_url.as_deref().map_or_else(|| format!("http://{host}"), str::to_owned)
    }
    pub fn database_url(&self) -> Secret {
        let file = || Secret::new(format!("sqlite:{}", self.data_dir.join("coulisses.db").display()));
        self.database_url.as_deref().cloned().unwrap_or_else(file)
    }
    pub fn mail_url(&self) -> Secret {
        let folder = || Secret::new(format!("file:{}", self.data_dir.join("mail").display()));
        self.mail_url.as_deref().cloned().unwrap_or_else(folder)
    }
    pub fn signup(&self) -> Signup {
        let by_smtp = self.mail_url().expose().starts_with("smtp");
        self.signup.unwrap_or(if by_smtp { Signup::Verify } else { Signup::Open })
    }
    pub fn drain(&self) -> Duration {
        self.shutdown_drain.unwrap_or(Duration::from_secs(if self.development() { 0 } else { 5 }))
    }
    pub fn demo_routes(&self) -> bool {
        self.demo_routes.unwrap_or_else(|| self.development())
    }
    /// With everything filled in that was left to us.
    fn settled(&self) -> Self {
        let mut s = self.clone();
        s.env = Some(self.env());
        s.public_url = WebUrl::read(&self.public_url()).ok();
        s.database_url = DatabaseUrl::read(self.database_url().expose()).ok();
        s.signup = Some(self.signup());
        s.mail_url = MailUrl::read(self.mail_url().expose()).ok();
        s.demo_routes = Some(self.demo_routes());
        s.shutdown_drain = Some(self.drain());
        s
    }
}

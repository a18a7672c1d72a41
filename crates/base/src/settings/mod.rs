//! Settings: one definition each gives the parser, `--help`, the documentation page and `.env.example`.

mod source;
mod value;

pub use source::{Fault, Source, distance};
pub use value::{Env, JwtAlg, Signup, Value};

use crate::{crypto::Secret, limits::Rule};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

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

macro_rules! settings { ($( $section:literal: $( $field:ident $name:literal $([$($alias:literal),*])? : $t:ty = $default:literal, $doc:literal; )+ )+) => {
    /// Every setting, parsed and checked.
    #[derive(Clone, Debug)]
    pub struct Settings { $($( #[doc = $doc] pub $field: $t, )+)+ }

    pub const TABLE: &[Definition] = &[$($( Definition {
        name: $name, aliases: &[$($($alias),*)?], section: $section, default: $default, doc: $doc, secret: <$t as Value>::SECRET,
    }, )+)+];

    impl Settings {
        /// Parses what the sources say; the first misfit names its setting.
        fn parse(from: &Source) -> Result<Self, Fault> {
            Ok(Self { $($( $field: from.get::<$t>($name, $default)?, )+)+ })
        }
        /// The effective values, secrets redacted by type.
        pub fn shown(&self) -> Vec<(&'static str, String)> {
            vec![$($( ($name, Value::show(&self.$field)), )+)+]
        }
    }
} }

settings! {
    "Where it runs":
    env "COULISSES_ENV" ["ENV"]: Option<Env> = "", "`development` or `production`; `development` on a loopback address when left out. Development relaxes: invitation tokens in answers, mail to files, CORS `*`; it is refused on a public address.";
    bind "BIND": SocketAddr = "127.0.0.1:8000", "Address to listen on.";
    public_url "PUBLIC_URL": Option<String> = "", "Address that people use, for links and as the issuer of tokens; `http://BIND` when left out.";
    data_dir "DATA_DIR": PathBuf = "./data", "Folder of the embedded database, the key made on first start, and mail files.";
    "Store":
    database_url "DATABASE_URL" ["DB_URL"]: Option<Secret> = "", "`sqlite:PATH` or `postgres://…`; `sqlite:DATA_DIR/coulisses.db` when left out.";
    redis_url "REDIS_URL": Option<Secret> = "", "`redis://…` or `rediss://…` shared by all replicas, for limits, live events and invalidation; in process when left out.";
    cache_ttl "CACHE_TTL_SECONDS": Duration = "60", "How long listings lie ready; 0 switches the cache off.";
    "Secrets and tokens":
    secret_key "SECRET_KEY" ["JWT_SECRET_KEY"]: Option<Secret> = "", "Master key material, 16 bytes or more (32 with HS256); several as `kid:value,…`, the first one seals. Made in DATA_DIR on first start when left out; required in production with Postgres.";
    jwt_alg "JWT_ALG": JwtAlg = "EdDSA", "`EdDSA`, or `HS256` for clients that verify with SECRET_KEY.";
    access_token_minutes "ACCESS_TOKEN_MINUTES": u32 = "15", "Life of an access token.";
    mobile_access_token_minutes "MOBILE_ACCESS_TOKEN_MINUTES": u32 = "60", "Life of an access token from the root `/auth/login`, which mobile apps use.";
    invites_ttl "INVITES_TTL_SECONDS": Duration = "604800", "Life of an invitation.";
    "Accounts":
    signup "SIGNUP": Signup = "open", "Who may sign up: `open` or `closed`.";
    password_min_length "PASSWORD_MIN_LENGTH": usize = "12", "Shortest password, in characters.";
    "Mail":
    mail_url "MAIL_URL": Option<Secret> = "", "`smtp://user:password@host:port`, `smtps://…` or `file:DIR`; `file:DATA_DIR/mail` when left out.";
    mail_from "MAIL_FROM": String = "Coulisses <coulisses@localhost>", "Sender of every mail.";
    "Limits":
    api_limit "API_LIMIT": Rule = "600/60s", "Requests per account; `off` switches it off.";
    signup_limit "SIGNUP_LIMIT": Rule = "5/1h", "Sign-ups per address; loopback is free in development.";
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
    "Watching":
    log_level "LOG_LEVEL": String = "INFO", "`ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.";
    metrics_enabled "METRICS_ENABLED": bool = "true", "Whether `/metrics` is served.";
    metrics_token "METRICS_TOKEN": Option<Secret> = "", "Bearer token for `/metrics`; loopback needs none.";
    otlp_endpoint "OTEL_EXPORTER_OTLP_ENDPOINT": Option<String> = "", "Where traces are sent by OTLP over HTTP; nowhere when left out.";
    replica "REPLICA": String = "1", "Name of this process in the logs.";
    test_clock "TEST_CLOCK": bool = "off", "Development only: the header `X-Test-Clock: +15m` moves the clock.";
}

impl Settings {
    /// From `coulisses.toml`, the environment and the flags, in rising order.
    pub fn load(source: &Source) -> Result<Self, Fault> {
        source.known()?;
        let settings = Self::parse(source)?;
        settings.check()?;
        Ok(settings)
    }
    pub fn env(&self) -> Env {
        let loopback = if self.bind.ip().is_loopback() { Env::Development } else { Env::Production };
        self.env.unwrap_or(loopback)
    }
    pub fn development(&self) -> bool {
        self.env() == Env::Development
    }
    pub fn public_url(&self) -> String {
        self.public_url.as_deref().map_or_else(|| format!("http://{}", self.bind), |url| url.trim_end_matches('/').to_owned())
    }
    pub fn database_url(&self) -> Secret {
        let file = || Secret::new(format!("sqlite:{}", self.data_dir.join("coulisses.db").display()));
        self.database_url.clone().unwrap_or_else(file)
    }
    pub fn mail_url(&self) -> Secret {
        self.mail_url.clone().unwrap_or_else(|| Secret::new(format!("file:{}", self.data_dir.join("mail").display())))
    }
    pub fn drain(&self) -> Duration {
        self.shutdown_drain.unwrap_or(Duration::from_secs(if self.development() { 0 } else { 5 }))
    }
    /// What no single value can say of itself.
    fn check(&self) -> Result<(), Fault> {
        let wrong = |name: &str, why: &str| Err(Fault(format!("{name}: {why}")));
        let production = !self.development();
        if self.env == Some(Env::Development) && !self.bind.ip().is_loopback() {
            return wrong("COULISSES_ENV", "development is refused on a public address; bind to loopback or set production");
        }
        if self.test_clock && production {
            return wrong("TEST_CLOCK", "a clock that can be moved is for development only; remove it");
        }
        let postgres = self.database_url().expose().starts_with("postgres");
        if !postgres && !self.database_url().expose().starts_with("sqlite:") {
            return wrong("DATABASE_URL", "must begin with sqlite: or postgres://");
        }
        match &self.secret_key {
            None if production && postgres => {
                return wrong("SECRET_KEY", "is required in production with Postgres; generate 32 random bytes and keep them safe");
            }
            Some(key) if key.expose().len() < 16 => return wrong("SECRET_KEY", "is too short; 16 bytes are the least"),
            Some(key) if self.jwt_alg == JwtAlg::Hs256 && key.expose().len() < 32 => {
                return wrong("SECRET_KEY", "must have 32 bytes or more with JWT_ALG=HS256");
            }
            _ => {}
        }
        if !(8..=64).contains(&self.password_min_length) {
            return wrong("PASSWORD_MIN_LENGTH", "must lie between 8 and 64");
        }
        if !["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(&self.log_level.to_uppercase().as_str()) {
            return wrong("LOG_LEVEL", "must be ERROR, WARN, INFO, DEBUG or TRACE");
        }
        if let Err(e) = crate::mail::Mailer::new(&self.mail_url(), &self.mail_from) {
            return wrong("MAIL_URL or MAIL_FROM", &e);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pairs: &[(&str, &str)]) -> Result<Settings, Fault> {
        Settings::load(&Source::of(pairs.iter().map(|(n, v)| (n.to_string(), v.to_string()))))
    }
    #[test]
    fn the_defaults_fit_a_laptop() {
        let s = load(&[]).unwrap();
        assert!(s.development());
        assert_eq!(s.public_url(), "http://127.0.0.1:8000");
        assert_eq!(s.database_url().expose(), "sqlite:./data/coulisses.db");
    }
    #[test]
    fn every_misfit_names_its_setting() {
        for (pairs, name) in [
            (&[("BIND", "nowhere")][..], "BIND"),
            (&[("BIND", "0.0.0.0:80"), ("COULISSES_ENV", "development")], "COULISSES_ENV"),
            (&[("COULISSES_ENV", "production"), ("TEST_CLOCK", "on")], "TEST_CLOCK"),
            (&[("COULISSES_ENV", "production"), ("DATABASE_URL", "postgres://h/d")], "SECRET_KEY"),
            (&[("SECRET_KEY", "short")], "SECRET_KEY"),
            (&[("SECRET_KEY", "only-twenty-bytes-xx"), ("JWT_ALG", "HS256")], "SECRET_KEY"),
            (&[("DATABASE_URL", "mysql://h/d")], "DATABASE_URL"),
            (&[("API_LIMIT", "lots")], "API_LIMIT"),
            (&[("DOCS", "perhaps")], "DOCS"),
            (&[("MAIL_URL", "ftp://x")], "MAIL_URL"),
            (&[("PASSWORD_MIN_LENGTH", "4")], "PASSWORD_MIN_LENGTH"),
            (&[("CACHE_TTL_SECONDS", "-1")], "CACHE_TTL_SECONDS"),
        ] {
            let fault = load(pairs).unwrap_err().0;
            assert!(fault.starts_with(name) && !fault.contains('\n'), "{pairs:?}: {fault}");
        }
    }
    #[test]
    fn a_secret_is_never_shown() {
        let s =
            load(&[("SECRET_KEY", "canary-canary-canary"), ("DATABASE_URL", "postgres://u:canary@h/d"), ("MAIL_URL", "smtp://u:canary@h")])
                .unwrap();
        let shown = format!("{:?} {s:?}", s.shown());
        assert!(!shown.contains("canary"), "{shown}");
    }
}

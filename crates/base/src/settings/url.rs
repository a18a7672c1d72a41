//! Addresses of services: they may hold a password, so they are shown without it.

use super::Value;
use crate::crypto::Secret;
use std::{fmt, ops::Deref};

/// `Name = check, "what fits"`: an address that is secret as a whole; shown, only its password is missing.
macro_rules! services {
    ($($(#[$meta:meta])* $type:ident = $check:expr, $fits:literal;)+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $type(Secret);
        impl Deref for $type {
            type Target = Secret;
            fn deref(&self) -> &Secret {
                &self.0
            }
        }
        impl Value for $type {
            const SECRET: bool = true;
            fn read(text: &str) -> Result<Self, String> {
                $check(text).map(|text| Self(Secret::new(text))).ok_or_else(|| concat!("must be ", $fits).to_owned())
            }
            fn show(&self) -> String {
                without_password(self.0.expose())
            }
        }
    )+ };
}
services! {
    DatabaseUrl = database, "sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME";
    RedisUrl = redis, "redis://HOST:6379, rediss://… or memory://";
    MailUrl = mail, "smtp://USER:PASSWORD@HOST:587, smtps://… or file:DIRECTORY";
}
impl DatabaseUrl {
    pub fn is_postgres(&self) -> bool {
        self.expose().starts_with("postgres")
    }
}
/// Also as SQLAlchemy writes it (`postgresql+asyncpg://…`): the driver after the `+` is not ours to choose.
fn database(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once(':')?;
    let scheme = scheme.split('+').next()?.to_ascii_lowercase();
    let fits = match scheme.as_str() {
        "sqlite" => !rest.trim_start_matches('/').is_empty() && !rest.contains(":memory:"),
        "postgres" | "postgresql" => rest.strip_prefix("//").is_some_and(|rest| !rest.is_empty()),
        _ => false,
    };
    fits.then(|| format!("{scheme}:{rest}"))
}
fn redis(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let fits = match scheme {
        "memory" | "fakeredis" => true,
        "redis" | "rediss" | "valkey" | "valkeys" | "unix" | "redis+unix" => !rest.is_empty(),
        _ => false,
    };
    fits.then(|| text.to_owned())
}
fn mail(text: &str) -> Option<String> {
    if let Some(path) = text.strip_prefix("file:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return (!path.is_empty()).then(|| format!("file:{path}"));
    }
    let rest = text.strip_prefix("smtp://").or_else(|| text.strip_prefix("smtps://"));
    (text == "memory:" || rest.is_some_and(|rest| !rest.is_empty())).then(|| text.to_owned())
}

/// The web address of this server, or of another one: without a slash at the end, so that a path can be put behind it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebUrl(String);
impl Deref for WebUrl {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl fmt::Debug for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show())
    }
}
impl Value for WebUrl {
    const SECRET: bool = true;
    fn read(text: &str) -> Result<Self, String> {
        let fits = |text: &str| {
            let url: axum::http::Uri = text.parse().ok()?;
            let web = matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty());
            (web && !text.contains(['?', '#'])).then(|| Self(text.trim_end_matches('/').to_owned()))
        };
        fits(text).ok_or_else(|| "must be a web address like https://coulisses.example.org".to_owned())
    }
    fn show(&self) -> String {
        without_password(&self.0)
    }
}

/// Hides what stands between the first `:` and the last `@`, and a `password=` behind it. Rather too much than too little:
/// a password may hold a `/` or an `@` that should have been escaped.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host = rest.rfind('@').map_or(0, |at| at + 1);
    let path = rest[host..].find(['/', '?', '#']).map_or(rest.len(), |at| host + at);
    let (authority, path) = rest.split_at(path);
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => format!(
            "{}@{host}",
            match user.split_once(':') {
                Some((user, _)) => format!("{user}:•••"),
                None if scheme.starts_with("http") => "•••".to_owned(), // a token
                None => user.to_owned(),
            }
        ),
        None => authority.to_owned(),
    };
    let hidden = path.split_inclusive(['?', '&']).map(|part| match part.split_once('=') {
        Some((key, value)) if key.to_ascii_lowercase().contains("pass") => {
            format!("{key}=•••{}", if value.ends_with('&') { "&" } else { "" })
        }
        _ => part.to_owned(),
    });
    format!("{scheme}://{authority}{}", hidden.collect::<String>())
}

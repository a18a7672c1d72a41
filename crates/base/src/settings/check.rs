//! What no single value can say of itself: bounds, and what must not stand together.

use super::{Env, Fault, JwtAlg, Settings};
use crate::mail::Mailer;

pub fn together(s: &Settings) -> Result<(), Fault> {
    bounds(s)?;
    let wrong = |name, why: &str| Err(Fault::of(name, why));
    if s.env == Some(Env::Development) && !s.bind.ip().is_loopback() {
        return wrong(
            "COULISSES_ENV",
            "development is for this machine alone, but others can reach BIND; bind to loopback or set production",
        );
    }
    if s.test_clock && !s.development() {
        return wrong("TEST_CLOCK", "a clock that can be moved is for development only; remove it");
    }
    if !["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(&s.log_level.to_uppercase().as_str()) {
        return wrong("LOG_LEVEL", "must be ERROR, WARN, INFO, DEBUG or TRACE");
    }
    if s.mail_from.parse::<lettre::message::Mailbox>().is_err() {
        return wrong("MAIL_FROM", "must be a sender like Coulisses <bonjour@example.org>");
    }
    Mailer::new(&s.mail_url(), &s.mail_from).map_err(|why| Fault::of("MAIL_URL", why))?;
    providers(s)?;
    match &s.secret_key {
        Some(key) => secret_key(key.expose(), s.jwt_alg),
        None if !s.development() && s.database_url.as_ref().is_some_and(|url| url.is_postgres()) => {
            wrong("SECRET_KEY", "is required in production with Postgres, the same for every replica (`openssl rand -hex 32` makes one)")
        }
        None => Ok(()),
    }
}

/// A provider is configured whole or not at all.
fn providers(s: &Settings) -> Result<(), Fault> {
    for (name, id, secret) in
        [("GOOGLE", &s.google_client_id, &s.google_client_secret), ("FACEBOOK", &s.facebook_client_id, &s.facebook_client_secret)]
    {
        if id.is_some() != secret.is_some() {
            let (missing, there) = if id.is_some() { ("SECRET", "ID") } else { ("ID", "SECRET") };
            return Err(Fault::of(&format!("{name}_CLIENT_{missing}"), format_args!("is required beside {name}_CLIENT_{there}")));
        }
    }
    let with_issuer = |name: &String| s.oidc_issuer.contains_key(name);
    let others = [s.oidc_client_id.keys().collect::<Vec<_>>(), s.oidc_client_secret.keys().collect(), s.oidc_trust_email.keys().collect()];
    if let Some(name) = others.into_iter().flatten().find(|name| !with_issuer(name)) {
        return Err(Fault::of(&format!("OIDC_{name}_ISSUER"), "is required beside the other settings of this provider"));
    }
    for name in s.oidc_issuer.keys() {
        if ["GOOGLE", "FACEBOOK", "LOCAL", "NATIVE"].contains(&name.as_str()) {
            return Err(Fault::of(&format!("OIDC_{name}_ISSUER"), "this name is taken; choose another one"));
        }
        if !s.oidc_client_id.contains_key(name) {
            return Err(Fault::of(&format!("OIDC_{name}_CLIENT_ID"), format_args!("is required beside OIDC_{name}_ISSUER")));
        }
    }
    Ok(())
}

/// One key, or several as `kid:key,kid:key`; the key itself is never repeated.
pub fn secret_key(text: &str, alg: JwtAlg) -> Result<(), Fault> {
    let (least, when) = if alg == JwtAlg::Hs256 { (32, " with JWT_ALG=HS256") } else { (16, "") };
    let mut kids = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (kid, key) = part.split_once(':').unwrap_or(("1", part));
        if key.len() < least {
            return Err(Fault::of(
                "SECRET_KEY",
                format_args!("a key must have {least} bytes or more{when} (`openssl rand -hex 32` makes one)"),
            ));
        }
        if kids.contains(&kid) {
            return Err(Fault::of("SECRET_KEY", "two keys have one name; write kid:key,kid:key, each kid once"));
        }
        kids.push(kid);
    }
    Ok(())
}

fn bounds(s: &Settings) -> Result<(), Fault> {
    const DAY: u64 = 86_400;
    for (name, value, least, most) in [
        ("WORKERS", s.workers.map_or(1, |n| n as u64), 1, 1024),
        ("MAX_IN_FLIGHT", s.max_in_flight as u64, 1, 1_000_000),
        ("CACHE_TTL_SECONDS", s.cache_ttl.as_secs(), 0, DAY),
        ("BACKUP_EVERY", s.backup_every.as_secs(), 60, 31 * DAY),
        ("BACKUP_KEEP", s.backup_keep as u64, 1, 10_000),
        ("ACCESS_TOKEN_MINUTES", s.access_token_minutes.into(), 1, 1_440),
        ("MOBILE_ACCESS_TOKEN_MINUTES", s.mobile_access_token_minutes.into(), 1, 43_200),
        ("INVITES_TTL_SECONDS", s.invites_ttl.as_secs(), 60, 365 * DAY),
        ("PASSWORD_MIN_SCORE", s.password_min_score.into(), 0, 4),
        ("PASSWORD_MIN_LENGTH", s.password_min_length as u64, 8, 64),
        ("SHUTDOWN_DRAIN_SECONDS", s.drain().as_secs(), 0, 3_600),
        ("SHUTDOWN_GRACE_SECONDS", s.shutdown_grace.as_secs(), 0, 3_600),
    ] {
        if !(least..=most).contains(&value) {
            return Err(Fault::of(name, format_args!("must lie between {least} and {most}, not {value}")));
        }
    }
    Ok(())
}

//! The table against what is promised of it.

use super::*;
use proptest::prelude::*;

fn load(pairs: &[(&str, &str)]) -> Result<Settings, Fault> {
    Settings::load(&Source::of(pairs.iter().map(|(n, v)| (n.to_string(), v.to_string()))))
}
const PRODUCTION: (&str, &str) = ("COULISSES_ENV", "production");

#[test]
fn the_defaults_fit_a_laptop() {
    let s = load(&[]).unwrap();
    assert!(s.development());
    assert_eq!(s.public_url(), "http://127.0.0.1:8000");
    assert_eq!(s.database_url().expose(), "sqlite:./data/coulisses.db");
    assert_eq!(s.drain(), Duration::ZERO);
}
#[test]
fn production_is_stricter() {
    let s = load(&[("BIND", "0.0.0.0:8000")]).unwrap();
    assert_eq!((s.env(), s.public_url().as_str(), s.drain().as_secs()), (Env::Production, "http://localhost:8000", 5));
    assert!(load(&[PRODUCTION, ("MAIL_URL", "file:mail"), ("PUBLIC_URL", "http://127.0.0.1:9")]).is_ok());
    assert!(load(&[PRODUCTION, ("DATABASE_URL", "postgres://h/d"), ("SECRET_KEY", "0123456789abcdef")]).is_ok());
}
#[test]
fn every_misfit_names_its_setting() {
    for (pairs, name) in [
        (&[("BIND", "nowhere")][..], "BIND"),
        (&[("BIND", "0.0.0.0:80"), ("COULISSES_ENV", "development")], "COULISSES_ENV"),
        (&[("BIND", "192.168.1.2:80"), ("COULISSES_ENV", "development")], "COULISSES_ENV"),
        (&[("COULISSES_ENV", "maybe")], "COULISSES_ENV"),
        (&[PRODUCTION, ("TEST_CLOCK", "on")], "TEST_CLOCK"),
        (&[PRODUCTION, ("DATABASE_URL", "postgres://h/d")], "SECRET_KEY"),
        (&[("SECRET_KEY", "short")], "SECRET_KEY"),
        (&[("SECRET_KEY", "a:0123456789abcdef,a:0123456789abcdef")], "SECRET_KEY"),
        (&[("SECRET_KEY", "a:0123456789abcdef,")], "SECRET_KEY"),
        (&[("SECRET_KEY", "only-twenty-bytes-xx"), ("JWT_ALG", "HS256")], "SECRET_KEY"),
        (&[("DATABASE_URL", "mysql://h/d")], "DATABASE_URL"),
        (&[("DATABASE_URL", "sqlite::memory:")], "DATABASE_URL"),
        (&[("REDIS_URL", "localhost:6379")], "REDIS_URL"),
        (&[("PUBLIC_URL", "crew.example.org")], "PUBLIC_URL"),
        (&[("PUBLIC_URL", "https://crew.example.org/?a")], "PUBLIC_URL"),
        (&[("OTEL_EXPORTER_OTLP_ENDPOINT", "otel:4318")], "OTEL_EXPORTER_OTLP_ENDPOINT"),
        (&[("API_LIMIT", "lots")], "API_LIMIT"),
        (&[("DOCS", "perhaps")], "DOCS"),
        (&[("LOG_LEVEL", "loud")], "LOG_LEVEL"),
        (&[("MAIL_URL", "ftp://x")], "MAIL_URL"),
        (&[("MAIL_FROM", "nobody")], "MAIL_FROM"),
        (&[("PASSWORD_MIN_LENGTH", "4")], "PASSWORD_MIN_LENGTH"),
        (&[("CACHE_TTL_SECONDS", "-1")], "CACHE_TTL_SECONDS"),
        (&[("SHUTDOWN_GRACE_SECONDS", "2w")], "SHUTDOWN_GRACE_SECONDS"),
        (&[("MAX_IN_FLIGHT", "0")], "MAX_IN_FLIGHT"),
        (&[("WORKERS", "0")], "WORKERS"),
        (&[("ACCESS_TOKEN_MINUTES", "0")], "ACCESS_TOKEN_MINUTES"),
        (&[("BACKUP_EVERY", "24")], "BACKUP_EVERY"),
        (&[("BACKUP_KEEP", "0")], "BACKUP_KEEP"),
        (&[("TRUSTED_PROXIES", "10.0.0.0/33")], "TRUSTED_PROXIES"),
        (&[("CORS_ALLOW_ORIGINS", "https://x/path")], "CORS_ALLOW_ORIGINS"),
        (&[("CORS_ALLOW_ORIGINS", "https://*.x")], "CORS_ALLOW_ORIGINS"),
        (&[("GOOGLE_CLIENT_ID", "x")], "GOOGLE_CLIENT_SECRET"),
        (&[("FACEBOOK_CLIENT_SECRET", "x")], "FACEBOOK_CLIENT_ID"),
        (&[("OIDC_ACME_ISSUER", "https://x.example")], "OIDC_ACME_CLIENT_ID"),
        (&[("OIDC_ACME_CLIENT_ID", "x")], "OIDC_ACME_ISSUER"),
        (&[("OIDC_GOOGLE_ISSUER", "https://x.example"), ("OIDC_GOOGLE_CLIENT_ID", "x")], "OIDC_GOOGLE_ISSUER"),
        (&[("LINK_POLICY", "perhaps")], "LINK_POLICY"),
        (&[("OAUTH_APP_REDIRECT", "javascript://callback")], "OAUTH_APP_REDIRECT"),
    ] {
        let fault = load(pairs).unwrap_err().0;
        assert!(fault.starts_with(&format!("{name}: ")) && !fault.contains('\n'), "{pairs:?}: {fault}");
    }
}
#[test]
fn other_spellings_that_people_know() {
    let s = load(&[
        ("DATABASE_URL", "postgresql+asyncpg://u:p@h/d"),
        ("REDIS_URL", "fakeredis://"),
        ("JWT_ALG", "eddsa"),
        ("CACHE_TTL_SECONDS", "2m"),
        ("PUBLIC_URL", "https://crew.example.org/"),
        ("CORS_ALLOW_ORIGINS", "https://App.example.org/, capacitor://localhost"),
    ]);
    let s = s.unwrap();
    assert_eq!(s.database_url().expose(), "postgresql://u:p@h/d");
    assert_eq!((s.redis_url.is_some(), s.cache_ttl.as_secs(), s.public_url().as_str()), (true, 120, "https://crew.example.org"));
    assert_eq!(s.cors_allow_origins.unwrap(), ["https://app.example.org", "capacitor://localhost"]);
}
#[test]
fn a_secret_is_never_shown() {
    const CANARY: &str = "c4n4ry-c4n4ry-c4n4ry-c4n4ry-c4n4ry";
    let s = load(&[
        ("SECRET_KEY", CANARY),
        ("METRICS_TOKEN", CANARY),
        ("DATABASE_URL", &format!("postgres://me:{CANARY}@db:5432/crew?sslmode=require&password={CANARY}&a=b")),
        ("REDIS_URL", &format!("redis://:{CANARY}/@{CANARY}@cache:6379/0")),
        ("MAIL_URL", &format!("smtp://u%40x:{CANARY}@mail:25")),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://u:{CANARY}@otel:4318")),
        ("PUBLIC_URL", &format!("http://{CANARY}@otel:4318")),
    ]);
    let s = s.unwrap();
    let shown: Vec<_> = s.shown().into_iter().map(|s| format!("{}={}", s.name, s.value)).collect();
    assert!(!shown.concat().contains(CANARY) && !format!("{s:?}").contains(CANARY), "{shown:?} {s:?}");
    assert!(shown.contains(&"DATABASE_URL=postgres://me:•••@db:5432/crew?sslmode=require&password=•••&a=b".to_owned()), "{shown:?}");
    assert!(shown.contains(&"REDIS_URL=redis://:•••@cache:6379/0".to_owned()), "{shown:?}");
}
#[test]
fn what_is_shown_is_what_is_in_force() {
    let shown: BTreeMap<_, _> = load(&[("DATA_DIR", "/srv/c")]).unwrap().shown().into_iter().map(|s| (s.name, s.value)).collect();
    assert_eq!((shown["DATABASE_URL"].as_str(), shown["MAIL_URL"].as_str()), ("sqlite:/srv/c/coulisses.db", "file:/srv/c/mail"));
    assert_eq!((shown["COULISSES_ENV"].as_str(), shown["SECRET_KEY"].as_str()), ("development", "none"));
}
/// Building the pool of SMTP connections needs a runtime; reading the settings comes before there is one.
#[test]
fn an_smtp_server_is_checked_without_a_runtime() {
    assert!(load(&[("MAIL_URL", "smtp://u:p@mail.example.org:25")]).is_ok());
    assert!(load(&[("MAIL_URL", "smtps://mail.example.org")]).is_ok());
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(which in 0..TABLE.len(), text in "\\PC{0,12}|[a-z]{0,8}://[a-z:@/?=&]{0,20}|[0-9]{1,25}[smhd]?|\u{0}.*\n.*") {
        let name = TABLE[which].name;
        match load(&[(name, &text)]) {
            // What was accepted can be shown, and what is shown reads as the same (but for secrets).
            Ok(s) => {
                let shown = &s.shown()[which].value;
                if !shown.contains('•') {
                    prop_assert_eq!(&load(&[(name, shown)]).unwrap().shown()[which].value, shown);
                }
            }
            Err(Fault(line)) => prop_assert!(!line.contains('\n') && line.contains(": "), "{}", line),
        }
    }
}

#[test]
fn a_family_of_settings_has_a_value_for_each_name() {
    let s = load(&[
        ("OIDC_ACME_ISSUER", "https://id.acme.example/"),
        ("OIDC_ACME_CLIENT_ID", "crew"),
        ("OIDC_ACME_CLIENT_SECRET", "hush"),
        ("OIDC_RIVE_SUD_ISSUER", "https://rive.example"),
        ("OIDC_RIVE_SUD_CLIENT_ID", "rive"),
        ("OIDC_RIVE_SUD_TRUST_EMAIL", "on"),
        ("OAUTH_APP_REDIRECT", "nextarget"),
    ])
    .unwrap();
    assert_eq!(s.oidc_issuer.keys().collect::<Vec<_>>(), ["ACME", "RIVE_SUD"]);
    assert_eq!((&*s.oidc_issuer["ACME"], s.oidc_client_id["RIVE_SUD"].as_str()), ("https://id.acme.example", "rive"));
    assert_eq!((s.oidc_trust_email.get("ACME"), s.oidc_trust_email.get("RIVE_SUD")), (None, Some(&true)));
    assert_eq!(s.oauth_app_redirect.as_deref(), Some("nextarget://callback"));
    let shown = s.shown();
    let secret = shown.iter().find(|one| one.name == "OIDC_<NAME>_CLIENT_SECRET").unwrap();
    assert_eq!((secret.value.as_str(), secret.origin.to_string().as_str()), ("ACME: •••", "flag"));
    assert!(Definition::named("OIDC__ISSUER").is_none() && Definition::named("OIDC_x_ISSUER").is_none());
}

//! What the HTTP kit takes from the settings, with defaults that suit tests.

use axum::http::Uri;
use ipnet::IpNet;
use std::time::Duration;

/// Built from [`Settings`](crate::Settings) in one place.
#[derive(Clone, Debug)]
pub struct Config {
    /// The `Host`s that are ours; empty takes any (development).
    pub hosts: Vec<String>,
    /// Whether clients reach us by https: then they are told to stay there.
    pub https: bool,
    pub cors: Cors,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    pub max_in_flight: usize,
    /// How long a request waits for its turn when as many as may be are at work.
    pub queue: Duration,
    /// How long a handler may take until it answers (a stream may then go on).
    pub deadline: Duration,
    /// Paths that begin like this, after the version, wait for another server and may take longer.
    pub patient: (&'static [&'static str], Duration),
    pub body: BodyLimits,
}

#[derive(Clone, Debug)]
pub struct BodyLimits {
    pub bytes: usize,
    /// Paths that end like this may send more.
    pub larger: &'static [(&'static str, usize)],
    /// How long a body may take to begin; from then on it must keep up the rate.
    pub grace: Duration,
    pub bytes_per_second: usize,
    /// What all bodies that are being read may hold together.
    pub memory: usize,
}

/// Which other origins' pages may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cors {
    /// Everybody's, without credentials: development only.
    Any,
    /// Exactly these; an empty list is nobody.
    Only(Vec<String>),
}

impl From<&crate::Settings> for Config {
    fn from(settings: &crate::Settings) -> Self {
        let (url, development) = (settings.public_url(), settings.development());
        let origins = settings.cors_allow_origins.clone().unwrap_or_else(|| if development { vec!["*".to_owned()] } else { vec![] });
        Self {
            hosts: if development { vec![] } else { names(&url) },
            https: url.starts_with("https:"),
            cors: Cors::new(origins, development),
            trusted_proxies: settings.trusted_proxies.clone().unwrap_or_default(),
            max_in_flight: settings.max_in_flight,
            patient: (&["/ai/", "/coach/"], settings.ai_timeout + Duration::from_secs(10)),
            ..Self::default()
        }
    }
}
impl Config {
    pub fn deadline_of(&self, path: &str) -> Duration {
        let (paths, longer) = self.patient;
        let path = path.strip_prefix("/api/v1").unwrap_or(path);
        if paths.iter().any(|begin| path.starts_with(begin)) { longer.max(self.deadline) } else { self.deadline }
    }
}
impl Default for Config {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            https: false,
            cors: Cors::Only(Vec::new()),
            trusted_proxies: Vec::new(),
            max_in_flight: 512,
            queue: Duration::from_millis(100),
            deadline: Duration::from_secs(30),
            patient: (&[], Duration::ZERO),
            body: BodyLimits::default(),
        }
    }
}
impl Default for BodyLimits {
    fn default() -> Self {
        Self {
            bytes: 1024 * 1024,
            larger: &[(":import", 16 * 1024 * 1024)],
            grace: Duration::from_secs(5),
            bytes_per_second: 1024,
            memory: 128 * 1024 * 1024,
        }
    }
}

impl Cors {
    /// `CORS_ALLOW_ORIGINS`: `*` counts in development only, `null` (a sandboxed page, a file) never.
    pub fn new(origins: impl IntoIterator<Item = String>, development: bool) -> Self {
        let origins: Vec<_> = origins.into_iter().map(|o| o.trim_end_matches('/').to_owned()).collect();
        if development && origins.iter().any(|o| o == "*") {
            return Self::Any;
        }
        Self::Only(origins.into_iter().filter(|o| o != "*" && o != "null" && !o.is_empty()).collect())
    }
}

/// The names under which `PUBLIC_URL` is reached; a loopback address has three.
fn names(public_url: &str) -> Vec<String> {
    const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
    let url: Option<Uri> = public_url.parse().ok();
    match url.as_ref().and_then(Uri::host) {
        Some(name) if LOOPBACK.contains(&name) => LOOPBACK.map(str::to_owned).into(),
        name => vec![name.unwrap_or_default().to_owned()],
    }
}

/// `TRUSTED_PROXIES`: networks and single addresses, separated by commas. The error is the part that is neither.
pub fn networks(list: &str) -> Result<Vec<IpNet>, String> {
    let parts = list.split(',').map(str::trim).filter(|p| !p.is_empty());
    parts.map(|p| p.parse().or_else(|_| p.parse().map(|ip: std::net::IpAddr| ip.into())).map_err(|_| p.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_for_another_server_may_take_longer() {
        let longer = Duration::from_secs(40);
        let config = Config { patient: (&["/ai/", "/coach/"], longer), ..Config::default() };
        let usual = config.deadline;
        for (path, expected) in [
            ("/api/v1/ai/completions", longer),
            ("/coach/advice", longer),
            ("/api/v1/projects", usual),
            ("/ai", usual),
            ("/api/v1/air/", usual),
        ] {
            assert_eq!(config.deadline_of(path), expected, "{path}");
        }
    }

    #[test]
    fn a_public_url_names_its_host_without_the_port() {
        assert_eq!(names("https://crew.example.org:8443/base"), ["crew.example.org"]);
        assert_eq!(names("http://127.0.0.1:8000"), ["localhost", "127.0.0.1", "[::1]"]);
        assert_eq!(names("http://[2001:db8::1]:80"), ["[2001:db8::1]"]);
        assert_eq!(names("nonsense url"), [""], "then no name is ours");
    }
}

//! The certified OpenID provider from npm, and a browser of a few lines that fills in its forms.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

pub const SECRET: &str = "a secret of the provider, with / and + in it";

/// Ends with its standard input, which closes when this process ends.
struct Running {
    issuer: String,
    _process: Child,
}

/// The issuer, started once for all tests; None when it is to be left out.
#[expect(clippy::disallowed_methods, reason = "tests have no settings: where the provider is is told by the environment")]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub fn issuer() -> Option<&'static str> {
    static RUNNING: OnceLock<Option<Running>> = OnceLock::new();
    let running = RUNNING.get_or_init(|| {
        let Ok(place) = std::env::var("TEST_OIDC_PROVIDER") else {
            panic!(
                "this test needs an OpenID provider: run `cargo xtask test`, which sets TEST_OIDC_PROVIDER, or say TEST_OIDC_PROVIDER=skip"
            );
        };
        if place == "skip" {
            eprintln!("TEST_OIDC_PROVIDER=skip: not tested with a real OpenID provider");
            return None;
        }
        let mut node = Command::new("node");
        node.arg(Path::new(&place).join("provider.mjs")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = node.spawn().expect("node runs");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let issuer = lines.find_map(|line| line.unwrap().strip_prefix("issuer: ").map(str::to_owned)).expect("the provider starts");
        std::thread::spawn(move || lines.for_each(drop));
        Some(Running { issuer, _process: process })
    });
    running.as_ref().map(|one| one.issuer.as_str())
}

/// Follows redirects and keeps cookies, as far as the provider's own pages go.
pub struct Browser {
    client: reqwest::Client,
    cookies: BTreeMap<String, String>,
}
struct Page {
    at: String,
    location: Option<String>,
    text: String,
}

impl Browser {
    pub fn new() -> Self {
        let redirect = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().redirect(redirect).timeout(Duration::from_secs(60)).no_proxy().build().unwrap();
        Self { client, cookies: BTreeMap::new() }
    }
    /// Opens the address, signs in, agrees; the address at which we are called back.
    pub async fn signs_in(&mut self, auth_url: &str, login: &str) -> String {
        self.walk(auth_url, login, true).await
    }
    /// Opens the address, signs in, and then does not agree.
    pub async fn refuses(&mut self, auth_url: &str, login: &str) -> String {
        self.walk(auth_url, login, false).await
    }
    async fn walk(&mut self, auth_url: &str, login: &str, agrees: bool) -> String {
        let own = auth_url.split("/auth").next().unwrap().to_owned();
        let mut page = self.open(auth_url, None).await;
        for _ in 0..20 {
            if let Some(to) = page.location {
                let to = if to.starts_with('/') { format!("{own}{to}") } else { to };
                if !to.starts_with(&own) {
                    return to;
                }
                page = self.open(&to, None).await;
                continue;
            }
            assert!(page.text.contains("name=\"prompt\""), "{}: {}", page.at, page.text);
            let form = if page.text.contains("name=\"login\"") {
                form_urlencoded::Serializer::new(String::new())
                    .extend_pairs([("prompt", "login"), ("login", login), ("password", "any")])
                    .finish()
            } else {
                "prompt=consent".to_owned()
            };
            let to = if form.contains("consent") && !agrees { format!("{}/abort", page.at) } else { page.at.clone() };
            let form = (!to.ends_with("/abort")).then_some(form);
            page = self.open(&to, form).await;
        }
        panic!("the provider goes round in circles");
    }
    async fn open(&mut self, url: &str, form: Option<String>) -> Page {
        let request = match form {
            Some(form) => self.client.post(url).header("content-type", "application/x-www-form-urlencoded").body(form),
            None => self.client.get(url),
        };
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header("cookie", cookies.join("; ")).send().await.unwrap();
        for set in response.headers().get_all("set-cookie") {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name)
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned())
            };
        }
        let location = response.headers().get("location").map(|l| l.to_str().unwrap().to_owned());
        Page { at: url.to_owned(), location, text: response.text().await.unwrap() }
    }
}

/// The path and query of an address, as our own server is called with it.
pub fn path_of(url: &str) -> String {
    let rest = url.split_once("://").unwrap().1;
    rest[rest.find('/').unwrap()..].to_owned()
}
/// A parameter of an address.
pub fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    form_urlencoded::parse(query.as_bytes()).find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
}

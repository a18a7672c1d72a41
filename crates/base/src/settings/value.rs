//! What a setting's value can be, read from text and shown again.

use crate::{crypto::Secret, limits::Rule};
use std::{collections::BTreeMap, net::SocketAddr, ops::Deref, path::PathBuf, time::Duration};

/// A value of a setting; the error says what would fit. A secret's error does not repeat the text.
pub trait Value: Sized {
    const SECRET: bool = false;
    fn read(text: &str) -> Result<Self, String>;
    fn show(&self) -> String;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Env {
    Development,
    Production,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwtAlg {
    EdDsa,
    Hs256,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signup {
    Open,
    Verify,
    Invite,
    Closed,
}
/// How strictly a model provider reads what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AiProfile {
    Mistral,
    OpenAi,
}
/// Whether somebody must have agreed before what they write is sent to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AiConsent {
    Assumed,
    Required,
}
/// What happens when a provider vouches for the address of an account that it is not linked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPolicy {
    Confirm,
    Auto,
    Separate,
}
/// Where the nonce in the id_token of a mobile app comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NativeNonce {
    Required,
    Sdk,
}
/// Texts, separated by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<String>);
/// The address that opens an app: it may have a scheme of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppLink(String);
/// One value for each name that stands in the middle of the setting's.
#[derive(Clone, Debug)]
pub struct Named<T>(BTreeMap<String, T>);
/// How passwords are hashed; whatever is stored verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Argon2id,
    Bcrypt,
}

macro_rules! words { ($($t:ident { $($v:ident $word:literal),+ })+) => { $(
    impl Value for $t {
        fn read(text: &str) -> Result<Self, String> {
            $(if text.eq_ignore_ascii_case($word) { return Ok(Self::$v); })+
            Err(format!("`{text}` is none of {}", [$($word),+].join(", ")))
        }
        fn show(&self) -> String { match self { $(Self::$v => $word),+ }.to_owned() }
    }
)+ } }
words! {
    Env { Development "development", Production "production" }
    JwtAlg { EdDsa "EdDSA", Hs256 "HS256" }
    AiProfile { Mistral "mistral", OpenAi "openai" }
    AiConsent { Assumed "assumed", Required "required" }
    LinkPolicy { Confirm "confirm", Auto "auto", Separate "separate" }
    NativeNonce { Required "required", Sdk "sdk" }
    Signup { Open "open", Verify "verify", Invite "invite", Closed "closed" }
    Scheme { Argon2id "argon2id", Bcrypt "bcrypt" }
}

macro_rules! parsed { ($($t:ty: $what:literal),+) => { $(
    impl Value for $t {
        fn read(text: &str) -> Result<Self, String> { text.parse().map_err(|_| format!("`{text}` is not {}", $what)) }
        fn show(&self) -> String { self.to_string() }
    }
)+ } }
parsed! { SocketAddr: "an address like 127.0.0.1:8000", u32: "a whole number", usize: "a whole number", String: "text" }

impl Value for bool {
    fn read(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "on" | "true" | "1" | "yes" => Ok(true),
            "off" | "false" | "0" | "no" => Ok(false),
            _ => Err(format!("`{text}` is neither on nor off")),
        }
    }
    fn show(&self) -> String {
        if *self { "on" } else { "off" }.to_owned()
    }
}
impl Value for PathBuf {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }
    fn show(&self) -> String {
        self.display().to_string()
    }
}
impl Value for Duration {
    fn read(text: &str) -> Result<Self, String> {
        let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        let unit = match unit {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => 0,
        };
        let seconds = number.parse::<u64>().ok().and_then(|n| n.checked_mul(unit)).filter(|_| unit > 0);
        seconds.map(Self::from_secs).ok_or_else(|| format!("`{text}` is not a number of seconds, nor a span like 90s, 15m, 2h or 7d"))
    }
    fn show(&self) -> String {
        self.as_secs().to_string()
    }
}
impl Value for Rule {
    fn read(text: &str) -> Result<Self, String> {
        text.parse()
    }
    fn show(&self) -> String {
        match self {
            Self::Off => "off".to_owned(),
            Self::Per { count, span, .. } => format!("{count}/{}s", span.as_secs()),
        }
    }
}
impl Value for Secret {
    const SECRET: bool = true;
    fn read(text: &str) -> Result<Self, String> {
        Ok(Self::new(text))
    }
    fn show(&self) -> String {
        "•••".to_owned()
    }
}
/// Origins as browsers send them: scheme, host and port, nothing behind. Apps' own schemes (`capacitor://localhost`) count.
impl Value for Vec<String> {
    fn read(text: &str) -> Result<Self, String> {
        let one = |part: &str| {
            let origin = part.strip_suffix('/').unwrap_or(part);
            let host = origin.split_once("://").map_or("", |(_, host)| host);
            let fits = origin == "*" || (!host.is_empty() && !host.contains(['/', '?', '#', '@', '*', ' ']));
            fits.then(|| origin.to_ascii_lowercase()).ok_or_else(|| format!("`{part}` is not an origin like https://app.example.org"))
        };
        text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(one).collect()
    }
    fn show(&self) -> String {
        self.join(",")
    }
}
impl<T: Value> Value for Option<T> {
    const SECRET: bool = T::SECRET;
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.eq_ignore_ascii_case("none") { Ok(None) } else { T::read(text).map(Some) }
    }
    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "none".to_owned(), Value::show)
    }
}

impl Deref for Words {
    type Target = [String];
    fn deref(&self) -> &[String] {
        &self.0
    }
}
impl Value for Words {
    fn read(text: &str) -> Result<Self, String> {
        Ok(Self(text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()))
    }
    fn show(&self) -> String {
        self.0.join(",")
    }
}
impl Deref for AppLink {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl Value for AppLink {
    fn read(text: &str) -> Result<Self, String> {
        let link = if text.contains(':') { text.to_owned() } else { format!("{text}://callback") };
        let (scheme, rest) = link.split_once("://").unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let runs = ["javascript", "data", "vbscript", "file", "blob"].iter().any(|bad| scheme.eq_ignore_ascii_case(bad));
        let fits = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(plain) && !runs;
        let visible = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
        if fits && visible { Ok(Self(link)) } else { Err(format!("`{text}` is not a link to an app like nextarget://callback")) }
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}
impl<T> Deref for Named<T> {
    type Target = BTreeMap<String, T>;
    fn deref(&self) -> &BTreeMap<String, T> {
        &self.0
    }
}
impl<T: Value> Value for Named<T> {
    const SECRET: bool = T::SECRET;
    fn read(text: &str) -> Result<Self, String> {
        let one = |line: &str| {
            let (name, text) = line.split_once('=').unwrap_or_default();
            Ok((name.to_owned(), T::read(text).map_err(|why| format!("{name}: {why}"))?))
        };
        text.lines().map(one).collect::<Result<_, String>>().map(Self)
    }
    fn show(&self) -> String {
        let shown: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}: {}", value.show())).collect();
        if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
    }
}

impl Value for Vec<ipnet::IpNet> {
    fn read(text: &str) -> Result<Self, String> {
        crate::http::networks(text).map_err(|part| format!("`{part}` is not a network like 10.0.0.0/8"))
    }
    fn show(&self) -> String {
        self.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

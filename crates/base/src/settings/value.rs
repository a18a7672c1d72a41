//! What a setting's value can be, read from text and shown again.

use crate::{crypto::Secret, limits::Rule};
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// A value of a setting; the error says what would fit.
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
    Closed,
}

macro_rules! words { ($($t:ident { $($v:ident $word:literal),+ })+) => { $(
    impl Value for $t {
        fn read(text: &str) -> Result<Self, String> {
            match text { $($word => Ok(Self::$v),)+ _ => Err(format!("`{text}` is none of {}", [$($word),+].join(", "))) }
        }
        fn show(&self) -> String { match self { $(Self::$v => $word),+ }.to_owned() }
    }
)+ } }
words! {
    Env { Development "development", Production "production" }
    JwtAlg { EdDsa "EdDSA", Hs256 "HS256" }
    Signup { Open "open", Closed "closed" }
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
        text.parse().map(Self::from_secs).map_err(|_| format!("`{text}` is not a number of seconds"))
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
impl Value for Vec<String> {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect())
    }
    fn show(&self) -> String {
        self.join(",")
    }
}
impl<T: Value> Value for Option<T> {
    const SECRET: bool = T::SECRET;
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() { Ok(None) } else { T::read(text).map(Some) }
    }
    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "(not set)".to_owned(), Value::show)
    }
}

/// A network like `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr(u128, u32);

impl Cidr {
    pub fn contains(self, address: IpAddr) -> bool {
        let Self(network, bits) = self;
        let apart = network ^ wide(address);
        bits == 0 || apart >> (128 - bits) == 0
    }
}
/// Every address as one of IPv6, so that `::ffff:10.0.0.1` is `10.0.0.1`.
fn wide(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(a) => a.to_ipv6_mapped().into(),
        IpAddr::V6(a) => a.into(),
    }
}
impl Value for Vec<Cidr> {
    fn read(text: &str) -> Result<Self, String> {
        let one = |part: &str| {
            let wrong = || format!("`{part}` is not a network like 10.0.0.0/8");
            let (address, bits) = part.split_once('/').map_or((part, None), |(a, b)| (a, Some(b)));
            let address: IpAddr = address.parse().map_err(|_| wrong())?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Ok(most), str::parse).ok().filter(|b: &u32| *b <= most).ok_or_else(wrong)?;
            Ok(Cidr(wide(address), bits + 128 - most))
        };
        text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(one).collect()
    }
    fn show(&self) -> String {
        format!("{} networks", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_their_addresses() {
        let nets = Vec::<Cidr>::read("10.0.0.0/8, ::1, 192.168.1.7").unwrap();
        let inside = |a: &str| nets.iter().any(|n| n.contains(a.parse().unwrap()));
        assert!(inside("10.255.0.1") && inside("::1") && inside("192.168.1.7") && inside("::ffff:10.1.1.1"));
        assert!(!inside("11.0.0.1") && !inside("192.168.1.8") && !inside("::2"));
        assert!(Vec::<Cidr>::read("10.0.0.0/33").is_err() && Vec::<Cidr>::read("x").is_err());
    }
}

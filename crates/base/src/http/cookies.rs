//! The cookies of a browser: their names and attributes, and who may make a browser send them.

use crate::{
    App,
    error::{Error, Result},
    say,
};
use axum::http::{HeaderMap, HeaderName, Method, header};
use std::time::Duration;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a browser keeps for us. Over https every name begins with `__Host-`, so that no other host can set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    Access,
    Refresh,
    /// Binds a sign-in with a provider to the browser that began it.
    Flow,
    /// A device that signed in before.
    Device,
}

impl Cookie {
    const fn name(self, https: bool) -> &'static str {
        match (self, https) {
            (Self::Access, true) => "__Host-cls_at",
            (Self::Access, false) => "access_token",
            (Self::Refresh, true) => "__Host-cls_rt",
            (Self::Refresh, false) => "refresh_token",
            (Self::Flow, true) => "__Host-cls_fl",
            (Self::Flow, false) => "oauth_flow",
            (Self::Device, true) => "__Host-cls_dev",
            (Self::Device, false) => "known_device",
        }
    }
    /// `__Host-` demands the root.
    const fn path(self, https: bool) -> &'static str {
        match self {
            Self::Refresh | Self::Device if !https => "/api/v1/auth",
            _ => "/",
        }
    }
    /// A provider sends its user back from another site: only the flow's cookie must survive that.
    const fn same_site(self, https: bool) -> &'static str {
        if https && !matches!(self, Self::Flow) { "Strict" } else { "Lax" }
    }
    /// The value of a `Set-Cookie`.
    pub fn set(self, app: &App, value: &str, life: Duration) -> String {
        self.written(app.https(), value, life.as_secs())
    }
    /// The same attributes, over at once.
    pub fn clear(self, app: &App) -> String {
        self.written(app.https(), "", 0)
    }
    fn written(self, https: bool, value: &str, seconds: u64) -> String {
        let (name, path, site) = (self.name(https), self.path(https), self.same_site(https));
        let secure = if https { "; Secure" } else { "" };
        format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite={site}{secure}")
    }
    pub fn read(self, app: &App, headers: &HeaderMap) -> Option<String> {
        let name = self.name(app.https());
        let all = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        let mut pairs = all.flat_map(|v| v.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(n, v)| *n == name && !v.is_empty()).map(|(_, v)| v.to_owned())
    }
}

impl App {
    /// Whether people reach us over https.
    pub fn https(&self) -> bool {
        self.tokens.issuer().starts_with("https://")
    }
    /// A request that lives on its cookies must come from our own pages; whoever sends neither header is no browser.
    pub fn own_page(&self, method: &Method, headers: &HeaderMap) -> Result<()> {
        let own = method.is_safe() || from_own_page(headers, self.tokens.issuer());
        if own {
            return Ok(());
        }
        let say = say!(
            "A page of another site sent this. Open Coulisses itself and try again.",
            "Cette demande vient d’une page d’un autre site. Ouvrez Coulisses et recommencez."
        );
        Err(Error::forbidden("cross_site", say))
    }
}

fn from_own_page(headers: &HeaderMap, own: &str) -> bool {
    match (headers.get(FETCH_SITE), headers.get(header::ORIGIN)) {
        (Some(site), _) => matches!(site.as_bytes(), b"same-origin" | b"none"),
        (None, Some(origin)) => origin.as_bytes() == origin_of(own).as_bytes(),
        (None, None) => true,
    }
}
/// Scheme, host and port of an address.
fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or(url, |end| &url[..host + end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_follow_the_scheme() {
        assert_eq!(Cookie::Refresh.written(true, "x", 60), "__Host-cls_rt=x; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure");
        assert_eq!(Cookie::Refresh.written(false, "x", 60), "refresh_token=x; Path=/api/v1/auth; Max-Age=60; HttpOnly; SameSite=Lax");
        assert_eq!(Cookie::Access.written(false, "", 0), "access_token=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
        assert!(Cookie::Flow.written(true, "x", 1).contains("SameSite=Lax; Secure"));
    }
    #[test]
    fn only_our_own_pages_and_what_is_no_browser() {
        let asks = |pairs: &[(&'static str, &str)]| {
            let headers = pairs.iter().map(|(n, v)| (HeaderName::from_static(n), v.parse().unwrap())).collect();
            from_own_page(&headers, "https://crew.example/")
        };
        assert!(asks(&[]));
        assert!(asks(&[("sec-fetch-site", "same-origin")]) && asks(&[("sec-fetch-site", "none")]));
        assert!(!asks(&[("sec-fetch-site", "cross-site")]) && !asks(&[("sec-fetch-site", "same-site")]));
        assert!(asks(&[("origin", "https://crew.example")]));
        for foreign in ["https://evil.example", "http://crew.example", "https://crew.example:444", "null", "https://crew.example.evil"] {
            assert!(!asks(&[("origin", foreign)]), "{foreign}");
        }
        assert!(!asks(&[("sec-fetch-site", "cross-site"), ("origin", "https://crew.example")]), "the browser's own word wins");
    }
}

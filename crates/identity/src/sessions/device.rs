//! The device that a request came from: its cookies, its address, and what it calls itself.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, header, request::Parts},
};
use base::{
    App, Error, Result,
    http::{Context, Cookie, Json, Op, Part},
};
use std::net::IpAddr;

pub struct Device {
    pub label: String,
    pub ip: IpAddr,
    headers: HeaderMap,
    method: Method,
}

impl Device {
    /// Refuses what a page of another site makes a browser send.
    pub fn own_page(&self, app: &App) -> Result<()> {
        app.own_page(&self.method, &self.headers)
    }
    /// The value of a cookie that only our own pages may use.
    pub fn cookie(&self, app: &App, cookie: Cookie) -> Result<Option<String>> {
        let found = cookie.read(app, &self.headers);
        if found.is_some() {
            self.own_page(app)?;
        }
        Ok(found)
    }
}
impl FromRequestParts<App> for Device {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let ip = Context::from_request_parts(parts, app).await?.client;
        let agent = parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
        Ok(Self { label: base::origin::device_label(agent), ip, headers: parts.headers.clone(), method: parts.method.clone() })
    }
}
impl Part for Device {
    fn describe(_: &mut Op<'_>) {}
}

/// A JSON body, or none at all: a browser that has everything in its cookies sends nothing.
pub struct Empty<T>(pub Option<T>);
impl<T: serde::de::DeserializeOwned> axum::extract::FromRequest<App> for Empty<T> {
    type Rejection = Error;
    async fn from_request(request: axum::extract::Request, app: &App) -> Result<Self> {
        let nothing = request.headers().get(header::CONTENT_TYPE).is_none() && axum::body::HttpBody::is_end_stream(request.body());
        if nothing {
            return Ok(Self(None));
        }
        let Json(body) = Json::from_request(request, app).await?;
        Ok(Self(Some(body)))
    }
}
impl<T> Part for Empty<T> {
    fn describe(op: &mut Op<'_>) {
        Json::<T>::describe(op);
    }
}

//! What is known of a request before anything else: its id, who sent it from where, in which language.

use crate::{
    error::{Error, Result},
    id::{AccountId, OrgId},
    say::Lang,
};
use axum::{extract::FromRequestParts, http::request::Parts};
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, OnceLock},
};

/// Made by the outermost layer, kept in the request's extensions.
#[derive(Clone, Debug)]
pub struct Context {
    pub request_id: Arc<str>,
    /// The peer, or the right-most untrusted hop behind a trusted proxy.
    pub client: IpAddr,
    pub lang: Lang,
    /// W3C trace id and the id of this request's span, as 32 and 16 hex digits.
    pub trace_id: Arc<str>,
    pub span_id: Arc<str>,
    /// Filled by whoever finds out who is calling, read by the log line at the end.
    pub principal: Arc<OnceLock<(AccountId, Option<OrgId>)>>,
}

impl Context {
    /// A context for work that no request asked for (jobs, tests).
    pub fn background() -> Self {
        Self {
            request_id: "background".into(),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            lang: Lang::default(),
            trace_id: "".into(),
            span_id: "".into(),
            principal: Arc::default(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Context {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(Self::background))
    }
}

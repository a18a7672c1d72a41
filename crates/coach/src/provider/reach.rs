//! Whether the model provider answers, for `coulisses doctor` and for administrators: its list of models costs nothing.

use super::{Endpoint, MISTRAL};
use axum::http::HeaderMap;
use base::{
    Settings,
    outbound::{Chosen, Failure, Outbound, Sent},
    settings::Value as _,
};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;
use utoipa::ToSchema;

const PATIENCE: Duration = Duration::from_secs(5);

pub enum Reached {
    /// It lists this many models, and ours among them.
    Ready(usize),
    /// It lists models, but not this one of ours.
    Lacks(String),
    /// It does not take the key.
    Refused,
    /// It takes the key, but allows no request at all: the plan has no quota, and waiting does not help.
    NoQuota,
    /// It answers, but has no such list: not every server does.
    Unlisted(u16),
    Away(Failure),
}

/// What the plan allows in a minute, and what of it is left, as far as the provider says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AiCheckAllowance)]
pub struct Allowance {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 60)]
    pub requests: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_left: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_left: Option<u64>,
}
impl Allowance {
    /// Mistral's headers, or else those of most other servers.
    fn of(headers: &HeaderMap) -> Self {
        let [requests, requests_left, tokens, tokens_left] = [
            ["x-ratelimit-limit-req-minute", "x-ratelimit-limit-requests"],
            ["x-ratelimit-remaining-req-minute", "x-ratelimit-remaining-requests"],
            ["x-ratelimit-limit-tokens-minute", "x-ratelimit-limit-tokens"],
            ["x-ratelimit-remaining-tokens-minute", "x-ratelimit-remaining-tokens"],
        ]
        .map(|names| names.iter().find_map(|name| headers.get(*name)?.to_str().ok()?.trim().parse().ok()));
        Self { requests, requests_left, tokens, tokens_left }
    }
}

/// Where it was asked, fit to be shown, how it answered, and what it allows; None when no provider is configured.
pub async fn models(settings: &Settings, outbound: &Outbound) -> Option<(String, Reached, Allowance)> {
    let Endpoint { url, key, .. } = Endpoint::of(settings)?;
    let header = Some(("accept", "application/json"));
    let sent = Sent { bearer: key.as_ref().map(|key| key.expose()), header, within: Some(PATIENCE), ..Sent::default() };
    // Only a list is read: whoever refuses may do so in HTML.
    let answer = outbound.whole(Chosen::ByOperator, &format!("{url}/models"), sent).await;
    let allowance = answer.as_ref().map_or_else(|_| Allowance::default(), |(_, headers, _)| Allowance::of(headers));
    let reached = match answer {
        Ok((401 | 403, ..)) => Reached::Refused,
        Ok(_) if allowance.requests == Some(0) => Reached::NoQuota,
        Ok((200, _, list)) => serde_json::from_slice(&list).map_or(Reached::Away(Failure::NotJson), |list| listed(settings, &list)),
        Ok((status, ..)) => Reached::Unlisted(status),
        Err(why) => Reached::Away(why),
    };
    let shown = settings.ai_base_url.as_ref().map_or_else(|| MISTRAL.to_owned(), |url| url.show());
    Some((shown, reached, allowance))
}
fn listed(settings: &Settings, list: &Value) -> Reached {
    let listed: Vec<_> = list["data"].as_array().into_iter().flatten().filter_map(|model| model["id"].as_str()).collect();
    let mut ours = std::iter::once(&settings.ai_model).chain(settings.ai_models.iter());
    match ours.find(|model| !listed.contains(&model.as_str())) {
        Some(lacking) => Reached::Lacks(lacking.clone()),
        None => Reached::Ready(listed.len()),
    }
}

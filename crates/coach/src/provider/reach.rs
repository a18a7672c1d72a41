//! Whether the model provider answers, for `coulisses doctor` and for administrators: its list of models costs nothing.

use super::{Endpoint, MISTRAL};
use base::{
    Settings,
    outbound::{Chosen, Failure, Outbound, Sent},
    settings::Value as _,
};
use serde_json::Value;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

pub enum Reached {
    /// It lists this many models, and ours among them.
    Ready(usize),
    /// It lists models, but not this one of ours.
    Lacks(String),
    /// It does not take the key.
    Refused,
    /// It answers, but has no such list: not every server does.
    Unlisted(u16),
    Away(Failure),
}

/// Where it was asked, fit to be shown, and how it answered; None when no provider is configured.
pub async fn models(settings: &Settings, outbound: &Outbound) -> Option<(String, Reached)> {
    let Endpoint { url, key, .. } = Endpoint::of(settings)?;
    let header = Some(("accept", "application/json"));
    let sent = Sent { bearer: key.as_ref().map(|key| key.expose()), header, within: Some(PATIENCE), ..Sent::default() };
    // Only a list is read: whoever refuses may do so in HTML.
    let reached = match outbound.bytes(Chosen::ByOperator, &format!("{url}/models"), sent).await {
        Ok((200, list)) => serde_json::from_slice(&list).map_or(Reached::Away(Failure::NotJson), |list| listed(settings, &list)),
        Ok((401 | 403, _)) => Reached::Refused,
        Ok((status, _)) => Reached::Unlisted(status),
        Err(why) => Reached::Away(why),
    };
    let shown = settings.ai_base_url.as_ref().map_or_else(|| MISTRAL.to_owned(), |url| url.show());
    Some((shown, reached))
}
fn listed(settings: &Settings, list: &Value) -> Reached {
    let listed: Vec<_> = list["data"].as_array().into_iter().flatten().filter_map(|model| model["id"].as_str()).collect();
    let mut ours = std::iter::once(&settings.ai_model).chain(settings.ai_models.iter());
    match ours.find(|model| !listed.contains(&model.as_str())) {
        Some(lacking) => Reached::Lacks(lacking.clone()),
        None => Reached::Ready(listed.len()),
    }
}

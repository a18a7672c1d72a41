//! A call as it is remembered: first as it runs, then as it is shown.

use crate::provider::Usage;
use base::{
    entity, id,
    id::{AccountId, OrgId, Uuid},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

id!(pub InteractionId "interaction" "interaction");

/// Longer answers are kept to here.
pub const LONGEST_KEPT: usize = 32 << 10;

/// A call that runs or has ended, on its way into the store.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: InteractionId,
    pub account: AccountId,
    pub org: Option<OrgId>,
    pub kind: &'static str,
    pub model: String,
    pub model_used: Option<String>,
    pub source: &'static str,
    pub status: &'static str,
    pub error_code: Option<&'static str>,
    pub finish_reason: Option<String>,
    pub parse_step: Option<&'static str>,
    pub prompt_version: Option<String>,
    pub prompt_sha256: Option<String>,
    pub streamed: bool,
    pub usage: Usage,
    pub usage_estimated: bool,
    pub upstream_request_id: Option<String>,
    pub cost_micro_eur: i64,
    pub first_byte_ms: Option<i64>,
    pub latency_ms: Option<i64>,
    pub created_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    /// Whether something is held back for it, and whether a model was asked at all.
    pub reserved: bool,
    pub asked: bool,
    /// Whether its account lets us keep what was said.
    pub keeps: bool,
    /// Who said what, as far as it is kept.
    pub said: Vec<(&'static str, String)>,
}
impl Entry {
    pub fn new(id: Uuid, account: AccountId, org: Option<OrgId>, kind: &'static str, model: &str, now: Timestamp) -> Self {
        Self {
            id: InteractionId(id),
            account,
            org,
            kind,
            model: model.to_owned(),
            model_used: None,
            source: "ai",
            status: "running",
            error_code: None,
            finish_reason: None,
            parse_step: None,
            prompt_version: None,
            prompt_sha256: None,
            streamed: false,
            usage: Usage::default(),
            usage_estimated: false,
            upstream_request_id: None,
            cost_micro_eur: 0,
            first_byte_ms: None,
            latency_ms: None,
            created_at: now,
            completed_at: None,
            reserved: false,
            asked: true,
            keeps: true,
            said: vec![],
        }
    }
    /// About how much memory it takes while it waits.
    pub fn bytes(&self) -> u32 {
        let said: usize = self.said.iter().map(|(_, text)| text.len()).sum();
        u32::try_from(size_of::<Self>() + self.model.len() + said).unwrap_or(u32::MAX)
    }
    pub fn says(&mut self, role: &'static str, text: &str) {
        if self.keeps && !text.is_empty() {
            self.said.push((role, text[..text.floor_char_boundary(LONGEST_KEPT)].to_owned()));
        }
    }
    /// How it ended: well, cut short by the model, or with this fault.
    pub fn ends(&mut self, fault: Option<&'static str>) {
        self.error_code = fault;
        self.status = match (fault, self.finish_reason.as_deref()) {
            (Some(_), _) => "error",
            (None, Some("length" | "model_length")) => "truncated",
            _ => "ok",
        };
    }
}

entity! {
    /// A call, without what was said.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = AiInteraction)]
    pub struct Interaction {
        pub id: InteractionId,
        /// `chat` or `coach`
        pub kind: String,
        /// As it was asked for.
        pub model: String,
        pub model_used: Option<String>,
        /// `ai`, `rules` or `hybrid`
        pub source: String,
        /// `running`, `ok`, `truncated` (the model ran out of room), `cancelled` or `error`
        pub status: String,
        /// Why it was not `ok`.
        pub error_code: Option<String>,
        pub finish_reason: Option<String>,
        /// What the provider calls it, for whoever asks it about this call.
        pub upstream_request_id: Option<String>,
        pub parse_step: Option<String>,
        /// The version of the prompt that the coach asked with, and the hash of its body.
        pub prompt_version: Option<String>,
        pub prompt_sha256: Option<String>,
        pub streamed: bool,
        pub prompt_tokens: i64,
        pub completion_tokens: i64,
        /// Of the prompt, what the provider had read before.
        pub cached_tokens: i64,
        /// The provider did not say, so we counted.
        pub usage_estimated: bool,
        pub cost_micro_eur: i64,
        pub first_byte_ms: Option<i64>,
        pub latency_ms: Option<i64>,
        pub created_at: Timestamp,
        pub completed_at: Option<Timestamp>,
    }
}

/// What somebody said.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AiMessage)]
pub struct Message {
    /// `user` or `assistant`
    pub role: String,
    pub content: String,
}
/// A call with what was said, for as long as that is kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AiInteractionWhole)]
pub struct Whole {
    #[serde(flatten)]
    pub interaction: Interaction,
    /// Empty once it is over, or when it was never kept.
    pub messages: Vec<Message>,
    /// The coach's whole answer, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_has_its_word() {
        let mut entry = Entry::new(id::v4(), AccountId(id::v4()), None, "chat", "m", Timestamp::from_micros(0));
        entry.ends(None);
        assert_eq!((entry.status, entry.error_code), ("ok", None));
        entry.finish_reason = Some("length".into());
        entry.ends(None);
        assert_eq!(entry.status, "truncated");
        entry.ends(Some("upstream_timeout"));
        assert_eq!((entry.status, entry.error_code), ("error", Some("upstream_timeout")));
        entry.says("assistant", &"é".repeat(LONGEST_KEPT));
        assert_eq!(entry.said[0].1.len(), LONGEST_KEPT, "cut between characters");
    }
}

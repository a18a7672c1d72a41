//! What a consent is, and what follows from it.

use base::{Error, Result, say, time::Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Of the words that people agree to; docs/guide/coach.md holds them.
pub const TEXT: &str = "2026-11";
pub const PURPOSES: [&str; 3] = ["ai_processing", "store_content", "send_notes"];

/// What one agrees to; what is left out is not agreed to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SetAiConsent)]
pub struct Choice {
    /// What I ask and the figures of my sessions may go to the model provider.
    #[serde(default)]
    pub ai_processing: bool,
    /// What was said may be kept, sealed, for as long as the server says.
    #[serde(default)]
    pub store_content: bool,
    /// My notes may go along; they may speak of health.
    #[serde(default)]
    pub send_notes: bool,
}
impl Choice {
    pub fn of(self, purpose: &str) -> bool {
        match purpose {
            "ai_processing" => self.ai_processing,
            "store_content" => self.store_content,
            _ => self.send_notes,
        }
    }
}
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AiConsent)]
pub struct Consent {
    pub ai_processing: bool,
    pub store_content: bool,
    pub send_notes: bool,
    /// Whether nothing is sent before one agreed (`AI_CONSENT=required`).
    pub required: bool,
    /// Of the words that were agreed to.
    pub text_version: &'static str,
    pub changed_at: Option<Timestamp>,
}
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrgAi)]
pub struct OrgAi {
    /// Whether members may use models in the organisation's name; the coach works by rules without.
    pub enabled: bool,
}

/// What stands now for a caller: what they agreed to, as far as this server does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub ai_processing: bool,
    pub store_content: bool,
    pub send_notes: bool,
    pub org_enabled: bool,
}
impl Standing {
    /// Why no model may be asked, if so.
    pub fn refusal(self) -> Option<&'static str> {
        if !self.org_enabled {
            return Some("ai_disabled_by_org");
        }
        (!self.ai_processing).then_some("consent_required")
    }
    pub fn allows_chat(self) -> Result<()> {
        self.refusal().map_or(Ok(()), |code| Err(refused(code)))
    }
}
pub fn refused(code: &'static str) -> Error {
    let say = if code == "consent_required" {
        say!(
            "Agree first that what you write goes to the model provider (PUT /api/v1/me/ai-consent).",
            "Acceptez d’abord que ce que vous écrivez soit transmis au fournisseur de modèles (PUT /api/v1/me/ai-consent)."
        )
    } else {
        say!(
            "Your organisation has switched models off. The coach works by rules all the same.",
            "Votre organisation a désactivé les modèles. Le coach fonctionne tout de même par règles."
        )
    };
    Error::forbidden(code, say)
}

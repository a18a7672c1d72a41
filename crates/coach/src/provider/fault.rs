//! What a provider's failure means: read from every published shape of error, told without a word of its body.

use base::{Error, error::Kind, say, say::Say, time::Timestamp};
use serde_json::Value;
use std::time::Duration;

/// The longest a provider may ask us to wait before it counts as "not now".
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    NotConfigured,
    Connect,
    Timeout,
    /// 5xx, or an answer that broke off.
    Unavailable,
    /// 401 or 403: the key is refused, or what it may do. For the operator to mend, never the caller's 401.
    Auth,
    /// The provider does not take this request: 400, 404, 422.
    Rejected {
        status: u16,
    },
    RateLimited {
        after: Duration,
    },
    /// Its capacity is used up, whoever asks.
    Capacity {
        after: Duration,
    },
    /// The plan has no quota for the model: no waiting helps.
    NoQuota,
    /// 200 with something that is no completion.
    Invalid,
    Busy,
    Open {
        after: Duration,
    },
}

impl Fault {
    /// From the status and what came with it; the shape of the body is believed as little as possible.
    pub fn of(status: u16, retry_after: Option<&str>, request_limit: Option<&str>, body: &[u8], now: Timestamp) -> Self {
        let after = retry_after.and_then(|text| wait(text.trim(), now)).unwrap_or(Duration::from_secs(5)).min(LONGEST_WAIT);
        match status {
            401 | 403 => Self::Auth,
            429 if request_limit.is_some_and(|n| n.trim() == "0") => Self::NoQuota,
            429 if is_capacity(body) => Self::Capacity { after },
            429 => Self::RateLimited { after },
            408 | 504 => Self::Timeout,
            500.. => Self::Unavailable,
            _ => Self::Rejected { status },
        }
    }
    /// Whether the provider itself is at fault, as the breaker counts it.
    pub fn counts(self) -> bool {
        matches!(self, Self::Connect | Self::Timeout | Self::Unavailable | Self::Capacity { .. })
    }
    /// Whether asking once more may help, and after how long it makes sense at the earliest.
    pub fn again_after(self) -> Option<Duration> {
        match self {
            Self::Connect | Self::Unavailable => Some(Duration::ZERO),
            Self::RateLimited { after } | Self::Capacity { after } => Some(after),
            _ => None,
        }
    }
    /// A stable word for logs, metrics and `degraded_reason`.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotConfigured => "ai_not_configured",
            Self::Timeout => "upstream_timeout",
            Self::Connect | Self::Unavailable => "upstream_unavailable",
            Self::Auth => "upstream_auth",
            Self::Rejected { .. } => "upstream_rejected",
            Self::RateLimited { .. } | Self::Capacity { .. } => "upstream_rate_limited",
            Self::NoQuota => "ai_plan_without_quota",
            Self::Invalid => "upstream_invalid_response",
            Self::Busy => "ai_busy",
            Self::Open { .. } => "circuit_open",
        }
    }
}

/// How long a `Retry-After` asks to wait: seconds, or the date when it is over.
fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    let seconds = || text.parse().ok().map(Duration::from_secs);
    seconds().or_else(|| Some(Timestamp::of_http_date(text)?.since(now)))
}
/// `{"type": "service_tier_capacity_exceeded"}` or code 3505, as text or number.
fn is_capacity(body: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return false };
    let code = &body["code"];
    body["type"] == "service_tier_capacity_exceeded" || code == "3505" || code == 3505
}

/// The lines that set a provider up.
fn mends() -> Vec<Say> {
    vec![
        say!("MISTRAL_API_KEY=…  # a key of console.mistral.ai", "MISTRAL_API_KEY=…  # une clé de console.mistral.ai"),
        say!(
            "AI_BASE_URL=http://127.0.0.1:11434/v1  # or a server of your own (Ollama, vLLM, llama.cpp), without a key",
            "AI_BASE_URL=http://127.0.0.1:11434/v1  # ou un serveur à vous (Ollama, vLLM, llama.cpp), sans clé"
        ),
        say!(
            "AI_MODEL=mistral-small-latest  # the model that it is asked for",
            "AI_MODEL=mistral-small-latest  # le modèle qui lui est demandé"
        ),
    ]
}
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        let name = fault.name();
        let later = |after: Duration, say| Self::unavailable(name, after.max(Duration::from_secs(1)), say);
        match fault {
            Fault::NotConfigured => later(
                Duration::from_secs(60),
                say!(
                    "No model provider is set up here. The operator adds the lines of `suggestions` (MISTRAL_API_KEY, or AI_BASE_URL of an OpenAI-compatible server) and restarts. The coach works by rules meanwhile.",
                    "Aucun fournisseur de modèles n’est configuré ici. L’exploitant ajoute les lignes de `suggestions` (MISTRAL_API_KEY, ou AI_BASE_URL d’un serveur compatible OpenAI), puis redémarre. Le coach fonctionne par règles en attendant."
                ),
            )
            .suggest(mends()),
            Fault::NoQuota => later(
                Duration::from_secs(60),
                say!(
                    "The operator’s plan at the provider has no quota for this model. Ask for another model, or tell the operator.",
                    "L’abonnement de l’exploitant chez le fournisseur ne comprend pas ce modèle. Demandez un autre modèle ou prévenez l’exploitant."
                ),
            ),
            Fault::Busy => later(
                Duration::from_secs(2),
                say!("Too many questions at once. Try again in a moment.", "Trop de questions à la fois. Réessayez dans un instant."),
            ),
            Fault::Open { after } => later(
                after,
                say!(
                    "The model does not answer at the moment. Try again later.",
                    "Le modèle ne répond pas en ce moment. Réessayez plus tard."
                ),
            ),
            Fault::RateLimited { after } | Fault::Capacity { after } => {
                let say = say!(
                    "The provider takes no more questions for the moment. Try again later.",
                    "Le fournisseur n’accepte plus de questions pour le moment. Réessayez plus tard."
                );
                Self::new(Kind::RateLimited { after }, name, say)
            }
            Fault::Timeout => Self::gateway_timeout(
                name,
                say!("The model did not answer in time. Try again.", "Le modèle n’a pas répondu à temps. Réessayez."),
            ),
            Fault::Auth => Self::bad_gateway(
                name,
                say!(
                    "The provider refuses the operator’s key, or this model to it. Tell the operator.",
                    "Le fournisseur refuse la clé de l’exploitant, ou ce modèle à cette clé. Prévenez l’exploitant."
                ),
            ),
            Fault::Rejected { .. } => Self::bad_gateway(
                name,
                say!(
                    "The provider does not take this request. Change the model or the parameters.",
                    "Le fournisseur n’accepte pas cette demande. Changez de modèle ou de paramètres."
                ),
            ),
            Fault::Invalid => Self::bad_gateway(
                name,
                say!("The provider’s answer could not be read. Try again.", "La réponse du fournisseur n’a pas pu être lue. Réessayez."),
            ),
            Fault::Connect | Fault::Unavailable => Self::bad_gateway(
                name,
                say!("The provider cannot be reached. Try again later.", "Le fournisseur est injoignable. Réessayez plus tard."),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_says_when_in_seconds_or_as_a_date() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let after = |text: &str| match Fault::of(429, Some(text), None, b"{}", now) {
            Fault::RateLimited { after } => after.as_secs(),
            other => panic!("{other:?}"),
        };
        assert_eq!((after("7"), after(" 7 "), after("0")), (7, 7, 0));
        assert_eq!(after("Sat, 21 Nov 2026 10:00:42 GMT"), 42);
        assert_eq!(after("Sat, 21 Nov 2026 09:00:00 GMT"), 0, "over already");
        assert_eq!(after("Sun, 22 Nov 2026 10:00:00 GMT"), 3_600, "never longer than an hour");
        for nonsense in ["", "soon", "-3", "1.5", "21 Nov", "Sat, 99 Nov 2026 10:00:42 GMT"] {
            assert_eq!(after(nonsense), 5, "{nonsense}");
        }
    }
}

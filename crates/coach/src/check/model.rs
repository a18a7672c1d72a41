//! How the model provider answered, in a word for programs and a sentence for people.

use crate::provider::reach::{Allowance, Reached};
use base::{
    Settings,
    outbound::Failure,
    say,
    say::{Lang, Say},
};
use serde::Serialize;
use utoipa::ToSchema;

/// How the model provider answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AiCheck)]
pub struct Checked {
    pub state: State,
    /// Where it was asked, without a password; none when no provider is set up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://api.mistral.ai/v1")]
    pub url: Option<String>,
    /// The model that is asked when a caller names none; the one that is missing when the state is `lacks_model`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How many models it lists, when all of ours are among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<usize>,
    /// What the provider's plan allows in a minute, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<Allowance>,
    /// What that means, and what to do, in the caller's language.
    pub detail: String,
}
/// `no_quota`: the plan allows no request. `unlisted`: it answers, but has no list of models. `away`: no answer, or none of a model provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AiCheckState)]
pub enum State {
    Ready,
    LacksModel,
    KeyRefused,
    NoQuota,
    Unlisted,
    Away,
    NotConfigured,
}

impl Checked {
    pub fn of(settings: &Settings, reached: Option<(String, Reached, Allowance)>, lang: Lang) -> Self {
        let Some((url, reached, allowance)) = reached else {
            let detail = not_configured().to(lang).to_owned();
            return Self { state: State::NotConfigured, url: None, model: None, models: None, per_minute: None, detail };
        };
        let (state, say) = told(&url, &reached, settings.ai_key.is_some());
        let detail = match allowed(allowance) {
            Some(more) => format!("{} {}", say.to(lang), more.to(lang)),
            None => say.to(lang).to_owned(),
        };
        let per_minute = Some(allowance).filter(|said| *said != Allowance::default());
        let (model, models) = match reached {
            Reached::Ready(listed) => (settings.ai_model.clone(), Some(listed)),
            Reached::Lacks(model) => (model, None),
            _ => (settings.ai_model.clone(), None),
        };
        Self { state, url: Some(url), model: Some(model), models, per_minute, detail }
    }
}

fn not_configured() -> Say {
    say!(
        "No model provider is set up. Set MISTRAL_API_KEY, or AI_BASE_URL for an OpenAI-compatible server, then restart the server. The coach works by rules meanwhile.",
        "Aucun fournisseur de modèles n’est configuré. Renseignez MISTRAL_API_KEY, ou AI_BASE_URL pour un serveur compatible OpenAI, puis redémarrez le serveur. Le coach fonctionne par règles en attendant."
    )
}
/// What the plan allows, where it allows something.
fn allowed(allowance: Allowance) -> Option<Say> {
    let most = allowance.requests.filter(|most| *most > 0)?;
    Some(match allowance.requests_left {
        Some(left) => say!(
            "It allows {most} requests a minute, {left} of them are left.",
            "Il accepte {most} requêtes par minute, dont {left} restent disponibles."
        ),
        None => say!("It allows {most} requests a minute.", "Il accepte {most} requêtes par minute."),
    })
}
fn told(url: &str, reached: &Reached, has_key: bool) -> (State, Say) {
    match reached {
        Reached::Ready(_) => (
            State::Ready,
            say!(
                "{url} answers, and lists every model that is set here. There is nothing to do.",
                "{url} répond et propose tous les modèles réglés ici. Vous n’avez rien à faire."
            ),
        ),
        Reached::Lacks(model) => (
            State::LacksModel,
            say!(
                "{url} answers but does not list {model}. Set AI_MODEL and AI_MODELS to models that it has, then restart the server.",
                "{url} répond mais ne propose pas {model}. Indiquez dans AI_MODEL et AI_MODELS des modèles qu’il propose, puis redémarrez le serveur."
            ),
        ),
        Reached::Refused if has_key => (
            State::KeyRefused,
            say!(
                "{url} refuses the key. Make a new one there, set MISTRAL_API_KEY to it, then restart the server. The coach works by rules meanwhile.",
                "{url} refuse la clé. Créez-en une nouvelle chez ce fournisseur, indiquez-la dans MISTRAL_API_KEY, puis redémarrez le serveur. Le coach fonctionne par règles en attendant."
            ),
        ),
        Reached::Refused => (
            State::KeyRefused,
            say!(
                "{url} wants a key, and none is set. Set MISTRAL_API_KEY, then restart the server. The coach works by rules meanwhile.",
                "{url} demande une clé, et aucune n’est réglée. Renseignez MISTRAL_API_KEY, puis redémarrez le serveur. Le coach fonctionne par règles en attendant."
            ),
        ),
        Reached::NoQuota => (
            State::NoQuota,
            say!(
                "{url} takes the key, but its plan allows no request at all, and waiting does not help. Choose a plan with a quota there (Mistral: Admin, Subscription), or a model that yours has. The coach works by rules meanwhile.",
                "{url} accepte la clé, mais son abonnement n’autorise aucune requête, et attendre n’y change rien. Choisissez-y un abonnement avec quota (Mistral\u{a0}: Admin, Subscription), ou un modèle qu’il comprend. Le coach fonctionne par règles en attendant."
            ),
        ),
        Reached::Unlisted(status @ (429 | 500..)) => (
            State::Unlisted,
            say!(
                "{url} answers with the error {status}. Try again in a few minutes; if it stays, ask whoever runs it.",
                "{url} répond par l’erreur {status}. Réessayez dans quelques minutes\u{a0}; si elle persiste, adressez-vous à qui l’exploite."
            ),
        ),
        Reached::Unlisted(status) => (
            State::Unlisted,
            say!(
                "{url} answers {status} instead of a list of models, which not every server has. Ask the coach once; if that fails, check AI_BASE_URL, which mostly ends in /v1.",
                "{url} répond {status} au lieu d’une liste de modèles, que certains serveurs n’ont pas. Interrogez le coach\u{a0}; en cas d’échec, vérifiez AI_BASE_URL, qui finit le plus souvent par /v1."
            ),
        ),
        Reached::Away(Failure::Unreachable(_)) => (
            State::Away,
            say!(
                "{url} does not answer. Check AI_BASE_URL, and that this server may call it. The coach works by rules meanwhile.",
                "{url} ne répond pas. Vérifiez AI_BASE_URL, et que ce serveur a le droit de l’appeler. Le coach fonctionne par règles en attendant."
            ),
        ),
        Reached::Away(Failure::Forbidden | Failure::TooLarge | Failure::NotJson) => (
            State::Away,
            say!(
                "What answers at {url} is no model provider. Check AI_BASE_URL, which mostly ends in /v1. The coach works by rules meanwhile.",
                "Ce qui répond à {url} n’est pas un fournisseur de modèles. Vérifiez AI_BASE_URL, qui finit le plus souvent par /v1. Le coach fonctionne par règles en attendant."
            ),
        ),
    }
}

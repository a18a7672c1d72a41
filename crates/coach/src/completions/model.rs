//! What may be asked of a model, checked before it costs anything.

use super::turns;
use crate::{
    budgets::model::Price,
    provider::{Provider, Question, Usage},
};
use base::{Error, Result, say};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// One prompt, as the published app sends it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    #[schema(example = "Donne-moi un exercice de respiration.")]
    pub prompt: String,
    /// One of `GET /ai/models`; the first when left out.
    pub model: Option<String>,
    pub max_tokens: Option<u32>,
    /// Whether the answer comes as server-sent events.
    pub stream: Option<bool>,
}
#[derive(Debug, Serialize, ToSchema)]
pub struct Completed {
    /// What the model wrote.
    pub completion: String,
    /// The provider's id of it.
    pub id: String,
    pub model: String,
    pub usage: Usage,
    /// `ai`: a model wrote this.
    pub source: &'static str,
}
/// A conversation in OpenAI's shape; fields that the provider does not know are left out.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Chat {
    pub messages: Vec<Value>,
    pub model: Option<String>,
    pub stream: Option<bool>,
    #[serde(flatten)]
    #[schema(ignore)]
    pub rest: Map<String, Value>,
}
/// The models that may be asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct Models {
    pub object: &'static str,
    pub data: Vec<Card>,
}
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelCard)]
pub struct Card {
    pub id: String,
    pub object: &'static str,
    pub created: i64,
    pub owned_by: &'static str,
    /// `ready`, `resting` (it failed too often) or `not_configured`.
    pub state: &'static str,
    /// Null where nobody knows it: such a model counts as free.
    pub price: Option<CardPrice>,
}
/// In euros per million tokens.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelPrice)]
pub struct CardPrice {
    #[schema(example = 0.12)]
    pub input_eur_per_mtok: f64,
    #[schema(example = 0.5)]
    pub output_eur_per_mtok: f64,
    /// Of a prompt, what the provider had read before.
    #[schema(example = 0.012)]
    pub cached_eur_per_mtok: f64,
}
impl From<Price> for CardPrice {
    fn from(price: Price) -> Self {
        Self { input_eur_per_mtok: price.input, output_eur_per_mtok: price.output, cached_eur_per_mtok: price.cached() }
    }
}

const ROLES: [&str; 5] = ["system", "developer", "user", "assistant", "tool"];
/// More than any model writes at once.
const MOST_TOKENS: u32 = 32_768;
/// What is reserved for a conversation stands on these fields, so they must be what they seem.
const COUNTED: [(&str, u64); 3] = [("max_tokens", 1_000_000), ("max_completion_tokens", 1_000_000), ("n", 128)];

impl Prompt {
    pub fn question(self, provider: &Provider, longest: usize) -> Result<Question> {
        if self.prompt.trim().is_empty() {
            return Err(Error::field("prompt", "required", say!("Write a prompt.", "Écrivez une question.")));
        }
        fits("prompt", self.prompt.chars().count(), longest)?;
        if self.max_tokens.is_some_and(|n| !(1..=MOST_TOKENS).contains(&n)) {
            return Err(Error::field(
                "max_tokens",
                "out_of_range",
                say!("Ask for 1 to {MOST_TOKENS} tokens.", "Demandez de 1 à {MOST_TOKENS} jetons."),
            ));
        }
        let messages = json!([{"role": "user", "content": self.prompt}]);
        let mut fields = Map::from_iter([("messages".to_owned(), messages)]);
        fields.extend(self.max_tokens.map(|n| ("max_tokens".to_owned(), json!(n))));
        Ok(Question { model: allowed(provider, self.model)?, fields })
    }
}
impl Chat {
    pub fn question(self, provider: &Provider, longest: usize) -> Result<Question> {
        if self.messages.is_empty() {
            return Err(Error::field("messages", "required", say!("Send at least one message.", "Envoyez au moins un message.")));
        }
        for (n, message) in self.messages.iter().enumerate() {
            if !ROLES.iter().any(|role| message["role"] == *role) {
                let say = say!(
                    "A role is one of system, developer, user, assistant, tool.",
                    "Un rôle vaut system, developer, user, assistant ou tool."
                );
                return Err(Error::field(format!("messages[{n}].role"), "unknown_role", say));
            }
            let field = format!("messages[{n}].content");
            let Some(length) = characters(&message["content"]) else {
                let say = say!("Content is text, or a list of text parts.", "Le contenu est un texte, ou une liste de parties de texte.");
                return Err(Error::field(field, "wrong_type", say));
            };
            // What a model wrote before may be longer than what anybody may ask.
            if message["role"] == "user" {
                fits(&field, length, longest)?;
            }
        }
        for (field, most) in COUNTED {
            let said = self.rest.get(field).filter(|said| !said.is_null());
            if said.is_some_and(|said| !said.as_u64().is_some_and(|n| (1..=most).contains(&n))) {
                let say = say!("Use a whole number from 1 to {most}.", "Indiquez un nombre entier de 1 à {most}.");
                return Err(Error::field(field, "out_of_range", say));
            }
        }
        let model = allowed(provider, self.model)?;
        let mut fields = self.rest;
        fields.insert("messages".to_owned(), Value::Array(turns::newest(self.messages)?));
        Ok(Question { model, fields })
    }
}

/// How much text a content is; None when it is neither text nor parts of text, nor nothing (a tool's call).
fn characters(content: &Value) -> Option<usize> {
    match content {
        Value::Null => Some(0),
        Value::String(text) => Some(text.chars().count()),
        Value::Array(parts) => parts.iter().map(|part| Some(part["text"].as_str()?.chars().count())).sum(),
        _ => None,
    }
}
fn fits(field: &str, length: usize, longest: usize) -> Result<()> {
    if length <= longest {
        return Ok(());
    }
    let say = say!(
        "The prompt has {length} characters; at most {longest} are taken. Shorten it.",
        "La question compte {length} caractères ; {longest} au plus sont acceptés. Raccourcissez-la."
    );
    Err(Error::malformed("prompt_too_long", say.clone()).and_field(field, "too_long", say))
}
fn allowed(provider: &Provider, asked: Option<String>) -> Result<String> {
    let models = provider.models();
    let Some(asked) = asked else { return Ok(models[0].clone()) };
    if models.contains(&asked) {
        return Ok(asked);
    }
    let known = models.join(", ");
    Err(Error::field("model", "model_not_allowed", say!("Use one of: {known}.", "Utilisez l’un de ces modèles : {known}.")))
}

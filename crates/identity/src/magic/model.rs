//! What is sent for a link that signs in.

use crate::sessions::model::Client;
use base::crypto::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskMagic {
    #[schema(example = "lea@lanternes.example")]
    pub email: String,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Consume {
    pub token: Secret,
    /// `web` gets cookies only, `mobile` and `cli` JSON only; left out, both.
    pub client: Option<Client>,
    /// Whether a browser may stay signed in after it was closed for a while.
    #[serde(default)]
    pub remember: bool,
}

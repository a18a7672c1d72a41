//! What is sent to prove or change an address.

use base::crypto::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailToken {
    /// What the mail's link carries.
    pub token: Secret,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeEmail {
    #[schema(example = "lea@rive-sud.example")]
    pub email: String,
}
/// How far a change of address has come.
#[derive(Serialize, ToSchema)]
pub struct Progress {
    /// `new_address_asked`: the old mailbox agreed, the new one has a mail. `changed`: it is done.
    pub status: &'static str,
}
/// What the links of a change are about.
#[derive(Serialize, Deserialize)]
pub struct Wanted {
    pub email: String,
}

//! The check of the model provider. It changes nothing: it asks for the list of models, which costs nothing.

use super::model::Checked;
use crate::provider::reach;
use base::{
    App, Result,
    auth::{Admin, grant::AdminRead},
    http::{Answer, Context},
};

/// Asks the model provider for its list of models. Nothing is changed, and nothing is spent.
#[utoipa::path(post, path = "/admin/ai/~check", operation_id = "check_ai_provider", tag = "ai", responses(
    (status = 200, description = "How the provider answered, and what to do; also when it did not", body = Checked)))]
pub async fn check(app: App, _: Admin<AdminRead>, context: Context) -> Result<Answer> {
    let reached = reach::models(&app.settings, &app.outbound).await;
    Answer::ok(&Checked::of(&app.settings, reached, context.lang))
}

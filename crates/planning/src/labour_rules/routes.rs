//! The routes of labour rules.

use super::{
    model::{self, LabourRule, Row, Written},
    store,
};
use axum::http::header;
use base::{
    App, Result,
    audit::Entry,
    auth::{
        Member,
        grant::{RulesRead, RulesWrite},
    },
    http::{Answer, IfMatch, Json, etag},
};
use serde_json::json;

fn answer(set: &[Row]) -> Result<Answer> {
    Answer::ok(&model::complete(set))?.with(header::ETAG, etag::of_version(model::version(set)))
}

/// The labour rules that planning is checked against: indicative, no legal advice.
#[utoipa::path(get, path = "/orgs/labour-rules", operation_id = "list_labour_rules", tag = "labour rules", responses(
    (status = 200, description = "Every rule, with its usual limit when nobody set another", body = Vec<LabourRule>)))]
pub async fn read(app: App, member: Member<RulesRead>) -> Result<Answer> {
    answer(&store::all(&mut member.read(&app)).await?)
}

/// Replaces the labour rules; one that is left out gets its usual limit and warns.
#[utoipa::path(put, path = "/orgs/labour-rules", operation_id = "replace_labour_rules", tag = "labour rules", request_body = Vec<Written>,
    responses((status = 200, description = "Every rule as it stands now", body = Vec<LabourRule>)))]
pub async fn replace(app: App, member: Member<RulesWrite>, seen: IfMatch, Json(rules): Json<Vec<Written>>) -> Result<Answer> {
    model::check(&rules)?;
    let mut tx = member.begin(&app).await?;
    let old = store::lock(&mut tx).await?;
    seen.allows(model::version(&old))?;
    let new = store::replace(&mut tx, &rules, model::version(&old) + 1).await?;
    let details = json!({"before": model::complete(&old), "after": model::complete(&new)});
    tx.audit(Entry { action: "labour_rules.changed", subject: None, details: Some(details) }).await?;
    tx.tell("labour_rules.changed", json!({}));
    tx.answer(answer(&new)?).await
}

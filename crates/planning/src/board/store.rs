//! What only the board reads.

use super::model::Project;
use base::{Result, db::Query, org_sql};

/// The projects that are not archived; drafts for who may see them.
pub async fn projects(from: &mut impl Query, drafts: bool) -> Result<Vec<Project>> {
    let query = org_sql!(
        Project,
        "select {cols} from projects where org_id = $1 and status <> 'ARCHIVED' and (status <> 'DRAFT' or $2) order by created_at, id"
    );
    Ok(from.all(query, &[&drafts]).await?)
}

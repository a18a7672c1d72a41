//! Invitations in the store.

use crate::assignments::model::{AssignmentId, Status};
use base::{Result, db::OrgTx, org_sql};

/// The assignment was answered another way, or (no answer) cancelled: what links are out end with it.
pub async fn close(tx: &mut OrgTx, assignment: AssignmentId, answer: Option<Status>) -> Result<()> {
    let now = tx.now();
    let (answered, revoked) = if answer.is_some() { (Some(now), None) } else { (None, Some(now)) };
    let update = org_sql!(
        "update invitations set answered_at = $3, answer = $4, revoked_at = $5, version = version + 1, updated_at = $6
         where org_id = $1 and assignment_id = $2 and answered_at is null and revoked_at is null"
    );
    tx.exec(update, &[&assignment, &answered, &answer, &revoked, &now]).await?;
    Ok(())
}

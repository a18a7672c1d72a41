//! What the outbox gave up: listed without what is in it, and put back into the queue.

use super::{
    model::{DeadJob, Replay, Replayed, not_dead},
    store,
};
use base::{
    App, Result,
    audit::Entry,
    auth::{
        Admin,
        grant::{AdminRead, AdminWrite},
    },
    http::{Answer, Json, List, NoFilter},
    id::Uuid,
    jobs::replay_dead,
};
use serde_json::json;

/// The jobs that were given up after their last try, the newest first: what kind, since when, and why; never what they hold.
#[utoipa::path(get, path = "/admin/jobs", operation_id = "admin_list_dead_jobs", tag = "admin", responses(
    (status = 200, description = "A page of jobs that were given up", body = Vec<DeadJob>)))]
pub async fn list(app: App, _: Admin<AdminRead>, list: List<NoFilter>) -> Result<Answer> {
    let rows = store::dead_jobs(&app.db, list.after()?.unwrap_or(Uuid::max()), list.rows()).await?;
    list.page(rows, |job| job.id.clone())?.answer(None)
}

/// Puts jobs that were given up back into the queue: the one that is named, or all of them. They go out at once, and are tried as often
/// as new ones.
#[utoipa::path(post, path = "/admin/jobs/~replay", operation_id = "admin_replay_jobs", tag = "admin", request_body = Replay, responses(
    (status = 200, description = "How many went back", body = Replayed),
    (status = 404, description = "The job that is named was not given up, or is gone")))]
pub async fn replay(app: App, admin: Admin<AdminWrite>, Json(asked): Json<Replay>) -> Result<Answer> {
    let mut tx = admin.begin(&app).await?;
    let replayed = replay_dead(&mut tx, asked.id).await?;
    if asked.id.is_some() && replayed == 0 {
        return Err(not_dead());
    }
    tx.audit(Entry { action: "jobs.replayed", subject: asked.id, details: Some(json!({"jobs": replayed})) }).await?;
    tx.answer(Answer::ok(&Replayed { replayed })?).await
}

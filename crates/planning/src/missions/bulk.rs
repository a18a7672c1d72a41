//! Many missions at once: all of them, or none and every misfit with its place.

use super::{
    NOUN,
    model::{Draft, MissionId, Ready},
    store,
};
use crate::projects::model::ProjectId;
use base::{
    App, Error, Faults, Result,
    auth::{Member, grant::MissionsWrite},
    db::OrgTx,
    http::{Answer, Json, Path},
    say,
};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

const MOST: usize = 1_000;

#[derive(Serialize, ToSchema)]
#[schema(as = MissionCreated)]
pub struct Created {
    #[schema(example = "ok")]
    status: &'static str,
    created: usize,
    /// In the order given.
    ids: Vec<MissionId>,
}

/// Creates up to 1,000 missions of a project, all or none.
#[utoipa::path(post, path = "/projects/{id}/missions/~bulk_create", operation_id = "create_missions", tag = "missions",
    params(("id" = ProjectId, Path, description = "The project")), request_body = Vec<Draft>, responses(
    (status = 200, description = "All of them", body = Created)))]
pub async fn create(
    app: App,
    member: Member<MissionsWrite>,
    Path(project): Path<ProjectId>,
    Json(all): Json<Vec<Draft>>,
) -> Result<Answer> {
    if !(1..=MOST).contains(&all.len()) {
        let say = say!("Send 1 to {MOST} missions.", "Envoyez de 1 à {MOST} missions.");
        return Err(Error::field("", "out_of_range", say));
    }
    let mut tx = member.begin(&app).await?;
    let zone = store::zone(&mut tx, Some(project)).await?;
    let mut faults = Faults::default();
    let mut ready: Vec<Ready> = vec![];
    for (i, mut draft) in all.into_iter().enumerate() {
        faults.require(draft.project_id.is_none_or(|p| p == project), &format!("[{i}].project_id"), "other_project", || {
            say!("The address names the project. Leave this out.", "L’adresse indique le projet. Ne l’envoyez pas ici.")
        });
        draft.project_id = Some(project);
        ready.extend(draft.read(&zone, &format!("[{i}]."), &mut faults));
    }
    faults.none()?;
    write_all(tx, project, &ready).await
}
/// Writes all of them, and answers with their ids.
pub async fn write_all(mut tx: OrgTx, project: ProjectId, ready: &[Ready]) -> Result<Answer> {
    let mut ids = vec![];
    for mission in ready {
        ids.push(store::insert(&mut tx, mission).await?);
    }
    NOUN.told(&mut tx, "missions.created", project, Some(json!({"created": ids.len()}))).await?;
    tx.answer(Answer::ok(&Created { status: "ok", created: ids.len(), ids })?).await
}

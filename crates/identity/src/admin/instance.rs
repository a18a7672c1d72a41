//! The instance: its figures, and what it runs with.

use super::{
    model::{AllStats, Instance, Migration, Setting},
    store,
};
use base::{
    App, Error, Result,
    auth::{Admin, grant::AdminRead},
    db::migrate::HISTORY,
    http::Answer,
    jobs,
};

/// Figures of the whole instance.
#[utoipa::path(get, path = "/admin/stats", operation_id = "admin_stats", tag = "admin", responses(
    (status = 200, description = "The figures", body = AllStats)))]
pub async fn stats(app: App, _: Admin<AdminRead>) -> Result<Answer> {
    let (jobs_waiting, _, jobs_dead) = jobs::backlog(&app).await?;
    Answer::ok(&AllStats { stats: store::stats(&app.db, app.now()).await?, jobs_waiting, jobs_dead })
}

/// The version, the schema and the settings in force; secrets are not shown.
#[utoipa::path(get, path = "/admin/instance", operation_id = "admin_instance", tag = "admin", responses(
    (status = 200, description = "The instance", body = Instance)))]
pub async fn read(app: App, _: Admin<AdminRead>) -> Result<Answer> {
    let steps = HISTORY.status(&app.db).await.map_err(Error::internal)?;
    let migrations = steps.into_iter().map(|s| Migration { version: s.version, name: s.name, applied_at: s.applied_at }).collect();
    let shown = app.settings.shown().into_iter();
    let settings = shown.map(|s| Setting { name: s.name, value: s.value, origin: s.origin.to_string() }).collect();
    Answer::ok(&Instance {
        version: env!("CARGO_PKG_VERSION"),
        now: app.now(),
        replica: app.settings.replica.clone(),
        bus_up: app.bus.up(),
        engine: if app.db.is_postgres() { "postgres" } else { "sqlite" },
        migrations,
        settings,
    })
}

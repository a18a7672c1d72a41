//! Take everything along, leave, come back.

use super::{
    model::{Export, LINES, Leaving, Restore},
    store,
};
use crate::{accounts, audit, oauth, orgs, sessions};
use axum::http::{StatusCode, header};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{
        Admin, Anyone, Caller,
        grant::{AdminWrite, UserRead, UserWrite},
    },
    http::{Answer, Json, Path},
    id::{AccountId, Id as _},
};

/// Everything that the account is to us, as one file. Asks for a recent sign-in.
#[utoipa::path(get, path = "/me/export", operation_id = "export_me", tag = "me", responses(
    (status = 200, description = "The account, its identities, sessions, organisations and doings, and what planning and the coach hold of it", body = Export)))]
pub async fn export(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    caller.fresh(&app)?;
    let row = accounts::store::by_id(&app.db, caller.account).await?.ok_or_else(|| Error::not_found(caller.account))?;
    let sessions = sessions::store::of_account(&app, caller.account).await?;
    let lines = audit::store::of_actor(&app.db, caller.account, &audit::model::Looked::all(), audit::store::NEWEST, LINES).await?;
    let provider = sessions.iter().find(|s| s.id == caller.session).map_or_else(|| "local".to_owned(), |s| s.provider.clone());
    let export = Export {
        exported_at: app.now(),
        account: row.shown(&app, caller.org, &provider)?,
        identities: oauth::identities::of_account(&app, caller.account).await?,
        organisations: orgs::store::of_account(&app.db, caller.account).await?,
        sessions: sessions.into_iter().map(|s| s.shown(&app, caller.session)).collect(),
        activity: lines.into_iter().map(|line| line.shown(&app, true)).collect(),
        rooms: app.holdings.of(&app, caller.account).await?,
    };
    let mut tx = caller.begin(&app).await?;
    tx.audit(Entry { action: "account.exported", subject: Some(caller.account.uuid()), details: None }).await?;
    tx.commit().await?;
    Answer::ok(&export)?.with(header::CONTENT_DISPOSITION, "attachment; filename=\"coulisses-account.json\"")
}

/// Closes the account: signed out at once, deleted after fourteen days. Asks for a recent sign-in.
#[utoipa::path(delete, path = "/me", operation_id = "delete_me", tag = "me", responses(
    (status = 202, description = "Closed; a mail says how to undo it", body = Leaving),
    (status = 409, description = "An organisation would have no owner, or the platform no administrator")))]
pub async fn leave(app: App, caller: Caller<UserWrite>) -> Result<Answer> {
    caller.fresh(&app)?;
    let mut tx = caller.begin(&app).await?;
    let account = accounts::store::by_id(&app.db, caller.account).await?.ok_or_else(|| Error::not_found(caller.account))?;
    let (token, purge_at) = store::begin(&mut tx, &account).await?;
    tx.commit().await?;
    let restore_token = app.settings.development().then(|| token.expose().to_owned());
    Answer::json(StatusCode::ACCEPTED, &Leaving { purge_at, restore_token })
}

/// Opens the account again, with the link of the mail.
#[utoipa::path(post, path = "/me/~restore", operation_id = "restore_me", tag = "me", request_body = Restore, responses(
    (status = 204, description = "Open again; sign in"),
    (status = 400, description = "The link is unknown, used, or too old")))]
pub async fn restore(app: App, anyone: Anyone, Json(restore): Json<Restore>) -> Result<Answer> {
    let mut tx = anyone.begin(&app).await?;
    store::undo(&mut tx, &restore.token).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// Closes an account as its owner would, and deletes it after fourteen days. Asks for a recent sign-in.
#[utoipa::path(delete, path = "/admin/accounts/{id}", operation_id = "admin_delete_account", tag = "admin",
    params(("id" = AccountId, Path, description = "The account")), responses(
    (status = 202, description = "Closed; its owner is told how to undo it", body = Leaving),
    (status = 409, description = "An organisation would have no owner, or the platform no administrator")))]
pub async fn admin_delete(app: App, admin: Admin<AdminWrite>, Path(id): Path<AccountId>) -> Result<Answer> {
    admin.fresh(&app)?;
    let mut tx = admin.begin(&app).await?;
    let account = accounts::store::by_id(&app.db, id).await?.ok_or_else(|| Error::not_found(id))?;
    let (_, purge_at) = store::begin(&mut tx, &account).await?;
    tx.commit().await?;
    Answer::json(StatusCode::ACCEPTED, &Leaving { purge_at, restore_token: None })
}

//! Read and change one's own profile.

use super::{
    model::{Profile, ProfileChange, PublishedChange},
    store,
};
use crate::accounts::{model::Account, routes::own, store as accounts};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{
        Caller,
        grant::{UserRead, UserWrite},
    },
    http::{Answer, Json},
    id::Id as _,
};

/// The caller's profile.
#[utoipa::path(get, path = "/me/profile", operation_id = "read_account_profile", tag = "me", responses(
    (status = 200, description = "The account with its profile", body = Account)))]
pub async fn read(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    Answer::ok(&own(&app, &caller).await?.shown(&app, caller.org, &caller.provider)?)
}
/// The same, where the published app looks for it.
#[utoipa::path(get, path = "/users/me/profile", tag = "me", responses((status = 200, description = "The account", body = Account)))]
pub async fn users_read(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    read(app, caller).await
}

/// Changes what is named of the caller's profile.
#[utoipa::path(patch, path = "/me/profile", operation_id = "change_account_profile", tag = "me", request_body = ProfileChange, responses(
    (status = 200, description = "The account with its profile", body = Account)))]
pub async fn change(app: App, caller: Caller<UserWrite>, Json(change): Json<ProfileChange>) -> Result<Answer> {
    keep(&app, &caller, |profile| change.onto(profile)).await
}
/// The same from the published app; what it sends beyond our fields is ignored.
#[utoipa::path(patch, path = "/users/me/profile", tag = "me", request_body = PublishedChange, responses(
    (status = 200, description = "The account", body = Account)))]
pub async fn users_change(app: App, caller: Caller<UserWrite>, Json(change): Json<PublishedChange>) -> Result<Answer> {
    keep(&app, &caller, |profile| change.onto(profile)).await
}

pub async fn keep(app: &App, caller: &Caller<UserWrite>, change: impl FnOnce(Profile) -> Result<Profile>) -> Result<Answer> {
    let mut tx = caller.begin(app).await?;
    let before = accounts::lock(&mut tx, caller.account).await?.ok_or_else(|| Error::not_found(caller.account))?;
    let profile = change(before.profile(app)?)?;
    let row = store::change(&mut tx, caller.account, &profile).await?;
    tx.audit(Entry { action: "profile.changed", subject: Some(caller.account.uuid()), details: None }).await?;
    tx.commit().await?;
    Answer::ok(&row.shown(app, caller.org, &caller.provider)?)
}

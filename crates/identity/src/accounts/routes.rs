//! One's own account.

use super::{
    model::{Account, Brief},
    store::{self, Row},
};
use crate::profiles::{self, model::ProfileChange};
use base::{
    App, Error, Result,
    auth::{
        Caller,
        grant::{UserRead, UserWrite},
    },
    http::{Answer, Json},
};

/// The caller's own row.
pub async fn own<S: base::auth::Grant>(app: &App, caller: &Caller<S>) -> Result<Row> {
    store::by_id(&app.db, caller.account).await?.ok_or_else(|| Error::not_found(caller.account))
}

/// The caller's own account.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, description = "The account", body = Account)))]
pub async fn me(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    Answer::ok(&own(&app, &caller).await?.shown(&app, caller.org, &caller.provider)?)
}
/// The caller's own account, where the published app looks for it.
#[utoipa::path(get, path = "/users/me", tag = "me", responses((status = 200, description = "The account", body = Account)))]
pub async fn users_me(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    me(app, caller).await
}
/// Who the token speaks of, in the words of the published front end.
#[utoipa::path(get, path = "/auth/me", operation_id = "auth_me", tag = "auth", responses(
    (status = 200, description = "The account and the organisation of the token", body = Brief)))]
pub async fn auth_me(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    let row = own(&app, &caller).await?;
    let email = row.email(&app)?;
    Answer::ok(&Brief {
        id: row.id,
        email,
        display_name: row.display_name,
        org_id: caller.org,
        role: caller.role,
        scope: caller.scopes.to_string(),
        impersonator: caller.impersonator,
    })
}

/// Changes what is named of the caller's account.
#[utoipa::path(patch, path = "/me", operation_id = "update_me", tag = "me", request_body = ProfileChange, responses(
    (status = 200, description = "The account", body = Account)))]
pub async fn update(app: App, caller: Caller<UserWrite>, Json(change): Json<ProfileChange>) -> Result<Answer> {
    profiles::routes::keep(&app, &caller, |profile| change.onto(profile)).await
}

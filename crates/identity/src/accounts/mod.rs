//! Accounts: who can sign in. An address belongs to one account; it lies encrypted and is found by a keyed hash.

pub mod login;
pub mod model;
pub mod proof;
mod register;
pub(crate) mod routes;
pub mod store;

use base::{App, Error, Result, op, say};
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(register::register))
        .routes(op!(register::confirm))
        .routes(op!(login::login))
        .routes(op!(routes::me))
        .routes(op!(routes::update))
        .routes(op!(routes::auth_me))
}
pub fn root() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(op!(register::register))
        .routes(op!(register::confirm))
        .routes(op!(login::root_login))
        .routes(op!(routes::users_me))
}

/// With `LOCAL_SIGN_IN=off` there are no passwords and no links of ours: other providers let people in.
pub fn local_only(app: &App) -> Result<()> {
    if app.settings.local_sign_in {
        return Ok(());
    }
    let say = say!(
        "This server has no passwords. Sign in with another provider.",
        "Ce serveur n’a pas de mots de passe. Connectez-vous avec un autre fournisseur."
    );
    Err(Error::missing("local_sign_in_off", say))
}

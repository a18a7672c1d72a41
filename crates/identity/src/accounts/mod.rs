//! Accounts: who can sign in. An address belongs to one account; it lies encrypted and is found by a keyed hash.

pub mod import;
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

/// With `SIGNUP=invite` nobody makes an account for an address that no organisation has invited.
pub fn invitation_required() -> Error {
    let say = say!(
        "You need an invitation to sign up here. Ask for one to this address, or open the link of its mail.",
        "Il faut une invitation pour s’inscrire ici. Demandez-en une à cette adresse, ou ouvrez le lien de son message."
    );
    Error::forbidden("invitation_required", say)
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

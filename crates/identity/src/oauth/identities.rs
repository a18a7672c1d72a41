//! What the caller's account is linked with: list, link, unlink.

use super::{
    arrive::{self, Proven},
    model::{Identity, IdentityId, Link},
    provider::Provider,
    store::{self, Row},
    tickets,
};
use crate::{
    accounts,
    notices::{self, Notice},
};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{
        Caller,
        grant::{UserRead, UserWrite},
    },
    http::{Answer, Json, Path},
    id::{AccountId, Id as _},
    say,
};

fn shown(app: &App, row: Row) -> Result<Identity> {
    // The placeholder of somebody who hides their address is nobody's business.
    let email = Some(row.email(app)?).filter(|email| !email.ends_with(".invalid"));
    Ok(Identity { email, id: row.id, provider: row.provider, created_at: row.created_at, last_used_at: row.last_used_at })
}

/// What the caller can sign in with besides the password.
#[utoipa::path(get, path = "/auth/identities", operation_id = "list_identities", tag = "auth", responses(
    (status = 200, description = "The identities, the first linked first", body = Vec<Identity>)))]
pub async fn list(app: App, caller: Caller<UserRead>) -> Result<Answer> {
    Answer::ok(&of_account(&app, caller.account).await?)
}
pub async fn of_account(app: &App, account: AccountId) -> Result<Vec<Identity>> {
    store::of_account(&app.db, account).await?.into_iter().map(|row| shown(app, row)).collect()
}

/// Links the caller's account with the identity that a link token proves.
#[utoipa::path(post, path = "/auth/identities", operation_id = "link_identity", tag = "auth", request_body = Link, responses(
    (status = 201, description = "Linked: it opens this account from now on", body = Identity),
    (status = 400, description = "The link token is not ours, is over, or was used"),
    (status = 409, description = "The identity belongs to another account")))]
pub async fn link(app: App, caller: Caller<UserWrite>, Json(body): Json<Link>) -> Result<Answer> {
    caller.fresh(&app)?;
    let mut tx = caller.begin(&app).await?;
    let ticket = tickets::take(&mut tx, tickets::Kind::Link, body.link_token.expose()).await?.ok_or_else(|| {
        let say = say!(
            "This link token is not valid, is over, or was used. Begin with the provider again.",
            "Ce jeton d’association n’est pas valable, a expiré ou a déjà servi. Recommencez chez le fournisseur."
        );
        Error::malformed("invalid_link_token", say)
    })?;
    let proven: Proven = ticket.payload(&tx)?;
    proven.bound.fits(body.code_verifier.as_ref())?;
    let provider = Provider::find(&app, &ticket.provider)?;
    let account = store::account(&mut tx, caller.account).await?;
    let row = match store::find(&mut tx, &proven.person).await? {
        Some(row) if row.account_id == caller.account => row,
        Some(_) => return Err(store::taken()),
        None => arrive::link(&mut tx, &provider, &proven.person, &account).await?,
    };
    // The provider is trusted for the very address that the account has: so it is verified.
    let same = accounts::store::by_email(&app, &proven.person.email).await?.is_some_and(|found| found.id == account.id);
    if proven.person.trusted && same {
        store::verified(&mut tx, account.id).await?;
    }
    let created = Answer::created(format!("/api/v1/auth/identities/{}", row.id), &shown(&app, row)?)?;
    tx.answer(created).await
}

/// Unlinks one; never the last way to sign in.
#[utoipa::path(delete, path = "/auth/identities/{id}", operation_id = "unlink_identity", tag = "auth",
    params(("id" = IdentityId, Path, description = "The identity")), responses(
    (status = 204, description = "It opens nothing any more"),
    (status = 409, description = "It is the last way to sign in")))]
pub async fn unlink(app: App, caller: Caller<UserWrite>, Path(id): Path<IdentityId>) -> Result<Answer> {
    caller.fresh(&app)?;
    let mut tx = caller.begin(&app).await?;
    let account = store::account(&mut tx, caller.account).await?;
    let all = store::lock_all(&mut tx, caller.account).await?;
    let row = all.iter().find(|row| row.id == id).ok_or_else(|| Error::not_found(id))?;
    let password = app.settings.local_sign_in && account.password_phc.is_some();
    if all.len() == 1 && !password {
        let say = say!(
            "This is your last way to sign in. Set a password or link another provider first.",
            "C’est votre dernier moyen de connexion. Choisissez d’abord un mot de passe ou associez un autre fournisseur."
        );
        return Err(Error::conflict("last_sign_in", say));
    }
    store::unlink(&mut tx, id).await?;
    let details = Some(serde_json::json!({"provider": row.provider}));
    tx.audit(Entry { action: "identity.unlinked", subject: Some(id.uuid()), details }).await?;
    notices::tell(&mut tx, &account, Notice::IdentityUnlinked { provider: &row.provider }).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

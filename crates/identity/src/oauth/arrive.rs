//! Somebody arrives from a provider: their account, a new one, or the word that another way in must be used first.

use super::{
    model::{Bound, First, Holder, Person, first_time},
    provider::Provider,
    store, tickets,
};
use crate::{
    accounts::{self, store::Row as Account},
    members,
    notices::{self, Notice},
};
use base::{App, Error, Result, audit::Entry, auth::Anyone, db::Tx, id::Id as _, say, settings::Signup};
use serde::{Deserialize, Serialize};

pub enum Arrival {
    Known(Box<Account>),
    /// Their address is somebody's already; the token proves the identity to whoever signs in to that account.
    MustLink {
        link_token: String,
    },
}

/// What a link token stands for.
#[derive(Serialize, Deserialize)]
pub struct Proven {
    pub person: Person,
    pub bound: Bound,
}

pub async fn arrive(tx: &mut Tx, provider: &Provider, person: &Person, bound: &Bound) -> Result<Arrival> {
    if let Some(row) = store::find(tx, person).await? {
        let account = store::account(tx, row.account_id).await?;
        if !account.active() {
            return Err(disabled());
        }
        return known(store::refresh(tx, &row, account, person).await?);
    }
    let app = tx.app().clone();
    let found = accounts::store::by_email(&app, &person.email).await?;
    let holder = match &found {
        Some(account) => Some(Holder { verified: account.email_verified_at.is_some(), owns: store::owns(tx, account.id).await? }),
        None => None,
    };
    match (first_time(person.trusted, holder, app.settings.link_policy), found) {
        (First::Link | First::TakeOver, Some(account)) if !account.active() => Err(disabled()),
        (First::Link, Some(account)) => linked(tx, provider, person, account).await,
        (First::TakeOver, Some(account)) => {
            store::wipe(tx, account.id).await?;
            tx.audit(Entry { action: "account.taken_over", subject: Some(account.id.uuid()), details: None }).await?;
            linked(tx, provider, person, account).await
        }
        (First::Confirm, _) => {
            let link_token = prove(tx, provider, person, bound).await?;
            Ok(Arrival::MustLink { link_token })
        }
        (first, _) => {
            may_sign_up(tx, person).await?;
            let account = store::create(tx, person, first == First::New { with_address: true }).await?;
            store::link(tx, account.id, &provider.slug, person).await?;
            known(account)
        }
    }
}
fn known(account: Account) -> Result<Arrival> {
    Ok(Arrival::Known(Box::new(account)))
}

async fn linked(tx: &mut Tx, provider: &Provider, person: &Person, account: Account) -> Result<Arrival> {
    tx.acts_as(account.id);
    let row = link(tx, provider, person, &account).await?;
    store::verified(tx, account.id).await?;
    // As it is now: whoever had it may have been thrown out a moment ago.
    let account = store::account(tx, account.id).await?;
    known(store::refresh(tx, &row, account, person).await?)
}
/// Links, and tells the account's owner.
pub async fn link(tx: &mut Tx, provider: &Provider, person: &Person, account: &Account) -> Result<store::Row> {
    let row = store::link(tx, account.id, &provider.slug, person).await?;
    let details = Some(serde_json::json!({"provider": provider.slug}));
    tx.audit(Entry { action: "identity.linked", subject: Some(row.id.uuid()), details }).await?;
    notices::tell(tx, account, Notice::IdentityLinked { provider: &provider.name }).await?;
    Ok(row)
}
/// A token for [`Proven`].
pub async fn prove(tx: &mut Tx, provider: &Provider, person: &Person, bound: &Bound) -> Result<String> {
    let proven = Proven { person: person.clone(), bound: bound.clone() };
    tickets::give(tx, tickets::Kind::Link, &provider.slug, None, &proven).await
}

/// Where signing up needs an invitation, one to an address that the provider vouches for is enough: the invited joins with its link.
async fn may_sign_up(tx: &mut Tx, person: &Person) -> Result<()> {
    let app = tx.app().clone();
    match app.settings.signup() {
        Signup::Open | Signup::Verify => return Ok(()),
        Signup::Invite if person.trusted && members::store::awaited(tx, &app.keys.blind_indexes("email", &person.email)?).await? => {
            return Ok(());
        }
        Signup::Invite => return Err(accounts::invitation_required()),
        Signup::Closed => {}
    }
    let say = say!(
        "Signing up is closed here. Ask an administrator for an account, then link this way of signing in.",
        "Les inscriptions sont fermées ici. Demandez un compte à un administrateur, puis associez ce moyen de connexion."
    );
    Err(Error::forbidden("signup_closed", say))
}
fn disabled() -> Error {
    let say = say!("This account is disabled. Ask an administrator.", "Ce compte est désactivé. Adressez-vous à un administrateur.");
    Error::forbidden("account_disabled", say)
}
pub fn must_link(provider: &Provider, link_token: &str) -> Error {
    let name = &provider.name;
    let say = say!(
        "An account with your address exists. Sign in to it as usual, then send `link_token` to POST /api/v1/auth/identities: from then on {name} opens it too.",
        "Un compte existe déjà avec votre adresse. Connectez-vous comme d’habitude, puis envoyez `link_token` à POST /api/v1/auth/identities : {name} l’ouvrira aussi."
    );
    Error::conflict("link_required", say).with("link_token", link_token).with("provider", &provider.slug)
}

/// Runs what cannot be asked of the provider twice again by itself when it lost a race, instead of the whole request.
macro_rules! persistently {
    ($attempt:expr) => {{
        let mut left = 5;
        loop {
            match $attempt.await {
                Err(error) if left > 0 && error.kind() == base::error::Kind::Retry => left -= 1,
                done => break done,
            }
        }
    }};
}
pub(super) use persistently;

/// A sign-in with a provider that came to nothing, for the audit.
pub async fn failed(app: &App, anyone: &Anyone, provider: &Provider, error: &Error) -> Result<()> {
    let mut tx = anyone.begin(app).await?;
    let details = Some(serde_json::json!({"provider": provider.slug, "reason": error.code()}));
    tx.audit(Entry { action: "login.failed", subject: None, details }).await?;
    tx.commit().await
}

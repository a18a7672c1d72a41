//! The second half of a sign-in: what was proved so far waits for a code.

use super::{
    model::{self, Given, Verify},
    store::{self, Proved},
};
use crate::{
    accounts::{self, store::Row as Account},
    notices::{self, Notice},
    sessions::{
        self, Device, SignIn,
        model::{Client, Tokens},
    },
};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::Anyone,
    crypto,
    db::Tx,
    error::Kind,
    http::{Answer, Json},
    id::Id as _,
    say,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A sign-in that waits. Nothing in it is secret or personal.
#[derive(Serialize, Deserialize)]
struct Waiting<'a> {
    client: Client,
    remembered: bool,
    methods: Cow<'a, str>,
    provider: Cow<'a, str>,
    scope: Option<Cow<'a, str>>,
}

/// Ends a sign-in half way: whoever comes back within five minutes with the challenge and a code goes on with it.
pub async fn ask(mut tx: Tx, who: SignIn<'_>) -> Result<Answer> {
    let waiting = Waiting {
        client: who.client,
        remembered: who.remembered,
        methods: who.methods.into(),
        provider: who.provider.into(),
        scope: who.scope.map(Cow::from),
    };
    let (challenge, payload) = (crypto::token(), serde_json::to_string(&waiting).map_err(Error::internal)?);
    store::challenge(&mut tx, &name(&challenge), who.account.id, &payload, model::CHALLENGE).await?;
    tx.audit(Entry { action: "login.second_factor_asked", subject: Some(who.account.id.uuid()), details: None }).await?;
    tx.commit().await?;
    let say = say!(
        "Enter the code of your authenticator app (POST /api/v1/auth/mfa/verify).",
        "Saisissez le code de votre application d’authentification (POST /api/v1/auth/mfa/verify)."
    );
    let asked = Error::forbidden("second_factor_required", say).with("challenge", challenge);
    Err(asked.with("expires_in", model::CHALLENGE.as_secs()).with("methods", ["code", "recovery_code"]))
}
fn name(challenge: &str) -> String {
    format!("sign-in|{challenge}")
}

/// Signs in with the second factor that a sign-in asked for.
#[utoipa::path(post, path = "/auth/mfa/verify", operation_id = "verify_second_factor", tag = "auth", request_body = Verify, responses(
    (status = 200, description = "The tokens, as the sign-in would have answered them", body = Tokens),
    (status = 401, description = "The challenge or the code is wrong, over, or used"),
    (status = 403, description = "A page of another site sent this"),
    (status = 429, description = "Too many wrong codes")))]
pub async fn verify(app: App, anyone: Anyone, device: Device, Json(body): Json<Verify>) -> Result<Answer> {
    let given = body.given()?;
    let mut tx = anyone.begin(&app).await?;
    let found = store::lock_challenge(&mut tx, &name(body.challenge.expose())).await?;
    let challenge = found.ok_or_else(|| model::wrong_code(Kind::Unauthenticated))?;
    challenge.open(tx.now(), Kind::Unauthenticated)?;
    let waiting: Waiting = serde_json::from_str(&challenge.payload).map_err(Error::internal)?;
    if waiting.client.takes_cookies() {
        device.own_page(&app)?;
    }
    let account = accounts::store::by_id(&app.db, challenge.account_id).await?.filter(Account::active);
    let account = account.ok_or_else(|| model::wrong_code(Kind::Unauthenticated))?;
    tx.acts_as(account.id);
    store::tried(&mut tx, &challenge).await?;
    let (mut tx, method) = demand(tx, &account, given, Kind::Unauthenticated).await?;
    store::done(&mut tx, &challenge).await?;
    let methods = format!("{} {method}", waiting.methods);
    let who = SignIn {
        account: &account,
        client: waiting.client,
        remembered: waiting.remembered,
        methods: &methods,
        strong: true,
        provider: &waiting.provider,
        scope: waiting.scope.as_deref(),
        device: &device,
    };
    sessions::sign_in(tx, who).await
}

/// Goes on with the transaction when the code is the account's; else what was counted is kept, and this is an error of that kind.
pub(super) async fn demand(mut tx: Tx, account: &Account, given: Given<'_>, kind: Kind) -> Result<(Tx, &'static str)> {
    let refused = match store::prove(&mut tx, account.id, given).await? {
        Proved::Otp => return Ok((tx, "otp")),
        Proved::Recovery(left) => {
            tx.audit(Entry { action: "recovery_code.used", subject: Some(account.id.uuid()), details: None }).await?;
            notices::tell(&mut tx, account, Notice::RecoveryCodeUsed { left }).await?;
            return Ok((tx, "rec"));
        }
        Proved::No => model::wrong_code(kind),
        Proved::Wait(after) => model::too_many_tries(after),
    };
    tx.audit(Entry { action: "second_factor.failed", subject: Some(account.id.uuid()), details: None }).await?;
    tx.commit().await?;
    Err(refused)
}

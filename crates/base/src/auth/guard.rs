//! The extractors that are permissions: [`Anyone`], [`Caller`], [`Member`], [`Admin`].

use super::{
    ApiKey, Claims, Grant, Least, Role, Scope, Scopes, grant,
    key::{self, KeyStanding},
    rights::Standing,
    token,
};
use crate::{
    App,
    db::{Actor, OrgRead, OrgTx, Tx},
    error::{Error, Result},
    http::{Context, Cookie, Op, Part, Repeatable},
    id::{AccountId, Id as _, KeyId, OrgId, SessionId},
    say, sql,
    time::Timestamp,
};
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use std::{borrow::Cow, marker::PhantomData, ops::Deref, sync::Arc, time::Duration};

/// How many requests of one account may come at once.
const BURST: u32 = 100;
/// How long ago somebody may have proved who they are to do what cannot be undone.
const FRESH: Duration = Duration::from_secs(900);

/// An authenticated caller, with what stands now.
#[derive(Clone, Debug)]
pub struct Principal {
    pub account: AccountId,
    /// With an API key: the key's own id, which is no session's.
    pub session: SessionId,
    pub key: Option<KeyId>,
    /// The org of the token, when it has one.
    pub org: Option<OrgId>,
    pub role: Option<Role>,
    /// What the token allows *and* the live role holds.
    pub scopes: Scopes,
    pub actor: Actor,
    /// When and how the session was signed in, and whether the account could prove more.
    pub signed_in_at: Timestamp,
    pub strong: bool,
    pub two_factor: bool,
    /// How the session was signed in: `local`, `google`, ….
    pub provider: Arc<str>,
    /// The administrator who acts in the account's place.
    pub impersonator: Option<AccountId>,
    /// Whether the org of the token is closed for the time being.
    suspended: bool,
    epoch: i64,
    repeatable: Option<Repeatable>,
}

/// No sign-in needed.
pub struct Anyone {
    pub actor: Actor,
    pub context: Context,
}
/// Any account with this scope, in an org or in none.
pub struct Caller<S: Grant = grant::UserRead>(Principal, PhantomData<S>);
/// A member of the token's org with this scope and at least this role.
pub struct Member<S: Grant, R: Least = <S as Grant>::Least> {
    principal: Principal,
    pub org: OrgId,
    pub role: Role,
    kind: PhantomData<(S, R)>,
}
/// A platform administrator with this scope.
pub struct Admin<S: Grant>(Principal, PhantomData<S>);

impl Principal {
    async fn of(parts: &Parts, app: &App) -> Result<Self> {
        let context = parts.extensions.get::<Context>().cloned().unwrap_or_else(Context::background);
        let token = access_token(parts, app)?;
        if let Some(key) = ApiKey::read(&token) {
            return Self::of_key(parts, app, &context, &key).await;
        }
        let verified = app.tokens.verify(&token, app.now())?;
        let claims = &verified.claims;
        let standing = app.rights.of(&app.db, claims.sub, claims.sid, claims.org).await?;
        let standing = standing.filter(|s| s.active && s.epoch == claims.ae && s.ends > app.now()).ok_or_else(token::invalid)?;
        app.limits.take("api", app.settings.api_limit.with_burst(BURST), &claims.sub.to_string(), app.now()).await?;
        let _ = context.principal.set((claims.sub, claims.org));
        if !standing.confirmed && claims.generation == standing.generation {
            confirm(app, claims).await?;
        }
        let Standing { role, platform_admin, signed_in_at, strong, two_factor, provider, suspended, epoch, impersonator, .. } = standing;
        let actor = Actor { impersonator, ..actor(Some(claims.sub), &context, parts) };
        Ok(Self {
            account: claims.sub,
            session: claims.sid,
            key: None,
            org: claims.org,
            role,
            scopes: verified.scopes.intersection(Scopes::held_by(role, platform_admin)),
            repeatable: Repeatable::of(parts, claims.sub, claims.org)?,
            actor,
            signed_in_at,
            strong,
            two_factor,
            provider,
            impersonator,
            suspended,
            epoch,
        })
    }
    /// A key acts in its own org as its account, with what its live role and the key's own scopes both hold.
    async fn of_key(parts: &Parts, app: &App, context: &Context, key: &ApiKey) -> Result<Self> {
        let standing = app.rights.of_key(app, key.org, key.id).await?.filter(|s| s.is(key)).ok_or_else(token::invalid)?;
        if standing.expires_at <= app.now() {
            let say = say!("This API key has expired. Make a new one.", "Cette clé d’API a expiré. Créez-en une nouvelle.");
            return Err(Error::unauthenticated("token_expired", say));
        }
        app.limits.take("api", app.settings.api_limit.with_burst(BURST), &key.id.to_string(), app.now()).await?;
        let _ = context.principal.set((standing.account, Some(key.org)));
        key::seen(app, key, &standing).await?;
        let KeyStanding { account, role, scopes, suspended, .. } = standing;
        Ok(Self {
            account,
            session: SessionId(key.id.uuid()),
            key: Some(key.id),
            org: Some(key.org),
            role,
            scopes: scopes.intersection(Scopes::held_by(role, false)),
            repeatable: Repeatable::of(parts, account, Some(key.org))?,
            actor: actor(Some(account), context, parts),
            signed_in_at: Timestamp::default(),
            strong: false,
            two_factor: false,
            provider: "key".into(),
            impersonator: None,
            suspended,
            epoch: 0,
        })
    }
    /// Refuses a program, and whoever acts in somebody's place: this is for the person behind an account.
    pub fn in_person(&self) -> Result<()> {
        if self.impersonator.is_some() {
            let say = say!(
                "You act in somebody's place. Only they can do this themselves.",
                "Vous agissez à la place de quelqu’un. Cette personne seule peut faire cela."
            );
            return Err(Error::forbidden("not_while_impersonating", say));
        }
        if self.key.is_none() {
            return Ok(());
        }
        let say = say!("An API key cannot do this. Sign in yourself.", "Une clé d’API ne peut pas faire cela. Connectez-vous vous-même.");
        Err(Error::forbidden("not_with_a_key", say))
    }
    /// The organisation of the token, for whoever has at least this role in it.
    pub fn in_org(&self, least: Role) -> Result<(OrgId, Role)> {
        let Some(org) = self.org else {
            let say = say!(
                "Choose an organisation first (POST /api/v1/auth/switch-org).",
                "Choisissez d’abord une organisation (POST /api/v1/auth/switch-org)."
            );
            return Err(Error::forbidden("no_org", say));
        };
        let Some(role) = self.role else {
            return Err(Error::forbidden(
                "not_a_member",
                say!("You are not a member of this organisation any more.", "Vous n’êtes plus membre de cette organisation."),
            ));
        };
        if self.suspended {
            let say = say!(
                "This organisation is suspended. Ask whoever runs this server.",
                "Cette organisation est suspendue. Adressez-vous à l’exploitant de ce serveur."
            );
            return Err(Error::forbidden("org_suspended", say));
        }
        if role < least {
            let needed = least;
            let say = say!("This needs the role {needed}; yours is {role}.", "Il faut pour cela le rôle {needed} ; le vôtre est {role}.");
            return Err(Error::forbidden("role_too_low", say).with("needed", needed));
        }
        Ok((org, role))
    }
    /// A repeated `Idempotency-Key` is answered from here.
    async fn begin(&self, app: &App) -> Result<Tx> {
        let mut tx = app.begin(self.actor.clone()).await?;
        if let Some(request) = &self.repeatable {
            request.first_time(&mut tx).await?;
        }
        Ok(tx)
    }
    /// For what cannot be undone: whoever asks proved lately who they are, with all that they have.
    pub fn fresh(&self, app: &App) -> Result<()> {
        self.in_person()?;
        if self.signed_in_at.plus(FRESH) >= app.now() && (self.strong || !self.two_factor) {
            return Ok(());
        }
        let say = say!(
            "Confirm that it is you first (POST /api/v1/auth/step-up), then do this again.",
            "Confirmez d’abord que c’est bien vous (POST /api/v1/auth/step-up), puis recommencez."
        );
        Err(Error::forbidden("step_up_required", say))
    }
    fn allows(&self, scope: Scope) -> Result<()> {
        if self.scopes.contains(scope) {
            return Ok(());
        }
        let name = scope.name();
        let say =
            say!("This needs the right {name}, which you do not have here.", "Il faut pour cela le droit {name}, que vous n’avez pas ici.");
        Err(Error::forbidden("insufficient_scope", say).with("scope", name))
    }
}

fn actor(account: Option<AccountId>, context: &Context, parts: &Parts) -> Actor {
    let agent = parts.headers.get(header::USER_AGENT).cloned();
    Actor { account, impersonator: None, ip: Some(context.client), agent, request_id: Some(context.request_id.clone()) }
}

/// From the header; else from a browser's cookie, which only our own pages may use to change something.
fn access_token<'a>(parts: &'a Parts, app: &App) -> Result<Cow<'a, str>> {
    let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
        let missing = || Error::unauthenticated("unauthenticated", say!("Sign in first.", "Connectez-vous d’abord."));
        let token = Cookie::Access.read(app, &parts.headers).ok_or_else(missing)?;
        app.own_page(&parts.method, &parts.headers)?;
        // A key is a program's, and comes in the header alone.
        return if ApiKey::read(&token).is_some() { Err(token::invalid()) } else { Ok(token.into()) };
    };
    let (scheme, token) = value.to_str().ok().and_then(|v| v.split_once(' ')).ok_or_else(token::invalid)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim().into()) } else { Err(token::invalid()) }
}

/// The newest generation has been used, so the one before can no longer be an honest repetition: once per renewal.
async fn confirm(app: &App, claims: &Claims) -> Result<()> {
    let mut tx = app.begin(Actor::default()).await?;
    let update = sql!("update sessions set confirmed = true where id = $1 and counter = $2");
    tx.exec(update, &[&claims.sid, &claims.generation]).await?;
    let account = claims.sub;
    tx.after_commit(move |app| app.forget_rights(account));
    tx.commit().await
}

impl FromRequestParts<App> for Anyone {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let context = Context::from_request_parts(parts, app).await?;
        Ok(Self { actor: actor(None, &context, parts), context })
    }
}
impl<S: Grant> FromRequestParts<App> for Caller<S> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let principal = Principal::of(parts, app).await?;
        principal.allows(S::SCOPE)?;
        Ok(Self(principal, PhantomData))
    }
}
impl<S: Grant, R: Least> FromRequestParts<App> for Member<S, R> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let principal = Principal::of(parts, app).await?;
        let (org, role) = principal.in_org(R::ROLE)?;
        principal.allows(S::SCOPE)?;
        Ok(Self { principal, org, role, kind: PhantomData })
    }
}
impl<S: Grant> FromRequestParts<App> for Admin<S> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let principal = Principal::of(parts, app).await?;
        principal.allows(S::SCOPE)?;
        let admin = Self(principal, PhantomData);
        if app.settings.admin_require_mfa {
            admin.strongly()?;
        }
        Ok(admin)
    }
}

impl Anyone {
    pub async fn begin(&self, app: &App) -> Result<Tx> {
        app.begin(self.actor.clone()).await
    }
}
impl<S: Grant> Caller<S> {
    pub async fn begin(&self, app: &App) -> Result<Tx> {
        self.0.begin(app).await
    }
}
impl<S: Grant> Admin<S> {
    /// For what needs a second factor, whatever the settings ask for.
    pub fn strongly(&self) -> Result<()> {
        if self.strong {
            return Ok(());
        }
        let say = say!(
            "Administrators need a second factor for this. Add one (POST /api/v1/auth/mfa/totp), then sign in with it.",
            "L’administration exige ici un second facteur. Ajoutez-en un (POST /api/v1/auth/mfa/totp), puis connectez-vous avec."
        );
        Err(Error::forbidden("admin_second_factor", say))
    }
    pub async fn begin(&self, app: &App) -> Result<Tx> {
        self.0.begin(app).await
    }
}
impl<S: Grant, R: Least> Member<S, R> {
    /// A transaction that contains the org; a repeated `Idempotency-Key` is answered from here.
    pub async fn begin(&self, app: &App) -> Result<OrgTx> {
        let mut tx = app.begin_org(self.org, self.actor.clone()).await?;
        if let Some(request) = &self.repeatable {
            request.first_time(tx.global()).await?;
        }
        Ok(tx)
    }
    pub fn read(&self, app: &App) -> OrgRead {
        app.read_org(self.org)
    }
    /// Whether what let them in still stands, and their role with it: asked again and again by what goes on for long, such as a stream.
    pub async fn stands(&self, app: &App) -> bool {
        if let Some(key) = self.key {
            let standing = app.rights.of_key(app, self.org, key).await.ok().flatten();
            let stands = |s: KeyStanding| s.open && s.expires_at > app.now() && !s.suspended && s.role == Some(self.role);
            return standing.is_some_and(stands);
        }
        let standing = app.rights.of(&app.db, self.account, self.session, Some(self.org)).await;
        let Ok(Some(now)) = standing else { return false };
        let alive = now.active && now.epoch == self.epoch && now.ends > app.now() && !now.suspended;
        alive && now.role == Some(self.role)
    }
    /// A path that names an org must name the token's: said before anything is looked up.
    pub fn only_in(&self, org: OrgId) -> Result<()> {
        if org == self.org {
            return Ok(());
        }
        Err(Error::forbidden(
            "org_mismatch",
            say!(
                "Your token is for another organisation. Switch to this one first.",
                "Votre jeton concerne une autre organisation. Passez d’abord à celle-ci."
            ),
        ))
    }
}

macro_rules! is_principal { ($($t:ident<$($g:ident : $b:ident),+> $field:tt);+) => { $(
    impl<$($g: $b),+> Deref for $t<$($g),+> {
        type Target = Principal;
        fn deref(&self) -> &Principal { &self.$field }
    }
)+ } }
is_principal! { Caller<S: Grant> 0; Member<S: Grant, R: Least> principal; Admin<S: Grant> 0 }

impl Part for Anyone {
    fn describe(op: &mut Op<'_>) {
        op.permission("anyone", None, None);
    }
}
impl<S: Grant> Part for Caller<S> {
    fn describe(op: &mut Op<'_>) {
        op.permission("caller", None, Some(S::SCOPE));
    }
}
impl<S: Grant, R: Least> Part for Member<S, R> {
    fn describe(op: &mut Op<'_>) {
        op.permission("member", Some(R::ROLE.max(<S::Least as Least>::ROLE)), Some(S::SCOPE));
    }
}
impl<S: Grant> Part for Admin<S> {
    fn describe(op: &mut Op<'_>) {
        op.permission("admin", None, Some(S::SCOPE));
    }
}

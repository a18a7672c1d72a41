//! `/rbac_demo`: one route a role, for whoever tries out roles and tokens (`DEMO_ROUTES`).

use base::{
    App, Error, Result,
    auth::{
        Caller, Member, Role,
        grant::{OrgRead, UserRead},
        least,
    },
    http::{Answer, Path},
    id::{AccountId, OrgId},
    op, say,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(op!(any)).routes(op!(manager)).routes(op!(admin)).routes(op!(owner)).routes(op!(scoped))
}

/// Whom the door was opened to.
#[derive(Serialize, ToSchema)]
pub struct Welcome {
    status: &'static str,
    account_id: AccountId,
    org_id: Option<OrgId>,
    role: Option<Role>,
}
fn welcome(account_id: AccountId, org_id: Option<OrgId>, role: Option<Role>) -> Result<Answer> {
    Answer::ok(&Welcome { status: "ok", account_id, org_id, role })
}

macro_rules! doors { ($($name:ident $path:literal $least:ident $who:literal;)+) => { $(
    #[doc = $who]
    #[utoipa::path(get, path = $path, operation_id = concat!("rbac_demo_", stringify!($name)), tag = "rbac_demo", responses(
        (status = 200, description = "The door is open", body = Welcome)))]
    pub async fn $name(_: App, member: Member<OrgRead, least::$least>) -> Result<Answer> {
        welcome(member.account, Some(member.org), Some(member.role))
    }
)+ } }
doors! {
    any     "/rbac_demo/any"     Tech    "Opens for every member.";
    manager "/rbac_demo/manager" Manager "Opens for managers and above.";
    admin   "/rbac_demo/admin"   Admin   "Opens for administrators and above.";
    owner   "/rbac_demo/owner"   Owner   "Opens for owners.";
}

/// Opens for whoever has a token for this organisation.
#[utoipa::path(get, path = "/rbac_demo/scoped/{org_id}", operation_id = "rbac_demo_scoped", tag = "rbac_demo",
    params(("org_id" = OrgId, Path, description = "The organisation")), responses((status = 200, description = "The door is open", body = Welcome)))]
pub async fn scoped(_: App, caller: Caller<UserRead>, Path(org): Path<OrgId>) -> Result<Answer> {
    if caller.org != Some(org) {
        let say = say!("Your token is for another organisation.", "Votre jeton concerne une autre organisation.");
        return Err(Error::forbidden("org_mismatch", say));
    }
    welcome(caller.account, caller.org, caller.role)
}

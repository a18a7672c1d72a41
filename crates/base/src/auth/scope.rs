//! Scopes: what a token may be used for. One table feeds the router, the tokens, OpenAPI and the tests.

use super::{Role, role::least};
use std::fmt;

/// Who holds a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Every account, for itself.
    Account,
    /// Members of the org, from this role up.
    Role(Role),
    /// Platform administrators.
    Platform,
}

/// A scope as a type, for `Member<ProjectsWrite>`.
pub trait Grant: Send + Sync + 'static {
    const SCOPE: Scope;
    /// The least role that holds it (only meaningful for scopes of members).
    type Least: super::Least;
}

macro_rules! scopes { ($($t:ident $name:literal $holder:expr, $least:ident, $what:literal;)+) => {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Scope { $($t),+ }
    impl Scope {
        pub const ALL: &'static [Self] = &[$(Self::$t),+];
        pub const fn name(self) -> &'static str { match self { $(Self::$t => $name),+ } }
        pub const fn holder(self) -> Holder { match self { $(Self::$t => $holder),+ } }
        /// What a person reads when an app asks for it.
        pub const fn what(self) -> &'static str { match self { $(Self::$t => $what),+ } }
    }
    /// The scopes as types.
    pub mod grant {
        use super::{Grant, Scope, least};
        $(#[derive(Clone, Copy, Debug)] pub struct $t;
        impl Grant for $t { const SCOPE: Scope = Scope::$t; type Least = least::$least; })+
    }
} }
scopes! {
    UserRead      "user:read"      Holder::Account,             Tech,    "read your own account";
    UserWrite     "user:write"     Holder::Account,             Tech,    "change your own account";
    OrgRead       "org:read"       Holder::Role(Role::Tech),    Tech,    "read the organisation";
    OrgWrite      "org:write"      Holder::Role(Role::Admin),   Admin,   "change the organisation";
    OrgDelete     "org:delete"     Holder::Role(Role::Owner),   Owner,   "hand the organisation over, or delete it";
    MembersRead   "members:read"   Holder::Role(Role::Manager), Manager, "read the list of members";
    MembersWrite  "members:write"  Holder::Role(Role::Manager), Manager, "invite members and change their roles";
    ProjectsRead  "projects:read"  Holder::Role(Role::Tech),    Tech,    "read projects";
    ProjectsWrite "projects:write" Holder::Role(Role::Manager), Manager, "create and change projects";
    PeopleRead    "people:read"    Holder::Role(Role::Tech),    Tech,    "read the names of team mates";
    PeopleWrite   "people:write"   Holder::Role(Role::Manager), Manager, "keep the list of people, with their contact";
    MissionsRead  "missions:read"  Holder::Role(Role::Tech),    Tech,    "read missions and the board";
    MissionsWrite "missions:write" Holder::Role(Role::Manager), Manager, "create and change missions";
    AssignmentsRead    "assignments:read"    Holder::Role(Role::Tech),    Tech,    "read who is on which mission";
    AssignmentsWrite   "assignments:write"   Holder::Role(Role::Manager), Manager, "put people on missions";
    AssignmentsRespond "assignments:respond" Holder::Role(Role::Tech),    Tech,    "answer what you are asked for";
    InvitationsRead    "invitations:read"    Holder::Role(Role::Manager), Manager, "read invitations";
    InvitationsWrite   "invitations:write"   Holder::Role(Role::Manager), Manager, "send and revoke invitations";
    AvailabilityRead    "availability:read"    Holder::Role(Role::Tech),    Tech,    "read availability";
    AvailabilityWrite   "availability:write"   Holder::Role(Role::Tech),    Tech,    "say when you are available";
    AvailabilityApprove "availability:approve" Holder::Role(Role::Manager), Manager, "approve or reject availability";
    RatesRead     "rates:read"     Holder::Role(Role::Tech),    Tech,    "read your own rates";
    RatesWrite    "rates:write"    Holder::Role(Role::Manager), Manager, "set rates";
    ExportsCreate "exports:create" Holder::Role(Role::Tech),    Tech,    "export data";
    RulesRead     "rules:read"     Holder::Role(Role::Tech),    Tech,    "read the labour rules";
    RulesWrite    "rules:write"    Holder::Role(Role::Manager), Manager, "change the labour rules";
    KeysWrite     "keys:write"     Holder::Role(Role::Admin),   Admin,   "make API keys and service accounts";
    EventsRead    "events:read"    Holder::Role(Role::Tech),    Tech,    "follow live changes";
    AiUse         "ai:use"         Holder::Account,             Tech,    "ask the coach";
    AuditRead     "audit:read"     Holder::Role(Role::Admin),   Admin,   "read the audit log";
    AdminRead     "admin:read"     Holder::Platform,            Owner,   "see the whole instance";
    AdminWrite    "admin:write"    Holder::Platform,            Owner,   "administer the whole instance";
    AdminImpersonate "admin:impersonate" Holder::Platform,      Owner,   "act in somebody's place, which they are told";
}

impl Scope {
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|s| s.name() == name)
    }
    /// Whether an API key may have it: neither what makes keys nor what concerns a person or the whole instance.
    pub fn for_keys(self) -> bool {
        match self.holder() {
            Holder::Role(_) => self != Self::KeysWrite,
            Holder::Account => self == Self::UserRead,
            Holder::Platform => false,
        }
    }
    /// Whether whoever acts in somebody else's place may use it: nothing that changes who gets in, or that only concerns the person.
    pub fn for_impersonators(self) -> bool {
        let withheld = [Self::UserWrite, Self::OrgDelete, Self::MembersWrite, Self::KeysWrite, Self::AuditRead, Self::AiUse];
        self.holder() != Holder::Platform && !withheld.contains(&self)
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u64);
impl Scopes {
    /// Everything that a caller with this role (and this standing on the platform) holds.
    pub fn held_by(role: Option<Role>, platform_admin: bool) -> Self {
        let holds = |s: &&Scope| match s.holder() {
            Holder::Account => true,
            Holder::Role(least) => role.is_some_and(|r| r >= least),
            Holder::Platform => platform_admin,
        };
        Scope::ALL.iter().filter(holds).copied().collect()
    }
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u64) != 0
    }
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// From the space-separated list of a token; unknown names are nothing.
    pub fn parse(list: &str) -> Self {
        list.split(' ').filter_map(Scope::named).collect()
    }
}
impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |set, s| set | 1 << s as u64))
    }
}
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Scope::ALL.iter().filter(|s| self.contains(**s)).map(|s| s.name()).collect();
        f.write_str(&names.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_role_holds_everything_a_lower_one_holds() {
        for pair in Role::ALL.windows(2) {
            let (low, high) = (Scopes::held_by(Some(pair[0]), false), Scopes::held_by(Some(pair[1]), false));
            assert_eq!(low.intersection(high), low);
        }
        assert!(!Scopes::held_by(Some(Role::Owner), false).contains(Scope::AdminRead));
    }
    #[test]
    fn a_set_survives_its_text() {
        for role in [None, Some(Role::Tech), Some(Role::Owner)] {
            let set = Scopes::held_by(role, true);
            assert_eq!(Scopes::parse(&set.to_string()), set);
        }
        assert_eq!(Scopes::parse("projects:write nonsense"), [Scope::ProjectsWrite].into_iter().collect());
    }
}

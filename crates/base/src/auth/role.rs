//! The four roles of an org, each containing the one below.

use std::{fmt, str::FromStr};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Tech,
    Manager,
    Admin,
    Owner,
}
impl Role {
    pub const ALL: [Self; 4] = [Self::Tech, Self::Manager, Self::Admin, Self::Owner];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Tech => "tech",
            Self::Manager => "manager",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
    /// Nobody hands out a role as high as their own, except an owner.
    pub fn may_grant(self, other: Self) -> bool {
        self == Self::Owner || (self > other && self >= Self::Manager)
    }
}
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
impl FromStr for Role {
    type Err = crate::id::NotAnId;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|r| r.name() == s).ok_or(crate::id::NotAnId)
    }
}
crate::text_column!(Role);

/// A role as a type: the least one that may enter.
pub trait Least: Send + Sync + 'static {
    const ROLE: Role;
}
/// The roles as types, for `Member<_, least::Admin>`.
pub mod least {
    use super::{Least, Role};
    macro_rules! least { ($($t:ident),*) => { $(
        #[derive(Clone, Copy, Debug)]
        pub struct $t;
        impl Least for $t { const ROLE: Role = Role::$t; }
    )* } }
    least!(Tech, Manager, Admin, Owner);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_grants_as_high_as_themselves_but_an_owner() {
        for giver in Role::ALL {
            for given in Role::ALL {
                let expected = giver == Role::Owner || (giver != Role::Tech && giver > given);
                assert_eq!(giver.may_grant(given), expected, "{giver} grants {given}");
            }
        }
    }
}

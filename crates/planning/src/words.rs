//! `words!`: an enum whose words are the same on the wire, in the store and in the document. [`Lines`]: a list as one column.

use std::{fmt, str::FromStr};

macro_rules! words {
    ($(#[$m:meta])* pub enum $t:ident { $($(#[$vm:meta])* $v:ident = $name:tt),+ $(,)? }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        $(#[$m])*
        pub enum $t { $($(#[$vm])* #[serde(rename = $name)] $v),+ }
        impl $t {
            pub const ALL: &'static [Self] = &[$(Self::$v),+];
            pub const fn name(self) -> &'static str {
                match self { $(Self::$v => $name),+ }
            }
        }
        impl std::fmt::Display for $t {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
        impl std::str::FromStr for $t {
            type Err = base::id::NotAnId;
            fn from_str(s: &str) -> std::result::Result<Self, Self::Err> {
                Self::ALL.iter().find(|v| v.name() == s).copied().ok_or(base::id::NotAnId)
            }
        }
        base::text_column!($t);
    };
}
pub(crate) use words;

/// Several things as one column: a line each (none of them holds a line break).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines<T>(pub Vec<T>);
impl<T: fmt::Display> fmt::Display for Lines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(i, one)| write!(f, "{}{one}", if i == 0 { "" } else { "\n" }))
    }
}
impl<T: FromStr> FromStr for Lines<T> {
    type Err = T::Err;
    fn from_str(s: &str) -> std::result::Result<Self, Self::Err> {
        s.lines().map(str::parse).collect::<std::result::Result<_, _>>().map(Self)
    }
}
base::text_column!(Lines<String>);

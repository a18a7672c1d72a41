//! Ids: one type per noun, a UUID on the wire and in the store, parsed at the edge.

use std::fmt;

/// What every id can do. `NOUN` is how a person calls the thing (English, French).
pub trait Id: Copy + fmt::Display + fmt::Debug + Send + Sync + 'static {
    const NOUN: (&'static str, &'static str);
    fn uuid(self) -> Uuid;
}

/// `id!(pub ProjectId "project" "projet")`: a newtype that cannot be mistaken for another noun's.
#[macro_export]
macro_rules! id {
    ($(#[$m:meta])* $v:vis $t:ident $en:literal $fr:literal) => {
        $(#[$m])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        $v struct $t(pub $crate::id::Uuid);

        impl $crate::id::Id for $t {
            const NOUN: (&'static str, &'static str) = ($en, $fr);
            fn uuid(self) -> $crate::id::Uuid { self.0 }
        }
        impl ::std::fmt::Display for $t {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { ::std::fmt::Display::fmt(&self.0, f) }
        }
        impl ::std::fmt::Debug for $t {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { write!(f, "{}({})", $en, self.0) }
        }
        impl ::std::str::FromStr for $t {
            type Err = $crate::id::NotAnId;
            fn from_str(s: &str) -> ::std::result::Result<Self, Self::Err> { $crate::id::parse(s).map(Self) }
        }
        impl ::std::convert::From<$crate::id::Uuid> for $t {
            fn from(u: $crate::id::Uuid) -> Self { Self(u) }
        }
        $crate::text_column!($t);
        impl utoipa::PartialSchema for $t {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> { $crate::id::schema() }
        }
        impl utoipa::ToSchema for $t {}
    };
}
pub use uuid::Uuid;

/// Only the one spelling that the server itself writes is an id: nothing else can name a row.
pub fn parse(s: &str) -> Result<Uuid, NotAnId> {
    let uuid = Uuid::try_parse(s).map_err(|_| NotAnId)?;
    let mut buffer = Uuid::encode_buffer();
    if uuid.hyphenated().encode_lower(&mut buffer).eq_ignore_ascii_case(s) { Ok(uuid) } else { Err(NotAnId) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;
impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id")
    }
}
impl std::error::Error for NotAnId {}

pub fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .format(Some(utoipa::openapi::SchemaFormat::Custom("uuid".into())))
        .into()
}

// The ids that cross from one domain to another live here; a domain's own ids live in the domain.
id!(pub AccountId "account" "compte");
id!(pub OrgId "organisation" "organisation");
id!(pub SessionId "session" "session");
id!(pub KeyId "API key" "clé d’API");

/// A key for a tenant's row, or for a row of a history: time-ordered, so that what is written together lies together in the index.
pub fn v7(at: crate::time::Timestamp) -> Uuid {
    let ms = u64::try_from(at.micros() / 1_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(ms, &random()).into_uuid()
}
/// A key for a global row (accounts, sessions): random, so that no node of a range-sharded store is hot.
#[expect(clippy::disallowed_methods, reason = "this is the one place that makes random ids")]
pub fn v4() -> Uuid {
    Uuid::new_v4()
}
fn random<const N: usize>() -> [u8; N] {
    crate::crypto::random()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_is_read_in_its_own_spelling_and_no_other(bits in any::<u128>()) {
            let uuid = Uuid::from_u128(bits);
            prop_assert_eq!(parse(&uuid.to_string()), Ok(uuid));
            prop_assert_eq!(parse(&uuid.to_string().to_uppercase()), Ok(uuid));
            for other in [uuid.simple().to_string(), uuid.braced().to_string(), uuid.urn().to_string(), format!(" {uuid}")] {
                prop_assert_eq!(parse(&other), Err(NotAnId));
            }
        }
        #[test]
        fn a_tenants_keys_sort_by_time(earlier in 0i64..4_000_000_000_000, later in 1i64..1_000_000) {
            let at = |ms: i64| v7(Timestamp::from_micros(ms * 1_000)).to_string();
            prop_assert!(at(earlier) < at(earlier + later));
        }
        #[test]
        fn nothing_else_is_an_id(text in "\\PC{0,40}") {
            prop_assume!(Uuid::try_parse(&text).is_err());
            prop_assert_eq!(parse(&text), Err(NotAnId));
        }
    }
}

//! Ids of conflicts, and calls that are only tried.

use super::model::{At, ConflictId};
use crate::{assignments::model::AssignmentId, people::model::PersonId, rules::Kind};
use base::{id, time::Timestamp};
use proptest::prelude::*;

proptest! {
    #[test]
    fn an_id_survives_its_text(kind in 0usize..15, at in 0i64..4_000_000_000_000_000, what in 0usize..3, day in 0i64..40_000) {
        let uuid = || id::v7(Timestamp::from_micros(at));
        let (one, other) = (AssignmentId(uuid()), AssignmentId(uuid()));
        let at = match what {
            0 => At::Call(one),
            1 => At::Pair(one.min(other), one.max(other)),
            _ => At::Day("1970-01-01".parse::<base::time::Date>().unwrap().plus(day)),
        };
        let id = ConflictId { kind: Kind::all().nth(kind).unwrap(), person: PersonId(uuid()), at };
        prop_assert_eq!(id.to_string().parse(), Ok(id));
        prop_assert!(id.to_string().bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "fits a path");
    }
    #[test]
    fn nothing_else_is_an_id(text in "[a-z._0-9-]{0,60}") {
        prop_assert!(text.parse::<ConflictId>().is_err());
    }
}

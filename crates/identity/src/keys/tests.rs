//! Which keys may be made.

use super::model::NewKey;
use base::auth::{Role, Scope, Scopes};
use std::time::Duration;

fn key(scopes: &[&str], days: Option<u32>) -> NewKey {
    let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
    NewKey { name: "Ticketing".to_owned(), scopes, expires_in_days: days, service_account_id: None }
}

#[test]
fn a_key_has_what_its_maker_has_and_a_key_may_have() {
    let makers = Scopes::held_by(Some(Role::Admin), true);
    let scopes = key(&["projects:read", "projects:write"], None).check(makers).unwrap();
    assert_eq!(scopes.to_string(), "projects:read projects:write");
    let refused = key(&["projects:read", "user:write", "keys:write", "admin:read", "nonsense"], Some(0)).check(makers).unwrap_err();
    let faults: Vec<_> = refused.fields().iter().map(|f| (f.field.as_str(), f.code)).collect();
    assert_eq!(
        faults,
        [
            ("expires_in_days", "out_of_range"),
            ("scopes[1]", "scope_not_for_keys"),
            ("scopes[2]", "scope_not_for_keys"),
            ("scopes[3]", "scope_not_for_keys"),
            ("scopes[4]", "unknown_scope")
        ]
    );
    let tech = Scopes::held_by(Some(Role::Tech), false);
    assert_eq!(key(&["projects:write"], None).check(tech).unwrap_err().fields()[0].code, "scope_not_yours");
    assert_eq!(key(&[], None).check(tech).unwrap_err().fields()[0].code, "required");
}
#[test]
fn a_key_lasts_a_year_at_most() {
    let makers = Scopes::held_by(Some(Role::Owner), false);
    let day = Duration::from_secs(86_400);
    assert_eq!(key(&[], None).life(), day * 90);
    assert!(key(&["org:read"], Some(365)).check(makers).is_ok() && key(&["org:read"], Some(366)).check(makers).is_err());
}
#[test]
fn what_only_people_may_do_is_no_scope_of_a_key() {
    for scope in Scope::ALL {
        let person_only = ["user:write", "keys:write"].contains(&scope.name()) || scope.name().starts_with("admin:");
        assert!(!(person_only && scope.for_keys()), "{}", scope.name());
    }
}

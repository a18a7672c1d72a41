//! The rules of projects, without a store.

use super::model::{Draft, Patch, Project, ProjectId, Status};
use base::{id, time::Timestamp};

fn draft(json: &str) -> Draft {
    serde_json::from_str(json).unwrap()
}
fn faults(json: &str) -> Vec<String> {
    draft(json).check().err().map_or(vec![], |e| e.fields().iter().map(|f| f.field.clone()).collect())
}

#[test]
fn what_fits_and_what_does_not() {
    assert!(faults(r#"{"name":"Été"}"#).is_empty());
    assert!(faults(r#"{"name":"x","hue":359,"starts_on":"2026-09-01","ends_on":"2026-09-01","budget_cents":0,"currency":"EUR","time_zone":"Europe/Paris"}"#).is_empty());
    for (json, field) in [
        (r#"{"name":""}"#, "name"),
        (r#"{"name":"  "}"#, "name"),
        (r#"{"name":"a\nb"}"#, "name"),
        (r#"{"name":"x","hue":360}"#, "hue"),
        (r#"{"name":"x","starts_on":"2026-09-02","ends_on":"2026-09-01"}"#, "ends_on"),
        (r#"{"name":"x","budget_cents":-1}"#, "budget_cents"),
        (r#"{"name":"x","currency":"euro"}"#, "currency"),
        (r#"{"name":"x","time_zone":"Europe/Atlantis"}"#, "time_zone"),
        (r#"{"name":"x","client":""}"#, "client"),
    ] {
        assert_eq!(faults(json), [field], "{json}");
    }
    assert_eq!(faults(r#"{"name":"","hue":-1,"currency":"x"}"#), ["name", "hue", "currency"], "all at once");
}

#[test]
fn names_are_the_same_whatever_their_case_and_accents() {
    assert_eq!(draft(r#"{"name":"La  Nuit d’Été"}"#).key(), draft(r#"{"name":"la nuit d’ete"}"#).key());
    assert!((0..360).contains(&draft(r#"{"name":"La Nuit"}"#).hue()));
}

#[test]
fn a_patch_keeps_what_it_does_not_name() {
    let new = draft(r#"{"name":"Gala","venue":"Bobino","starts_on":"2026-09-01"}"#);
    let at = Timestamp::from_micros(0);
    let old = Project {
        id: ProjectId(id::v7(at)),
        name: new.name,
        client: None,
        venue: new.venue,
        hue: 3,
        status: Status::Active,
        starts_on: new.starts_on,
        ends_on: None,
        budget_cents: Some(5),
        currency: "CHF".into(),
        time_zone: None,
        version: 1,
        created_at: at,
        updated_at: at,
    };
    let patch: Patch = serde_json::from_str(r#"{"venue":null,"client":"Ville"}"#).unwrap();
    let after = patch.onto(&old);
    assert_eq!((after.venue.as_deref(), after.client.as_deref(), after.starts_on), (None, Some("Ville"), old.starts_on));
    assert_eq!((after.name.as_str(), after.status, after.budget_cents, after.currency()), ("Gala", Status::Active, Some(5), "CHF"));
}

//! What may be a person, and who sees how much of one.

use super::model::{Draft, Row, Seen, Skill};
use crate::{told::Eye, words::Lines};
use base::{
    crypto::{Keys, Sealed, Secret},
    id::{AccountId, OrgId, Uuid},
};
use proptest::prelude::*;
use serde_json::json;

fn draft(value: serde_json::Value) -> Draft {
    serde_json::from_value(value).unwrap()
}
fn faults(value: serde_json::Value) -> Vec<String> {
    draft(value).check().err().map(|e| e.fields().iter().map(|f| format!("{} {}", f.field, f.code)).collect()).unwrap_or_default()
}

#[test]
fn every_misfit_is_named_at_once() {
    assert_eq!(faults(json!({"first_name": "Léa", "last_name": "Marchetti"})), Vec::<String>::new());
    assert_eq!(faults(json!({"name": "Léa Marchetti"})), Vec::<String>::new());
    assert_eq!(faults(json!({})), ["first_name invalid_text", "first_name required"]);
    let bad = json!({"name": "L", "email": "lea@", "phone": "1\n2", "skills": ["son", "SON", {"skill": "x", "level": 6}], "tags": [""]});
    assert_eq!(
        faults(bad),
        ["email invalid_email", "phone invalid_text", "skills[2].level out_of_range", "tags[0] invalid_text", "skills[1] duplicate"]
    );
}

#[test]
fn a_person_is_found_by_either_name() {
    let lea = draft(json!({"first_name": "Léa", "last_name": "Marchetti"}));
    assert_eq!(lea.name_key(), "marchetti lea");
    assert!(lea.search_key().contains("lea march") && lea.search_key().contains("marchetti le"));
}

#[test]
fn a_team_mate_sees_no_contact() {
    let (keys, org) = (Keys::new(&Secret::new("a:key")), OrgId(Uuid::nil()));
    let row = || {
        let id = super::model::PersonId(Uuid::max());
        let seal = |field: &str, text: &str| Sealed::seal(&keys, &super::model::place(org, id, field), &text.to_owned()).ok();
        let at = base::time::Timestamp::from_micros(1);
        Row {
            id,
            account_id: Some(AccountId(Uuid::max())),
            first_name: "Léa".into(),
            last_name: "M".into(),
            name_key: "m lea".into(),
            employment_type: Default::default(),
            email_sealed: seal("email", "lea@lanternes.example"),
            phone_sealed: seal("phone", "0600000000"),
            bio_sealed: seal("bio", "canary"),
            legal_ids_sealed: seal("legal_ids", "{\"secu\":\"canary\"}"),
            active: true,
            version: 1,
            created_at: at,
            updated_at: at,
            skills: Lines(vec![]),
            tags: Lines(vec![]),
        }
    };
    let seen = |eye| serde_json::to_value(row().seen_by(eye, &keys, org).unwrap()).unwrap();
    let (manager, self_, mate) = (seen(Eye::Manager), seen(Eye::Tech(AccountId(Uuid::max()))), seen(Eye::Tech(AccountId(Uuid::nil()))));
    assert_eq!((manager["email"].as_str(), &manager), (Some("lea@lanternes.example"), &self_));
    assert_eq!(manager["legal_ids"]["secu"], "canary");
    let mut names: Vec<_> = mate.as_object().unwrap().keys().cloned().collect();
    names.sort();
    assert_eq!(names, ["active", "first_name", "id", "last_name", "name", "skills", "tags"]);
    assert!(matches!(row().seen_by(Eye::Tech(AccountId(Uuid::nil())), &keys, org).unwrap(), Seen::Teammate(_)));
}

proptest! {
    #[test]
    fn skills_survive_their_column(all in proptest::collection::vec(("[^\\n\\r\\p{C}]{1,20}", 1i64..=5), 0..6)) {
        let lines = Lines(all.into_iter().map(|(skill, level)| Skill { skill, level }).collect());
        prop_assert_eq!(lines.to_string().parse::<Lines<Skill>>().unwrap(), lines);
    }
}

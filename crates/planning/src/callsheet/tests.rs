//! What changed between two sheets, and the sheet on paper, without a store.

use super::{
    model::*,
    print::{long_date, pdf},
};
use crate::{exports::tests::texts, people::model::PersonId, projects::model::ProjectId};
use base::{id::Uuid, say::Lang};

fn called(n: u128, name: &str, start: &str, confirmed: bool) -> Called {
    Called {
        user_id: PersonId(Uuid::from_u128(n)),
        name: name.into(),
        mission_id: SlotId(Uuid::nil()),
        mission: "Représentation".into(),
        start_at: "2026-09-10T16:00:00Z".parse().unwrap(),
        end_at: "2026-09-10T22:00:00Z".parse().unwrap(),
        start: start.parse().unwrap(),
        end: "23:59".parse().unwrap(),
        confirmed,
        phone: Some("+33 6 00 00 00 00".into()),
    }
}
fn sheet() -> Sheet {
    Sheet {
        project_id: ProjectId(Uuid::nil()),
        project: "La Nuit des Lucioles".into(),
        client: None,
        venue: Some("Bobino".into()),
        date: "2026-09-10".parse().unwrap(),
        schedule: vec![Slot {
            mission_id: SlotId(Uuid::nil()),
            title: "Représentation".into(),
            location: Some("Grande salle".into()),
            start_at: "2026-09-10T16:00:00Z".parse().unwrap(),
            end_at: "2026-09-10T22:00:00Z".parse().unwrap(),
            start: "18:00".parse().unwrap(),
            end: "23:59".parse().unwrap(),
            break_minutes: 30,
            note: Some("Entrée des artistes : rue de la Gaîté".into()),
        }],
        team: vec![Group {
            role: "Régie son".into(),
            members: vec![called(1, "Awa Diallo", "18:00", true), called(2, "Hugo Lemoine", "19:00", false)],
        }],
    }
}

#[test]
fn nothing_changed_is_nothing_to_tell() {
    assert_eq!(changes(&sheet(), &sheet()), []);
    assert_eq!(changes(&sheet().without_contact(), &sheet()), [], "a phone number is no news");
}

#[test]
fn every_change_is_told_with_what_was_and_what_is() {
    let mut after = sheet();
    after.venue = Some("Olympia".into());
    after.schedule[0].start = "17:00".parse().unwrap();
    after.team[0].members[0].start = "17:00".parse().unwrap();
    after.team[0].members.pop();
    after.team.push(Group { role: "Poursuite".into(), members: vec![called(3, "Noémie Carpentier", "18:30", true)] });
    let told: Vec<_> = changes(&sheet(), &after).into_iter().map(|c| (c.kind, c.what, c.before, c.after)).collect();
    let some = |s: &str| Some(s.to_owned());
    assert_eq!(
        told,
        [
            (Kind::VenueChanged, "La Nuit des Lucioles".into(), some("Bobino"), some("Olympia")),
            (
                Kind::MissionChanged,
                "Représentation".into(),
                some("18:00–23:59 · Grande salle · Entrée des artistes : rue de la Gaîté"),
                some("17:00–23:59 · Grande salle · Entrée des artistes : rue de la Gaîté")
            ),
            (Kind::PersonChanged, "Awa Diallo · Régie son".into(), some("18:00–23:59"), some("17:00–23:59")),
            (Kind::PersonAdded, "Noémie Carpentier · Poursuite".into(), None, some("18:30–23:59")),
            (Kind::PersonRemoved, "Hugo Lemoine · Régie son".into(), some("19:00–23:59 ?"), None),
        ]
    );
}

#[test]
fn what_is_kept_reads_back_without_contact() {
    let kept = serde_json::to_string(&sheet().without_contact()).unwrap();
    assert!(!kept.contains("+33"));
    assert_eq!(serde_json::from_str::<Sheet>(&kept).unwrap(), sheet().without_contact());
}

#[test]
fn the_page_says_what_the_sheet_says() {
    let revision = Some(Revision { number: 3, published_at: "2026-09-09T10:11:12Z".parse().unwrap() });
    let page = CallSheet { sheet: sheet(), revision, changes: vec![], seen: vec![] };
    let all = texts(&pdf(&page, Lang::Fr).unwrap()).join("\n");
    for expected in [
        "La Nuit des Lucioles",
        "jeudi 10 septembre 2026",
        "Révision 3, 2026-09-09 10:11 UTC",
        "Bobino",
        "18:00–23:59",
        "Grande salle · pause 30 min",
        "Entrée des artistes : rue de la Gaîté",
        "Régie son",
        "Awa Diallo",
        "Hugo Lemoine (à confirmer)",
        "+33 6 00 00 00 00",
    ] {
        assert!(all.contains(expected), "{expected} in {all}");
    }
    assert_eq!(long_date("2024-02-29".parse().unwrap(), Lang::En), "Thursday 29 February 2024");
}

//! What spreadsheets write, and where its problems are, without a store.

use super::{MOST, missions, missions::Place, people};
use crate::people::model::Employment;
use base::{
    table::{Problem, Table, csv},
    time::Zone,
};
use std::collections::BTreeMap;

fn lines(text: &str) -> Vec<(usize, Vec<String>)> {
    csv::read(text.as_bytes()).unwrap()
}
fn places(problems: &[Problem]) -> Vec<(usize, &str, &str)> {
    problems.iter().map(|p| (p.row, &*p.column, p.code)).collect()
}

#[test]
fn people_and_their_problems() {
    let (table, problems) = Table::new(
        lines("Prénom;Nom;E-mail;Contrat;Compétences;Actif\nLéa;Marchetti;lea@x.fr;intermittent;poursuite:4, son;oui\n"),
        people::COLUMNS,
        &[],
        MOST,
    )
    .unwrap();
    assert_eq!(problems, []);
    let (drafts, problems) = people::read(&table);
    assert_eq!(problems, []);
    let draft = &drafts[0].1;
    assert_eq!(
        (draft.names(), draft.employment_type, draft.skills.len(), draft.active),
        (("Léa", "Marchetti"), Employment::Intermittent, 2, true)
    );
    assert_eq!((draft.skills[0].rated().level, draft.skills[1].rated().level), (4, 3));

    let text = "first_name;email;employment;colour;active\nLéa;nobody;BOSS;red;maybe\n;a@b.fr;;;\nNoé;A@b.fr;CDI;;no;extra\n";
    let (table, problems) = Table::new(lines(text), people::COLUMNS, &[], MOST).unwrap();
    assert_eq!(places(&problems), [(1, "colour", "unknown_column")]);
    let (_, problems) = people::read(&table);
    assert_eq!(
        places(&problems),
        [
            (2, "employment", "wrong_value"),
            (2, "active", "wrong_value"),
            (2, "email", "invalid_email"),
            (3, "first_name", "invalid_text"),
            (4, "", "too_many_cells"),
            (4, "email", "duplicate")
        ]
    );
    let (table, _) = Table::new(lines("email\na@b.fr\n"), people::COLUMNS, &[], MOST).unwrap();
    assert_eq!(places(&people::read(&table).1), [(1, "first_name", "missing_column")]);
}

#[test]
fn missions_and_their_problems() {
    let paris: Zone = "Europe/Paris".parse().unwrap();
    let place = Place { projects: BTreeMap::new(), zone: paris };
    let text = "Titre;Début;Fin;Postes;Pause\nMontage;10/09/2026 9h;10/09/2026 18:00;Son:2, Lumière;60\nGet-in;2026-09-10T07:00:00Z;2026-09-10 12:00;;\n";
    let (table, problems) = Table::new(lines(text), missions::COLUMNS, missions::REQUIRED, MOST).unwrap();
    assert_eq!(problems, []);
    let (all, problems) = missions::read(&table, &place);
    assert_eq!(problems, []);
    assert_eq!(
        (all[0].span.start().to_string(), all[0].break_minutes, all[0].slots.len(), all[0].slots[0].quota),
        ("2026-09-10T07:00:00Z".into(), 60, 2, 2)
    );
    assert_eq!((all[1].span.start(), all[1].span.end().to_string()), (all[0].span.start(), "2026-09-10T10:00:00Z".into()));

    let text = "title;start;end;project;roles\nA;soon;2026-09-10 12:00;Gala;Son:two\nB;2026-09-10 12:00;2026-09-10 11:00;;\nC;2026-03-29 02:30;2026-03-29 04:00;;\n";
    let (table, _) = Table::new(lines(text), missions::COLUMNS, missions::REQUIRED, MOST).unwrap();
    let (_, problems) = missions::read(&table, &place);
    assert_eq!(
        places(&problems),
        [
            (2, "project", "unknown_project"),
            (2, "start", "wrong_value"),
            (2, "roles", "wrong_value"),
            (3, "end", "interval_invalid"),
            (4, "start", "nonexistent_local_time")
        ]
    );
    let (_, problems) = Table::new(lines("title\nx\n"), missions::COLUMNS, missions::REQUIRED, MOST).unwrap();
    assert_eq!(places(&problems), [(1, "start_at", "missing_column"), (1, "end_at", "missing_column")]);
}

#[test]
fn neither_too_few_nor_too_many() {
    let refused = |text: &str| Table::new(lines(text), people::COLUMNS, &[], MOST).err().map(|e| e.code());
    assert_eq!(refused("name\n"), Some("empty_import"));
    assert_eq!(refused(""), Some("empty_import"));
    assert_eq!(refused(&format!("name\n{}", "x\n".repeat(1_001))), Some("too_many_rows"));
    assert_eq!(refused(&format!("name\n{}", "x\n".repeat(1_000))), None);
}

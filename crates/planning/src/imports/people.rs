//! People from the rows of a table.

use crate::people::model::{Draft, Employment, Skill, SkillWritten};
use base::{
    say,
    table::{Column, Problem, Row, Table},
};
use std::collections::BTreeMap;

pub const COLUMNS: &[Column] = &[
    ("first_name", &["prenom"]),
    ("last_name", &["nom"]),
    ("name", &["nom complet", "full name"]),
    ("email", &["e mail", "courriel", "mail"]),
    ("phone", &["telephone", "tel"]),
    ("employment_type", &["employment", "contrat"]),
    ("skills", &["competences"]),
    ("tags", &["etiquettes"]),
    ("active", &["actif"]),
    ("bio", &["presentation"]),
];

/// A person for every row, and everything that does not fit.
pub fn read(table: &Table) -> (Vec<(usize, Draft)>, Vec<Problem>) {
    let (mut drafts, mut problems) = (Vec::new(), Vec::new());
    if !table.has("first_name") && !table.has("name") {
        let say = say!("A column first_name or name is required.", "Une colonne prénom ou nom complet est obligatoire.");
        problems.push(Problem { row: 1, column: "first_name".into(), code: "missing_column", say });
        return (drafts, problems);
    }
    let mut addresses: BTreeMap<String, usize> = BTreeMap::new();
    for row in table.rows() {
        problems.extend(row.overflow());
        let draft = draft(&row, &mut problems);
        if let Err(error) = draft.check() {
            problems.extend(row.problems(&error));
        }
        if let Some(address) = draft.email()
            && let Some(first) = addresses.insert(address, row.number)
        {
            let say = say!("Row {first} has the same address.", "La ligne {first} a la même adresse.");
            problems.push(row.problem("email", "duplicate", say));
        }
        drafts.push((row.number, draft));
    }
    (drafts, problems)
}

fn draft(row: &Row<'_>, problems: &mut Vec<Problem>) -> Draft {
    let owned = |column: &str| row.get(column).map(str::to_owned);
    let employment_type = row.get("employment_type").map_or(Some(Employment::default()), |word| word.to_uppercase().parse().ok());
    if employment_type.is_none() {
        let all = Employment::ALL.iter().map(|e| e.name()).collect::<Vec<_>>().join(", ");
        problems.push(row.problem("employment_type", "wrong_value", say!("Write one of {all}.", "Écrivez l’un de {all}.")));
    }
    let active = row.yes("active").map_err(|problem| problems.push(problem)).unwrap_or_default();
    Draft {
        name: owned("name").filter(|_| row.get("first_name").is_none()),
        first_name: owned("first_name"),
        last_name: owned("last_name"),
        employment_type: employment_type.unwrap_or_default(),
        skills: row.list("skills").into_iter().map(skill).collect(),
        tags: row.list("tags").into_iter().map(str::to_owned).collect(),
        account_id: None,
        email: owned("email"),
        phone: owned("phone"),
        bio: owned("bio"),
        active: active.unwrap_or(true),
        ..Draft::default()
    }
}
/// `poursuite:4`, or the name alone.
fn skill(text: &str) -> SkillWritten {
    let rated =
        text.rsplit_once(':').and_then(|(skill, level)| Some(Skill { skill: skill.trim().to_owned(), level: level.trim().parse().ok()? }));
    rated.map_or_else(|| SkillWritten::Named(text.to_owned()), SkillWritten::Rated)
}

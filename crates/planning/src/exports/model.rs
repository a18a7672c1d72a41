//! What can be exported, and how its columns are called.

use super::sheet::Column;
use crate::{people::model::PersonId, projects::model::ProjectId, reports, words::words};
use base::{
    id::OrgId,
    say,
    say::{Lang, Say},
    time::Date,
};
use serde::Deserialize;
use utoipa::IntoParams;

words! {
    #[derive(Default)]
    #[schema(as = ExportKind)]
    pub enum Kind {
        /// Hours and money of everybody, a month at a time.
        #[default]
        MonthlyUsers = "monthly-users",
        /// What the crew of each project costs, beside its budget.
        ProjectCost = "project-cost",
        /// Who is on what, with hours and money.
        Assignments = "assignments",
        Missions = "missions",
        /// People with their contact.
        People = "people",
    }
}

/// Which part of the plan.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// What; `monthly-users` when left out, `assignments` for a calendar. A technician gets their own assignments.
    #[serde(rename = "type")]
    #[param(inline)]
    pub kind: Option<Kind>,
    /// The organisation of your token; published clients send it.
    pub org_id: Option<OrgId>,
    /// Of this project only.
    pub project_id: Option<ProjectId>,
    /// Of this person only (`assignments`).
    pub user_id: Option<PersonId>,
    /// The first day; that of this month when left out.
    pub date_from: Option<Date>,
    /// The last day; the last of the month of the first one when left out.
    pub date_to: Option<Date>,
}
impl Wanted {
    pub fn asked(&self) -> reports::Asked {
        reports::Asked { org_id: self.org_id, project_id: self.project_id, date_from: self.date_from, date_to: self.date_to }
    }
}

impl Kind {
    pub fn title(self, lang: Lang) -> String {
        let say = match self {
            Self::MonthlyUsers => say!("Hours by month", "Heures par mois"),
            Self::ProjectCost => say!("Cost of projects", "Coût des projets"),
            Self::Assignments => say!("Assignments", "Affectations"),
            Self::Missions => say!("Missions", "Missions"),
            Self::People => say!("People", "Personnes"),
        };
        say.to(lang).to_owned()
    }
    /// Whether it is about a span of days.
    pub fn has_days(self) -> bool {
        self != Self::People
    }
    pub fn columns(self, lang: Lang) -> Vec<Column> {
        let column = |(say, width, sum): (Say, u16, bool)| Column { title: say.to(lang).to_owned(), width, sum };
        let all = match self {
            Self::MonthlyUsers => [vec![(say!("Month", "Mois"), 9, false), (say!("Name", "Nom"), 26, false)], totals()].concat(),
            Self::ProjectCost => {
                let budget = (say!("Budget", "Budget"), 12, false);
                [vec![(say!("Project", "Projet"), 26, false), budget], totals()].concat()
            }
            Self::Assignments => assignments(),
            Self::Missions => missions(),
            Self::People => people(),
        };
        all.into_iter().map(column).collect()
    }
}

type Title = (Say, u16, bool);
fn totals() -> Vec<Title> {
    vec![
        (say!("Assignments", "Affectations"), 12, true),
        (say!("Planned hours", "Heures prévues"), 14, true),
        (say!("Confirmed hours", "Heures confirmées"), 14, true),
        (say!("Planned", "Prévu"), 14, true),
        (say!("Confirmed", "Confirmé"), 14, true),
        (say!("Currency", "Devise"), 9, false),
        (say!("Without a rate", "Sans tarif"), 10, true),
    ]
}
fn assignments() -> Vec<Title> {
    vec![
        (say!("Start", "Début"), 17, false),
        (say!("End", "Fin"), 17, false),
        (say!("Project", "Projet"), 22, false),
        (say!("Mission", "Mission"), 26, false),
        (say!("Place", "Lieu"), 22, false),
        (say!("Name", "Nom"), 22, false),
        (say!("Role", "Rôle"), 18, false),
        (say!("Status", "Statut"), 12, false),
        (say!("Hours", "Heures"), 9, true),
        (say!("Amount", "Montant"), 12, true),
        (say!("Currency", "Devise"), 10, false),
    ]
}
fn missions() -> Vec<Title> {
    vec![
        (say!("Title", "Titre"), 28, false),
        (say!("Start", "Début"), 17, false),
        (say!("End", "Fin"), 17, false),
        (say!("Time zone", "Fuseau horaire"), 16, false),
        (say!("Place", "Lieu"), 24, false),
        (say!("Project", "Projet"), 24, false),
        (say!("Roles", "Rôles"), 30, false),
        (say!("Break", "Pause"), 7, false),
        (say!("Needed", "Besoin"), 8, true),
        (say!("Filled", "Pourvu"), 8, true),
        (say!("State", "État"), 12, false),
    ]
}
fn people() -> Vec<Title> {
    vec![
        (say!("First name", "Prénom"), 16, false),
        (say!("Last name", "Nom"), 18, false),
        (say!("E-mail", "E-mail"), 28, false),
        (say!("Phone", "Téléphone"), 16, false),
        (say!("Employment", "Contrat"), 14, false),
        (say!("Skills", "Compétences"), 36, false),
        (say!("Tags", "Étiquettes"), 20, false),
        (say!("Active", "Actif"), 7, false),
    ]
}

//! What a template is, what may be one, and the missions it makes of a day.

use crate::{
    check,
    missions::model::{Draft as MissionDraft, Ready, Slot},
    projects::model::ProjectId,
    recurrence::Recurrence,
};
use base::{
    Faults, Result, entity, id, say, text,
    time::{Date, TimeOfDay, Timestamp, When, Zone},
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;

id!(pub TemplateId "template" "modèle");

/// So many missions are made at once, at most.
pub const MOST: usize = 1_000;

/// A mission of the day, on the clock of the place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = TemplateMission)]
#[serde(deny_unknown_fields)]
pub struct Mission {
    /// The first role's name when left out.
    #[schema(example = "Représentation")]
    pub title: Option<String>,
    pub start: TimeOfDay,
    /// Not after `start`: on the day after.
    pub end: TimeOfDay,
    /// How many days after the template's day; -1 is the day before.
    #[serde(default)]
    pub day_offset: i64,
    pub location: Option<String>,
    #[serde(default)]
    pub break_minutes: i64,
    pub note: Option<String>,
    pub role: Option<String>,
    pub roles: Option<Vec<Slot>>,
}

/// The missions as one column.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Missions(pub Vec<Mission>);
impl fmt::Display for Missions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).map_err(|_| fmt::Error)?)
    }
}
impl FromStr for Missions {
    type Err = serde_json::Error;
    fn from_str(s: &str) -> std::result::Result<Self, Self::Err> {
        serde_json::from_str(s).map(Self)
    }
}
base::text_column!(Missions);

entity! {
    #[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
    pub struct Template {
        pub id: TemplateId, pub name: String, pub missions: Missions,
        pub version: i64, pub created_at: Timestamp, pub updated_at: Timestamp,
    }
}

/// A template as somebody writes it, whole.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = TemplateDraft)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    #[schema(example = "Jour de représentation")]
    pub name: String,
    pub missions: Vec<Mission>,
}
/// A change: what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = TemplatePatch)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    pub name: Option<String>,
    pub missions: Option<Vec<Mission>>,
}
/// Where and when a template's missions are made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Generate {
    pub project_id: ProjectId,
    /// The first day.
    pub from: Date,
    /// The days that follow; only the first when left out.
    pub rule: Option<Recurrence>,
    /// Not shown to the crew until they are published.
    #[serde(default)]
    pub draft: bool,
}

impl Mission {
    /// The mission of a day, as somebody would write it.
    fn on(&self, day: Date) -> MissionDraft {
        let day = day.plus(self.day_offset);
        let last = day.plus(if self.end <= self.start { 1 } else { 0 });
        MissionDraft {
            project_id: None,
            title: self.title.clone(),
            location: self.location.clone(),
            start_at: When::local(day, self.start),
            end_at: When::local(last, self.end),
            time_zone: None,
            break_minutes: self.break_minutes,
            note: self.note.clone(),
            role: self.role.clone(),
            roles: self.roles.clone(),
            draft: false,
        }
    }
}

impl Draft {
    /// Everything that does not fit, at once.
    pub fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        check::line(&mut faults, "name", Some(&self.name), 120);
        faults.require((1..=100).contains(&self.missions.len()), "missions", "out_of_range", || {
            say!("Write 1 to 100 missions.", "Écrivez de 1 à 100 missions.")
        });
        for (n, mission) in self.missions.iter().enumerate() {
            let at = format!("missions[{n}].");
            faults.require((-31..=366).contains(&mission.day_offset), &format!("{at}day_offset"), "out_of_range", || {
                say!("Choose a number from -31 to 366.", "Choisissez un nombre de -31 à 366.")
            });
            // On a day when no clock changes: the rest is what any mission has to fit.
            mission.on(Zone::UTC.date(Timestamp::from_micros(0))).read(&Zone::UTC, &at, &mut faults);
        }
        faults.none()
    }
    /// What makes two names the same.
    pub fn key(&self) -> String {
        text::fold(&self.name)
    }
}
impl Patch {
    pub fn onto(self, old: &Template) -> Draft {
        Draft { name: self.name.unwrap_or_else(|| old.name.clone()), missions: self.missions.unwrap_or_else(|| old.missions.0.clone()) }
    }
}

impl Template {
    /// The missions of every day that is asked for, in the zone of the project; or every day on which one cannot be.
    pub fn missions(&self, asked: &Generate, zone: &Zone) -> Result<Vec<Ready>> {
        let mut faults = Faults::default();
        let endless = asked.rule.as_ref().is_some_and(|rule| !rule.ends());
        faults.require(!endless, "rule", "endless", || say!("Say when it ends: COUNT or UNTIL.", "Indiquez la fin : COUNT ou UNTIL."));
        let days: Vec<Date> = match &asked.rule {
            Some(rule) => rule.days(asked.from).take(MOST + 1).collect(),
            None => vec![asked.from],
        };
        faults.require((1..=MOST).contains(&(days.len() * self.missions.0.len())), "rule", "out_of_range", || {
            say!(
                "This makes no mission, or more than {MOST}. Change the days.",
                "Cela crée aucune mission, ou plus de {MOST}. Changez les jours."
            )
        });
        faults.none()?;
        let (mut faults, mut ready) = (Faults::default(), vec![]);
        for day in days {
            for (n, mission) in self.missions.0.iter().enumerate() {
                let draft = MissionDraft { project_id: Some(asked.project_id), draft: asked.draft, ..mission.on(day) };
                ready.extend(draft.read(zone, &format!("{day}.missions[{n}]."), &mut faults));
            }
        }
        check::none(faults)?;
        Ok(ready)
    }
}

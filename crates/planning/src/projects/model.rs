//! What a project is, and what may be one.

use base::{
    Faults, Result, entity, id,
    patch::Change,
    say, text,
    time::{Date, Timestamp, is_zone},
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;

id!(pub ProjectId "project" "projet");

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schema(as = ProjectStatus)]
pub enum Status {
    /// Only managers see it.
    #[default]
    Draft,
    Active,
    /// Kept for its history.
    Archived,
}
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "DRAFT",
            Self::Active => "ACTIVE",
            Self::Archived => "ARCHIVED",
        })
    }
}
impl FromStr for Status {
    type Err = id::NotAnId;
    fn from_str(s: &str) -> std::result::Result<Self, Self::Err> {
        [Self::Draft, Self::Active, Self::Archived].into_iter().find(|v| v.to_string() == s).ok_or(id::NotAnId)
    }
}
base::text_column!(Status);

entity! {
    #[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
    pub struct Project {
        pub id: ProjectId, pub name: String, pub client: Option<String>, pub venue: Option<String>,
        /// The colour on the board, as a hue from 0 to 359.
        pub hue: i64,
        pub status: Status, pub starts_on: Option<Date>, pub ends_on: Option<Date>, pub budget_cents: Option<i64>,
        pub currency: String,
        /// IANA zone of its venues; the organisation's when null.
        pub time_zone: Option<String>,
        pub version: i64, pub created_at: Timestamp, pub updated_at: Timestamp,
    }
}

/// A project as somebody writes it, whole.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = ProjectDraft)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    #[schema(example = "La Nuit des Lucioles")]
    pub name: String,
    #[serde(default)]
    pub status: Status,
    pub client: Option<String>,
    pub venue: Option<String>,
    /// 0 to 359; a colour of its own when left out.
    pub hue: Option<i64>,
    pub starts_on: Option<Date>,
    pub ends_on: Option<Date>,
    pub budget_cents: Option<i64>,
    #[schema(example = "EUR")]
    pub currency: Option<String>,
    #[schema(example = "Europe/Paris")]
    pub time_zone: Option<String>,
}

/// A change: what is left out stays, `null` clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ProjectPatch)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    pub name: Option<String>,
    pub status: Option<Status>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub client: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub venue: Change<String>,
    pub hue: Option<i64>,
    #[serde(default)]
    #[schema(value_type = Option<Date>)]
    pub starts_on: Change<Date>,
    #[serde(default)]
    #[schema(value_type = Option<Date>)]
    pub ends_on: Change<Date>,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub budget_cents: Change<i64>,
    pub currency: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub time_zone: Change<String>,
}

impl Draft {
    /// Everything that does not fit, at once.
    pub fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        let line = |s: &str, most| (1..=most).contains(&s.trim().chars().count()) && text::is_one_line(s);
        faults.require(line(&self.name, 120) && !self.key().is_empty(), "name", "invalid_name", || {
            say!("Use 1 to 120 characters on one line.", "Utilisez de 1 à 120 caractères sur une seule ligne.")
        });
        for (field, value) in [("client", &self.client), ("venue", &self.venue)] {
            faults.require(value.as_deref().is_none_or(|v| line(v, 200)), field, "invalid_text", || {
                say!("Use 1 to 200 characters on one line, or null.", "Utilisez de 1 à 200 caractères sur une seule ligne, ou null.")
            });
        }
        faults.require(self.hue.is_none_or(|h| (0..=359).contains(&h)), "hue", "out_of_range", || {
            say!("Choose a number from 0 to 359.", "Choisissez un nombre de 0 à 359.")
        });
        let ordered = self.starts_on.zip(self.ends_on).is_none_or(|(start, end)| start <= end);
        faults.require(ordered, "ends_on", "interval_invalid", || {
            say!("The last day cannot come before the first.", "Le dernier jour ne peut pas précéder le premier.")
        });
        faults.require(self.budget_cents.is_none_or(|b| (0..=100_000_000_000).contains(&b)), "budget_cents", "out_of_range", || {
            say!("Give the budget in cents, 0 or more.", "Indiquez le budget en centimes, 0 ou plus.")
        });
        let code = |c: &str| c.len() == 3 && c.bytes().all(|b| b.is_ascii_uppercase());
        faults.require(self.currency.as_deref().is_none_or(code), "currency", "invalid_currency", || {
            say!("Use a three-letter currency code like EUR.", "Utilisez un code de devise à trois lettres, comme EUR.")
        });
        faults.require(self.time_zone.as_deref().is_none_or(is_zone), "time_zone", "unknown_time_zone", || {
            say!(
                "This is no IANA time zone; use one like Europe/Paris.",
                "Ce n’est pas un fuseau horaire IANA ; utilisez par exemple Europe/Paris."
            )
        });
        faults.none()
    }
    /// What makes two names the same.
    pub fn key(&self) -> String {
        text::fold(&self.name)
    }
    /// A colour that follows from the name, so that it is the same everywhere.
    pub fn hue(&self) -> i64 {
        self.hue.unwrap_or_else(|| self.key().bytes().fold(17, |hue, b| (hue * 31 + i64::from(b)) % 360))
    }
    pub fn currency(&self) -> &str {
        self.currency.as_deref().unwrap_or("EUR")
    }
}

impl Patch {
    /// The whole project as it would be.
    pub fn onto(self, old: &Project) -> Draft {
        let mut new = Draft {
            name: self.name.unwrap_or_else(|| old.name.clone()),
            status: self.status.unwrap_or(old.status),
            client: old.client.clone(),
            venue: old.venue.clone(),
            hue: Some(self.hue.unwrap_or(old.hue)),
            starts_on: old.starts_on,
            ends_on: old.ends_on,
            budget_cents: old.budget_cents,
            currency: Some(self.currency.unwrap_or_else(|| old.currency.clone())),
            time_zone: old.time_zone.clone(),
        };
        self.client.apply(&mut new.client);
        self.venue.apply(&mut new.venue);
        self.starts_on.apply(&mut new.starts_on);
        self.ends_on.apply(&mut new.ends_on);
        self.budget_cents.apply(&mut new.budget_cents);
        self.time_zone.apply(&mut new.time_zone);
        new
    }
}

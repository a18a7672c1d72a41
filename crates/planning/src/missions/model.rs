//! What a mission is, and what may be one.

use crate::{
    check,
    projects::model::ProjectId,
    words::{Lines, words},
};
use base::{
    Error, Faults, Result, entity, id,
    patch::Change,
    say, text,
    time::{Interval, Timestamp, When, Zone},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{fmt, str::FromStr, time::Duration};
use utoipa::ToSchema;

id!(pub MissionId "mission" "mission");

/// No mission is longer: it bounds what a search for overlaps has to read.
pub const LONGEST: Duration = Duration::from_secs(7 * 86_400);
/// The role of a mission that names none, as in the seed.
const PLAIN_ROLE: &str = "tech";

words! {
    #[schema(as = MissionStatus)]
    pub enum Status {
        /// Only managers see it.
        Draft = "DRAFT",
        Published = "PUBLISHED",
        Cancelled = "CANCELLED",
    }
}

/// So many people of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = MissionSlot)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    #[schema(example = "poursuite")]
    pub role: String,
    #[serde(default = "one")]
    pub quota: i64,
}
fn one() -> i64 {
    1
}
/// A role of a mission, and how far it is filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MissionRole)]
pub struct Role {
    pub role: String,
    pub quota: i64,
    pub accepted: i64,
    pub invited: i64,
}
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{}", self.quota, self.accepted, self.invited, self.role)
    }
}
impl FromStr for Role {
    type Err = id::NotAnId;
    fn from_str(s: &str) -> std::result::Result<Self, Self::Err> {
        let mut parts = s.splitn(4, ':');
        let mut number = || parts.next().and_then(|n| n.parse().ok()).ok_or(id::NotAnId);
        let (quota, accepted, invited) = (number()?, number()?, number()?);
        Ok(Self { role: parts.next().ok_or(id::NotAnId)?.to_owned(), quota, accepted, invited })
    }
}
base::text_column!(Lines<Role>);

entity! {
    /// A mission as the store holds one.
    #[derive(Clone, Debug)]
    pub struct Row {
        pub id: MissionId, pub project_id: Option<ProjectId>, pub title: String, pub location: Option<String>,
        pub start_at: Timestamp, pub end_at: Timestamp, pub time_zone: Zone, pub break_minutes: i64, pub note: Option<String>,
        pub published_at: Option<Timestamp>, pub cancelled_at: Option<Timestamp>,
        pub version: i64, pub created_at: Timestamp, pub updated_at: Timestamp, pub roles: Lines<Role>,
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Mission {
    pub id: MissionId,
    pub project_id: Option<ProjectId>,
    pub title: String,
    pub location: Option<String>,
    pub start_at: Timestamp,
    pub end_at: Timestamp,
    /// IANA zone of the venue.
    pub time_zone: String,
    pub break_minutes: i64,
    pub note: Option<String>,
    pub status: Status,
    /// The first role, as the seed's clients read it.
    pub role: Option<String>,
    pub roles: Vec<Role>,
    /// Whether every role has its quota of people who accepted.
    pub filled: bool,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Row {
    pub fn status(&self) -> Status {
        match (self.cancelled_at, self.published_at) {
            (Some(_), _) => Status::Cancelled,
            (None, Some(_)) => Status::Published,
            (None, None) => Status::Draft,
        }
    }
    /// What somebody can change about it.
    pub fn noted(&self) -> Value {
        json!({"title": self.title, "location": self.location, "note": self.note, "project_id": self.project_id, "roles": self.roles.0,
            "start_at": self.start_at, "end_at": self.end_at, "time_zone": self.time_zone.to_string(), "break_minutes": self.break_minutes})
    }
    pub fn span(&self) -> Result<Interval> {
        Interval::new(self.start_at, self.end_at)
    }
    /// The role of this name, in the spelling of the mission; the first one when none is named.
    pub fn role(&self, named: Option<&str>) -> Result<&Role> {
        let found = match named.map(text::fold) {
            Some(key) => self.roles.0.iter().find(|r| text::fold(&r.role) == key),
            None => self.roles.0.first(),
        };
        found.ok_or_else(|| {
            Error::field(
                "role",
                "unknown_role",
                say!("The mission has no such role. Choose one of its roles.", "La mission n’a pas ce rôle. Choisissez l’un des siens."),
            )
        })
    }
    pub fn shown(self) -> Mission {
        Mission {
            status: self.status(),
            role: self.roles.0.first().map(|r| r.role.clone()),
            filled: self.roles.0.iter().all(|r| r.accepted >= r.quota),
            id: self.id,
            project_id: self.project_id,
            title: self.title,
            location: self.location,
            start_at: self.start_at,
            end_at: self.end_at,
            time_zone: self.time_zone.to_string(),
            break_minutes: self.break_minutes,
            note: self.note,
            roles: self.roles.0,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// A mission as somebody writes it, whole. `roles`, or the seed's single `role`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = MissionDraft)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    pub project_id: Option<ProjectId>,
    /// The role's name when left out.
    #[schema(example = "Montage lumière")]
    pub title: Option<String>,
    pub location: Option<String>,
    /// Without an offset it is the local time of the mission's zone.
    pub start_at: When,
    pub end_at: When,
    /// The project's when left out, else the organisation's.
    #[schema(example = "Europe/Paris")]
    pub time_zone: Option<String>,
    #[serde(default)]
    pub break_minutes: i64,
    pub note: Option<String>,
    pub role: Option<String>,
    pub roles: Option<Vec<Slot>>,
    /// Not shown to the crew until it is published.
    #[serde(default)]
    pub draft: bool,
}

/// A change: what is left out stays, `null` clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = MissionPatch)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    #[serde(default)]
    #[schema(value_type = Option<ProjectId>)]
    pub project_id: Change<ProjectId>,
    pub title: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub location: Change<String>,
    pub start_at: Option<When>,
    pub end_at: Option<When>,
    pub time_zone: Option<String>,
    pub break_minutes: Option<i64>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub note: Change<String>,
    pub roles: Option<Vec<Slot>>,
}

/// `{shift_days?, project_id?}`: a copy some days later, or in another project.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Duplicate {
    /// Calendar days of the venue: the hour on the wall stays.
    #[serde(default)]
    pub shift_days: i64,
    pub project_id: Option<ProjectId>,
}

/// A mission that may be: every text fits, the instants are known.
#[derive(Clone, Debug)]
pub struct Ready {
    pub project_id: Option<ProjectId>,
    pub title: String,
    pub location: Option<String>,
    pub span: Interval,
    pub zone: Zone,
    pub break_minutes: i64,
    pub note: Option<String>,
    pub slots: Vec<Slot>,
    pub draft: bool,
}

impl Draft {
    /// The mission, or everything that does not fit; `zone` counts when the draft names none.
    pub fn ready(self, zone: &Zone) -> Result<Ready> {
        let mut faults = Faults::default();
        let ready = self.read(zone, "", &mut faults);
        check::none(faults)?;
        ready.ok_or_else(|| Error::internal("a mission without a span and without a fault"))
    }
    /// The same for one of many: what does not fit goes to `faults`, under `at`.
    pub fn read(self, zone: &Zone, at: &str, faults: &mut Faults) -> Option<Ready> {
        self.gather(at, faults);
        let zone = self.zone(zone, at, faults);
        let span = Interval::written(self.start_at, self.end_at, &zone, at, faults)?;
        faults.require(span.length() <= LONGEST, &format!("{at}end_at"), "interval_too_long", || {
            say!("A mission lasts seven days at most. Make several.", "Une mission dure sept jours au plus. Créez-en plusieurs.")
        });
        let fits = u64::try_from(self.break_minutes).is_ok_and(|m| m.saturating_mul(60) < span.length().as_secs());
        faults.require(fits, &format!("{at}break_minutes"), "out_of_range", || {
            say!("Give the break in minutes, shorter than the mission.", "Indiquez la pause en minutes, plus courte que la mission.")
        });
        let slots = self.slots();
        let title = self.title.map_or_else(|| slots.first().map_or(PLAIN_ROLE, |s| &s.role).to_owned(), |t| t.trim().to_owned());
        let Self { project_id, location, break_minutes, note, draft, .. } = self;
        Some(Ready { project_id, title, location, span, zone, break_minutes, note, slots, draft })
    }
    fn zone(&self, other: &Zone, at: &str, faults: &mut Faults) -> Zone {
        match self.time_zone.as_deref().map(str::parse) {
            None => other.clone(),
            Some(Ok(zone)) => zone,
            Some(Err(_)) => {
                let say = say!(
                    "This is no IANA time zone; use one like Europe/Paris.",
                    "Ce n’est pas un fuseau horaire IANA ; utilisez par exemple Europe/Paris."
                );
                faults.add(format!("{at}time_zone"), "unknown_time_zone", say);
                other.clone()
            }
        }
    }
    fn gather(&self, at: &str, faults: &mut Faults) {
        let field = |name: &str| format!("{at}{name}");
        check::line(faults, &field("title"), self.title.as_deref(), 120);
        check::line(faults, &field("location"), self.location.as_deref(), 200);
        check::prose(faults, &field("note"), self.note.as_deref(), 4_000);
        faults.require(self.role.is_none() || self.roles.is_none(), &field("role"), "role_twice", || {
            say!("Send either role or roles.", "Envoyez soit role, soit roles.")
        });
        check::line(faults, &field("role"), self.role.as_deref(), 60);
        let roles = self.roles.as_deref().unwrap_or_default();
        faults.require(self.roles.is_none() || (1..=50).contains(&roles.len()), &field("roles"), "out_of_range", || {
            say!("Name 1 to 50 roles.", "Indiquez de 1 à 50 rôles.")
        });
        for (i, slot) in roles.iter().enumerate() {
            check::line(faults, &field(&format!("roles[{i}].role")), Some(&slot.role), 60);
            faults.require((1..=999).contains(&slot.quota), &field(&format!("roles[{i}].quota")), "out_of_range", || {
                say!("Choose a number from 1 to 999.", "Choisissez un nombre de 1 à 999.")
            });
        }
        if let Some(i) = check::repeated(roles.iter().map(|s| &*s.role)) {
            let say = say!("This role stands twice. Raise its quota instead.", "Ce rôle figure deux fois. Augmentez plutôt son effectif.");
            faults.add(field(&format!("roles[{i}]")), "duplicate", say);
        }
    }
    fn slots(&self) -> Vec<Slot> {
        let plain = || Slot { role: self.role.clone().unwrap_or_else(|| PLAIN_ROLE.to_owned()), quota: 1 };
        let slots = self.roles.clone().unwrap_or_else(|| vec![plain()]);
        slots.into_iter().map(|s| Slot { role: s.role.trim().to_owned(), quota: s.quota }).collect()
    }
}

impl Row {
    /// The mission as somebody would write it again.
    pub fn again(&self) -> Draft {
        Draft {
            project_id: self.project_id,
            title: Some(self.title.clone()),
            location: self.location.clone(),
            start_at: When::Instant(self.start_at),
            end_at: When::Instant(self.end_at),
            time_zone: Some(self.time_zone.to_string()),
            break_minutes: self.break_minutes,
            note: self.note.clone(),
            role: None,
            roles: Some(self.roles.0.iter().map(|r| Slot { role: r.role.clone(), quota: r.quota }).collect()),
            draft: self.published_at.is_none(),
        }
    }
}
impl Patch {
    /// The whole mission as it would be.
    pub fn onto(self, old: &Row) -> Draft {
        let mut new = old.again();
        self.project_id.apply(&mut new.project_id);
        self.location.apply(&mut new.location);
        self.note.apply(&mut new.note);
        new.title = self.title.or(new.title);
        new.start_at = self.start_at.unwrap_or(new.start_at);
        new.end_at = self.end_at.unwrap_or(new.end_at);
        new.time_zone = self.time_zone.or(new.time_zone);
        new.break_minutes = self.break_minutes.unwrap_or(new.break_minutes);
        new.roles = self.roles.or(new.roles);
        new
    }
}

//! What a span of availability is, and who decides about it.

use crate::{
    check,
    people::model::{PersonId, full_name},
    recurrence::{NoRule, Recurrence},
    words::words,
};
use base::{
    Error, Faults, Result,
    auth::Role,
    crypto::{Keys, Sealed},
    entity, id,
    id::{AccountId, OrgId},
    patch::Change,
    say,
    time::{Interval, Timestamp, When, Zone},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

id!(pub AvailabilityId "availability" "disponibilité");

/// A leave of a year and a day; more is several.
/// No span is longer: it bounds what a search for absences has to read.
pub const LONGEST: Duration = Duration::from_secs(366 * 86_400);

words! {
    #[derive(Default)]
    #[schema(as = AvailabilityKind)]
    pub enum Kind {
        #[default]
        Available = "available",
        /// Whoever accepts a call inside is refused.
        Unavailable = "unavailable",
    }
}
words! {
    #[schema(as = AvailabilityStatus)]
    pub enum Status { Pending = "PENDING", Approved = "APPROVED", Rejected = "REJECTED" }
}

entity! {
    #[derive(Debug)]
    pub struct Row {
        pub id: AvailabilityId, pub person_id: PersonId, pub account_id: Option<AccountId>, pub first_name: String, pub last_name: String,
        pub start_at: Timestamp, pub end_at: Timestamp, pub time_zone: Zone, pub kind: Kind, pub status: Status, pub recurrence: Option<Recurrence>,
        pub note_sealed: Option<Sealed<String>>, pub decided_at: Option<Timestamp>,
        pub version: i64, pub created_at: Timestamp, pub updated_at: Timestamp,
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Availability {
    pub id: AvailabilityId,
    pub user_id: PersonId,
    pub user_name: String,
    pub start_at: Timestamp,
    pub end_at: Timestamp,
    pub time_zone: String,
    pub kind: Kind,
    pub status: Status,
    pub note: Option<String>,
    /// On which days it comes again.
    pub recurrence: Option<String>,
    pub decided_at: Option<Timestamp>,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

pub fn place(org: OrgId, id: AvailabilityId) -> String {
    format!("availabilities|note|{org}|{id}")
}

impl Row {
    pub fn span(&self) -> Result<Interval> {
        Interval::new(self.start_at, self.end_at)
    }
    pub fn shown(self, keys: &Keys, org: OrgId) -> Result<Availability> {
        Ok(Availability {
            note: self.note_sealed.as_ref().map(|n| n.open(keys, &place(org, self.id))).transpose()?,
            id: self.id,
            user_id: self.person_id,
            user_name: full_name(&self.first_name, &self.last_name),
            start_at: self.start_at,
            end_at: self.end_at,
            time_zone: self.time_zone.to_string(),
            kind: self.kind,
            status: self.status,
            recurrence: self.recurrence.map(|r| r.to_string()),
            decided_at: self.decided_at,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// When somebody can come, or cannot.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = AvailabilityDraft)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Yourself when left out; managers may speak for anybody.
    pub user_id: Option<PersonId>,
    /// Without an offset it is local to the organisation.
    pub start_at: When,
    pub end_at: When,
    #[serde(default)]
    pub kind: Kind,
    pub note: Option<String>,
    /// On which days it comes again: `FREQ=WEEKLY;BYDAY=MO`, with INTERVAL, COUNT or UNTIL.
    pub recurrence: Option<String>,
}
/// A change of a request that nobody has decided about.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = AvailabilityPatch)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    pub start_at: Option<When>,
    pub end_at: Option<When>,
    pub kind: Option<Kind>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub note: Change<String>,
}

/// A request that may be.
#[derive(Debug)]
pub struct Ready {
    pub span: Interval,
    pub kind: Kind,
    pub note: Option<String>,
    pub recurrence: Option<Recurrence>,
}
impl Ready {
    pub fn read(start: When, end: When, kind: Kind, note: Option<String>, recurrence: Option<&str>, zone: &Zone) -> Result<Self> {
        let mut faults = Faults::default();
        let recurrence = recurrence.and_then(|rule| {
            let say = |e: &NoRule| say!("Not a rule: {e}.", "Règle illisible : {e}.");
            rule.parse::<Recurrence>().inspect_err(|e| faults.add("recurrence", "invalid_recurrence", say(e))).ok()
        });
        check::prose(&mut faults, "note", note.as_deref(), 1_000);
        let span = Interval::written(start, end, zone, "", &mut faults);
        faults.require(span.is_none_or(|s| s.length() <= LONGEST), "end_at", "interval_too_long", || {
            say!("A year at most. Make several.", "Un an au plus. Créez-en plusieurs.")
        });
        check::none(faults)?;
        let span = span.ok_or_else(|| Error::internal("a span without a fault"))?;
        Ok(Self { span, kind, note, recurrence })
    }
}

/// Managers decide about others; about themselves somebody above them does.
pub fn may_decide(role: Role, own: bool) -> Result<()> {
    if role >= Role::Admin || (role == Role::Manager && !own) {
        return Ok(());
    }
    let say = say!("Somebody else has to decide about your own request.", "Quelqu’un d’autre doit décider de votre propre demande.");
    Err(Error::forbidden("own_request", say))
}
/// Whether the person may still take it back.
pub fn may_take_back(status: Status, start: Timestamp, now: Timestamp) -> Result<()> {
    if status != Status::Approved || now < start {
        return Ok(());
    }
    let say = say!("It has begun: ask a manager.", "Elle a commencé : demandez à un responsable.");
    Err(Error::conflict("already_begun", say))
}

/// Where a span lies within another one, on every day on which it comes again. Where clocks jump over its hour it fails to come.
pub fn occurrences(span: Interval, zone: &Zone, recurrence: Option<&Recurrence>, within: Interval) -> Vec<Interval> {
    let Some(recurrence) = recurrence else { return if span.overlaps(within) { vec![span] } else { vec![] } };
    let (first, last) = (zone.date(span.start()), zone.date(within.end()));
    let days = recurrence.days(first).take_while(|day| *day <= last);
    days.filter_map(|day| zone.shift_span(span, day.days_since(first)).ok()).filter(|s| s.overlaps(within)).collect()
}

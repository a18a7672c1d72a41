//! What an assignment is, who sees how much of one, and what it may become.

use crate::{
    check,
    missions::model::MissionId,
    people::model::{PersonId, full_name},
    projects::model::ProjectId,
    told::Eye,
    words::words,
};
use base::{
    Error, Faults, Result, entity, id,
    id::AccountId,
    say,
    time::{Interval, Timestamp, When, Zone},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

id!(pub AssignmentId "assignment" "affectation");

/// A call set apart from its mission is no longer than this.
pub const LONGEST_CALL: Duration = Duration::from_secs(86_400);

words! {
    #[derive(Default, PartialOrd, Ord)]
    #[schema(as = AssignmentStatus)]
    pub enum Status { #[default] Invited = "INVITED", Accepted = "ACCEPTED", Declined = "DECLINED", Cancelled = "CANCELLED" }
}

/// Who changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hand {
    /// The person themselves, by account or by signed link.
    pub person: bool,
    pub manager: bool,
}

/// What a change of status is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is so already.
    Nothing,
    Accept,
    Decline,
    /// The person takes back what they accepted: with a reason, and in time.
    Withdraw,
    Cancel,
    AskAgain,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No hand may do this.
    NoSuchStep,
    /// Only a manager may.
    Manager,
    /// Only the person may.
    Person,
}

impl Status {
    /// The life cycle, as a table.
    pub fn may_become(self, to: Self, hand: Hand) -> std::result::Result<Step, Refusal> {
        use Status::{Accepted, Cancelled, Declined, Invited};
        let manager = |step| if hand.manager { Ok(step) } else { Err(Refusal::Manager) };
        let person = |step| if hand.person { Ok(step) } else { Err(Refusal::Person) };
        let either = |step| if hand.person || hand.manager { Ok(step) } else { Err(Refusal::Person) };
        match (self, to) {
            (from, to) if from == to => either(Step::Nothing),
            (Invited, Accepted) => either(Step::Accept),
            (Invited, Declined) => either(Step::Decline),
            (Accepted, Declined) => person(Step::Withdraw),
            (Invited | Accepted, Cancelled) => manager(Step::Cancel),
            (Declined | Cancelled, Invited) => manager(Step::AskAgain),
            _ => Err(Refusal::NoSuchStep),
        }
    }
    pub fn is_active(self) -> bool {
        matches!(self, Self::Invited | Self::Accepted)
    }
}
impl Refusal {
    pub fn error(self, from: Status, to: Status) -> Error {
        match self {
            Self::NoSuchStep => Error::conflict(
                "transition_not_allowed",
                say!("An assignment that is {from} cannot become {to}.", "Une affectation {from} ne peut pas devenir {to}."),
            )
            .with("from", from)
            .with("to", to),
            Self::Manager => Error::forbidden("role_too_low", say!("Only a manager may do this.", "Seul un responsable peut le faire.")),
            Self::Person => {
                Error::forbidden("not_yours", say!("Only the person asked may do this.", "Seule la personne sollicitée peut le faire."))
            }
        }
    }
}

entity! {
    /// An assignment with the names around it, as the store reads one.
    #[derive(Clone, Debug)]
    pub struct Row {
        pub id: AssignmentId, pub mission_id: MissionId, pub mission_title: String, pub mission_published: bool, pub mission_cancelled: bool,
        pub time_zone: Zone, pub project_id: Option<ProjectId>, pub project_title: Option<String>,
        pub person_id: PersonId, pub account_id: Option<AccountId>, pub first_name: String, pub last_name: String,
        pub role_key: String, pub role: String, pub status: Status, pub start_at: Timestamp, pub end_at: Timestamp, pub own_times: bool,
        pub reason: Option<String>, pub invited_at: Timestamp, pub answered_at: Option<Timestamp>, pub reconfirm_at: Option<Timestamp>,
        pub override_reason: Option<String>,
        pub rate_unit: Option<String>, pub rate_cents: Option<i64>, pub rate_currency: Option<String>,
        pub version: i64, pub created_at: Timestamp, pub updated_at: Timestamp,
    }
}

/// What the whole crew sees of who is where.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Place {
    pub id: AssignmentId,
    pub mission_id: MissionId,
    pub mission_title: String,
    pub project_id: Option<ProjectId>,
    pub project_title: Option<String>,
    pub user_id: PersonId,
    pub user_name: String,
    pub role: String,
    pub status: Status,
    pub start_at: Timestamp,
    pub end_at: Timestamp,
    /// IANA zone of the venue.
    pub time_zone: String,
}
/// An assignment whole: for managers, and for the person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Assignment {
    #[serde(flatten)]
    pub place: Place,
    /// Set apart from the mission's times.
    pub own_times: bool,
    /// Why it was declined or cancelled.
    pub reason: Option<String>,
    pub invited_at: Timestamp,
    pub answered_at: Option<Timestamp>,
    /// Its times changed after it was accepted: since then it waits for a new yes.
    pub reconfirm_at: Option<Timestamp>,
    /// Accepted against a conflict, on purpose.
    #[serde(rename = "override")]
    pub overridden: bool,
    pub override_reason: Option<String>,
    pub rate_unit: Option<String>,
    pub rate_cents: Option<i64>,
    pub rate_currency: Option<String>,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
/// An assignment as far as the reader may see.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AssignmentSeen)]
#[serde(untagged)]
pub enum Seen {
    Whole(Box<Assignment>),
    Place(Place),
}

impl Row {
    pub fn span(&self) -> Result<Interval> {
        Interval::new(self.start_at, self.end_at)
    }
    pub fn seen_by(self, eye: Eye) -> Seen {
        match eye {
            Eye::Manager => Seen::Whole(Box::new(self.whole())),
            Eye::Tech(own) if self.account_id == Some(own) => Seen::Whole(Box::new(self.whole())),
            Eye::Tech(_) => Seen::Place(self.place()),
        }
    }
    fn place(self) -> Place {
        Place {
            id: self.id,
            mission_id: self.mission_id,
            mission_title: self.mission_title,
            project_id: self.project_id,
            project_title: self.project_title,
            user_id: self.person_id,
            user_name: full_name(&self.first_name, &self.last_name),
            role: self.role,
            status: self.status,
            start_at: self.start_at,
            end_at: self.end_at,
            time_zone: self.time_zone.to_string(),
        }
    }
    pub fn whole(mut self) -> Assignment {
        Assignment {
            own_times: self.own_times,
            reason: self.reason.take(),
            invited_at: self.invited_at,
            answered_at: self.answered_at,
            reconfirm_at: self.reconfirm_at,
            overridden: self.override_reason.is_some(),
            override_reason: self.override_reason.take(),
            rate_unit: self.rate_unit.take(),
            rate_cents: self.rate_cents,
            rate_currency: self.rate_currency.take(),
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            place: self.place(),
        }
    }
}

/// Asks somebody for a mission, or books them straight away.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = AssignmentDraft)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    pub mission_id: MissionId,
    pub user_id: PersonId,
    /// One of the mission's roles; its first one when left out.
    pub role: Option<String>,
    /// `INVITED`, or `ACCEPTED` to book without asking.
    #[serde(default)]
    pub status: Status,
    /// The person's own call, when it is not the mission's.
    pub start_at: Option<When>,
    pub end_at: Option<When>,
    /// Book in spite of a conflict; `reason` says why.
    #[serde(default, rename = "override")]
    pub overrides: bool,
    pub reason: Option<String>,
}
impl Draft {
    pub fn gather(&self, at: &str, faults: &mut Faults) {
        begins(self.status, &format!("{at}status"), faults);
        check::line(faults, &format!("{at}reason"), self.reason.as_deref(), 500);
        both_times(self.start_at, self.end_at, &format!("{at}end_at"), faults);
    }
}

/// Somebody else on the call.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reassignment {
    pub user_id: PersonId,
    /// `INVITED`, or `ACCEPTED` to book without asking.
    #[serde(default)]
    pub status: Status,
    /// At another time than the call has now.
    pub start_at: Option<When>,
    pub end_at: Option<When>,
    /// Book in spite of a conflict; `reason` says why.
    #[serde(default, rename = "override")]
    pub overrides: bool,
    pub reason: Option<String>,
}
impl Reassignment {
    pub fn gather(&self, faults: &mut Faults) {
        begins(self.status, "status", faults);
        check::line(faults, "reason", self.reason.as_deref(), 500);
        both_times(self.start_at, self.end_at, "end_at", faults);
    }
}
fn begins(status: Status, at: &str, faults: &mut Faults) {
    faults.require(status.is_active(), at, "wrong_value", || {
        say!("An assignment begins as INVITED or ACCEPTED.", "Une affectation commence par INVITED ou ACCEPTED.")
    });
}
fn both_times(start: Option<When>, end: Option<When>, at: &str, faults: &mut Faults) {
    faults.require(start.is_some() == end.is_some(), at, "required", || {
        say!("Give both start_at and end_at, or neither.", "Indiquez start_at et end_at, ou aucun des deux.")
    });
}

/// Another status.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = AssignmentChange)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub status: Status,
    /// Why: required for a withdrawal and for an override.
    pub reason: Option<String>,
    #[serde(default, rename = "override")]
    pub overrides: bool,
}
/// An answer by its own address.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub reason: Option<String>,
    #[serde(default, rename = "override")]
    pub overrides: bool,
}

/// A new call and end, as the calendar of the front end sends it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSpan {
    /// The id again, as the front end sends it; not read.
    #[serde(rename = "id")]
    #[schema(value_type = Option<String>)]
    pub _id: Option<serde::de::IgnoredAny>,
    #[serde(alias = "start_at")]
    pub start: When,
    #[serde(alias = "end_at")]
    pub end: When,
    pub reason: Option<String>,
    #[serde(default, rename = "override")]
    pub overrides: bool,
}

/// A call of its own: within 24 hours.
pub fn own_span(start: When, end: When, zone: &Zone, at: &str, faults: &mut Faults) -> Option<Interval> {
    let span = Interval::written(start, end, zone, at, faults)?;
    faults.require(span.length() <= LONGEST_CALL, &format!("{at}end_at"), "interval_too_long", || {
        say!("A person's own call lasts 24 hours at most.", "L’horaire propre d’une personne dure 24 heures au plus.")
    });
    Some(span)
}
/// A withdrawal has a reason, and comes in time.
pub fn may_withdraw(now: Timestamp, start: Timestamp, hours: Duration, reason: Option<&str>) -> Result<()> {
    if reason.is_none_or(|r| r.trim().is_empty()) {
        return Err(reason_required());
    }
    if now.plus(hours) <= start {
        return Ok(());
    }
    let hours = hours.as_secs() / 3_600;
    let say = say!(
        "It is less than {hours} h before the call: ask a manager to cancel it.",
        "Il reste moins de {hours} h avant le début : demandez à un responsable d’annuler."
    );
    Err(Error::conflict("withdrawal_too_late", say))
}
pub fn reason_required() -> Error {
    Error::field("reason", "required", say!("Say why.", "Indiquez pourquoi."))
}

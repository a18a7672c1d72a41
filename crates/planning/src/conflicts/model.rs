//! What a conflict is: a finding of the rule engine with names to it, and an id by which it is found again.

use super::store::{CallRow, Known};
use crate::{
    assignments::model::AssignmentId,
    check,
    missions::{self, model::MissionId},
    people::model::PersonId,
    rules::{self, Anchor, Call, Finding, Kind, Law, Severity, Unit},
};
use base::{
    Error, Faults, Result,
    id::NotAnId,
    say,
    say::Lang,
    text,
    time::{Date, Interval, Timestamp, When, Zone},
};
use serde::{Deserialize, Serialize, Serializer};
use std::{fmt, result, str::FromStr};
use utoipa::ToSchema;

/// A conflict is computed, not stored. Its id says whose it is, of which kind, and what it hangs on: one call, two, or a day
/// (the Monday of a week). It stays the same for as long as the conflict stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConflictId {
    pub kind: Kind,
    pub person: PersonId,
    pub at: At,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum At {
    Call(AssignmentId),
    /// The smaller id first.
    Pair(AssignmentId, AssignmentId),
    Day(Date),
}
impl fmt::Display for ConflictId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.", self.kind, self.person)?;
        match self.at {
            At::Call(one) => write!(f, "{one}"),
            At::Pair(one, other) => write!(f, "{one}.{other}"),
            At::Day(day) => write!(f, "{day}"),
        }
    }
}
impl FromStr for ConflictId {
    type Err = NotAnId;
    fn from_str(s: &str) -> result::Result<Self, NotAnId> {
        let parts: Vec<&str> = s.split('.').collect();
        let (kind, person, at) = match parts[..] {
            [kind, person, at] => match at.parse() {
                Ok(call) => (kind, person, At::Call(call)),
                Err(_) => (kind, person, At::Day(at.parse().map_err(|_| NotAnId)?)),
            },
            [kind, person, one, other] => (kind, person, At::Pair(one.parse()?, other.parse()?)),
            _ => return Err(NotAnId),
        };
        Ok(Self { kind: kind.parse()?, person: person.parse()?, at })
    }
}
impl Serialize for ConflictId {
    fn serialize<S: Serializer>(&self, s: S) -> result::Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for ConflictId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> result::Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(|_| serde::de::Error::custom("expected the conflict_id of a conflict"))
    }
}
impl utoipa::PartialSchema for ConflictId {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String).into()
    }
}
impl utoipa::ToSchema for ConflictId {}

/// What does not fit, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ConflictClash)]
pub struct Clash {
    /// `overlap`, `tentative_overlap`, `unavailable`, `role_mismatch`, `role_full`, or the name of a labour rule.
    #[schema(value_type = String)]
    pub kind: Kind,
    pub severity: Severity,
    /// A sentence for the planner.
    pub detail: String,
    pub window: Window,
    /// The figure of the rule, in `unit`.
    pub limit: Option<i64>,
    /// What there is instead.
    pub actual: Option<i64>,
    pub unit: Option<Unit>,
    pub missions: Vec<CallOf>,
}
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Window {
    pub start: Timestamp,
    pub end: Timestamp,
}
impl From<Interval> for Window {
    fn from(span: Interval) -> Self {
        Self { start: span.start(), end: span.end() }
    }
}
/// A call that a conflict concerns.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallOf {
    pub mission_id: MissionId,
    /// Null for the call that is only tried.
    pub assignment_id: Option<AssignmentId>,
    pub title: String,
    /// As what, where that is known.
    pub role: Option<String>,
    pub start_at: Timestamp,
    pub end_at: Timestamp,
    /// IANA zone of the venue.
    pub time_zone: String,
}

/// A clash of one person's calls.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Conflict {
    pub conflict_id: ConflictId,
    pub user_id: PersonId,
    pub user_name: String,
    pub mission_ids: Vec<MissionId>,
    /// The same as `detail`, where the published front end reads it.
    pub reason: String,
    /// A manager accepted it on purpose.
    #[serde(rename = "override")]
    pub overridden: bool,
    #[serde(flatten)]
    pub clash: Clash,
}

impl Clash {
    /// `tried` is the call that has no row: the one after all others.
    pub fn of(finding: &Finding, known: &Known, law: &Law, tried: Option<&CallOf>, lang: Lang) -> Self {
        let call = |n: &usize| known.rows.get(*n).map(CallOf::of).or_else(|| tried.cloned());
        Self {
            kind: finding.kind,
            severity: finding.kind.severity(law),
            detail: finding.say().to(lang).to_owned(),
            window: finding.window.into(),
            limit: finding.measure.map(|m| m.limit),
            actual: finding.measure.map(|m| m.actual),
            unit: finding.measure.map(|m| m.unit),
            missions: finding.calls.iter().filter_map(call).collect(),
        }
    }
}
impl CallOf {
    fn of(row: &CallRow) -> Self {
        let (mission_id, title) = (row.mission_id, row.title.clone());
        let role = Some(row.role.clone());
        Self {
            mission_id,
            assignment_id: Some(row.id),
            title,
            role,
            start_at: row.start_at,
            end_at: row.end_at,
            time_zone: row.time_zone.to_string(),
        }
    }
}

/// Every conflict of a person that has an instant in `within`, by when it begins.
pub fn conflicts(law: &Law, id: PersonId, known: &Known, within: Interval, lang: Lang) -> Vec<Conflict> {
    let found = rules::findings(law, &known.person);
    found.iter().filter(|f| f.window.overlaps(within)).filter_map(|f| conflict(law, id, known, f, lang)).collect()
}
fn conflict(law: &Law, person: PersonId, known: &Known, finding: &Finding, lang: Lang) -> Option<Conflict> {
    let call = |n: usize| known.rows.get(n).map(|row| row.id);
    let at = match finding.anchor {
        Anchor::Call(n) => At::Call(call(n)?),
        Anchor::Pair(n, m) => At::Pair(call(n)?.min(call(m)?), call(n)?.max(call(m)?)),
        Anchor::Day(day) => At::Day(day),
    };
    let clash = Clash::of(finding, known, law, None, lang);
    Some(Conflict {
        conflict_id: ConflictId { kind: finding.kind, person, at },
        user_id: person,
        user_name: known.name.clone(),
        mission_ids: clash.missions.iter().map(|m| m.mission_id).collect(),
        reason: clash.detail.clone(),
        overridden: finding.calls.iter().any(|n| known.rows.get(*n).is_some_and(|row| row.overridden)),
        clash,
    })
}

/// What one more accepted call would bring with it; one that is known already is told apart by its place.
pub fn clashes(law: &Law, known: &Known, tried: usize, call: Option<&CallOf>, lang: Lang) -> Vec<Clash> {
    rules::findings_of(law, &known.person, tried).iter().map(|f| Clash::of(f, known, law, call, lang)).collect()
}

/// A call that is only tried: somebody on a mission, or at a time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tried {
    pub user_id: PersonId,
    pub mission_id: Option<MissionId>,
    /// With a mission: instead of its times. Without an offset it is the mission's local time, else the organisation's.
    pub start_at: Option<When>,
    pub end_at: Option<When>,
    /// The mission's first when left out.
    pub role: Option<String>,
}
impl Tried {
    pub fn call(&self, mission: Option<&missions::model::Row>, zone: &Zone) -> Result<Call> {
        let zone = mission.map_or(zone, |m| &m.time_zone);
        let mut faults = Faults::default();
        let span = match (self.start_at, self.end_at, mission) {
            (Some(start), Some(end), _) => Interval::written(start, end, zone, "", &mut faults),
            (None, None, Some(mission)) => Some(mission.span()?),
            _ => {
                let say = say!("Name a mission, or both start_at and end_at.", "Indiquez une mission, ou start_at et end_at.");
                faults.add("mission_id", "required", say);
                None
            }
        };
        check::none(faults)?;
        let span = span.ok_or_else(|| Error::internal("a span without a fault"))?;
        let role = mission.map(|m| m.role(self.role.as_deref())).transpose()?;
        Ok(Call {
            span,
            break_minutes: mission.map_or(0, |m| m.break_minutes),
            zone: zone.clone(),
            firm: true,
            role: role.map(|r| r.role.as_str()).or(self.role.as_deref()).map(text::fold).unwrap_or_default(),
            over_quota: role.is_some_and(|r| r.accepted >= r.quota),
        })
    }
}
impl CallOf {
    pub fn tried(mission: &missions::model::Row) -> Self {
        let (mission_id, title) = (mission.id, mission.title.clone());
        Self {
            mission_id,
            assignment_id: None,
            title,
            role: None,
            start_at: mission.start_at,
            end_at: mission.end_at,
            time_zone: mission.time_zone.to_string(),
        }
    }
}

/// Puts a tried call among those known, and says where: of the same mission it takes the place of what stands there.
pub fn place(known: &mut Known, call: Call, mission: Option<MissionId>) -> usize {
    let calls = &mut known.person.calls;
    let there = known.rows.iter().position(|row| Some(row.mission_id) == mission);
    match there {
        // Somebody who has accepted fills the quota already, and does not go beyond it.
        Some(n) => calls[n] = Call { over_quota: call.over_quota && !calls[n].firm, ..call },
        None => calls.push(call),
    }
    there.unwrap_or(calls.len() - 1)
}

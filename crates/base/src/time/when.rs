//! Instants as people write them: with an offset, as the local time of a place, or (for ranges) as a day.

use super::{Date, Interval, TimeOfDay, Timestamp, Zone};
use crate::{
    error::{Error, Faults},
    say,
    say::Say,
};
use jiff::civil::DateTime;
use serde::{Deserialize, Deserializer, de};
use std::{borrow::Cow, str::FromStr};

/// What somebody wrote where an instant belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// `2026-09-10T09:00:00Z`, `2026-09-10T11:00:00+02:00`
    Instant(Timestamp),
    /// `2026-09-10T11:00`: on the clock of the place.
    Local(DateTime),
    /// `2026-09-10`: no instant, but an end of a range.
    Day(Date),
}

/// Why what was written names no instant or no span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misread {
    /// The clocks jump over this local time.
    Skipped,
    /// Beyond what the calendar holds.
    OutOfRange,
    /// A day where an instant is needed.
    OnlyADay,
    /// The end is not after the start.
    Empty,
}

impl Misread {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Skipped => "nonexistent_local_time",
            Self::OutOfRange => "out_of_range",
            Self::OnlyADay => "time_required",
            Self::Empty => "interval_invalid",
        }
    }
    pub fn say(self) -> Say {
        match self {
            Self::Skipped => say!(
                "The clocks go forward over this local time, so it does not exist there. Choose another, or give an offset.",
                "Les horloges sautent cette heure locale : elle n’existe pas à cet endroit. Choisissez-en une autre, ou indiquez un décalage."
            ),
            Self::OutOfRange => say!("This is too far away. Choose another day.", "C’est trop éloigné. Choisissez un autre jour."),
            Self::OnlyADay => say!("Give the time too, like 2026-09-10T09:00.", "Indiquez aussi l’heure, par exemple 2026-09-10T09:00."),
            Self::Empty => say!("This is not after the start.", "Ce n’est pas après le début."),
        }
    }
    /// The 422 that names this field.
    #[track_caller]
    pub fn at(self, field: impl Into<String>) -> Error {
        Error::field(field, self.code(), self.say())
    }
}

impl When {
    /// A day and a time on the clock of the place.
    pub fn local(date: Date, time: TimeOfDay) -> Self {
        Self::Local(date.at(time))
    }
    /// The instant; in `zone` when nothing says where.
    pub fn at(self, zone: &Zone) -> Result<Timestamp, Misread> {
        match self {
            Self::Instant(at) => Ok(at),
            Self::Local(local) => zone.resolve(local),
            Self::Day(_) => Err(Misread::OnlyADay),
        }
    }
    /// Where a range begins: a day begins with its first instant.
    pub fn from(self, zone: &Zone) -> Result<Timestamp, Misread> {
        if let Self::Day(day) = self { Ok(zone.start_of(day)) } else { self.at(zone) }
    }
    /// Where a range ends: a day is in it as a whole.
    pub fn until(self, zone: &Zone) -> Result<Timestamp, Misread> {
        if let Self::Day(day) = self { Ok(zone.start_of(day.plus(1))) } else { self.at(zone) }
    }
}

impl Interval {
    /// The span `[start, end)` as written; what does not fit goes to `faults` under `{path}start_at` and `{path}end_at`.
    pub fn written(start: When, end: When, zone: &Zone, path: &str, faults: &mut Faults) -> Option<Self> {
        let mut read =
            |when: When, field: &str| when.at(zone).inspect_err(|m| faults.add(format!("{path}{field}"), m.code(), m.say())).ok();
        let (start, end) = (read(start, "start_at"), read(end, "end_at"));
        let (start, end) = (start?, end?);
        let span = Self::new(start, end).ok();
        if span.is_none() {
            faults.add(format!("{path}end_at"), Misread::Empty.code(), Misread::Empty.say());
        }
        span
    }
}

#[derive(Debug, Clone, Copy)]
pub struct NoTime;
impl std::fmt::Display for NoTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("expected an instant like 2026-09-10T09:00:00Z or a local time like 2026-09-10T11:00")
    }
}
impl std::error::Error for NoTime {}

impl FromStr for When {
    type Err = NoTime;
    fn from_str(s: &str) -> Result<Self, NoTime> {
        if let Ok(at) = s.parse() {
            return Ok(Self::Instant(at));
        }
        // What is left has no offset: a day, or a day and a time. A wrong offset must not be read as none.
        if s.len() == "2026-09-10".len() {
            return s.parse().map(Self::Day).map_err(|_| NoTime);
        }
        let (_, time) = s.split_once(['T', 't', ' ']).ok_or(NoTime)?;
        let plain = time.bytes().all(|b| b.is_ascii_digit() || b == b':' || b == b'.');
        if plain { s.parse().map(Self::Local).map_err(|_| NoTime) } else { Err(NoTime) }
    }
}
impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}
impl utoipa::PartialSchema for When {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("RFC 3339 with an offset, or the local time of the place without one"))
            .examples(["2026-09-10T09:00:00Z", "2026-09-10T11:00"])
            .into()
    }
}
impl utoipa::ToSchema for When {}

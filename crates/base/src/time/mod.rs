//! Instants, spans, days, zones and the one clock of the house.
//!
//! What is stored is an instant ([`Timestamp`]); what people write is an instant or the local time of a place
//! ([`When`]); a [`Zone`] turns one into the other, and is the only thing that knows of days and of clocks that change.

mod clock;
mod date;
#[cfg(test)]
mod tests;
mod when;
mod zone;

pub use clock::Clock;
pub use date::{Date, TimeOfDay};
pub use when::{Misread, When};
pub use zone::{Zone, is_zone};

use crate::error::{Error, Result};
use crate::say;
use std::fmt;

/// An instant in microseconds since 1970 UTC: what both engines store as `bigint`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }
    pub const fn micros(self) -> i64 {
        self.0
    }
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
    #[must_use]
    pub const fn plus(self, d: std::time::Duration) -> Self {
        Self(self.0.saturating_add(d.as_micros() as i64))
    }
    #[must_use]
    pub const fn minus(self, d: std::time::Duration) -> Self {
        Self(self.0.saturating_sub(d.as_micros() as i64))
    }
    /// As HTTP writes dates: `Sun, 06 Nov 1994 08:49:37 GMT`.
    pub fn of_http_date(text: &str) -> Option<Self> {
        let date = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text).ok()?.to_datetime().ok()?;
        Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().into())
    }
    /// With milliseconds, as in the logs.
    pub fn to_millis(self) -> String {
        format!("{:.3}", self.jiff())
    }
    /// How long from `earlier` to here; nothing when it lies in the future.
    pub fn since(self, earlier: Self) -> std::time::Duration {
        std::time::Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
    fn jiff(self) -> jiff::Timestamp {
        let edge = if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(edge)
    }
}
impl From<jiff::Timestamp> for Timestamp {
    fn from(at: jiff::Timestamp) -> Self {
        Self(at.as_microsecond())
    }
}
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.jiff(), f)
    }
}
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl std::str::FromStr for Timestamp {
    type Err = jiff::Error;
    fn from_str(s: &str) -> std::result::Result<Self, Self::Err> {
        s.parse::<jiff::Timestamp>().map(Self::from)
    }
}
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let s = std::borrow::Cow::<'de, str>::deserialize(d)?;
        s.parse().map_err(|_| serde::de::Error::custom("expected an RFC 3339 instant like 2026-09-10T09:00:00Z"))
    }
}
impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .into()
    }
}
impl utoipa::ToSchema for Timestamp {}

/// A span `[start, end)`: start before end by construction, so touching is never overlapping.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Interval {
    start: Timestamp,
    end: Timestamp,
}
impl Interval {
    pub fn new(start: Timestamp, end: Timestamp) -> Result<Self> {
        if start < end {
            return Ok(Self { start, end });
        }
        Err(Error::invalid(
            "interval_invalid",
            say!(
                "The end must come after the start. Choose a later end.",
                "La fin doit venir après le début. Choisissez une fin plus tardive."
            ),
        )
        .and_field("end_at", "interval_invalid", say!("This is not after the start.", "Ce n’est pas après le début.")))
    }
    pub const fn start(self) -> Timestamp {
        self.start
    }
    pub const fn end(self) -> Timestamp {
        self.end
    }
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
    pub fn contains(self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
    pub fn length(self) -> std::time::Duration {
        self.end.since(self.start)
    }
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.start.max(other.start), self.end.min(other.end)).ok()
    }
}

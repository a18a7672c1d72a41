//! Instants, spans and the one clock of the house.

use crate::error::{Error, Result};
use crate::say;
use std::{
    fmt,
    sync::atomic::{AtomicI64, Ordering},
};

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
    /// With milliseconds, as in the logs.
    pub fn to_millis(self) -> String {
        format!("{:.3}", self.jiff())
    }
    /// How long from `earlier` to here; nothing when it lies in the future.
    pub fn since(self, earlier: Self) -> std::time::Duration {
        std::time::Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::MAX)
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
        s.parse::<jiff::Timestamp>().map(|t| Self(t.as_microsecond()))
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

/// A day of the calendar, `2026-09-10`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Date(jiff::civil::Date);
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl std::str::FromStr for Date {
    type Err = jiff::Error;
    fn from_str(s: &str) -> std::result::Result<Self, Self::Err> {
        s.parse().map(Self)
    }
}
crate::text_column!(Date);
impl serde::Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let s = std::borrow::Cow::<'de, str>::deserialize(d)?;
        s.parse().map_err(|_| serde::de::Error::custom("expected a day like 2026-09-10"))
    }
}
impl utoipa::PartialSchema for Date {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Date)))
            .into()
    }
}
impl utoipa::ToSchema for Date {}

/// Whether the bundled IANA database knows this zone.
pub fn is_zone(name: &str) -> bool {
    jiff::tz::TimeZone::get(name).is_ok()
}

/// The wall clock; `TEST_CLOCK` and tests move it, nothing else reads the time.
#[derive(Debug, Default)]
pub struct Clock {
    offset: AtomicI64,
    /// When set, the clock stands still here (tests).
    frozen: AtomicI64,
}
impl Clock {
    pub fn real() -> Self {
        Self::default()
    }
    pub fn frozen(at: Timestamp) -> Self {
        Self { offset: AtomicI64::new(0), frozen: AtomicI64::new(at.0) }
    }
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> Timestamp {
        let base = match self.frozen.load(Ordering::Relaxed) {
            0 => std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_micros() as i64),
            at => at,
        };
        Timestamp(base + self.offset.load(Ordering::Relaxed))
    }
    /// Sets the distance from real (or frozen) time, from now on.
    pub fn shift(&self, by: std::time::Duration) {
        self.offset.store(by.as_micros() as i64, Ordering::Relaxed);
    }
    pub fn advance(&self, by: std::time::Duration) {
        self.offset.fetch_add(by.as_micros() as i64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_micros(s)
    }
    prop_compose! {
        fn interval()(start in -50i64..50, length in 1i64..40) -> Interval {
            Interval::new(at(start), at(start + length)).expect("start < end")
        }
    }
    proptest! {
        #[test]
        fn overlap_is_what_brute_force_says(a in interval(), b in interval()) {
            let shared = (-60..100).any(|s| a.contains(at(s)) && b.contains(at(s)));
            prop_assert_eq!(a.overlaps(b), shared);
            prop_assert_eq!(b.overlaps(a), shared);
            prop_assert_eq!(a.intersection(b).is_some(), shared);
        }
        #[test]
        fn touching_is_not_overlapping(a in interval(), length in 1i64..40) {
            let next = Interval::new(a.end(), at(a.end().micros() + length)).expect("start < end");
            prop_assert!(!a.overlaps(next) && !next.overlaps(a));
        }
        #[test]
        fn no_interval_without_length(start in -50i64..50, back in 0i64..40) {
            prop_assert!(Interval::new(at(start), at(start - back)).is_err());
        }
        #[test]
        fn instants_survive_their_text(micros in -4_000_000_000_000_000i64..4_000_000_000_000_000) {
            prop_assert_eq!(at(micros).to_string().parse::<Timestamp>().expect("own text"), at(micros));
        }
    }
}

//! Days of the calendar and times of the day, without a place.

use std::fmt;

/// A day of the calendar, `2026-09-10`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Date(pub(super) jiff::civil::Date);
impl Date {
    /// So many days later, or earlier; at the ends of the calendar it stays there.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(jiff::SignedDuration::from_hours(days.clamp(-4_000_000, 4_000_000) * 24)))
    }
    /// How many days from `earlier` to here.
    pub fn days_since(self, earlier: Self) -> i64 {
        self.0.duration_since(earlier.0).as_hours() / 24
    }
    /// 0 is Monday.
    pub fn weekday(self) -> i64 {
        self.0.weekday().to_monday_zero_offset().into()
    }
    /// The Monday of its week.
    #[must_use]
    pub fn monday(self) -> Self {
        self.plus(-self.weekday())
    }
    pub(super) fn at(self, time: TimeOfDay) -> jiff::civil::DateTime {
        self.0.at((time.0 / 60) as i8, (time.0 % 60) as i8, 0, 0)
    }
}
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

/// A time of the day to the minute, `09:30`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct TimeOfDay(u16);
impl TimeOfDay {
    /// None at 24 hours and after.
    pub const fn new(hour: u16, minute: u16) -> Option<Self> {
        if hour < 24 && minute < 60 { Some(Self(hour * 60 + minute)) } else { None }
    }
    /// The full hour; a number beyond the day is its last.
    pub const fn hour(hour: u16) -> Self {
        Self(if hour < 24 { hour * 60 } else { 23 * 60 })
    }
    /// Since midnight.
    pub const fn minutes(self) -> u16 {
        self.0
    }
    pub(super) fn of(time: jiff::civil::Time) -> Self {
        Self(time.hour().unsigned_abs() as u16 * 60 + time.minute().unsigned_abs() as u16)
    }
}
impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}
impl std::str::FromStr for TimeOfDay {
    type Err = crate::id::NotAnId;
    fn from_str(s: &str) -> std::result::Result<Self, Self::Err> {
        let digits = |part: &str| (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok()).flatten();
        let parts = s.split_once(':').and_then(|(hour, minute)| Self::new(digits(hour)?, digits(minute)?));
        parts.ok_or(crate::id::NotAnId)
    }
}
impl serde::Serialize for TimeOfDay {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for TimeOfDay {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let s = std::borrow::Cow::<'de, str>::deserialize(d)?;
        s.parse().map_err(|_| serde::de::Error::custom("expected a time of the day like 09:30"))
    }
}
impl utoipa::PartialSchema for TimeOfDay {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String).examples(["09:30"]).into()
    }
}
impl utoipa::ToSchema for TimeOfDay {}

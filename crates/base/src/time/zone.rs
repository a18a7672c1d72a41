//! Places' zones: where a day begins, what a local time means, and how a span moves by days.

use super::{Date, Interval, Misread, TimeOfDay, Timestamp};
use jiff::{
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};
use std::{fmt, str::FromStr};

/// A zone of the bundled IANA database, like `Europe/Paris`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone(TimeZone);

/// Whether the bundled IANA database knows this zone.
pub fn is_zone(name: &str) -> bool {
    name.parse::<Zone>().is_ok()
}

impl Zone {
    pub const UTC: Self = Self(TimeZone::UTC);
    /// A call that ends before this hour belongs to the evening before.
    const MORNING: i8 = 6;

    /// The instant of a local time: of two, the earlier; none where the clocks jump over it.
    pub fn instant(&self, date: Date, time: TimeOfDay) -> Result<Timestamp, Misread> {
        self.resolve(date.at(time))
    }
    pub(super) fn resolve(&self, local: DateTime) -> Result<Timestamp, Misread> {
        let found = self.0.to_ambiguous_timestamp(local);
        if let AmbiguousOffset::Gap { .. } = found.offset() {
            return Err(Misread::Skipped);
        }
        found.earlier().map(Timestamp::from).map_err(|_| Misread::OutOfRange)
    }
    fn local(&self, at: Timestamp) -> DateTime {
        self.0.to_datetime(at.jiff())
    }
    /// The day it is there.
    pub fn date(&self, at: Timestamp) -> Date {
        Date(self.local(at).date())
    }
    pub fn time_of_day(&self, at: Timestamp) -> TimeOfDay {
        TimeOfDay::of(self.local(at).time())
    }
    /// The first instant of a day; where clocks jump over midnight it is not midnight.
    pub fn start_of(&self, date: Date) -> Timestamp {
        let midnight = self.0.to_ambiguous_timestamp(date.0.at(0, 0, 0, 0));
        midnight.compatible().map_or(Timestamp::from(jiff::Timestamp::MAX), Timestamp::from)
    }
    /// From its first instant to the next day's.
    pub fn day(&self, date: Date) -> Option<Interval> {
        Interval::new(self.start_of(date), self.start_of(date.plus(1))).ok()
    }
    /// The day that a call belongs to: the one it starts on, but the evening before when it starts after midnight
    /// and ends before six in the morning.
    pub fn working_day(&self, call: Interval) -> Date {
        let (start, end) = (self.local(call.start()), self.local(call.end()));
        let small_hours = start.date() == end.date() && end.hour() < Self::MORNING;
        Date(start.date()).plus(if small_hours { -1 } else { 0 })
    }
    /// The same local time so many days later. Of an hour that the clocks run through twice it stays in its half.
    pub fn shift(&self, at: Timestamp, days: i64) -> Result<Timestamp, Misread> {
        let (date, time) = (self.date(at), self.local(at).time());
        let local = date.plus(days).0.to_datetime(time);
        let found = self.0.to_ambiguous_timestamp(local);
        let stays_later = match found.offset() {
            AmbiguousOffset::Fold { after, .. } => after == self.0.to_offset(at.jiff()),
            AmbiguousOffset::Gap { .. } => return Err(Misread::Skipped),
            AmbiguousOffset::Unambiguous { .. } => false,
        };
        let shifted = if stays_later { found.later() } else { found.earlier() };
        shifted.map(Timestamp::from).map_err(|_| Misread::OutOfRange)
    }
    /// A span moved by days of the calendar: both ends keep their local time, so its length follows the clocks.
    pub fn shift_span(&self, span: Interval, days: i64) -> Result<Interval, Misread> {
        Interval::new(self.shift(span.start(), days)?, self.shift(span.end(), days)?).map_err(|_| Misread::Empty)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}
impl FromStr for Zone {
    type Err = jiff::Error;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        TimeZone::get(name).map(Self)
    }
}
crate::text_column!(Zone);

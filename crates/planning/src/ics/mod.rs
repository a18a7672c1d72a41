//! Calendars as text (RFC 5545), for feeds, exports and the attachments of mails.
//!
//! Pure: what is written follows from what is given, to the byte, so that a feed keeps its `ETag` until something changes.
//! Times are UTC instants: every calendar shows them in its owner's zone, and no zone needs to be described.

#[cfg(test)]
mod tests;

use base::time::Timestamp;

/// The longest line in octets, without its end (3.1).
const LONGEST: usize = 75;

/// What a calendar program does with the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Publish,
    /// To one person, who is asked or booked.
    Request,
    Cancel,
}
impl Method {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Publish => "PUBLISH",
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Tentative,
    Confirmed,
    Cancelled,
}

/// An event of a calendar.
#[derive(Clone, Debug)]
pub struct Event {
    /// The same in every feed, export and mail, for ever: see [`uid`].
    pub uid: String,
    /// Rises with every change, so that the newest state wins.
    pub sequence: i64,
    pub changed: Timestamp,
    pub start: Timestamp,
    pub end: Timestamp,
    pub status: Status,
    pub summary: String,
    pub location: Option<String>,
    pub description: Option<String>,
    /// From whom to whom, when it goes to one person by mail.
    pub between: Option<Between>,
}
/// Names with their addresses.
#[derive(Clone, Debug)]
pub struct Between {
    pub organizer: (String, String),
    pub attendee: (String, String),
}
impl Event {
    /// What a calendar program is to do with it when it comes alone.
    pub fn method(&self) -> Method {
        match (self.status, &self.between) {
            (Status::Cancelled, _) => Method::Cancel,
            (_, Some(_)) => Method::Request,
            (_, None) => Method::Publish,
        }
    }
}

/// `assignment-<id>@coulisses`: not the server's address, which may change while calendars keep what they know.
pub fn uid(noun: &str, id: impl std::fmt::Display) -> String {
    format!("{noun}-{id}@coulisses")
}

/// A calendar with one event, as a mail carries it.
pub fn single(name: &str, event: &Event) -> String {
    let mut writer = Writer::begin(name, event.method());
    writer.event(event);
    writer.end()
}

/// A calendar being written; what is finished of it can be taken away at any time.
pub struct Writer(String);

impl Writer {
    pub fn begin(name: &str, method: Method) -> Self {
        let mut writer = Self(String::new());
        writer.line("BEGIN", "VCALENDAR");
        writer.line("VERSION", "2.0");
        writer.line("PRODID", "-//Coulisses//Coulisses//EN");
        writer.line("CALSCALE", "GREGORIAN");
        writer.line("METHOD", method.name());
        writer.line("X-WR-CALNAME", &text(name));
        writer
    }
    pub fn event(&mut self, event: &Event) {
        self.line("BEGIN", "VEVENT");
        self.line("UID", &text(&event.uid));
        self.line("SEQUENCE", &event.sequence.to_string());
        self.line("DTSTAMP", &instant(event.changed));
        self.line("LAST-MODIFIED", &instant(event.changed));
        self.line("DTSTART", &instant(event.start));
        self.line("DTEND", &instant(event.end));
        self.line("STATUS", event.status.name());
        // Who only might come is not busy yet; who does not come is free.
        self.line("TRANSP", if event.status == Status::Confirmed { "OPAQUE" } else { "TRANSPARENT" });
        self.line("SUMMARY", &text(&event.summary));
        for (name, value) in [("LOCATION", &event.location), ("DESCRIPTION", &event.description)] {
            if let Some(value) = value {
                self.line(name, &text(value));
            }
        }
        if let Some(Between { organizer, attendee }) = &event.between {
            let answer = if event.status == Status::Confirmed { "ACCEPTED" } else { "NEEDS-ACTION" };
            self.line(&format!("ORGANIZER;CN=\"{}\"", quoted(&organizer.0)), &format!("mailto:{}", organizer.1));
            // The answer is given by the link of the mail: no calendar program is asked for one.
            let who = format!("ATTENDEE;CN=\"{}\";ROLE=REQ-PARTICIPANT;PARTSTAT={answer};RSVP=FALSE", quoted(&attendee.0));
            self.line(&who, &format!("mailto:{}", attendee.1));
        }
        self.line("END", "VEVENT");
    }
    /// What is written so far and not taken yet.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.0)
    }
    pub fn end(mut self) -> String {
        self.line("END", "VCALENDAR");
        self.0
    }
    /// Folded between characters: what follows on the next line stands behind a space.
    fn line(&mut self, name: &str, value: &str) {
        let mut room = LONGEST;
        for character in name.chars().chain([':']).chain(value.chars()) {
            if character.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = LONGEST - 1;
            }
            self.0.push(character);
            room -= character.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

impl Status {
    const fn name(self) -> &'static str {
        match self {
            Self::Tentative => "TENTATIVE",
            Self::Confirmed => "CONFIRMED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// `20260910T090000Z`
fn instant(at: Timestamp) -> String {
    let text = Timestamp::from_micros(at.seconds().saturating_mul(1_000_000)).to_string();
    text.chars().filter(|c| !matches!(c, '-' | ':')).collect()
}

/// Within the quotes of a parameter (3.2).
fn quoted(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).map(|c| if c == '"' { '\'' } else { c }).collect()
}
/// Escaped as 3.3.11 has it; control characters have no place in a calendar.
fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.replace("\r\n", "\n").chars() {
        match character {
            '\\' | ';' | ',' => out.extend(['\\', character]),
            '\n' | '\r' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

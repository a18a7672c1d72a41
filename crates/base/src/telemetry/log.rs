//! One JSON line per event, whatever it holds, with the ids of the request it belongs to.
//!
//! Our own crates log at the level that is asked for; libraries only warnings and errors, because what they say at
//! lower levels (frames, statements, headers) may hold secrets.

use super::Writer;
use crate::{http::Context, time::Clock};
use std::{
    cell::RefCell,
    fmt::{self, Write as _},
    io,
};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
    subscriber::Interest,
};

/// The longest value that is written whole; a client chooses the length of its path.
const LONGEST: usize = 2048;
const OURS: [&str; 6] = ["base", "identity", "planning", "staffing", "coach", "coulisses"];

pub(super) struct Logger {
    level: LevelFilter,
    /// `,"replica":"…"}` and the end of the line: how every line ends.
    end: Vec<u8>,
    clock: Clock,
    writer: Writer,
}

/// The level behind a name, Python's names included; `INFO` when it is none.
pub(super) fn level(name: &str) -> LevelFilter {
    match name.trim().to_ascii_lowercase().as_str() {
        "off" => LevelFilter::OFF,
        "error" | "critical" => LevelFilter::ERROR,
        "warn" | "warning" => LevelFilter::WARN,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        _ => LevelFilter::INFO,
    }
}

impl Logger {
    pub(super) fn new(level: LevelFilter, replica: &str, writer: Writer) -> Self {
        let mut end = Vec::new();
        Line(&mut end).text("replica", replica);
        end.extend_from_slice(b"}\n");
        Self { level, end, clock: Clock::real(), writer }
    }
    fn write(&self, line: &mut Vec<u8>, event: &Event<'_>) {
        line.clear();
        let level = event.metadata().level();
        line.extend_from_slice(b"{\"timestamp\":\"");
        let now = jiff::Timestamp::from_microsecond(self.clock.now().micros()).unwrap_or_default();
        let printed = jiff::fmt::temporal::DateTimePrinter::new().precision(Some(3)).print_timestamp(&now, Bytes(line));
        debug_assert!(printed.is_ok());
        line.push(b'"');
        Line(line).text("level", level.as_str());
        event.record(&mut Line(line));
        if *level <= Level::WARN || *level >= Level::DEBUG {
            Line(line).text("target", event.metadata().target());
        }
        Context::with(|c| {
            Line(line).text("request_id", &c.request_id);
            Line(line).text("trace_id", &c.trace_id);
            Line(line).text("span_id", &c.span_id);
        });
        line.extend_from_slice(&self.end);
    }
}

impl Subscriber for Logger {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let krate = metadata.target().split("::").next().unwrap_or_default();
        let level = if OURS.contains(&krate) { self.level } else { self.level.min(LevelFilter::WARN) };
        metadata.is_event() && *metadata.level() <= level
    }
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }
    fn event(&self, event: &Event<'_>) {
        thread_local!(static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) });
        LINE.with(|line| match line.try_borrow_mut() {
            Ok(mut line) => {
                self.write(&mut line, event);
                self.writer.push(&line);
            }
            // A value that logs while it is being written.
            Err(_) => {
                let mut line = Vec::new();
                self.write(&mut line, event);
                self.writer.push(&line);
            }
        });
    }
    // Spans are not kept: what belongs to a request is found by its ids.
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Writes `,"name":value` pairs.
struct Line<'a>(&'a mut Vec<u8>);

impl Line<'_> {
    fn name(&mut self, name: &str) {
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }
    fn text(&mut self, name: &str, value: &str) {
        self.quoted(name, |text| text.write_str(value));
    }
    fn quoted(&mut self, name: &str, write: impl FnOnce(&mut Escaped<'_>) -> fmt::Result) {
        self.name(name);
        self.0.push(b'"');
        // It fails when the value is cut, which shows.
        let _ = write(&mut Escaped { line: self.0, left: LONGEST });
        self.0.push(b'"');
    }
    fn plain(&mut self, field: &Field, value: impl fmt::Display) {
        self.name(field.name());
        let _ = io::Write::write_fmt(self.0, format_args!("{value}"));
    }
}
impl Visit for Line<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON knows no infinity.
        if value.is_finite() { self.plain(field, value) } else { self.plain(field, "null") }
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.quoted(field.name(), |text| write!(text, "{value:?}"));
    }
}

/// Text inside a JSON string: quotes, backslashes and every control character escaped, cut when it is too long.
struct Escaped<'a> {
    line: &'a mut Vec<u8>,
    left: usize,
}
impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let kept = &text[..text.floor_char_boundary(self.left)];
        let mut from = 0;
        for (at, c) in kept.char_indices() {
            if c >= ' ' && c != '"' && c != '\\' && !('\u{7f}'..'\u{a0}').contains(&c) && c != '\u{2028}' && c != '\u{2029}' {
                continue;
            }
            self.line.extend_from_slice(&kept.as_bytes()[from..at]);
            from = at + c.len_utf8();
            match c {
                '"' => self.line.extend_from_slice(b"\\\""),
                '\\' => self.line.extend_from_slice(b"\\\\"),
                '\n' => self.line.extend_from_slice(b"\\n"),
                c => self.line.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes()),
            }
        }
        self.line.extend_from_slice(&kept.as_bytes()[from..]);
        self.left -= kept.len();
        if kept.len() < text.len() {
            self.left = 0;
            self.line.extend_from_slice("…".as_bytes());
            return Err(fmt::Error);
        }
        Ok(())
    }
}

/// Lets `jiff` print straight into the line.
struct Bytes<'a>(&'a mut Vec<u8>);
impl jiff::fmt::Write for Bytes<'_> {
    fn write_str(&mut self, s: &str) -> Result<(), jiff::Error> {
        self.0.extend_from_slice(s.as_bytes());
        Ok(())
    }
}

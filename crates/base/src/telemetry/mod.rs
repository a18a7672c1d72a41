//! What the process tells its operator: JSON lines on stdout, and spans to a collector when one is named.
//!
//! Everything is logged through `tracing`'s macros; [`log`] writes each event as one line, [`writer`] hands the
//! lines to stdout without ever making a request wait, [`panics`] turns a panic into one logged error, and
//! [`traces`] exports a span per request. `docs/logging.md` lists the fields.

mod log;
pub(crate) mod panics;
#[cfg(test)]
pub(crate) mod tests;
mod traces;
mod writer;

pub(crate) use panics::catch;
pub use traces::{Span, Traces};
pub use writer::Writer;

use crate::metrics::Metrics;

/// Keeps the log flowing; dropped at the end of `main`, it writes what is still waiting.
pub struct Telemetry {
    writer: Writer,
}

/// Sets up logging for the whole process: once, first thing in `main`.
pub fn init(level: &str, replica: &str) -> Telemetry {
    let writer = Writer::start(std::io::stdout());
    // A second call (two apps in one process) keeps the first logger.
    let _ = tracing::subscriber::set_global_default(log::Logger::new(log::level(level), replica, writer.clone()));
    panics::install();
    Telemetry { writer }
}

impl Telemetry {
    pub fn register(&self, metrics: &Metrics) {
        metrics.register("app_log_dropped_total", "Log lines lost because stdout was too slow.", &[], self.writer.dropped());
    }
}
impl Drop for Telemetry {
    fn drop(&mut self) {
        self.writer.finish();
    }
}

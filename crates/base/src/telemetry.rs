//! Logs: one JSON line each, through a bounded queue, so that a slow output never makes a request wait.

use crate::http::Context;
use serde::Serialize;
use std::{
    io::{self, Write},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// As many lines may wait for the output; what comes on top is dropped and counted.
const QUEUE: usize = 8_192;
static OUTPUT: OnceLock<SyncSender<Vec<u8>>> = OnceLock::new();
static DROPPED: AtomicU64 = AtomicU64::new(0);

pub fn dropped() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}
fn write(line: Vec<u8>) {
    if let Some(output) = OUTPUT.get()
        && output.try_send(line).is_err()
    {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

/// Starts logging to standard error's sibling, standard output; a second call changes nothing.
pub fn init(level: &str) {
    let (lines, queue) = sync_channel::<Vec<u8>>(QUEUE);
    if OUTPUT.set(lines).is_err() {
        return;
    }
    thread::spawn(move || {
        let mut out = io::stdout();
        while let Ok(line) = queue.recv() {
            let _ = out.write_all(&line);
            while let Ok(more) = queue.try_recv() {
                let _ = out.write_all(&more);
            }
            let _ = out.flush();
        }
    });
    let filter = EnvFilter::new(format!("{level},h2=warn,hyper=warn,tokio_postgres=warn,rustls=warn"));
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(Lines).finish();
    let _ = tracing::subscriber::set_global_default(subscriber);
}

struct Lines;
struct Line(Vec<u8>);
impl MakeWriter<'_> for Lines {
    type Writer = Line;
    fn make_writer(&self) -> Line {
        Line(Vec::with_capacity(256))
    }
}
impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
impl Drop for Line {
    fn drop(&mut self) {
        write(std::mem::take(&mut self.0));
    }
}

/// The line of one request. The query is not in it: it may carry a token.
#[derive(Serialize)]
pub struct RequestLine<'a> {
    pub timestamp: String,
    pub level: &'static str,
    pub message: &'static str,
    pub request_id: &'a str,
    pub trace_id: &'a str,
    pub span_id: &'a str,
    pub method: &'a str,
    pub path: &'a str,
    pub route: &'a str,
    pub status: u16,
    pub duration_ms: f64,
    pub bytes_out: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_id: Option<crate::id::OrgId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<crate::id::AccountId>,
    pub client_ip: std::net::IpAddr,
    pub replica: &'a str,
}
impl RequestLine<'_> {
    pub fn log(&self) {
        if OUTPUT.get().is_some() {
            write(self.line());
        }
    }
    fn line(&self) -> Vec<u8> {
        let mut line = Vec::with_capacity(512);
        let _ = serde_json::to_writer(&mut line, self);
        line.push(b'\n');
        line
    }
    pub fn principal(&mut self, context: &Context) {
        if let Some((account, org)) = context.principal.get() {
            (self.account_id, self.org_id) = (Some(*account), *org);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_comes_in_stays_one_line_of_json() {
        let nasty = "/a\r\n{\"level\":\"ERROR\"}\u{1b}[31m\u{202e}\"";
        let line = RequestLine {
            timestamp: "2026-01-01T00:00:00.000Z".into(),
            level: "INFO",
            message: "request",
            request_id: "r",
            trace_id: "",
            span_id: "",
            method: "GET",
            path: nasty,
            route: "unmatched",
            status: 404,
            duration_ms: 0.1,
            bytes_out: None,
            org_id: None,
            account_id: None,
            client_ip: std::net::Ipv4Addr::LOCALHOST.into(),
            replica: "1",
        };
        let text = String::from_utf8(line.line()).unwrap();
        assert_eq!(text.matches('\n').count(), 1);
        assert!(!text.contains('\u{1b}'));
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["path"], nasty);
    }
}

//! What came out: a table for a person, kept in `bench/results/`.

use crate::Result;
use std::time::Duration;

pub struct Row {
    pub name: String,
    pub rate: f64,
    pub p50: u64,
    pub p99: u64,
    /// CPU of the server per request, in microseconds.
    pub cpu: f64,
    /// Requests per second against the floor's with the same bytes.
    pub ratio: Option<f64>,
    pub others: u64,
}

pub fn table(engine: &str, rows: &[Row], notes: &[String]) -> String {
    let mut out = format!(
        "## {engine}\n\n| what | req/s | p50 µs | p99 µs | CPU µs | ratio to floor | not 2xx |\n|---|---:|---:|---:|---:|---:|---:|\n"
    );
    for r in rows {
        let ratio = r.ratio.map_or_else(|| "–".to_owned(), |x| format!("{x:.2}"));
        out += &format!("| {} | {:.0} | {} | {} | {:.0} | {ratio} | {} |\n", r.name, r.rate, r.p50, r.p99, r.cpu, r.others);
    }
    out.push('\n');
    notes.iter().for_each(|note| out += &format!("- {note}\n"));
    out.push('\n');
    out
}

pub fn per_request(cpu: Duration, requests: u64) -> f64 {
    cpu.as_micros() as f64 / requests.max(1) as f64
}

/// Kept under a name, when it has one.
pub fn record(name: Option<&str>, page: &str) -> Result<()> {
    let Some(name) = name else { return Ok(()) };
    std::fs::create_dir_all("bench/results")?;
    Ok(std::fs::write(format!("bench/results/{name}.md"), page)?)
}

//! What the system says of this process, read from `/proc` when somebody asks; elsewhere the series are left out.

use super::{Kind, Metrics};

/// `USER_HZ`: the unit of times in `/proc/self/stat`, 100 on every architecture we build for.
const TICKS_PER_SECOND: f64 = 100.0;

pub(super) fn register(metrics: &Metrics) {
    let started = crate::time::Clock::real().now().micros() as f64 / 1e6;
    let gauge = |name, help, value: fn() -> Option<f64>| metrics.read(name, help, Kind::Gauge, &[], value);
    metrics.read("process_start_time_seconds", "When the process started, in seconds since 1970.", Kind::Gauge, &[], move || Some(started));
    gauge("process_resident_memory_bytes", "Resident memory in bytes.", || status_kib("VmRSS:"));
    gauge("process_virtual_memory_bytes", "Virtual memory in bytes.", || status_kib("VmSize:"));
    gauge("process_threads", "Threads of the process.", || status("Threads:"));
    gauge("process_open_fds", "Open file descriptors.", || Some(std::fs::read_dir("/proc/self/fd").ok()?.count() as f64));
    gauge("process_max_fds", "How many file descriptors may be open.", max_fds);
    metrics.read("process_cpu_seconds_total", "CPU time spent, user and system.", Kind::Counter, &[], cpu_seconds);
}

fn status(field: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|l| l.strip_prefix(field))?.split_whitespace().next()?.parse().ok()
}
fn status_kib(field: &str) -> Option<f64> {
    Some(status(field)? * 1024.0)
}
fn max_fds() -> Option<f64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    limits.lines().find_map(|l| l.strip_prefix("Max open files"))?.split_whitespace().next()?.parse().ok()
}
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name, which may hold spaces and brackets.
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_whitespace().skip(11);
    let ticks = fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?;
    Some(ticks / TICKS_PER_SECOND)
}

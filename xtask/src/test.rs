//! `cargo xtask test`: everything that must hold before a change lands, each stage with its time, a count at the end.

use crate::{
    Outcome, cargo, console, dependencies, deploy, elapsed, files, prometheus, providers, sdk, servers, servers::Servers, shown, succeed,
};
use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::Instant,
};

/// Checks and tests that ran, together.
#[derive(Default, Debug, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
}

pub fn run(args: &[String]) -> Outcome {
    let fast = args.iter().any(|arg| arg == "--fast");
    let filters: Vec<&String> = args.iter().filter(|arg| *arg != "--fast").collect();
    if let Some(unknown) = filters.iter().find(|arg| arg.starts_with('-')) {
        return Err(format!("`test` does not know {unknown}."));
    }
    // First: what is missing on this machine is said now, not after minutes of building.
    let servers = if fast { Servers::none() } else { Servers::provide(servers::Sync::Off)? };
    let provider = if fast { None } else { providers::PROVIDER.provide()? };
    let sdk = if fast { None } else { sdk::SDK.provide()? };
    let prometheus = if fast { None } else { prometheus::PROMETHEUS.provide()? };
    let mut count = Count::default();
    if !fast && filters.is_empty() {
        stage(&mut count, "files", || none("files", files::faults()?));
        stage(&mut count, "format", || succeed(cargo().args(["fmt", "--all", "--check"])));
        stage(&mut count, "dependencies", dependencies::check);
        stage(&mut count, "lints", || {
            succeed(cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
        });
    }
    // The binary that the browser tests use takes the console in when it is built.
    let mut page = false;
    if !fast && filters.is_empty() {
        stage(&mut count, "console", || {
            page = console::provide()?;
            if page { console::check() } else { Ok(()) }
        });
    }
    let mut tests = Count::default();
    stage(&mut count, "tests", || {
        tests_of(
            cargo()
                .args(["test", "--workspace", "--locked", "--no-fail-fast", "--"])
                .args(&filters)
                .envs(servers.variables())
                .envs(provider)
                .envs(sdk)
                .envs(prometheus),
            &mut tests,
        )
    });
    if !fast && filters.is_empty() {
        // After the console, which the binary has inside by now.
        stage(&mut count, "deploy", deploy::check);
    }
    if page {
        stage(&mut count, "browser tests", || tests_of(&mut console::browser_tests()?, &mut tests));
    }
    // The stage itself is not counted beside its tests, unless nothing else says that it failed.
    let stage_counts = u64::from(count.failed > 0 && tests.failed == 0);
    println!("\n{} passed, {} failed", count.passed + tests.passed, count.failed.max(stage_counts) + tests.failed);
    if count.failed == 0 { Ok(()) } else { Err("not everything holds; the stages that say FAILED say why".to_owned()) }
}

fn stage(count: &mut Count, name: &str, work: impl FnOnce() -> Outcome) {
    println!("\n── {name}");
    let start = Instant::now();
    match work() {
        Ok(()) => {
            count.passed += 1;
            println!("── {name}: good ({})", elapsed(start));
        }
        Err(why) => {
            count.failed += 1;
            println!("{why}\n── {name}: FAILED ({})", elapsed(start));
        }
    }
}
/// All faults of a kind at once, so that a person mends them in one go.
pub fn none(what: &str, faults: Vec<String>) -> Outcome {
    if faults.is_empty() { Ok(()) } else { Err(format!("{what}:\n  {}", faults.join("\n  "))) }
}

/// Runs the tests, shows what they say, and counts what their last lines say.
fn tests_of(command: &mut Command, count: &mut Count) -> Outcome {
    let mut running = command.stdout(Stdio::piped()).spawn().map_err(|e| format!("{} cannot be started: {e}", shown(command)))?;
    for line in running.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines().map_while(Result::ok)) {
        println!("{line}");
        if let Some(Count { passed, failed }) = closing_line(&line) {
            count.passed += passed;
            count.failed += failed;
        }
    }
    let status = running.wait().map_err(|e| e.to_string())?;
    match (status.success(), count.passed) {
        (true, 0) => Err("no test ran".to_owned()),
        (true, _) => Ok(()),
        (false, _) => Err(format!("{} failed", shown(command))),
    }
}
/// `test result: ok. 3 passed; 0 failed; 0 ignored; …` of cargo, `# pass 3` and `# fail 0` of Node.
fn closing_line(line: &str) -> Option<Count> {
    if let Some((passed, number)) = line.strip_prefix("# ").and_then(|rest| rest.split_once(' ')).and_then(node_count) {
        return Some(if passed { Count { passed: number, failed: 0 } } else { Count { passed: 0, failed: number } });
    }
    let counts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let number = |what: &str| counts.split("; ").find_map(|part| part.strip_suffix(what)?.trim().parse().ok());
    Some(Count { passed: number("passed")?, failed: number("failed")? })
}
fn node_count((what, number): (&str, &str)) -> Option<(bool, u64)> {
    let passed = match what {
        "pass" => true,
        "fail" => false,
        _ => return None,
    };
    Some((passed, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.11s";
        assert_eq!(closing_line(line), Some(Count { passed: 12, failed: 3 }));
        assert_eq!(closing_line("test a_result ... ok"), None);
        assert_eq!(closing_line("# pass 7"), Some(Count { passed: 7, failed: 0 }));
        assert_eq!(closing_line("# fail 2"), Some(Count { passed: 0, failed: 2 }));
        assert_eq!(closing_line("# tests 9"), None);
        assert_eq!(closing_line("test result: odd"), None);
    }
}

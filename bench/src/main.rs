//! The load generator and the drills: `cargo xtask bench` and `cargo xtask torture`.
//!
//! In one run: a floor (a bare axum handler that answers the same bytes), then the real server on SQLite and, with
//! `TEST_POSTGRES_URL`, on Postgres. What counts are ratios within the run; absolute figures are the machine's mood.
#![expect(clippy::print_stdout, reason = "a tool that talks to a developer")]

mod ai;
mod chance;
mod drills;
mod floor;
mod histogram;
mod load;
mod planning;
mod report;
mod scenarios;
mod server;
mod stage;

use scenarios::Of;
use std::{process::ExitCode, time::Duration};

/// What a run can fail with: it is told and the run ends.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const HELP: &str = "\
cargo xtask bench                  the floor, reads and durable writes, on SQLite and Postgres
cargo xtask bench planning         a month of 200 people and 2,000 assignments, and a yes that many want
cargo xtask bench ai               what we add to a model's answer, against the simulator
cargo xtask torture [DRILL…]       the drills, all when none is named

  --seconds N   how long each measurement lasts (3)
  --name NAME   keeps what came out as bench/results/NAME.md
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| args.iter().position(|a| a == name).and_then(|i| args.get(i + 1)).cloned();
    let relay = args.first().is_some_and(|a| a == "relay");
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if !relay {
        runtime.worker_threads(1); // a relay has as many as the server beside which it is measured
    }
    let runtime = runtime.enable_all().build();
    let outcome = runtime.map_err(Into::into).and_then(|runtime| {
        runtime.block_on(async {
            if args.first().is_some_and(|a| a == "floor") {
                return floor::serve(option("--bytes").and_then(|n| n.parse().ok()).unwrap_or(0)).await;
            }
            if relay {
                return floor::relay(args.get(1).ok_or("a relay needs the model's address")?).await;
            }
            if args.first().is_some_and(|a| a == "simulator") {
                return ai::simulate().await;
            }
            if args.iter().any(|a| a == "--help") {
                println!("{HELP}\nDrills:\n{}", drills::help());
                return Ok(());
            }
            let length = Duration::from_secs_f64(option("--seconds").and_then(|s| s.parse().ok()).unwrap_or(3.0));
            if args.first().is_some_and(|a| a == "torture") {
                let names: Vec<_> = args[1..].iter().take_while(|a| !a.starts_with("--")).cloned().collect();
                return drills::run(&names, length, option("--name").as_deref()).await;
            }
            if args.first().is_some_and(|a| a == "ai") {
                return ai::run(length, option("--name").as_deref()).await;
            }
            let of = if args.first().is_some_and(|a| a == "planning") { Of::Planning } else { Of::House };
            scenarios::run(of, length, option("--name")).await
        })
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

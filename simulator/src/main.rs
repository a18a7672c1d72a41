//! `cargo xtask sim [PORT]`: the simulator by itself, to try the coach's models without a provider.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to whoever called it")]

use simulator::Simulator;
use std::{env, process::ExitCode};

#[tokio::main]
async fn main() -> ExitCode {
    let port = env::args().nth(1).map_or(Ok(8900), |text| text.parse());
    let Ok(port) = port else {
        eprintln!("sim: the port is a number, such as 8900");
        return ExitCode::from(2);
    };
    match Simulator::start(port).await {
        Ok(simulator) => {
            println!("listening: {0}\n\nAI_BASE_URL={0} MISTRAL_API_KEY=simulated AI_MODEL=sim-ok cargo xtask run", simulator.url());
            simulator.ended().await;
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("sim: 127.0.0.1:{port}: {why}");
            ExitCode::FAILURE
        }
    }
}

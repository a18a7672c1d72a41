//! Coulisses: sign-in, crews and a coach, in one binary.

use coulisses::commands;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::run(std::env::args().skip(1).collect())
}

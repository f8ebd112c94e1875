//! The project's commands, the same for people, CI and the README: `cargo xtask help`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "xtask is where files, processes and clocks are used; the list is for the core"
)]

mod args;
mod checks;
mod commands;
mod demo;
mod failure;
mod npm;
mod process;
mod report;
mod stamp;
mod steps;
mod tools;
mod vcsim;
mod wasm;
mod wasm_target;
mod workspace;

use std::process::ExitCode;

use args::{Invocation, Task};

fn main() -> ExitCode {
    let Invocation { task, rest } = match args::parse(std::env::args().skip(1)) {
        Ok(invocation) => invocation,
        Err(message) => {
            eprintln!("{message}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    let outcome = match task {
        Task::Help => {
            println!("{}", args::USAGE);
            Ok(ExitCode::SUCCESS)
        }
        Task::Build => commands::build().map(|()| ExitCode::SUCCESS),
        Task::Test => checks::run(&rest),
        Task::Demo => demo::run(&rest),
        Task::Size => commands::size().map(|()| ExitCode::SUCCESS),
        Task::Bench => commands::bench(&rest),
        Task::Screenshots => commands::screenshots().map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|failure| {
        eprintln!("\nxtask: {failure}");
        ExitCode::FAILURE
    })
}
